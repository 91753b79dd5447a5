"""The last look before a hand-over: whatever was committed by now stops a mail (promise P3)."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, false, null, select
from sqlalchemy.orm import Session

from outreach.delivery.ledger import move_by_id
from outreach.dialect import key_digest
from outreach.models.base import UTCDateTime
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import EVEN_UNSUBSCRIBED, Message, MessageState, Purpose, Unit
from outreach.models.seat import OfferState, Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, Suppression

ASKING = (Purpose.INVITATION, Purpose.REMINDER)


def campaign_stands(session: Session, unit: Unit) -> CampaignState | None:
    """The campaign's state, held until we commit, so that a pause waits for us or we for it."""
    if unit.campaign_id is None:
        return None
    return session.scalar(
        select(Campaign.state).where(Campaign.id == unit.campaign_id).with_for_update(read=True)
    )


def leave_out_the_changed(session: Session, unit: Unit, at: datetime) -> int:
    """Leave out whoever answered, unsubscribed or was withdrawn since; says how many."""
    is_listing, is_stopping = session.execute(
        _somebody(), {"campaign": unit.campaign_id or 0}
    ).one()
    changed = _changed(unit.purpose, somebody_is_listed=is_listing, somebody_stopped=is_stopping)
    values = {"unit": unit.id, "at": at} | ({"campaign": unit.campaign_id} if is_stopping else {})
    by_reason: dict[str, list[int]] = {}
    for message_id, why in session.execute(changed, values):
        by_reason.setdefault(why, []).append(message_id)
    for why, ids in by_reason.items():
        move_by_id(session, ids, MessageState.WAITING, MessageState.LEFT_OUT, at=at, reason=why)
    return sum(map(len, by_reason.values()))


@cache
def _changed(purpose: Purpose, *, somebody_is_listed: bool, somebody_stopped: bool) -> Select[Any]:
    """Whose mail must not go any more, and why. Built once: it runs for every unit."""
    # With nobody on the list of those not to write to, nothing is digested.
    is_listed = Suppression.digest == key_digest(Stakeholder.email_key)
    stopped = _stopped_this() if somebody_stopped else false()
    reason = _reason(purpose, bindparam("at", type_=UTCDateTime()), stopped)
    changed = (
        select(Message.id, reason)
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .outerjoin(Suppression, is_listed if somebody_is_listed else false())
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .where(
            Message.unit_id == bindparam("unit"),
            Message.state == MessageState.WAITING,
            reason.is_not(None),
        )
    )
    if purpose is Purpose.FOCAL_POINT:
        return changed.join(Delegation, Delegation.id == Message.delegation_id)
    if purpose is not Purpose.SEAT:
        return changed
    return changed.join(SeatOffer, SeatOffer.id == Message.offer_id).join(
        Seat, Seat.id == SeatOffer.seat_id
    )


@cache
def _somebody() -> Select[bool, bool]:
    """Whether anybody is on the list of those not to write to, or stopped this campaign."""
    stopped = exists().where(CampaignStop.campaign_id == bindparam("campaign"))
    return select(exists(select(Suppression.id)), stopped)


def _stopped_this() -> ColumnElement[bool]:
    is_theirs = CampaignStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(
        CampaignStop.campaign_id == bindparam("campaign"),
        is_theirs | (CampaignStop.stakeholder_id == Stakeholder.id),
    )


def _reason(purpose: Purpose, at: Any, has_stopped: ColumnElement[bool]) -> Any:
    suppressed: ColumnElement[bool] = Suppression.id.is_not(None)
    if purpose in EVEN_UNSUBSCRIBED:
        suppressed = and_(suppressed, Suppression.reason != UNSUBSCRIBED)
    cases: list[Any] = [
        (suppressed, "The address is on the list of those we must not write to."),
        (Stakeholder.is_mail_stopped, "Asked for no more mail."),
    ]
    if purpose not in EVEN_UNSUBSCRIBED:
        cases.append((has_stopped, "Asked for no more mail of this campaign."))
    if purpose is not Purpose.WITHDRAWN:
        cases.append((Invitation.withdrawn_at.is_not(None), "The invitation was withdrawn."))
    if purpose in ASKING:
        cases += [
            (Invitation.state == InvitationState.UNDELIVERABLE, "The address bounced."),
            (Invitation.state != InvitationState.SILENT, "Answered already."),
            (Invitation.reply_by <= at, "The reply-by has passed."),
        ]
    if purpose is Purpose.FOCAL_POINT:
        cases += [
            (Delegation.withdrawn_at.is_not(None), "Is asked for no delegation any more."),
            (Delegation.name_by <= at, "The date for naming the delegation has passed."),
        ]
    if purpose is Purpose.SEAT:
        cases += [
            (SeatOffer.state != OfferState.ASKED, "Is no longer asked for this seat."),
            (Seat.fill_by <= at, "The date for filling the seat has passed."),
        ]
    return case(*cases, else_=null())
