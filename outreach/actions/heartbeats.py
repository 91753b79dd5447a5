"""Ticks noted, so that a clock that died is seen."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import is_postgresql, transaction
from outreach.models.heartbeat import Heartbeat


def note_tick(name: str, worker: str, *, at: datetime, error: str) -> None:
    """Note that a job ran, and what went wrong in it, if anything did."""
    dialect = postgresql if is_postgresql() else sqlite
    values = {"ticked_at": at, "ticked_by": worker, "error": error}
    with transaction() as session:
        session.execute(
            dialect.insert(Heartbeat)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
