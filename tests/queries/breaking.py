"""Rows changed behind everyone's back, and what the audit says of them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import inspect, true, update

from outreach.db import db, transaction
from outreach.models.base import Base
from outreach.queries.audit import audit
from tests.factories import NOON

LATER = NOON + timedelta(hours=1)


def change(model: type[Base], id_: int | None = None, **values: Any) -> None:
    """All rows of a table, or the one with this id."""
    which = true() if id_ is None else inspect(model).columns["id"] == id_
    with transaction() as session:
        session.execute(update(model).where(which).values(**values))


def broken() -> set[tuple[str, int]]:
    """(promise, how many rows break it) as of an hour later."""
    return {(promise, count) for promise, _, count in findings()}


def findings() -> list[tuple[str, str, int]]:
    """(promise, what is promised, how many rows break it) as of an hour later."""
    db.session.remove()
    report = audit(LATER)
    return [(one.promise, one.what, one.broken) for one in report.findings if one.broken]
