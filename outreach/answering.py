"""An answer as it is recorded, whoever gave it: its row, the journal, the counts, its confirmation.

One mail for one answer: where a campaign of the event thanks for answers and has not thanked this
person yet, that thank-you is the confirmation; and a confirmation that still waits tells how it
stands when it leaves, so a second change before that writes no second mail.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Anchor, Campaign, CampaignList, CampaignState, Step, StepState
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.placing import settle_places
from outreach.posting import OF_THE_PERSON, post
from outreach.tally import add_to_tallies, moved, total

THANKING = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


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
) -> None:
    """Write down how the invitation stands now, and tell the invitee of record.

    old  how it stood before
    """
    is_answer = invitation.answered_at is not None
    if channel != "calendar":
        invitation.tell_calendars(old)
    answer = Answer(
        invitation_id=invitation.id, reply=invitation.state.value if is_answer else None,
        note=invitation.note, particulars=invitation.particulars, given_at=at, channel=channel,
        given_by=given_by,
    )  # fmt: skip
    session.add_all([answer, _line(verb, answer, invitation, old, by)])
    session.flush()
    places = settle_places(session, [invitation.id], at=at)
    event_id, group_id = invitation.event_id, invitation.group_id
    kind = TallyKind.EVENT_INVITATIONS
    change = moved(kind, event_id, group_id, old, invitation.state)
    add_to_tallies(session, total([places, change]))
    _confirm(session, invitation, at, is_answer=is_answer)


def _confirm(session: Session, invitation: Invitation, at: datetime, *, is_answer: bool) -> None:
    told = session.scalars(
        select(Message.state).where(
            Message.stakeholder_id == invitation.stakeholder_id,
            Message.invitation_id == invitation.id,
            Message.purpose.in_(OF_THE_PERSON),
        )
    ).all()
    if MessageState.WAITING in told:
        return
    is_wanted = not _will_be_thanked(session, invitation) if is_answer else bool(told)
    if is_wanted:
        post(
            session, Purpose.CONFIRMATION, invitation.stakeholder, invitation.event, at=at,
            invitation_id=invitation.id,
        )  # fmt: skip


def _will_be_thanked(session: Session, invitation: Invitation) -> bool:
    """Whether a step of a campaign at work will thank the person for this answer."""
    person_id = invitation.stakeholder_id
    statement = (
        select(Step.id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .join(CampaignList, CampaignList.campaign_id == Campaign.id)
        .join(Target, Target.list_id == CampaignList.list_id)
        .where(
            Campaign.event_id == invitation.event_id,
            Campaign.state.in_(THANKING),
            Campaign.scheduled_at <= invitation.answered_at,
            Step.anchor == Anchor.ANSWER,
            Step.state.in_((StepState.WAITING, StepState.OPEN)),
            Target.stakeholder_id == person_id,
            CampaignList.wave.is_(None) | (CampaignList.wave == Target.wave),
            ~exists().where(Message.step_id == Step.id, Message.stakeholder_id == person_id),
        )
        .limit(1)
    )
    return session.scalar(statement) is not None


def _line(
    verb: str, answer: Answer, invitation: Invitation, old: InvitationState, by: Actor
) -> Activity:
    """For the journal; the note itself stands with the answer only."""
    return Activity.of(
        verb, by, answer.given_at, stakeholder_id=invitation.stakeholder_id,
        event_id=invitation.event_id, invitation_id=invitation.id, reply=invitation.state.value,
        before=old.value, has_note=bool(answer.note), channel=answer.channel,
        given_by=answer.given_by,
    )  # fmt: skip
