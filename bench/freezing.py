"""Freezing an audience, against the same rows written bare: without indexes, joins or counts."""

from collections.abc import Iterator

from sqlalchemy import text

from bench._ground import application, databases, freeze, is_quick, peak_megabytes, prepare
from bench.floor import Row, seconds
from outreach.db import db, transaction

PEOPLE = 1_000_000
_BARE = """
CREATE TEMPORARY TABLE bare AS
SELECT id, id AS stakeholder_id, 1 AS unit_id, 1 AS campaign_id, 1 AS step_id, 'waiting' AS state,
    email AS address, full_name AS name, title || given_name || family_name || office AS "values"
FROM stakeholders WHERE name_key LIKE 'zoe nandu %'
"""


def rows() -> Iterator[Row]:
    """Seconds for the whole audience, on each database; and the memory that it took."""
    people = 20_000 if is_quick() else PEOPLE
    for kind in databases():
        with application(kind):
            prepare(people)
            floor = seconds(_write_bare, repeats=1)
            took = seconds(freeze, repeats=1)
            yield Row(f"freeze {people:,} people, {kind}", took, "s", floor)
    yield Row("memory of the process that froze them", peak_megabytes(), "MB")


def _write_bare() -> None:
    with transaction() as session:
        session.execute(text(_BARE))
        session.execute(text("DROP TABLE bare"))
    db.session.remove()
