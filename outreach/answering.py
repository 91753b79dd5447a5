"""An answer as it is recorded, whoever gave it: its row, the journal, the counts, its confirmation.

One mail for one answer: where a campaign of the event thanks for answers and has not thanked this
person yet, that thank-you is the confirmation; and a confirmation that still waits tells how it
stands when it leaves, so a second change before that writes no second mail.

It is what a person waits for on a page, so it is told with few statements, all of them put
together once: what is needed in one question, and a row for each thing that is written.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Text, bindparam, case, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from outreach.models.activity import Activity, Actor
from outreach.models.allotment import Placement
from outreach.models.audience import CampaignSegment
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.confirmation import ConfirmationDue
from outreach.models.event import Event
from outreach.models.invitation import TOLD, Answer, Invitation, InvitationState, Standing
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.message import standing as message_standing
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, Audience, Step, StepKind, StepState
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.models.vip import CampaignVip
from outreach.placing import settle_places
from outreach.posting import (
    OF_THE_PERSON,
    RECIPIENT,
    mail_changes,
    recipient_of,
)
from outreach.prepared import Change, Prepared, run_together
from outreach.tally import Place, add_to_tallies, moved, tally_changes, total

THANKING = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)

_CHANGED = (
    "state", "note", "particulars", "answered_at", "sequence", "told_sequence",
    "is_to_be_confirmed",
)  # fmt: skip
"""What an answer may change in its invitation."""
NEW: Mapping[str, Any] = {name: bindparam(f"new_{name}") for name in _CHANGED}
_KEPT = (
    "id", "stakeholder_id", "event_id", "group_id", "is_star", "reply_by", "delegate_id",
    "withdrawn_at",
)  # fmt: skip
"""What it looks at besides."""

_TOLD, _WILL_BE_TOLD = 1, 2
# By itself a subquery only looks at the statement right around it: those further out are named.
_thanked = (
    exists()
    .where(Message.step_id == Step.id, Message.stakeholder_id == Stakeholder.id)
    .correlate(Step, Stakeholder)
)
_is_listed = (
    select(Target.id)
    .join(CampaignList, CampaignList.list_id == Target.list_id)
    .where(
        Target.stakeholder_id == Stakeholder.id,
        CampaignList.campaign_id == Campaign.id,
        CampaignList.wave.is_(None) | (CampaignList.wave == Target.wave),
    )
    .correlate(Campaign, Stakeholder)
    .exists()
)
_came_by_segment = (
    select(CampaignSegment.id)
    .join(Message, Message.campaign_id == CampaignSegment.campaign_id)
    .where(
        CampaignSegment.campaign_id == Campaign.id,
        ~CampaignSegment.is_left_out,
        Message.stakeholder_id == Stakeholder.id,
        Message.is_first,
    )
    .correlate(Campaign, Stakeholder)
    .exists()
)
_thanking = (
    select(Step.id)
    .join(Campaign, Campaign.id == Step.campaign_id)
    .where(
        Campaign.event_id == Event.id,
        or_(*(Campaign.state == state for state in THANKING)),
        Campaign.scheduled_at <= bindparam("answered_at"),
        Step.anchor == Anchor.ANSWER,
        Step.kind == StepKind.THANK_YOU,
        Step.days_before.is_(None),
        or_(Step.audience == Audience.ANSWERED, Step.audience == bindparam("reply", type_=Text)),
        or_(Step.state == StepState.WAITING, Step.state == StepState.OPEN),
    )
)
WILL_BE_THANKED = _thanking.where(_is_listed | _came_by_segment, ~_thanked).exists()
"""Whether a campaign of the event will thank this person for such an answer yet."""
_is_vip = (
    select(CampaignVip.id)
    .join(Campaign, Campaign.id == CampaignVip.campaign_id)
    .where(CampaignVip.stakeholder_id == Stakeholder.id, Campaign.event_id == Event.id)
    .exists()
)


def facts_of(invitation_id: Any, named_by_id: Any) -> tuple[Any, ...]:
    """Columns of what is to be known besides an invitation: its event, its places, its person.

    named_by_id  the invitation of who sends the person
    """
    has_place = exists().where(
        or_(Placement.invitation_id == invitation_id, Placement.invitation_id == named_by_id)
    )
    return (
        Event.sequence.label("event_sequence"), has_place.label("has_place"),
        _is_vip.label("is_vip"),
    )  # fmt: skip


def _mails_of(invitation_id: Any) -> tuple[Any, ...]:
    """Columns of what its person was and will be told. They take `answered_at` and `reply`."""
    theirs = (Message.stakeholder_id == Stakeholder.id, Message.invitation_id == invitation_id)
    waits = message_standing() == MessageState.WAITING
    told = (
        select(func.max(case((waits, _WILL_BE_TOLD), else_=_TOLD)))
        .where(*theirs, or_(*(Message.purpose == purpose for purpose in OF_THE_PERSON)))
        .scalar_subquery()
    )
    was_thanked = exists().where(
        *theirs, Message.purpose == Purpose.THANK_YOU,
        Message.created_at >= bindparam("answered_at"),
    )  # fmt: skip
    is_thanked = or_(WILL_BE_THANKED, was_thanked)
    return told.label("told"), is_thanked.label("is_thanked")


_INVITATION: Any = bindparam("invitation_id")
_NAMED_BY = select(Invitation.delegated_by_id).where(Invitation.id == _INVITATION).scalar_subquery()
_ABOUT = Prepared(RECIPIENT.add_columns(*facts_of(_INVITATION, _NAMED_BY), *_mails_of(_INVITATION)))
"""What is to be known besides the invitation: its person, their mails and places. One row."""

_ANSWER = Prepared(
    insert(Answer),
    ["invitation_id", "reply", "note", "particulars", "given_at", "channel", "given_by"],
)
_LINE = Prepared(
    insert(Activity),
    ["verb", "actor", "account_id", "at", "stakeholder_id", "event_id", "detail"],
)
_LOCKED = Prepared(
    select(*(Invitation.__table__.c[name] for name in (*_KEPT, *_CHANGED)))
    .where(Invitation.id == bindparam("id"))
    .with_for_update(of=Invitation.__table__)
)
_NO_MORE_DUE = Prepared(
    delete(ConfirmationDue).where(ConfirmationDue.invitation_id == bindparam("invitation_id"))
)
_STANDS = Prepared(
    update(Invitation).where(Invitation.id == bindparam("invitation_id")).values(NEW)
)


def locked_alone(session: Session, invitation_id: int) -> Invitation | None:
    """The invitation, for us until the transaction ends, beside the session: `record_answer` writes
    what changes in it. What the ORM adds to one row and its change takes longer than an answer."""
    row = _LOCKED.first(session.connection(), {"id": invitation_id})
    return Invitation(**row._asdict()) if row else None


def record_answer(
    session: Session,
    invitation: Invitation,
    old: InvitationState,
    *,
    at: datetime,
    by: Actor,
    channel: str,
    given_by: str = "",
    verb: str = "answered",
    others: Mapping[Place, int] = MappingProxyType({}),
    told: Mapping[str, Any] | None = None,
) -> None:
    """Write down how the invitation stands now, and tell the invitee of record.

    old     how it stood before
    told    everything that is answered to the event's questions now (see telling); None where
            this answer does not speak of them
    others  what else changes in the summary rows, which come after the places
    """
    connection = session.connection()
    about = _about(session, invitation, at)
    noted = notes_of(
        invitation, about, old, at=at, by=by, channel=channel, given_by=given_by, verb=verb,
        told=told,
    )  # fmt: skip
    mail = _confirmation(session, invitation, about, at)
    event_id, group_id = invitation.event_id, invitation.group_id
    numbers = moved(TallyKind.EVENT_INVITATIONS, event_id, group_id, old, invitation.state)
    numbers.update(others)
    session.flush()
    # What was to be told of the answers before is told by this mail, or no more.
    changes = [(_NO_MORE_DUE, {"invitation_id": invitation.id}), *noted, *mail]
    if invitation not in session:
        changes.append((_STANDS, standing(invitation) | {"invitation_id": invitation.id}))
    if not about.has_place:
        changes += tally_changes(connection.dialect.name, numbers)
    run_together(connection, changes)
    if about.has_place:
        add_to_tallies(session, total([settle_places(session, [invitation.id], at=at), numbers]))


def confirm(session: Session, invitation: Invitation, *, at: datetime) -> None:
    """Tell the invitee of record how the invitation stands, where that is due."""
    mail = _confirmation(session, invitation, _about(session, invitation, at), at)
    if mail:
        run_together(session.connection(), mail)


def _about(session: Session, invitation: Invitation, at: datetime) -> Any:
    asked = {
        "stakeholder_id": invitation.stakeholder_id, "event_id": invitation.event_id,
        "invitation_id": invitation.id, "answered_at": invitation.answered_at or at,
        "reply": invitation.state.value, "code": Purpose.CONFIRMATION.value,
    }  # fmt: skip
    return _ABOUT.first(session.connection(), asked)


def notes_of(
    invitation: Invitation | Standing,
    about: Any,
    old: InvitationState,
    *,
    at: datetime,
    by: Actor,
    channel: str,
    given_by: str = "",
    verb: str = "answered",
    told: Mapping[str, Any] | None = None,
) -> list[Change]:
    """The rows of the answer and of the journal; the invitation says who is to hear of it."""
    is_answer = invitation.answered_at is not None
    if channel != "calendar":
        invitation.tell_calendars(old, about.event_sequence)
    # What someone of the team writes down, or takes from a doubtful mail, is confirmed by that.
    invitation.is_to_be_confirmed = is_answer and about.is_vip and by.account_id is None
    said = invitation.particulars if told is None else invitation.particulars | {TOLD: told}
    answer = {
        "invitation_id": invitation.id, "reply": invitation.state.value if is_answer else None,
        "note": invitation.note, "particulars": said, "given_at": at,
        "channel": channel, "given_by": given_by,
    }  # fmt: skip
    return [(_ANSWER, answer), (_LINE, _line(verb, answer, invitation, old, by))]


def standing(invitation: Invitation | Standing) -> dict[str, Any]:
    """Every column that an answer may change, as `new_…`."""
    return {f"new_{name}": getattr(invitation, name) for name in _CHANGED}


def _confirmation(
    session: Session, invitation: Invitation, about: Any, at: datetime
) -> list[Change]:
    """The mail about how the invitation stands now; nothing where nobody is to get one."""
    is_answer = invitation.answered_at is not None
    # Thanks to a star wait for a signature; what confirms their own answer does not.
    is_thanked = about.is_thanked and not invitation.is_star
    is_wanted = not is_thanked if is_answer else about.told == _TOLD
    # A mail that still waits tells how it stands when it leaves.
    is_told_later = about.told == _WILL_BE_TOLD
    recipient = recipient_of(about)
    if not is_wanted or is_told_later or not recipient.may_get(Purpose.CONFIRMATION):
        return []
    return mail_changes(
        session, Purpose.CONFIRMATION, recipient, invitation.event_id, at=at,
        invitation_id=invitation.id,
    )  # fmt: skip


def _line(
    verb: str,
    answer: dict[str, Any],
    invitation: Invitation | Standing,
    old: InvitationState,
    by: Actor,
) -> dict[str, Any]:
    """For the journal; the note itself stands with the answer only."""
    return {
        "verb": verb, "actor": by.kind, "account_id": by.account_id, "at": answer["given_at"],
        "stakeholder_id": invitation.stakeholder_id, "event_id": invitation.event_id,
        "detail": {
            "invitation_id": invitation.id, "reply": invitation.state.value, "before": old.value,
            "has_note": bool(answer["note"]), "channel": answer["channel"],
            "given_by": answer["given_by"],
        },
    }  # fmt: skip
