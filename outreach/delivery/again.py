"""What was decided of a mail while it was under way, asked before it is tried again (promise P3).

A decision takes back what waits. Of what a call has begun for, nobody knows yet whether it went: if
it did not, the next look must find the decision. What a person lets go by hand is a decision, too,
and only what comes after it counts.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.delivery.claims import Claim
from outreach.delivery.ledger import move_by_id
from outreach.models.base import UTCDateTime
from outreach.models.campaign import CampaignExclusion
from outreach.models.message import TO_OTHERS, Message, MessageState, Unit, UnitState
from outreach.models.stakeholder import Stakeholder
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.reasons import MERGED, NO_ADDRESS
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
    has_none = and_(Stakeholder.email.is_(None), *(Message.purpose != one for one in TO_OTHERS))
    return case(
        (merged, MERGED), (stopped.correlate(Message), EXCLUDED), (has_none, NO_ADDRESS),
        else_=reason,
    )  # fmt: skip


def follow_addresses(claim: Claim) -> None:
    """What is tried again goes to the address that its person has by now; under our lease alone.

    One that was corrected while a call was under way, or nobody knew of it, was not put in then.
    """
    email = select(Stakeholder.email).where(Stakeholder.id == Message.stakeholder_id)
    present = email.correlate(Message).scalar_subquery()
    with transaction() as session:
        ours = select(Unit.id).where(
            Unit.id == claim.unit_id, Unit.token == claim.token, Unit.state == UnitState.LEASED
        )
        if session.scalar(ours.with_for_update()) is None:
            return
        session.execute(
            update(Message)
            .where(
                Message.unit_id == claim.unit_id, Message.state == MessageState.WAITING,
                Message.purpose.not_in(TO_OTHERS), present != Message.address,
            )
            .values(address=present)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


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
