"""A million rows from the command line, against reading the file alone; and out again."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from bench._ground import application, databases, is_quick
from bench._memory import most_megabytes
from bench.floor import Row, seconds
from outreach import clock
from outreach.actions.lists import create_list
from outreach.db import db
from outreach.intake.people import check_rows
from outreach.intake.spreadsheet import open_sheet
from outreach.models.activity import CONSOLE
from outreach.models.event import Event, EventKind
from outreach.queries.import_fields import guessed_columns

ROWS = 1_000_000
HEADERS = ("Given name", "Family name", "Email", "Organisation", "Office", "Country", "Language")


def rows() -> Iterator[Row]:
    """Seconds and memory of `flask import` and of `import-undo`, on each database."""
    count = 20_000 if is_quick() else ROWS
    for kind in databases():
        with application(kind) as app:
            path = Path(app.config["INSTANCE_DIR"]) / "people.csv"
            write(path, count)
            floor = seconds(partial(_read, path), repeats=1)
            _make_list()
            took, megabytes, said = _command("import", str(path), "--list", "bench")
            yield Row(f"import {count:,} rows, {kind}", took, "s", floor)
            yield Row(f"memory of that command, {kind}", megabytes, "MB")
            took, _, _ = _command("import-undo", str(said["import"]))
            yield Row(f"take them back, {kind}", took, "s", floor)


def write(path: Path, count: int) -> None:
    """A file as an association's registration gives it: names with accents, 1,000 banks."""
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(HEADERS)
        for number in range(count):
            # In no order of the alphabet, as in life: an index is written all over.
            mixed = number * 7_919 % count
            lines.writerow(
                (
                    "Zoë", f"Ñandú {mixed}", f"zoe.{mixed}@example{number % 500}.org",
                    f"Bank {number % 1_000}", "Director", "Kenya", ("en", "fr")[number % 2],
                )
            )  # fmt: skip


def _read(path: Path) -> None:
    with open_sheet(path) as sheet:
        for _ in check_rows(sheet, guessed_columns(sheet.headers)):
            pass


def _make_list() -> None:
    code = db.session.scalar(select(Event.code).where(Event.kind == EventKind.CONFERENCE))
    db.session.rollback()
    create_list("bench", "bench", "media", code or "", by=CONSOLE, at=clock.now())


def _command(*words: str) -> tuple[float, float, dict[str, int]]:
    """Seconds, the most memory that its processes held in MB, and what it printed."""
    config = current_app.config
    environment = os.environ | {
        "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", ""),
        "INSTANCE_DIR": config["INSTANCE_DIR"],
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        env=environment,
        stdout=subprocess.PIPE,
    )
    with most_megabytes(child.pid) as megabytes:
        said, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"flask {' '.join(words)} ended with {child.returncode}")
    return time.perf_counter() - began, megabytes[0], json.loads(said)
