"""Answers as they were given."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.db import reading
from outreach.models.invitation import Answer, Reply


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
