"""Loading the demonstration, beside as many bare statements and commits through the same driver."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import current_app
from sqlalchemy import event, text

from bench._ground import application, databases
from bench.floor import Row, seconds
from outreach.db import db, transaction, waiting_once
from outreach.demo import load_demo

COMMITS = 2_000


def rows() -> Iterator[Row]:
    """Seconds until a newcomer sees it, on each database."""
    for kind in databases():
        with application(kind), tempfile.TemporaryDirectory() as folder:
            current_app.config["MAIL_DIR"] = str(Path(folder) / "mail")
            asked: Counter[str] = Counter()

            def note(*_: object, asked: Counter[str] = asked) -> None:
                asked["statements"] += 1

            event.listen(db.engine, "before_cursor_execute", note)
            whole = seconds(load_demo, repeats=1)
            event.remove(db.engine, "before_cursor_execute", note)
            count = asked["statements"]
            floor = seconds(partial(_bare, count), repeats=1)
            yield Row(f"the demonstration, {kind}", whole, "s", floor)
            yield Row(f"statements of the demonstration, {kind}", count, "statements")


def _bare(statements: int) -> None:
    with waiting_once():
        for _ in range(COMMITS):
            with transaction() as session:
                for _ in range(statements // COMMITS):
                    session.connection().execute(text("SELECT 1"))
