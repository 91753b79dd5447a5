"""The last look before a hand-over: whatever was committed by now stops a mail (promise P3)."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    select,
)
from sqlalchemy.orm import Session, aliased

from outreach.delivery.ledger import move_by_id
from outreach.dialect import key_digest
from outreach.models.answering_address import AnsweringAddress
from outreach.models.base import UTCDateTime
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import EVEN_UNSUBSCRIBED, Message, MessageState, Purpose, Unit
from outreach.models.seat import OfferState, Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import ASKING as ASKING_KINDS
from outreach.models.step import MANNERS, NARROW, STATES, Audience, Step
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, Suppression
from outreach.queries.reasons import (
    ANSWERED,
    JUST_WRITTEN,
    NEVER_LEFT,
    OTHER_ANSWER,
    PAST_DEADLINE,
    STOPPED,
    STOPPED_HERE,
    SUPPRESSED,
    UNDELIVERABLE,
    UNDER_WAY,
    WITHDRAWN,
)

ASKING = tuple(Purpose(kind.value) for kind in ASKING_KINDS)
LATENESS = timedelta(hours=1)
"""A mail kept back for longer may leave on the heels of a later one: that is looked at."""


def campaign_stands(session: Session, unit: Unit) -> CampaignState | None:
    """The campaign's state, held until we commit, so that a pause waits for us or we for it."""
    if unit.campaign_id is None:
        return None
    return session.scalar(
        select(Campaign.state).where(Campaign.id == unit.campaign_id).with_for_update(read=True)
    )


def leave_out_the_changed(session: Session, unit: Unit, at: datetime) -> int:
    """Leave out whoever answered, unsubscribed or was withdrawn since; says how many."""
    is_late = unit.campaign_id is not None and at - unit.next_at > LATENESS
    is_listing, is_stopping, audience = session.execute(
        _somebody(), {"campaign": unit.campaign_id or 0, "step": unit.step_id or 0}
    ).one()
    changed = _changed(
        unit.purpose,
        audience,
        somebody_is_listed=is_listing,
        somebody_stopped=is_stopping,
        is_late=is_late and unit.purpose is not Purpose.THANK_YOU,
    )
    values = {
        "unit": unit.id, "at": at, "campaign": unit.campaign_id, "quiet_from": at - MANNERS
    }  # fmt: skip
    by_reason: dict[str, list[int]] = {}
    for message_id, why in session.execute(changed, values):
        by_reason.setdefault(why, []).append(message_id)
    for why, ids in by_reason.items():
        move_by_id(session, ids, MessageState.WAITING, MessageState.LEFT_OUT, at=at, reason=why)
    return sum(map(len, by_reason.values()))


@cache
def _changed(
    purpose: Purpose,
    audience: Audience | None,
    *,
    somebody_is_listed: bool,
    somebody_stopped: bool,
    is_late: bool,
) -> Select[Any]:
    """Whose mail must not go any more, and why. Built once: it runs for every unit.

    is_late  it was kept back, so that another mail of the campaign may have gone meanwhile
    """
    # With nobody on the list of those not to write to, nothing is digested.
    key: Any = Stakeholder.email_key
    if purpose is Purpose.TO_ASSISTANT:
        key = func.lower(Message.address)
    elif purpose is Purpose.COPY:
        key = AnsweringAddress.email_key
    is_listed = Suppression.digest == key_digest(key)
    stopped = _stopped_this() if somebody_stopped else false()
    reason = _reason(purpose, audience, bindparam("at", type_=UTCDateTime()), stopped)
    if is_late:
        reason = case((_was_just_written_to(), JUST_WRITTEN), else_=reason)
    whose = select(Message.id, reason).join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
    if purpose is Purpose.COPY:
        whose = whose.outerjoin(AnsweringAddress, _is_theirs())
    changed = (
        whose.outerjoin(Suppression, is_listed if somebody_is_listed else false())
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
def _somebody() -> Select[Any]:
    """Whether anybody is on the list of those not to write to, or stopped this campaign; and for
    whom of it the step is."""
    stopped = exists().where(CampaignStop.campaign_id == bindparam("campaign"))
    audience = select(Step.audience).where(Step.id == bindparam("step")).scalar_subquery()
    return select(exists(select(Suppression.id)), stopped, audience)


def _is_theirs() -> ColumnElement[bool]:
    """The assistant to whom a copy goes."""
    return and_(
        AnsweringAddress.stakeholder_id == Message.stakeholder_id,
        AnsweringAddress.email == Message.address,
        AnsweringAddress.gets_copies,
    )


def _stopped_this() -> ColumnElement[bool]:
    is_theirs = CampaignStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(
        CampaignStop.campaign_id == bindparam("campaign"),
        is_theirs | (CampaignStop.stakeholder_id == Stakeholder.id),
    )


def _reason(
    purpose: Purpose, audience: Audience | None, at: Any, has_stopped: ColumnElement[bool]
) -> Any:
    suppressed: ColumnElement[bool] = Suppression.id.is_not(None)
    if purpose in EVEN_UNSUBSCRIBED:
        suppressed = and_(suppressed, Suppression.reason != UNSUBSCRIBED)
    cases: list[Any] = [(suppressed, SUPPRESSED), (Stakeholder.is_mail_stopped, STOPPED)]
    if purpose not in EVEN_UNSUBSCRIBED:
        cases.append((has_stopped, STOPPED_HERE))
    if purpose is not Purpose.WITHDRAWN:
        cases.append((Invitation.withdrawn_at.is_not(None), WITHDRAWN))
    if audience in NARROW or (purpose in ASKING and audience is not Audience.BOUNCED):
        cases.append((Invitation.state == InvitationState.UNDELIVERABLE, UNDELIVERABLE))
    if audience is not None and audience in (Audience.BOUNCED, *NARROW):
        cases.append((Invitation.state.not_in(STATES[audience]), OTHER_ANSWER))
    elif purpose in ASKING:
        cases.append((Invitation.state != InvitationState.SILENT, ANSWERED))
    if purpose in ASKING:
        cases.append((Invitation.reply_by <= at, PAST_DEADLINE))
    if purpose is Purpose.COPY:
        cases.append((AnsweringAddress.id.is_(None), "Gets no copies any more."))
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


def _was_just_written_to() -> ColumnElement[bool]:
    """Another mail of the campaign went while this one was kept back."""
    other = aliased(Message)
    return exists().where(
        other.stakeholder_id == Message.stakeholder_id,
        other.id != Message.id,
        other.campaign_id == bindparam("campaign"),
        other.state.not_in((*UNDER_WAY, *NEVER_LEFT)),
        other.changed_at > bindparam("quiet_from", type_=UTCDateTime()),
    )
