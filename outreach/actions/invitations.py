"""Answers to invitations: given, changed, taken back."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.answering import locked_alone, record_answer
from outreach.db import one_connection, transaction
from outreach.errors import Conflict, NotFound
from outreach.languages import marked
from outreach.models.activity import INVITEE, Actor
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.noting import note_answer, seen_of
from outreach.queries.invitations import FormAsked, version_of
from outreach.telling import Told, put_back_told, told_with

_ONE = select(Invitation).where(Invitation.id == bindparam("id")).with_for_update(of=Invitation)


class AnswerChanged(Conflict):
    """Another answer was given after this one's page was opened."""

    def __init__(self) -> None:
        super().__init__(marked("The answer was changed in the meantime. Nothing was changed now."))


class NothingToTakeBack(Conflict):
    """The last change was taken back already, or was not made on the page."""

    def __init__(self) -> None:
        super().__init__(marked("There is nothing to take back."))


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
    particulars: Mapping[str, Any] | None = None,
    answers: Told | None = None,
) -> bool:
    """Record the answer, move the counts, queue its confirmation; say whether it changed anything.

    seen         the version of the answer that the person had before their eyes (`version_of`);
                 None takes the answer whatever came before. The same answer again changes nothing
                 and is no conflict.
    particulars  as in Invitation.particulars
    answers      {question id: as in QuestionAnswer.value, None to forget}
    Raises AnswersClosed, InvitationWithdrawn, SomeoneIsSent, AnswerChanged.
    """
    with transaction() as session:
        invitation = locked_alone(session, invitation_id)
        if invitation is None:
            raise NotFound("invitation")
        old, version = invitation.state, version_of(invitation.answered_at)
        is_news = invitation.take(reply, note, at, particulars)
        is_told, told = told_with(session, invitation.id, answers, at)
        if not (is_news or is_told):
            return False
        if seen is not None and seen != version:
            raise AnswerChanged
        invitation.answered_at = at
        record_answer(
            session, invitation, old, at=at, by=by, channel=channel, given_by=given_by,
            told=told,
        )  # fmt: skip
        return True


def at_once() -> AbstractContextManager[None]:
    """Around `form_glance` and `answer_at_once`, and nothing else: both go over one connection."""
    return one_connection()


def answer_at_once(
    asked: FormAsked,
    reply: Reply,
    note: str,
    *,
    at: datetime,
    given_by: str = "",
    seen: int,
    particulars: Mapping[str, Any],
) -> bool:
    """The same for a plain answer by link, from what its form was read against; False, and nothing,
    where it is not plain, no news, or where the invitation was changed in the meantime.

    Raises what `answer_invitation` does, but for AnswerChanged.
    """
    invitation = asked.invitation
    as_read = seen_of(invitation)
    if seen != version_of(invitation.answered_at):
        return False
    if not invitation.take(reply, note, at, particulars):
        return False
    return note_answer(invitation, asked.about, as_read, at=at, given_by=given_by)


def take_back_answer(
    invitation_id: int,
    *,
    at: datetime,
    by: Actor = INVITEE,
    seen: int | None = None,
    given_by: str = "",
) -> None:
    """Undo the last change that was made on the page; who was sent is asked no more.

    Raises NothingToTakeBack, AnswersClosed, InvitationWithdrawn, AnswerChanged.
    """
    with transaction() as session:
        invitation = locked(session, invitation_id)
        if seen is not None and seen != version_of(invitation.answered_at):
            raise AnswerChanged
        last, before = _last_two(session, invitation_id)
        if last is None or last.channel != "link":
            raise NothingToTakeBack
        old = invitation.state
        if invitation.delegate_id is not None:
            _stop_asking(session.get_one(Invitation, invitation.delegate_id), invitation.id, at)
        invitation.take_back(before, at)
        record_answer(
            session, invitation, old, at=at, by=by, channel="undo", verb="took_back_answer",
            given_by=given_by, told=put_back_told(session, last, at),
        )  # fmt: skip


def locked(session: Session, invitation_id: int) -> Invitation:
    """The invitation, for us alone until the transaction ends. Raises NotFound."""
    invitation = session.scalar(_ONE, {"id": invitation_id})
    if invitation is None:
        raise NotFound("invitation")
    return invitation


def _last_two(session: Session, invitation_id: int) -> tuple[Answer | None, Answer | None]:
    rows = session.scalars(
        select(Answer)
        .where(Answer.invitation_id == invitation_id)
        .order_by(Answer.id.desc())
        .limit(2)
    ).all()
    return (rows[0] if rows else None), (rows[1] if len(rows) > 1 else None)


def _stop_asking(other: Invitation, named_by_id: int, at: datetime) -> None:
    """Withdraw the invitation of who was named; somebody who was invited anyway stays so."""
    if other.delegated_by_id == named_by_id:
        other.withdrawn_at = at
