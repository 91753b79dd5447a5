"""Answers as they were given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.models.message import Message
from outreach.models.seat import SeatAnswer


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """An answer as it was given; no reply where the only one was taken back."""

    reply: Reply | None
    given_at: datetime
    channel: str
    given_by: str


def answers_given(invitation_id: int, limit: int = 20) -> list[AnswerLine]:
    """The latest answers, newest first. Cost: the answers to this one invitation, by index."""
    rows = reading().execute(
        select(Answer.reply, Answer.given_at, Answer.channel, Answer.given_by)
        .where(Answer.invitation_id == invitation_id)
        .order_by(Answer.id.desc())
        .limit(limit)
    )
    return [AnswerLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """The answer that a mail is about, as it stands: who gave it, and what it says besides."""

    channel: str
    given_at: datetime
    given_by: str
    event_id: int
    particulars: dict[str, Any] = field(default_factory=dict)
    """As in Invitation."""


def answers_told(message_ids: Sequence[int]) -> dict[int, Told]:
    """{message id: the answer} of mails about an invitation or a seat. Two SELECTs by index."""
    ids = {"ids": list(message_ids)}
    rows: Any = [row for each in _statements() for row in reading().execute(each, ids)]
    return {row[0]: Told(*row[1:]) for row in rows}


@cache
def _statements() -> tuple[Any, Any]:
    """Of invitations, and of seats; put together once, for every single mail asks them."""
    counts = func.coalesce(Invitation.merged_into_id, Invitation.id)
    given, taken = aliased(Answer), aliased(SeatAnswer)
    wanted = Message.id.in_(bindparam("ids", expanding=True))
    last = select(func.max(given.id)).where(given.invitation_id == counts).scalar_subquery()
    invited = (
        select(
            Message.id, Answer.channel, Answer.given_at, Answer.given_by, Message.event_id,
            Answer.particulars,
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Answer, Answer.id == last)
        .where(wanted, Message.offer_id.is_(None))
    )  # fmt: skip
    latest = select(func.max(taken.id)).where(taken.offer_id == Message.offer_id).scalar_subquery()
    seated = (
        select(
            Message.id, SeatAnswer.channel, SeatAnswer.given_at, SeatAnswer.given_by,
            Message.event_id,
        )
        .join(SeatAnswer, SeatAnswer.id == latest)
        .where(wanted)
    )  # fmt: skip
    return invited, seated
