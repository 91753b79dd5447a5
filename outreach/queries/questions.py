"""The questions of an event's answer form, and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.event import Event, EventKind, Parts
from outreach.models.invitation import Invitation, Reply
from outreach.models.question import Question, QuestionAnswer, QuestionKind
from outreach.models.stakeholder import Organisation, Stakeholder

MOST_SESSIONS = 40
"""On one form."""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question with its words in every language."""

    id: int
    position: int
    kind: QuestionKind
    texts: dict[str, Any]
    required_for: list[str]
    asked_of: list[str]
    """The replies with which it is asked; none for all of them."""
    retired_at: datetime | None

    def is_asked_with(self, reply: str) -> bool:
        """Whether who answers so is asked."""
        return not self.asked_of or reply in self.asked_of

    @property
    def is_not_of(self) -> list[str]:
        """The replies with which it is not asked."""
        return [reply.value for reply in Reply if not self.is_asked_with(reply)]

    @property
    def may_be_left(self) -> list[str]:
        """The replies with which it is asked and may be left open."""
        asked = [reply.value for reply in Reply if self.is_asked_with(reply)]
        return [reply for reply in asked if reply not in self.required_for]


@dataclass(frozen=True, slots=True)
class Answered:
    """One person of an event with what they answered: {question id: value}."""

    invitation_id: int
    full_name: str
    email: str | None
    organisation: str | None
    reply: str
    note: str
    particulars: dict[str, Any]
    answered_at: datetime | None
    answers: dict[int, dict[str, Any]]


def questions_of(event_id: int, *, with_retired: bool = False) -> list[QuestionLine]:
    """In the order of the form. Cost: the questions of one event, by index."""
    statement = select(
        Question.id, Question.position, Question.kind, Question.texts, Question.required_for,
        Question.asked_of, Question.retired_at,
    ).where(Question.event_id == event_id)  # fmt: skip
    if not with_retired:
        statement = statement.where(Question.retired_at.is_(None))
    rows = reading().execute(statement.order_by(Question.position, Question.id))
    return [QuestionLine(*row) for row in rows]


def answers_of(invitation_id: int) -> dict[int, dict[str, Any]]:
    """{question id: value} of one invitation, by index."""
    rows = reading().execute(
        select(QuestionAnswer.question_id, QuestionAnswer.value).where(
            QuestionAnswer.invitation_id == invitation_id
        )
    )
    return {row.question_id: row.value for row in rows}


def answered_people(event_id: int) -> list[Answered]:
    """Everyone asked to an event, by name, with their answers. Cost: the event's invitations."""
    given: dict[int, dict[int, dict[str, Any]]] = {}
    for invitation_id, question_id, value in reading().execute(
        select(QuestionAnswer.invitation_id, QuestionAnswer.question_id, QuestionAnswer.value)
        .join(Question, Question.id == QuestionAnswer.question_id)
        .where(Question.event_id == event_id)
    ):
        given.setdefault(invitation_id, {})[question_id] = value
    rows = reading().execute(
        select(
            Invitation.id, Stakeholder.full_name, Stakeholder.email, Organisation.name,
            Invitation.state, Invitation.note, Invitation.particulars, Invitation.answered_at,
        )
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None))
        .order_by(Stakeholder.name_key, Invitation.id)
    )  # fmt: skip
    return [
        Answered(id_, name, email, organisation, state.value, note, said, at, given.get(id_, {}))
        for id_, name, email, organisation, state, note, said, at in rows
    ]


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session that somebody may come to who does not come to all."""

    code: str
    name: str
    starts_at: datetime
    time_zone: str


def sessions_of(event_id: int) -> list[SessionLine]:
    """The sessions of the event's conference, by time. Cost: they, by index."""
    conference_id = select(Event.conference_id).where(Event.id == event_id).scalar_subquery()
    rows = reading().execute(
        select(Event.code, Event.name, Event.starts_at, Event.time_zone)
        .where(Event.conference_id == conference_id, Event.kind == EventKind.SESSION)
        .order_by(Event.starts_at, Event.id)
        .limit(MOST_SESSIONS)
    )
    return [SessionLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class EventAsked:
    """An event as its answer form knows it."""

    id: int
    name: str
    allows_remote: bool
    party_limit: int
    needs_asked: list[str]
    parts_asked: Parts
    time_zone: str


def event_asked(event_id: int) -> EventAsked | None:
    """One row by key."""
    row = reading().execute(
        select(Event.id, Event.name, Event.allows_remote, Event.party_limit, Event.needs_asked,
               Event.parts_asked, Event.time_zone)
        .where(Event.id == event_id)
    ).one_or_none()  # fmt: skip
    return EventAsked(*row) if row else None
