"""Freezing an audience, against the same rows written bare: without indexes, joins or counts.

Frozen it is once everyone is decided upon and committed: who gets the mail, who is left out and
why. Then each is written down, part after part, while the first mails leave.
"""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import select, text

from bench._ground import application, databases, is_quick, peak_megabytes, prepare
from bench.floor import Row, seconds
from outreach import clock
from outreach.actions.steps import launch_step, write_audience
from outreach.db import db, transaction
from outreach.models.step import Step

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
            prepared = prepare(people)
            at, step_id = clock.now(), _step_of(prepared.campaign_id)
            floor = seconds(_write_bare, repeats=1)
            took = seconds(partial(launch_step, step_id, at=at), repeats=1)
            yield Row(f"freeze {people:,} people, {kind}", took, "s", floor)
            took = seconds(partial(write_audience, step_id, at=at), repeats=1)
            yield Row(f"write them down, {kind}", took, "s", floor)
    yield Row("memory of the process that froze them", peak_megabytes(), "MB")


def _step_of(campaign_id: int) -> int:
    found = db.session.scalars(select(Step.id).where(Step.campaign_id == campaign_id)).one()
    db.session.rollback()
    return found


def _write_bare() -> None:
    with transaction() as session:
        session.execute(text(_BARE))
        session.execute(text("DROP TABLE bare"))
    db.session.remove()
