"""An answer as it is recorded, whoever gave it: its row, the journal, the counts, its confirmation.

One mail for one answer: where a campaign of the event thanks for answers and has not thanked this
person yet, that thank-you is the confirmation; and a confirmation that still waits tells how it
stands when it leaves, so a second change before that writes no second mail.

It is what a person waits for on a page, so it is told with few statements, all of them put
together once: what is needed in one question, and a row for each thing that is written.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Text, bindparam, exists, insert, or_, select
from sqlalchemy.orm import Session

from outreach.models.activity import Activity, Actor
from outreach.models.allotment import Placement
from outreach.models.audience import CampaignSegment
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.event import Event
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, Audience, Step, StepKind, StepState
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.models.vip import CampaignVip
from outreach.placing import settle_places
from outreach.posting import OF_THE_PERSON, RECIPIENT, recipient_of, write_mail
from outreach.tally import Place, add_to_tallies, moved

THANKING = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)

_INVITATION: Any = bindparam("invitation_id")
_told = (
    exists()
    .where(
        Message.stakeholder_id == Stakeholder.id, Message.invitation_id == _INVITATION,
        or_(*(Message.purpose == purpose for purpose in OF_THE_PERSON)),
    )
)  # fmt: skip
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
_will_be_thanked = (
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
        _is_listed | _came_by_segment,
        ~_thanked,
    )
    .exists()
)
_has_place = exists().where(
    or_(
        Placement.invitation_id == _INVITATION,
        Placement.invitation_id
        == select(Invitation.delegated_by_id).where(Invitation.id == _INVITATION).scalar_subquery(),
    )
)
_is_vip = (
    select(CampaignVip.id)
    .join(Campaign, Campaign.id == CampaignVip.campaign_id)
    .where(CampaignVip.stakeholder_id == Stakeholder.id, Campaign.event_id == Event.id)
    .exists()
)
_ABOUT = RECIPIENT.add_columns(
    Event.sequence.label("event_sequence"),
    _has_place.label("has_place"),
    _told.label("was_told"),
    _told.where(Message.state == MessageState.WAITING).label("will_be_told"),
    _will_be_thanked.label("will_be_thanked"),
    _is_vip.label("is_vip"),
)
"""What is to be known besides the invitation: its person, their mails and places. One row."""

_ANSWER, _LINE = insert(Answer), insert(Activity)


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
) -> None:
    """Write down how the invitation stands now, and tell the invitee of record.

    old     how it stood before
    others  what else changes in the summary rows, which come after the places
    """
    connection = session.connection()
    about = connection.execute(
        _ABOUT,
        {
            "stakeholder_id": invitation.stakeholder_id, "event_id": invitation.event_id,
            "invitation_id": invitation.id, "answered_at": invitation.answered_at or at,
            "reply": invitation.state.value,
            "code": Purpose.CONFIRMATION.value,
        },
    ).one()  # fmt: skip
    is_answer = invitation.answered_at is not None
    if channel != "calendar":
        invitation.tell_calendars(old, about.event_sequence)
    # What someone of the team writes down, or takes from a doubtful mail, is confirmed by that.
    invitation.is_to_be_confirmed = is_answer and about.is_vip and by.account_id is None
    session.flush()
    answer = {
        "invitation_id": invitation.id, "reply": invitation.state.value if is_answer else None,
        "note": invitation.note, "particulars": invitation.particulars, "given_at": at,
        "channel": channel, "given_by": given_by,
    }  # fmt: skip
    connection.execute(_ANSWER, answer)
    connection.execute(_LINE, _line(verb, answer, invitation, old, by))
    _confirm(session, invitation, about, at, is_answer=is_answer)
    numbers = settle_places(session, [invitation.id], at=at) if about.has_place else Counter()
    event_id, group_id = invitation.event_id, invitation.group_id
    numbers.update(moved(TallyKind.EVENT_INVITATIONS, event_id, group_id, old, invitation.state))
    numbers.update(others)
    add_to_tallies(session, numbers)


def _confirm(
    session: Session, invitation: Invitation, about: Any, at: datetime, *, is_answer: bool
) -> None:
    if about.will_be_told:
        return
    is_wanted = not about.will_be_thanked if is_answer else about.was_told
    recipient = recipient_of(about)
    if is_wanted and recipient.may_get(Purpose.CONFIRMATION):
        write_mail(
            session, Purpose.CONFIRMATION, recipient, invitation.event_id, at=at,
            invitation_id=invitation.id,
        )  # fmt: skip


def _line(
    verb: str, answer: dict[str, Any], invitation: Invitation, old: InvitationState, by: Actor
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
