"""Whether the machine is well: database, clock, outbox."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.heartbeat import Heartbeat
from outreach.models.message import Unit, UnitState

OLDEST_TICK = timedelta(minutes=5)
OLDEST_UNIT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Health:
    """What /healthz says."""

    database: str
    tick_age_seconds: float | None
    """Since the clock's last tick; None where no clock ever ran here."""
    outbox_depth: int
    """Units of up to 1,000 messages that wait to be handed over."""
    outbox_oldest_seconds: float
    problems: list[str]

    @property
    def is_well(self) -> bool:
        """Nothing is out of bounds."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"ok": self.is_well, **asdict(self)}


def health(at: datetime) -> Health:
    """Three numbers by index: last tick, units that wait, how long the oldest has been due."""
    session = reading()
    ticked_at = session.scalar(select(func.max(Heartbeat.ticked_at)))
    depth, oldest = session.execute(
        select(func.count(), func.min(Unit.next_at)).where(
            Unit.state == UnitState.WAITING, Unit.next_at <= at
        )
    ).one()
    tick_age = max(at - ticked_at, timedelta(0)) if ticked_at else None
    waited = max(at - oldest, timedelta(0)) if oldest else timedelta(0)
    problems = []
    if tick_age is not None and tick_age > OLDEST_TICK:
        problems.append("The clock has not ticked for more than 5 minutes.")
    if waited > OLDEST_UNIT:
        problems.append("Mail has been waiting to leave for more than 2 hours.")
    return Health(
        database="ok",
        tick_age_seconds=round(tick_age.total_seconds(), 1) if tick_age is not None else None,
        outbox_depth=depth,
        outbox_oldest_seconds=round(waited.total_seconds(), 1),
        problems=problems,
    )
