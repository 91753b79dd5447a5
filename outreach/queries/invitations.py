"""Invitations as their invitees see them: one page, and every answer that was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from outreach.db import Glance, reading
from outreach.models.conference import Conference
from outreach.models.delegation import Delegation
from outreach.models.event import Event, EventKind, Parts
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply, Standing
from outreach.models.letter import Letter
from outreach.models.question import Question
from outreach.models.seat import SeatOffer
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.noting import COLUMNS, standing_of
from outreach.queries.answers import AnswerLine

ANSWERED = {InvitationState(reply.value): reply for reply in Reply}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is asked, as typed."""

    title: str
    salutation: str
    full_name: str
    office: str
    organisation: str | None
    language: str = ""
    """Own, else the organisation's, else the conference's."""
    country_code: str = ""
    """Own, else the organisation's."""
    time_zone: str = ""
    """Their own, by its IANA name; "" where not told."""
    greeting: str = ""
    """Where it is put together already."""


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event and the conference that it belongs to: what, when, where, and who invites."""

    id: int
    name: str
    kind: EventKind
    summary: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue: str
    city: str
    country_code: str
    sequence: int
    conference_code: str
    conference: str
    host: str
    reply_to: str
    allows_remote: bool = False
    party_limit: int = 0
    parts_asked: Parts = Parts.WHOLE
    needs_asked: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """All that stands on an invitee's page but the earlier answers."""

    id: int
    state: InvitationState
    reply_by: datetime
    answered_at: datetime | None
    note: str
    withdrawn_at: datetime | None
    sequence: int
    particulars: dict[str, Any]
    stakeholder_id: int
    delegate: str | None
    """Who is sent in this person's place, and has the invitation now."""
    named_by: str | None
    """Who sends this person."""
    has_questions: bool
    has_others: bool
    """Whether the person is asked to anything else."""
    answers_known: int | None
    """Nothing where none was given; 1 where the only one is what stands, given here and by
    themselves; else 2 or more."""
    group_id: int
    letter_id: int
    """The newest letter to the person's group or to everyone; 0 where there is none."""
    person: Addressee
    event: EventShown

    @property
    def has_answers(self) -> bool:
        """Whether any was given, one that was taken back too."""
        return self.answers_known is not None

    @property
    def only_answer(self) -> "AnswerLine | None":
        """The only one, where it is what stands, given here and by themselves."""
        if self.answers_known != 1 or self.answered_at is None:
            return None
        return AnswerLine(self.answer, self.answered_at, "link", "")

    @property
    def answer(self) -> Reply | None:
        """What the person answered last; nothing yet while silent or undeliverable."""
        return ANSWERED.get(self.state)

    @property
    def version(self) -> int:
        """Which answer this is; another answer gives another version."""
        return version_of(self.answered_at)

    def is_open(self, at: datetime) -> bool:
        """Whether an answer is still taken."""
        return self.withdrawn_at is None and at < self.reply_by


@dataclass(frozen=True, slots=True)
class FormAsked:
    """What the answer form of a page asks, and how the invitation stands."""

    invitation: Standing
    about: Any
    """As `noting.note_answer` takes it."""
    language: str
    """The person's, as in Addressee."""
    has_questions: bool
    event: EventShown


OWN: tuple[Any, ...] = (
    Invitation.id, Invitation.state, Invitation.reply_by, Invitation.answered_at, Invitation.note,
    Invitation.withdrawn_at, Invitation.sequence, Invitation.particulars,
    Invitation.stakeholder_id,
)  # fmt: skip
LANGUAGE = func.coalesce(Stakeholder.language, Organisation.language, Conference.language)
ADDRESSEE: tuple[Any, ...] = (
    Stakeholder.title, Stakeholder.salutation, Stakeholder.full_name, Stakeholder.office,
    Organisation.name,
    LANGUAGE,
    func.coalesce(Stakeholder.country_code, Organisation.country_code, ""),
    func.coalesce(Stakeholder.time_zone, ""),
)  # fmt: skip
EVENT: tuple[Any, ...] = (
    Event.id, Event.name, Event.kind, Event.summary, Event.starts_at, Event.ends_at,
    Event.time_zone, Event.venue, Event.city, Event.country_code, Event.sequence,
    Conference.code, Conference.name, Conference.host, Conference.reply_to,
    Event.allows_remote, Event.party_limit, Event.parts_asked,
    Event.needs_asked,
)  # fmt: skip

_others, _linked = aliased(Invitation), aliased(Invitation)


def _name_of(invitation_id: Any) -> Any:
    """Whose invitation that is."""
    person, other = aliased(Stakeholder), aliased(Invitation)
    return (
        select(person.full_name)
        .join(other, other.stakeholder_id == person.id)
        .where(other.id == invitation_id)
        .scalar_subquery()
    )


HAS_QUESTIONS = exists().where(
    Question.event_id == Invitation.event_id, Question.retired_at.is_(None)
)
_stands_as_given = and_(
    Answer.channel == "link", Answer.given_by == "", Answer.given_at == Invitation.answered_at
)
MORE: tuple[Any, ...] = (
    _name_of(Invitation.delegate_id), _name_of(Invitation.delegated_by_id),
    HAS_QUESTIONS,
    or_(
        exists().where(
            _others.stakeholder_id == Invitation.stakeholder_id, _others.id != Invitation.id,
            _others.withdrawn_at.is_(None),
        ),
        exists().where(
            SeatOffer.stakeholder_id == Invitation.stakeholder_id, SeatOffer.asked_at.is_not(None)
        ),
        exists().where(
            Delegation.focal_point_id == Invitation.stakeholder_id,
            Delegation.withdrawn_at.is_(None),
        ),
    ),
    select(func.sum(case((_stands_as_given, 1), else_=2)))
    .where(Answer.invitation_id == Invitation.id)
    .scalar_subquery(),
    Invitation.group_id,
    func.coalesce(
        select(func.max(Letter.id))
        .where(
            Letter.event_id == Invitation.event_id, Letter.replaced_at.is_(None),
            or_(Letter.group_id.is_(None), Letter.group_id == Invitation.group_id),
        )
        .scalar_subquery(),
        0,
    ),
)  # fmt: skip
OWN_AND_MORE = len(OWN) + len(MORE)


_OF_LINK: Any = (
    Invitation.id
    == select(func.coalesce(_linked.merged_into_id, _linked.id))
    .where(_linked.link_key == bindparam("link_key"))
    .scalar_subquery()
)
"""Whether an invitation is the one that the link with a key opens."""


def _of_link(*columns: Any) -> Select[Any]:
    """These columns of the invitation that the link with a key opens."""
    return (
        select(*columns)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .join(Event, Event.id == Invitation.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(_OF_LINK)
    )


PAGE = _of_link(*OWN, *MORE, *ADDRESSEE, *EVENT)
"""Put together once: doing so for each view takes longer than the database does."""
GLANCE = Glance(PAGE)
FORM = Glance(_of_link(*COLUMNS, LANGUAGE, HAS_QUESTIONS, *EVENT))


def invitation_page(link_key: str) -> InvitationPage | None:
    """The page of the link with this key. One row by unique key, joined to four by their keys."""
    # Of the connection, not of the session: what the ORM adds to a row takes as long as the rest.
    return _page(reading().connection().execute(PAGE, {"link_key": link_key}).one_or_none())


def invitation_glance(link_key: str) -> InvitationPage | None:
    """The same for somebody who only looks, with nothing around the one question."""
    return _page(GLANCE.row(link_key=link_key))


def form_glance(link_key: str) -> FormAsked | None:
    """What an answer is read against and noted with. One row by key."""
    values = FORM.row(link_key=link_key)
    if values is None:
        return None
    known = len(COLUMNS)
    language, has_questions, *event = values[known:]
    return FormAsked(*standing_of(values[:known]), language, has_questions, event_of(event))


def _page(row: Any) -> InvitationPage | None:
    if row is None:
        return None
    values: list[Any] = [*row[:OWN_AND_MORE], *person_and_event(row[OWN_AND_MORE:])]
    return InvitationPage(*values)


def person_and_event(row: Any) -> tuple[Addressee, EventShown]:
    """The columns of ADDRESSEE and EVENT, in this order, as values."""
    return Addressee(*row[: len(ADDRESSEE)]), event_of(row[len(ADDRESSEE) :])


def event_of(row: Any) -> EventShown:
    """The columns of EVENT as a value."""
    event: list[Any] = list(row)
    event[-1] = tuple(event[-1])  # of what is asked; with a list in it the event has no hash
    return EventShown(*event)


def link_key_of(invitation_id: int) -> str | None:
    """The key of someone's link, for staff who look at their page. One row by key."""
    return reading().scalar(select(Invitation.link_key).where(Invitation.id == invitation_id))


def version_of(answered_at: datetime | None) -> int:
    """Which answer it is, as microseconds since 1970; 0 while there is none."""
    return (answered_at - EPOCH) // timedelta(microseconds=1) if answered_at else 0
