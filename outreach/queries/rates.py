"""How fast a campaign leaves just now."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.message import Attempt, Unit

SPAN = timedelta(minutes=2)
"""Long enough to even out units of a thousand, short enough to follow a provider that slows."""

_LEAST = timedelta(seconds=5)


def mails_a_second(campaign_id: int, at: datetime) -> float:
    """Mails of a campaign handed over a second, lately; 0 where nothing was. One SELECT by index.

    Counted from the first call of the span, so that a campaign that has just begun is not taken
    for a slow one.
    """
    units = select(Unit.id).where(Unit.campaign_id == campaign_id)
    count, first_at = (
        reading()
        .execute(
            select(func.sum(Attempt.messages_count), func.min(Attempt.started_at)).where(
                Attempt.unit_id.in_(units),
                Attempt.started_at > at - SPAN,
                Attempt.result.in_(("accepted", "mixed")),
            )
        )
        .one()
    )
    if not count:
        return 0.0
    return float(count / max(at - first_at, _LEAST).total_seconds())
