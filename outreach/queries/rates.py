"""How fast a campaign leaves just now."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.breaker import Breaker
from outreach.models.message import Attempt, Unit, UnitState

SPAN = timedelta(minutes=2)
"""Long enough to even out units of a thousand, short enough to follow a provider that slows."""

_LEAST = timedelta(seconds=5)


class Pace(NamedTuple):
    """How a campaign leaves."""

    per_second: float
    """Mails handed over, lately; 0 where nothing was."""
    last_at: datetime | None
    """Before which instant the last that waits does not go: an hour of its own, or after a busy
    answer."""
    down: str | None
    """The provider that is taken for down, so that nothing leaves."""
    rests_until: datetime | None
    """Until when a provider asked to be left alone."""


def pace(campaign_id: int, at: datetime) -> Pace:
    """How fast a campaign leaves just now. One SELECT by index.

    Counted from the first call of the span, so that a campaign that has just begun is not taken
    for a slow one.
    """
    units = select(Unit.id).where(Unit.campaign_id == campaign_id)
    waiting = Unit.campaign_id == campaign_id, Unit.state == UnitState.WAITING
    last = select(func.max(Unit.next_at)).where(*waiting).scalar_subquery()
    down = select(func.min(Breaker.name)).where(Breaker.opened_at.is_not(None)).scalar_subquery()
    rests = select(func.max(Breaker.rests_until)).where(Breaker.rests_until > at).scalar_subquery()
    count, first_at, last_at, name, rests_until = (
        reading()
        .execute(
            select(
                func.sum(Attempt.messages_count),
                func.min(Attempt.started_at),
                last,
                down,
                rests,
            ).where(
                Attempt.unit_id.in_(units),
                Attempt.started_at > at - SPAN,
                Attempt.result.in_(("accepted", "mixed")),
            )
        )
        .one()
    )
    if not count:
        return Pace(0.0, last_at, name, rests_until)
    span = max(at - first_at, _LEAST).total_seconds()
    return Pace(float(count / span), last_at, name, rests_until)
