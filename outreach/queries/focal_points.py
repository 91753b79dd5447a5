"""Focal points: who may speak for whom, who is ready to, and what they have still to name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.conference import ConstituentGroup
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.focal_point import FocalPoint
from outreach.models.stakeholder import Organisation, Stakeholder, Standing


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose word the focal point speaks, and since when they are asked."""

    authorised_by: str
    authorised_on: date | None
    asked_at: datetime
    group: str
    event_id: int
    event: str
    time_zone: str


def authority_of(delegation_id: int) -> Authority:
    """What stands with the request. One SELECT by key."""
    row = (
        reading()
        .execute(
            select(
                Delegation.authorised_by, Delegation.authorised_on, Delegation.asked_at,
                ConstituentGroup.name, Event.id, Event.name, Event.time_zone,
            )
            .join(ConstituentGroup, ConstituentGroup.id == Delegation.group_id)
            .join(Event, Event.id == Delegation.event_id)
            .where(Delegation.id == delegation_id)
        )
        .one()
    )  # fmt: skip
    return Authority(*row)


@dataclass(frozen=True, slots=True)
class Choice:
    """Someone or something to choose in the form that asks for a delegation."""

    id: int
    name: str
    detail: str = ""


def organisations_without(event_id: int, name: str) -> list[Choice]:
    """Organisations with a standing that are not asked for a delegation yet. At most 20."""
    is_asked = select(Delegation.id).where(
        Delegation.event_id == event_id, Delegation.organisation_id == Organisation.id,
        Delegation.withdrawn_at.is_(None),
    )  # fmt: skip
    rows = reading().execute(
        select(Organisation.id, Organisation.name, ConstituentGroup.name)
        .join(Standing, Standing.organisation_id == Organisation.id)
        .join(ConstituentGroup, ConstituentGroup.id == Standing.group_id)
        .join(Event, Event.conference_id == Standing.conference_id)
        .where(
            Event.id == event_id, ~is_asked.exists(),
            Organisation.name_key.contains(fold(name), autoescape=True),
        )
        .order_by(Organisation.name_key)
        .limit(20)
    )  # fmt: skip
    return [Choice(*row) for row in rows]


def name_of_organisation(organisation_id: int) -> str | None:
    """One row by key."""
    return reading().scalar(select(Organisation.name).where(Organisation.id == organisation_id))


def people_of(organisation_id: int) -> list[Choice]:
    """Who of an organisation can be its focal point: people with an address. At most 200."""
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name, Stakeholder.office)
        .where(
            Stakeholder.organisation_id == organisation_id, Stakeholder.email.is_not(None),
            Stakeholder.merged_into_id.is_(None),
        )
        .order_by(Stakeholder.name_key, Stakeholder.id)
        .limit(200)
    )  # fmt: skip
    return [Choice(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Appointed:
    """Who speaks for an organisation at the event's conference now, and on whose word."""

    stakeholder_id: int
    authorised_by: str
    authorised_on: date


def appointed(organisation_id: int, event_id: int) -> Appointed | None:
    """The focal point that is noted for the organisation; one row by index."""
    row = (
        reading()
        .execute(
            select(FocalPoint.stakeholder_id, FocalPoint.authorised_by, FocalPoint.authorised_on)
            .join(Event, Event.conference_id == FocalPoint.conference_id)
            .where(
                FocalPoint.organisation_id == organisation_id, Event.id == event_id,
                FocalPoint.ended_at.is_(None),
            )
        )
        .one_or_none()
    )  # fmt: skip
    return Appointed(*row) if row else None


@dataclass(frozen=True, slots=True)
class Ready:
    """A focal point on record who is not asked to the event yet."""

    organisation_id: int
    stakeholder_id: int
    authorised_by: str
    authorised_on: date


def focal_points_ready(event_id: int, group_id: int) -> list[Ready]:
    """The focal points on record of a group's organisations who have an address and are not asked
    yet, by organisation. Cost: the group's organisations.
    """
    is_asked = select(Delegation.id).where(
        Delegation.event_id == event_id,
        Delegation.organisation_id == FocalPoint.organisation_id,
        Delegation.withdrawn_at.is_(None),
    )
    rows = reading().execute(
        select(
            FocalPoint.organisation_id, FocalPoint.stakeholder_id, FocalPoint.authorised_by,
            FocalPoint.authorised_on,
        )
        .join(Event, Event.conference_id == FocalPoint.conference_id)
        .join(
            Standing,
            and_(
                Standing.organisation_id == FocalPoint.organisation_id,
                Standing.conference_id == Event.conference_id,
            ),
        )
        .join(Stakeholder, Stakeholder.id == FocalPoint.stakeholder_id)
        .where(
            Event.id == event_id, Standing.group_id == group_id, FocalPoint.ended_at.is_(None),
            Stakeholder.email.is_not(None), Stakeholder.merged_into_id.is_(None),
            ~is_asked.exists(),
        )
        .order_by(FocalPoint.organisation_id)
    )  # fmt: skip
    return [Ready(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ToName:
    """A delegation that a person is to name, for the other pages of that person."""

    link_key: str
    organisation: str
    name_by: datetime
    is_complete: bool
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    city: str


def delegations_to_name(stakeholder_id: int, at: datetime) -> list[ToName]:
    """What a focal point is asked to name, of events that are not over. By index."""
    rows = reading().execute(
        select(
            Delegation.link_key, Organisation.name, Delegation.name_by, Delegation.completed_at,
            Event.starts_at, Event.ends_at, Event.time_zone, Event.city,
        )
        .join(Organisation, Organisation.id == Delegation.organisation_id)
        .join(Event, Event.id == Delegation.event_id)
        .where(
            Delegation.focal_point_id == stakeholder_id, Delegation.withdrawn_at.is_(None),
            Event.ends_at > at,
        )
    )  # fmt: skip
    found: Any = [(*row[:3], row[3] is not None, *row[4:]) for row in rows]
    return [ToName(*each) for each in found]
