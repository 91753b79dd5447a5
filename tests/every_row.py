"""Every row of every table, to be compared before and after."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import inspect, select, table, text

from outreach.db import db, reading

Tables = dict[str, list[Any]]


def every_row(but: Collection[str] = ()) -> Callable[[], Tables]:
    """What reads them, of all tables but these, whether a model knows of them or not."""
    names = sorted(set(inspect(db.engine).get_table_names()) - set(but))

    def read() -> Tables:
        reading().rollback()
        whole = {name: select(text("*")).select_from(table(name)) for name in names}
        return {name: sorted(map(repr, reading().execute(rows))) for name, rows in whole.items()}

    return read
