"""A single message in a person's hands: held, released, cancelled, sent once more; and one person
for whom a campaign is stopped."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.advice.merging import fields_in
from outreach.db import transaction
from outreach.errors import Conflict, NotAllowed, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignExclusion, CampaignState
from outreach.models.evidence import CERTAIN, MAY_HAVE_LEFT
from outreach.models.message import (
    TO_OTHERS,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
    may_become,
    standing,
)  # fmt: skip
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import MANNERS
from outreach.models.template import TemplateText
from outreach.queries.accounts import may_approve
from outreach.queries.audience import personal_values
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.merging import columns_in
from outreach.queries.reasons import NEVER_LEFT
from outreach.resting import hold_still
from outreach.signing import AN_APPROVER, SIGN_OFF, UNSIGNED, signers
from outreach.tally import add_to_tallies, moved_message
from outreach.tokens import new_key

KEPT = ("sections",)
"""What a message remembers of its audience, whatever becomes of the person."""

GONE = (
    MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.DROPPED,
    MessageState.COMPLAINED, MessageState.REFUSED,
)  # fmt: skip
MOST_AT_ONCE = 500
"""Mails that one press lets go: some seconds on a page."""
NOT_GOT = (MessageState.BOUNCED, MessageState.DROPPED, MessageState.REFUSED)
"""The person has certainly not got it, so that no manners keep another try back."""


def release_message(message_id: int, *, by: Actor, at: datetime) -> None:
    """Put a held message back to wait, in a unit of its own, with what is known of the person now.

    Whoever may have got it already is marked as a possible double (promise P2).
    """
    with transaction() as session:
        message = _held(session, message_id)
        _check_signature(session, message, by.account_id)
        campaign = _open_campaign(session, message)
        if message.text_id is None:
            raise Conflict("There is no text for this person. Cancel this mail.")
        _check_manners(session, message, at)
        message.address, message.name = _recipient(session, message, "release the mail")
        now = _values(session, message)
        kept = {name: message.values[name] for name in KEPT if name in message.values}
        message.values = now | kept if campaign else message.values | now
        message.possible_double = message.possible_double or _may_have_gone(session, message)
        unit = _unit_of_its_own(session, message, campaign, at)
        session.add(unit)
        session.flush()
        message.unit_id = unit.id
        _move(session, message, MessageState.WAITING, at, "Released by a person.")
        session.add(_line("released_message", message, by, at))


def release_all_held(
    campaign_id: int, reason: str, said_count: int, *, by: Actor, at: datetime
) -> tuple[int, Counter[str]]:
    """The same for every mail that a campaign holds for one reason, each in a transaction of its
    own: so many let go, and {why not: how many} of the others. MOST_AT_ONCE at a time.

    said_count  how many the person was shown; where it is another number by now, none is let go
    What waits for a star's signature is signed one by one. Raises Conflict.
    """
    held = (
        Message.campaign_id == campaign_id, Message.state == MessageState.HELD,
        Message.reason == reason, ~Message.reason.startswith(SIGN_OFF),
    )  # fmt: skip
    with transaction() as session:
        ids = session.scalars(select(Message.id).where(*held).order_by(Message.id)).all()
    if len(ids) != said_count:
        raise Conflict(
            f"{len(ids):,} mails are held for this reason now, not {said_count:,}. Look again."
        )
    released, others = 0, Counter[str]()
    for message_id in ids[:MOST_AT_ONCE]:
        try:
            release_message(message_id, by=by, at=at)
            released += 1
        except Refusal as refusal:
            others[str(refusal)] += 1
    return released, others


def cancel_message(message_id: int, *, by: Actor, at: datetime) -> None:
    """A held message will not go."""
    with transaction() as session:
        message = _held(session, message_id)
        why = f"Cancelled by a person. It was held: {message.reason}"
        _move(session, message, MessageState.CANCELLED, at, why)
        session.add(_line("cancelled_message", message, by, at))


def hold_message(message_id: int, *, by: Actor, who: str, at: datetime) -> None:
    """Keep one waiting mail back until a person releases or cancels it.

    who  as it stands in the reason
    """
    with transaction() as session:
        hold_still(session, Message.id == message_id)
        message = _get(session, message_id)
        stands = session.scalar(select(standing()).where(Message.id == message_id))
        if stands is not MessageState.WAITING:
            raise Conflict(
                "This mail does not wait any more. Reload the page to see how it stands."
            )
        _move(session, message, MessageState.HELD, at, f"Held by {who}.")
        message.unit_id = None
        session.add(_line("held_message", message, by, at))


def resend_message(message_id: int, *, by: Actor, at: datetime) -> int:
    """The same mail once more to one person, with the same link; the id of the new message.

    Raises Conflict where the first has not left yet, or left less than 20 hours before.
    """
    with transaction() as session:
        message = _get(session, message_id)
        if message.state not in GONE:
            raise Conflict("This mail has not left yet. Release it, or wait until it goes.")
        _check_signature(session, message, by.account_id)
        campaign = _open_campaign(session, message)
        address, name = _recipient(session, message, "send it again")
        again = Message(
            public_id=new_key(), campaign_id=message.campaign_id, step_id=None, is_first=False,
            stakeholder_id=message.stakeholder_id, invitation_id=message.invitation_id,
            offer_id=message.offer_id, group_id=message.group_id, text_id=message.text_id,
            event_id=message.event_id, purpose=message.purpose, state=MessageState.WAITING,
            reason="Sent again by a person.", address=address, name=name,
            values=message.values | _values(session, message), created_at=at, changed_at=at,
        )  # fmt: skip
        if message.state not in NOT_GOT:
            _check_manners(session, again, at)
        unit = _unit_of_its_own(session, again, campaign, at)
        session.add_all([unit, again])
        session.flush()
        again.unit_id = unit.id
        session.flush()
        session.add(_line("resent_message", again, by, at))
        return again.id


def stop_for_person(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Nothing more of a campaign for one person: what waits is cancelled, what comes passes by."""
    with transaction() as session:
        campaign = session.get(Campaign, campaign_id, with_for_update=True)
        if campaign is None or session.get(Stakeholder, stakeholder_id) is None:
            raise NotFound("campaign or person")
        if _stop_of(session, campaign_id, stakeholder_id) is not None:
            raise Conflict("This campaign is stopped for this person already.")
        session.add(
            CampaignExclusion(campaign_id=campaign_id, stakeholder_id=stakeholder_id, stopped_at=at)
        )
        waiting = session.scalars(
            select(Message)
            .where(
                Message.stakeholder_id == stakeholder_id, Message.campaign_id == campaign_id,
                standing().in_((MessageState.WAITING, MessageState.HELD)),
            )
            .with_for_update()
        )  # fmt: skip
        for message in waiting.all():
            _move(session, message, MessageState.CANCELLED, at, EXCLUDED)
        session.add(_of_campaign("stopped_for_person", campaign, stakeholder_id, by, at))


def go_on_for_person(campaign_id: int, stakeholder_id: int, *, by: Actor, at: datetime) -> None:
    """Let a campaign reach someone again for whom it had been stopped; from the next step on."""
    with transaction() as session:
        campaign = session.get(Campaign, campaign_id, with_for_update=True)
        stop = _stop_of(session, campaign_id, stakeholder_id)
        if campaign is None or stop is None:
            raise NotFound("stop for this person")
        if stop.stopped_at is None:
            raise Conflict("The plan leaves this person out. Change the campaign to take them in.")
        session.delete(stop)
        session.add(_of_campaign("went_on_for_person", campaign, stakeholder_id, by, at))


def _stop_of(session: Session, campaign_id: int, stakeholder_id: int) -> CampaignExclusion | None:
    return session.scalar(
        select(CampaignExclusion).where(
            CampaignExclusion.campaign_id == campaign_id,
            CampaignExclusion.stakeholder_id == stakeholder_id,
        )
    )


def _get(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id, with_for_update=True)
    if message is None:
        raise NotFound("message")
    return message


def _held(session: Session, message_id: int) -> Message:
    message = _get(session, message_id)
    if message.state is not MessageState.HELD:
        raise Conflict("This mail is not held. Reload the page to see how it stands.")
    return message


def _check_signature(session: Session, message: Message, account_id: int | None) -> None:
    """A mail to a star is let go by its owner alone; without an owner by an approver.

    Whoever is no star any more needs neither. Raises NotAllowed.
    """
    if message.purpose in UNSIGNED:
        return
    signer = signers(message.event_id, message.stakeholder_id).get(message.stakeholder_id)
    if signer is None:
        return
    owner_id, name = signer
    if owner_id is not None and owner_id != account_id:
        raise NotAllowed(f"Mail to this star is signed by {name} in person.")
    if owner_id is None and not may_approve(session, account_id):
        raise NotAllowed(f"This star has no owner, so mail to them is signed by {AN_APPROVER}.")


def _open_campaign(session: Session, message: Message) -> Campaign | None:
    if message.campaign_id is None:
        return None
    campaign = session.get_one(Campaign, message.campaign_id, with_for_update=True)
    if campaign.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
        raise Conflict(f"The campaign is {campaign.state.value}: nothing of it is sent any more.")
    return campaign


def _check_manners(session: Session, message: Message, at: datetime) -> None:
    """Nobody gets two mails of one campaign in 20 hours, by hand neither."""
    if message.campaign_id is None:
        return
    recent = session.scalar(
        select(Message.id)
        .where(
            Message.stakeholder_id == message.stakeholder_id, Message.id != message.id,
            Message.campaign_id == message.campaign_id, Message.state.not_in(NEVER_LEFT),
            Message.changed_at > at - MANNERS,
        )
        .limit(1)
    )  # fmt: skip
    if recent is not None:
        raise Conflict(
            "Another mail of this campaign went to this person less than 20 hours ago. "
            "Release this one later, or cancel it."
        )


def _recipient(session: Session, message: Message, then: str) -> tuple[str, str]:
    if message.purpose in TO_OTHERS:  # what goes to an assistant stays theirs
        return message.address, message.name
    person = session.get_one(Stakeholder, message.stakeholder_id)
    if not person.email:
        raise Conflict(f"No address is known for this person. Add one, then {then}.")
    return person.email, person.full_name


def _values(session: Session, message: Message) -> dict[str, Any]:
    """The personal merge fields of its letter, with what is known of the person now."""
    text = session.get(TemplateText, message.text_id)
    more = columns_in(text.language, fields_in(text.subject, text.body)) if text else {}
    return personal_values(message.stakeholder_id, **more)


def _may_have_gone(session: Session, message: Message) -> bool:
    if message.reason.endswith(MAY_HAVE_LEFT):
        return True
    if message.attempt_id is None:
        return False
    return session.get_one(Attempt, message.attempt_id).result not in CERTAIN


def _unit_of_its_own(
    session: Session, message: Message, campaign: Campaign | None, at: datetime
) -> Unit:
    latest = session.scalar(select(func.max(Unit.ordinal)).where(Unit.step_id == message.step_id))
    is_paused = campaign is not None and campaign.state is CampaignState.PAUSED
    return Unit(
        campaign_id=message.campaign_id, step_id=message.step_id,
        text_id=message.text_id, event_id=message.event_id,
        purpose=message.purpose,
        next_at=at, decided_at=at,
        state=UnitState.PAUSED if is_paused else UnitState.WAITING,
        is_vip=campaign is not None and campaign.is_vip,
        # Unknown once more, and it is held again: never a third copy by itself.
        is_retry_of_unknown=message.possible_double,
        ordinal=0 if latest is None else latest + 1,
    )  # fmt: skip


def _move(session: Session, message: Message, new: MessageState, at: datetime, reason: str) -> None:
    old = message.state
    if not may_become(old, new):
        raise ValueError(f"a message never goes from {old} to {new}")
    message.state, message.reason, message.changed_at = new, reason, at
    session.flush()
    changes = moved_message(
        message.step_id, message.campaign_id, message.group_id, message.is_first, old, new
    )
    add_to_tallies(session, changes)


def _of_campaign(
    verb: str, campaign: Campaign, stakeholder_id: int, by: Actor, at: datetime
) -> Activity:
    return Activity.of(
        verb, by, at, campaign_id=campaign.id, event_id=campaign.event_id,
        stakeholder_id=stakeholder_id, campaign=campaign.name,
    )  # fmt: skip


def _line(verb: str, message: Message, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=message.stakeholder_id,
        campaign_id=message.campaign_id,
        event_id=message.event_id,
        message_id=message.id,
        purpose=message.purpose.value,
    )
