"""What was decided of a mail while it was under way, asked before it is tried again (promise P3).

A decision takes back what waits. Of what a call has begun for, nobody knows yet whether it went: if
it did not, the next look must find the decision. What a person lets go by hand is a decision, too,
and only what comes after it counts.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, exists, select
from sqlalchemy.orm import Session

from outreach.delivery.ledger import move_by_id
from outreach.models.base import UTCDateTime
from outreach.models.campaign import CampaignExclusion
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Stakeholder
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.reasons import MERGED
from outreach.signing import SIGN_OFF, signers

NOBODY_DECIDED = datetime(1970, 1, 1, tzinfo=UTC)


def decided_since(reason: Any) -> ColumnElement[Any]:
    """The reason, and before it what the team decided of someone since."""
    stopped = exists().where(
        CampaignExclusion.campaign_id == Message.campaign_id,
        CampaignExclusion.stakeholder_id == Message.stakeholder_id,
        CampaignExclusion.stopped_at > bindparam("decided", type_=UTCDateTime()),
    )
    merged = Stakeholder.merged_into_id.is_not(None)
    return case((merged, MERGED), (stopped.correlate(Message), EXCLUDED), else_=reason)


def hold_for_stars(session: Session, unit_id: int, event_id: int, at: datetime) -> int:
    """Hold what waits in a unit for someone who has become a star; says how many.

    Cost: the stars of the event, by index.
    """
    stars = signers(event_id)
    if not stars:
        return 0
    rows: Any = session.execute(
        select(Message.id, Message.stakeholder_id)
        .where(Message.unit_id == unit_id, Message.state == MessageState.WAITING)
        .order_by(Message.id)
    )
    theirs = [(one, stars[person][1]) for one, person in rows if person in stars]
    for signer in {name for _, name in theirs}:
        ids = [one for one, name in theirs if name == signer]
        move_by_id(
            session, ids, MessageState.WAITING, MessageState.HELD,
            at=at, reason=f"{SIGN_OFF}{signer}.",
        )  # fmt: skip
    return len(theirs)
