"""Those who asked to be invited, and who they may be among those we know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.event import Event
from outreach.models.nomination import Nomination, NominationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.keyset import Page, page


@dataclass(frozen=True, slots=True)
class NominationLine:
    """A request in the list."""

    id: int
    full_name: str
    organisation: str
    country_code: str | None
    why: str
    source: str
    created_at: datetime
    state: NominationState


@dataclass(frozen=True, slots=True)
class NominationPage:
    """One request with everything that was said."""

    id: int
    conference_id: int
    full_name: str
    email: str
    email_key: str
    office: str
    organisation: str
    country_code: str | None
    language: str
    why: str
    source: str
    created_at: datetime
    state: NominationState
    decision: str
    decided_at: datetime | None
    stakeholder_id: int | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Someone whom we know and who may be the same."""

    id: int
    name: str
    email: str
    organisation: str
    has_same_address: bool
    lists: list[str]


def nominations(
    state: NominationState | None, *, after: str | None = None, limit: int = 50
) -> Page[NominationLine]:
    """Requests, newest first. Cost: one page by index."""
    names = list(NominationLine.__dataclass_fields__)
    order: list[Any] = [Nomination.id]
    columns: list[Any] = [getattr(Nomination, name) for name in names]
    statement: Select[Any] = select(*columns)
    if state is not None:
        statement = statement.where(Nomination.state == state)
    rows, onward = page(statement, order, after, limit=limit, falling=True)
    return Page([NominationLine(*row[: len(names)]) for row in rows], onward)


def open_nominations_count() -> int:
    """How many wait for a decision. Cost: those, by index."""
    statement = select(func.count()).where(Nomination.state == NominationState.OPEN)
    return reading().scalar(statement) or 0


def nomination(nomination_id: int) -> NominationPage | None:
    """One request. One SELECT by key."""
    names = [name for name in NominationPage.__dataclass_fields__ if name != "decided_by"]
    columns: list[Any] = [getattr(Nomination, name) for name in names]
    columns.append(Account.name)
    row = (
        reading()
        .execute(
            select(*columns)
            .outerjoin(Account, Account.id == Nomination.decided_by_id)
            .where(Nomination.id == nomination_id)
        )
        .one_or_none()
    )
    return NominationPage(*row) if row else None


def alike(request: NominationPage, *, limit: int = 8) -> list[Alike]:
    """People at the same address or of the same name, the former first. Rows by index."""
    key = fold(request.full_name)
    rows = (
        reading()
        .execute(
            select(
                Stakeholder.id,
                Stakeholder.full_name,
                func.coalesce(Stakeholder.email, ""),
                func.coalesce(Organisation.name, ""),
                Stakeholder.email_key == request.email_key,
            )
            .outerjoin(Stakeholder.organisation)
            .where(
                Stakeholder.merged_into_id.is_(None),
                or_(Stakeholder.email_key == request.email_key, Stakeholder.name_key == key),
            )
            .order_by((Stakeholder.email_key == request.email_key).desc(), Stakeholder.id)
            .limit(limit)
        )
        .all()
    )
    lists: dict[int, list[str]] = {}
    for person_id, name in reading().execute(
        select(Target.stakeholder_id, TargetList.name)
        .join(TargetList, TargetList.id == Target.list_id)
        .where(Target.stakeholder_id.in_([row[0] for row in rows]))
    ):
        lists.setdefault(person_id, []).append(name)
    return [
        Alike(id_, name, email, organisation, bool(same), lists.get(id_, []))
        for id_, name, email, organisation, same in rows
    ]


def lists_for(conference_id: int) -> list[tuple[int, str]]:
    """(id, name) of the conference's target lists, by name."""
    rows = reading().execute(
        select(TargetList.id, TargetList.name)
        .join(Event, Event.id == TargetList.event_id)
        .where(Event.conference_id == conference_id)
        .order_by(TargetList.name, TargetList.id)
    )
    return [(id_, name) for id_, name in rows]
