"""Answers to invitations."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.tally import TallyKind
from outreach.queries.invitations import version_of
from outreach.tally import add_to_tallies, moved


class AnswerChanged(Conflict):
    """Another answer was given after this one's page was opened."""

    def __init__(self) -> None:
        super().__init__("The answer was changed in the meantime. Nothing was changed now.")


def answer_invitation(
    invitation_id: int,
    reply: Reply,
    note: str,
    *,
    at: datetime,
    by: Actor = INVITEE,
    channel: str = "link",
    given_by: str = "",
    seen: int | None = None,
) -> bool:
    """Record the answer and move the counts; say whether it changed anything.

    seen  the version of the answer that the person had before their eyes (`version_of`); None takes
          the answer whatever came before. The same answer again changes nothing and is no conflict.
    Raises AnswersClosed, InvitationWithdrawn, AnswerChanged.
    """
    with transaction() as session:
        invitation = session.scalar(
            select(Invitation).where(Invitation.id == invitation_id).with_for_update()
        )
        if invitation is None:
            raise NotFound("invitation")
        old, version = invitation.state, version_of(invitation.answered_at)
        if not invitation.take(reply, note, at):
            return False
        if seen is not None and seen != version:
            raise AnswerChanged
        answer = Answer(
            invitation_id=invitation.id, reply=reply, note=note, given_at=at,
            channel=channel, given_by=given_by,
        )
        session.add_all([answer, _line(answer, invitation, old, by)])
        session.flush()
        event_id, group_id = invitation.event_id, invitation.group_id
        add_to_tallies(
            session,
            moved(TallyKind.EVENT_INVITATIONS, event_id, group_id, old, invitation.state),
        )
        return True


def _line(answer: Answer, invitation: Invitation, old: InvitationState, by: Actor) -> Activity:
    """For the journal; the note itself stands with the answer only."""
    return Activity.of(
        "answered", by, answer.given_at, stakeholder_id=invitation.stakeholder_id,
        event_id=invitation.event_id, invitation_id=invitation.id, reply=answer.reply.value,
        before=old.value, has_note=bool(answer.note), channel=answer.channel,
        given_by=answer.given_by,
    )
