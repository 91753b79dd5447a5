"""Question: what staff ask everyone who answers an event; and what each invitee answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key, Zero

MOST_QUESTIONS = 20
"""On one form: more would not fit the first window of a slow connection, nor anyone's patience."""


class QuestionKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    DATE = "date"
    YES_NO = "yes_no"


class Question(Base):
    """One question of an event's answer form."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_event", "event_id", "position"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    position: Mapped[Zero]
    kind: Mapped[QuestionKind]
    texts: Mapped[dict[str, Any]]
    """{language: {"text": …, "hint": …, "choices": [words, …]}}; the choices of every language
    stand in one order, and an answer keeps their places, from 0."""
    required_for: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """The replies with which it must be answered."""
    asked_of: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """The replies with which it is asked; none for all of them."""
    retired_at: Mapped[datetime | None]
    """Asked no more; what was answered stays."""

    def in_language(self, *languages: str) -> dict[str, Any]:
        """Its words in the first of these languages that it has, else in any."""
        return words_in(self.texts, *languages)


class QuestionAnswer(Base):
    """What one invitee answered to one question; the latest answer only."""

    __tablename__ = "question_answers"
    __table_args__ = (UniqueConstraint("invitation_id", "question_id"),)

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    value: Mapped[dict[str, Any]]
    """{"text": …}, {"day": ISO 8601}, {"yes": true} or {"choices": [place, …]}"""
    given_at: Mapped[datetime]


def words_in(texts: dict[str, Any], *languages: str) -> dict[str, Any]:
    """The words of a question in the first of these languages that there is, else in any."""
    for language in languages:
        if language in texts:
            return dict(texts[language])
    return dict(next(iter(texts.values()), {"text": "", "hint": "", "choices": []}))
