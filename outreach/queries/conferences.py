"""Conferences, their regions, member states and constituent groups."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from outreach.db import reading
from outreach.models.conference import Conference, ConstituentGroup, LegalStatus, Region


@dataclass(frozen=True, slots=True)
class ConferenceLine:
    """A conference in a word and its place."""

    id: int
    code: str
    name: str
    opens_on: date
    closes_on: date
    city: str
    country_code: str
    time_zone: str
    language: str
    host: str
    reply_to: str
    cap_mails: int | None
    cap_days: int | None


def current_conference() -> ConferenceLine | None:
    """The conference that is being prepared: the one that opens last. Cost: the conferences."""
    columns = [getattr(Conference, name) for name in ConferenceLine.__dataclass_fields__]
    statement = select(*columns).order_by(Conference.opens_on.desc(), Conference.id).limit(1)
    row = reading().execute(statement).one_or_none()
    return ConferenceLine(*row) if row else None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A constituent group with its legal basis."""

    id: int
    code: str
    name: str
    legal_basis: str
    status: LegalStatus


def groups() -> list[GroupLine]:
    """All constituent groups in their order. Cost: 17 rows."""
    rows = reading().execute(
        select(
            ConstituentGroup.id,
            ConstituentGroup.code,
            ConstituentGroup.name,
            ConstituentGroup.legal_basis,
            ConstituentGroup.status,
        ).order_by(ConstituentGroup.position)
    )
    return [GroupLine(*row) for row in rows]


def regions(conference_id: int) -> list[tuple[int, str, str]]:
    """(id, code, name) of the conference's regions, by code."""
    rows = reading().execute(
        select(Region.id, Region.code, Region.name)
        .where(Region.conference_id == conference_id)
        .order_by(Region.code)
    )
    return [(id_, code, name) for id_, code, name in rows]
