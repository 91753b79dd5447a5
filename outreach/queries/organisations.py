"""Organisations: finding them, and what there is to know of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from outreach.advice.folding import fold
from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.conference import Conference, ConstituentGroup, LegalStatus, Region
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.queries.keyset import PAGE, Page, page
from outreach.queries.organisation_facets import organisations_meeting
from outreach.queries.shapes import Ground

EVERY_ONE = Rule()
_parent = aliased(Organisation)


@dataclass(frozen=True, slots=True)
class OrganisationLine:
    """An organisation in the list of all."""

    id: int
    name: str
    country_code: str | None
    group: str | None
    region: str | None


SORTS = {"name": Organisation.name_key, "country": Organisation.country_code}


def organisations(
    ground: Ground,
    rule: Rule = EVERY_ONE,
    *,
    sort: str = "name",
    after: str | None = None,
    limit: int = PAGE,
) -> Page[OrganisationLine]:
    """A page of those whom a rule means. Cost: the page; with a rule, at most all of them once."""
    statement = among_organisations(
        select(
            Organisation.id, Organisation.name, Organisation.country_code, ConstituentGroup.name,
            Region.name,
        ),
        ground, rule,
    )  # fmt: skip
    order: tuple[ColumnElement[Any], ...] = (Organisation.name_key.expression,)
    if sort.lstrip("-") == "country":
        order = (func.coalesce(Organisation.country_code, ""), *order)
    order = (*order, Organisation.id.expression)
    rows, following = page(statement, order, after, limit=limit, falling=sort.startswith("-"))
    return Page([OrganisationLine(*row[:5]) for row in rows], following)


def organisation_count(ground: Ground, rule: Rule = EVERY_ONE) -> int:
    """How many a rule means. Cost: an index once; with a rule, at most all of them once."""
    statement: Select[Any] = select(func.count(Organisation.id))
    if rule:
        statement = among_organisations(statement, ground, rule)
    return reading().scalar(statement) or 0


def among_organisations(
    statement: Select[*tuple[Any, ...]], ground: Ground, rule: Rule
) -> Select[*tuple[Any, ...]]:
    """A SELECT of organisations, with their standing at a conference, of those that are meant."""
    return (
        statement.outerjoin(
            Standing,
            and_(
                Standing.organisation_id == Organisation.id,
                Standing.conference_id == ground.conference_id,
            ),
        )
        .outerjoin(ConstituentGroup, ConstituentGroup.id == Standing.group_id)
        .outerjoin(Region, Region.id == Standing.region_id)
        .where(*organisations_meeting(rule, ground))
    )


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """All that is known of one organisation itself."""

    id: int
    name: str
    country_code: str | None
    language: str | None
    parent_id: int | None
    parent: str | None
    notes: str
    external_id: str | None
    version: int


def organisation(organisation_id: int) -> OrganisationPage | None:
    """One organisation. Two rows by key."""
    row = (
        reading()
        .execute(
            select(
                Organisation.id, Organisation.name, Organisation.country_code,
                Organisation.language, Organisation.parent_id, _parent.name, Organisation.notes,
                Organisation.external_id, Organisation.version,
            )
            .outerjoin(_parent, _parent.id == Organisation.parent_id)
            .where(Organisation.id == organisation_id)
        )
        .one_or_none()
    )  # fmt: skip
    return OrganisationPage(*row) if row else None


def organisation_named(name: str) -> int | None:
    """The organisation of this name, however it is spelt. One row by a unique index."""
    key = fold(name) or name.casefold()
    return reading().scalar(select(Organisation.id).where(Organisation.name_key == key))


def parts_of(organisation_id: int) -> list[tuple[int, str]]:
    """(id, name) of what belongs to an organisation, 100 at the most. Cost: they, by an index."""
    rows = reading().execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.parent_id == organisation_id)
        .order_by(Organisation.name_key)
        .limit(100)
    )
    return [(id_, name) for id_, name in rows]


@dataclass(frozen=True, slots=True)
class StandingAt:
    """What an organisation is at one conference; all but the conference may be empty."""

    conference_id: int
    conference: str
    group_id: int | None
    group: str | None
    region_id: int | None
    region: str | None
    country_code: str | None
    legal_status: LegalStatus | None
    """As it was set; else the group's, which is `admitted`."""
    admitted: LegalStatus | None


def standings_of(organisation_id: int) -> list[StandingAt]:
    """Its standing at every conference, the newest first. Cost: the conferences."""
    rows = reading().execute(
        select(
            Conference.id, Conference.name, Standing.group_id, ConstituentGroup.name,
            Standing.region_id, Region.name, Standing.country_code, Standing.legal_status,
            ConstituentGroup.status,
        )
        .outerjoin(
            Standing,
            and_(
                Standing.conference_id == Conference.id,
                Standing.organisation_id == organisation_id,
            ),
        )
        .outerjoin(ConstituentGroup, ConstituentGroup.id == Standing.group_id)
        .outerjoin(Region, Region.id == Standing.region_id)
        .order_by(Conference.opens_on.desc())
    )  # fmt: skip
    return [StandingAt(*row[:8], row[7] or row[8]) for row in rows]


@dataclass(frozen=True, slots=True)
class Appointment:
    """Someone who speaks, or spoke, for an organisation."""

    id: int
    stakeholder_id: int
    name: str
    conference: str
    authorised_by: str
    authorised_on: date
    recorded_by: str | None
    recorded_at: datetime
    ended_at: datetime | None


def focal_points_of(organisation_id: int) -> list[Appointment]:
    """Who speaks for it and who authorised that, those who did before too. Cost: they."""
    rows = reading().execute(
        select(
            FocalPoint.id, FocalPoint.stakeholder_id, Stakeholder.full_name, Conference.name,
            FocalPoint.authorised_by, FocalPoint.authorised_on, Account.name,
            FocalPoint.recorded_at, FocalPoint.ended_at,
        )
        .join(Stakeholder, Stakeholder.id == FocalPoint.stakeholder_id)
        .join(Conference, Conference.id == FocalPoint.conference_id)
        .outerjoin(Account, Account.id == FocalPoint.recorded_by_id)
        .where(FocalPoint.organisation_id == organisation_id)
        .order_by(FocalPoint.ended_at.is_not(None), FocalPoint.id.desc())
        .limit(50)
    )  # fmt: skip
    return [Appointment(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Member:
    """A person of an organisation, and how they stand with the conference."""

    id: int
    name: str
    office: str
    gender: str
    state: InvitationState | None


def people_of(
    organisation_id: int, event_id: int | None, *, after: str | None = None, limit: int = PAGE
) -> Page[Member]:
    """Its people, in the order of precedence and then by name. Cost: they, by an index."""
    statement = (
        select(
            Stakeholder.id, Stakeholder.full_name, Stakeholder.office, Stakeholder.gender,
            Invitation.state,
        )
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Stakeholder.id,
                Invitation.event_id == (event_id or 0),
                Invitation.merged_into_id.is_(None),
            ),
        )
        .where(
            Stakeholder.organisation_id == organisation_id, Stakeholder.merged_into_id.is_(None)
        )
    )  # fmt: skip
    order = (
        Stakeholder.precedence.expression, Stakeholder.name_key.expression,
        Stakeholder.id.expression,
    )  # fmt: skip
    rows, following = page(statement, order, after, limit=limit)
    return Page([Member(*row[:5]) for row in rows], following)


@dataclass(frozen=True, slots=True)
class Genders:
    """People counted by gender as they stated it; nobody's is guessed."""

    female: int
    male: int
    other: int
    unstated: int

    @property
    def stated(self) -> int:
        """Those of whom it is known."""
        return self.female + self.male + self.other

    @property
    def total(self) -> int:
        """All of them."""
        return self.stated + self.unstated

    @property
    def female_percent(self) -> int | None:
        """The share of women among those who stated it; None where nobody did."""
        return round(100 * self.female / self.stated) if self.stated else None


def genders_of(condition: ColumnElement[bool]) -> Genders:
    """How many of the people for whom something holds are women. Cost: those people."""
    rows = reading().execute(
        select(Stakeholder.gender, func.count())
        .where(condition, Stakeholder.merged_into_id.is_(None))
        .group_by(Stakeholder.gender)
    )
    return genders_among({gender: int(count) for gender, count in rows})


def genders_among(count: Mapping[str, int]) -> Genders:
    """People by gender, of {what is kept of it: how many}."""
    unstated = count.get("", 0) + count.get("undisclosed", 0)
    return Genders(count.get("female", 0), count.get("male", 0), count.get("other", 0), unstated)


def genders_in(organisation_id: int) -> Genders:
    """The people of an organisation by gender. Cost: they, by an index."""
    return genders_of(Stakeholder.organisation_id == organisation_id)
