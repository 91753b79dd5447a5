"""Stakeholders: finding people, and what there is to know of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.event import Event
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import SENTENCES, Message, MessageState, Purpose, standing
from outreach.models.office import ProtocolCategory
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.keyset import PAGE, Page, page
from outreach.queries.person_facets import as_meant
from outreach.queries.shapes import IS_KEPT


def matching(words: str) -> ColumnElement[bool] | None:
    """People whose name, organisation or address holds all these words; None for no words.

    For statements that join `organisations` loosely. Accents, case, order and a slip in a word
    that is in no name are forgiven. Cost: the people once through, and for a slip a look into the
    known words; a search is cut at 100 letters and six words.
    """
    meant = as_meant(words)
    if meant is None:
        return None
    by_address = Stakeholder.email_key.contains(meant.typed.casefold(), autoescape=True)
    by_name = [
        or_(*[
            name.contains(key)
            for key in alternatives
            for name in (Stakeholder.name_key, Organisation.name_key)
        ])
        for alternatives in meant.all_words
    ]  # fmt: skip
    return or_(by_address, and_(*by_name)) if by_name else by_address


@dataclass(frozen=True, slots=True)
class StakeholderLine:
    """Someone in the list of all people."""

    id: int
    name: str
    office: str
    organisation: str | None
    country_code: str | None
    email: str | None
    language: str | None


def stakeholders(
    words: str = "", *, sort: str = "name", after: str | None = None, limit: int = PAGE
) -> Page[StakeholderLine]:
    """A page of all people by name. Cost: the rows of the page; with words, see `matching`."""
    statement = (
        select(
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Stakeholder.country_code,
            Stakeholder.email,
            Stakeholder.language,
        )
        .outerjoin(Stakeholder.organisation)
        .where(IS_KEPT)
    )
    wanted = matching(words)
    if wanted is not None:
        statement = statement.where(wanted)
    order = (Stakeholder.name_key.expression, Stakeholder.id.expression)
    rows, following = page(statement, order, after, limit=limit, falling=sort.startswith("-"))
    return Page([StakeholderLine(*row[:7]) for row in rows], following)


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of one person."""

    id: int
    full_name: str
    given_name: str
    family_name: str
    title: str
    salutation: str
    office: str
    email: str | None
    email_key: str | None
    organisation_id: int | None
    organisation: str | None
    language: str | None
    country_code: str | None
    gender: str
    pronouns: str
    notes: str
    external_id: str | None
    time_zone: str | None
    owner_id: int | None
    owner: str | None
    protocol_category: ProtocolCategory | None
    is_protocol_by_hand: bool
    version: int
    is_mail_stopped: bool
    created_at: datetime
    changed_at: datetime


def person(stakeholder_id: int) -> Person | None:
    """One person. Three rows by key."""
    elsewhere = {"organisation": Organisation.name, "owner": Account.name}
    columns = [
        elsewhere.get(name) or getattr(Stakeholder, name) for name in Person.__dataclass_fields__
    ]
    row = (
        reading()
        .execute(
            select(*columns)
            .outerjoin(Stakeholder.organisation)
            .outerjoin(Account, Account.id == Stakeholder.owner_id)
            .where(Stakeholder.id == stakeholder_id)
        )
        .one_or_none()
    )
    return Person(*row) if row else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list on which someone is wanted."""

    target_id: int
    list_id: int
    list: str
    event: str
    is_star: bool
    tier: int
    why: str
    owner: str | None
    """Who follows them up there; of a star, who signs the mails to them."""


def wanted_of(stakeholder_id: int) -> list[Wanted]:
    """The lists on which someone stands. Cost: their targets."""
    rows = reading().execute(
        select(
            Target.id,
            TargetList.id,
            TargetList.name,
            Event.name,
            Target.is_star,
            Target.tier,
            Target.why,
            Account.name,
        )
        .join(Target, Target.list_id == TargetList.id)
        .join(TargetList.event)
        .outerjoin(Account, Account.id == Target.owner_id)
        .where(Target.stakeholder_id == stakeholder_id)
        .order_by(Event.starts_at, TargetList.id)
    )
    return [Wanted(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation of someone."""

    id: int
    event: str
    time_zone: str
    state: InvitationState
    reply_by: datetime
    answered_at: datetime | None
    note: str
    is_withdrawn: bool
    particulars: dict[str, Any]
    event_id: int
    given_by: str
    """Who gave the answer, where that was not the invitee."""


def invitations_of(stakeholder_id: int) -> list[Asked]:
    """What someone is invited to, and what they answered. Cost: their invitations."""
    last = (
        select(Answer.given_by)
        .where(Answer.invitation_id == Invitation.id)
        .order_by(Answer.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = reading().execute(
        select(
            Invitation.id,
            Event.name,
            Event.time_zone,
            Invitation.state,
            Invitation.reply_by,
            Invitation.answered_at,
            Invitation.note,
            Invitation.withdrawn_at.is_not(None),
            Invitation.particulars,
            Invitation.event_id,
            func.coalesce(last, ""),
        )
        .join(Invitation.event)
        .where(Invitation.stakeholder_id == stakeholder_id, Invitation.merged_into_id.is_(None))
        .order_by(Event.starts_at)
    )
    return [Asked(*row) for row in rows]


def everyone_of(stakeholder_id: int) -> Select[int]:
    """The ids under which a person's history stands: their own, and those merged into it."""
    return select(Stakeholder.id).where(
        or_(Stakeholder.id == stakeholder_id, Stakeholder.merged_into_id == stakeholder_id)
    )


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to someone, or the row that says why there was none."""

    id: int
    purpose: Purpose
    state: MessageState
    reason: str
    changed_at: datetime
    time_zone: str

    @property
    def sentence(self) -> str:
        """Where it stands, in a sentence, with the reason where one is known."""
        sentence = SENTENCES[self.state]
        return f"{sentence.rstrip('.')}: {self.reason}" if self.reason else sentence


def mails_of(stakeholder_id: int, *, limit: int = 50) -> list[Mail]:
    """The latest messages to someone, newest first. Cost: all of theirs, by an index."""
    rows = reading().execute(
        select(
            Message.id,
            Message.purpose,
            standing(),
            Message.reason,
            Message.changed_at,
            Event.time_zone,
        )
        .join(Event, Message.event_id == Event.id)
        .where(Message.stakeholder_id.in_(everyone_of(stakeholder_id)))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [Mail(*row) for row in rows]


def people_with_address(email_key: str, *, other_than: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of those who share an address. Cost: they, by an index."""
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name)
        .where(Stakeholder.email_key == email_key, Stakeholder.id != (other_than or 0))
        .limit(10)
    )
    return [(id_, name) for id_, name in rows]
