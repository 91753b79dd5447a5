"""Jobs held and ticks noted, so that two clocks are harmless and a dead one is seen."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import is_postgresql, transaction
from outreach.models.heartbeat import Heartbeat


def hold_job(name: str, holder: str, *, lease: timedelta, at: datetime) -> bool:
    """Take a job for a run, unless someone else holds it and their lease has not ended."""
    dialect = postgresql if is_postgresql() else sqlite
    with transaction() as session:
        session.execute(
            dialect.insert(Heartbeat)
            .values(name=name, ticked_at=at, error="")
            .on_conflict_do_nothing(index_elements=["name"])
        )
        held = session.execute(
            update(Heartbeat)
            .where(
                Heartbeat.name == name,
                or_(Heartbeat.held_until.is_(None), Heartbeat.held_until < at,
                    Heartbeat.held_by == holder),
            )
            .values(held_until=at + lease, held_by=holder, ticked_at=at)
        )
        return bool(held.rowcount)  # type: ignore[attr-defined]


def release_job(name: str, holder: str, *, at: datetime, error: str) -> None:
    """Let the job go and note the tick, and what went wrong if anything did."""
    with transaction() as session:
        session.execute(
            update(Heartbeat)
            .where(Heartbeat.name == name, Heartbeat.held_by == holder)
            .values(held_until=None, held_by=None, ticked_at=at, error=error)
        )
