"""In what someone takes part: their organisation's standing, their seats, who is sent for whom."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.conference import ConstituentGroup, LegalStatus, Region
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.seat import OfferState, Seat, SeatOffer, SeatRole
from outreach.models.stakeholder import Stakeholder, Standing
from outreach.models.track import Track


@dataclass(frozen=True, slots=True)
class StandingLine:
    """What an organisation is at a conference."""

    group: str
    region: str | None
    country_code: str | None
    legal_status: LegalStatus


def standing_of(organisation_id: int, conference_id: int) -> StandingLine | None:
    """Group, region, country and legal status of an organisation. One row by key."""
    row = (
        reading()
        .execute(
            select(
                ConstituentGroup.name, Region.name, Standing.country_code, Standing.legal_status,
                ConstituentGroup.status,
            )
            .join(Standing, Standing.group_id == ConstituentGroup.id)
            .outerjoin(Region, Region.id == Standing.region_id)
            .where(
                Standing.organisation_id == organisation_id,
                Standing.conference_id == conference_id,
            )
        )
        .one_or_none()
    )  # fmt: skip
    return StandingLine(*row[:3], row[3] or row[4]) if row else None


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat for which someone was proposed."""

    seat_id: int
    role: SeatRole
    track: str
    state: OfferState
    asked_at: datetime | None


def seats_of(stakeholder_id: int) -> list[SeatLine]:
    """The seats for which someone was proposed, asked or taken. Cost: they, by an index."""
    rows = reading().execute(
        select(Seat.id, Seat.role, Track.name, SeatOffer.state, SeatOffer.asked_at)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .where(SeatOffer.stakeholder_id == stakeholder_id)
        .order_by(SeatOffer.id.desc())
        .limit(20)
    )
    return [SeatLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sent:
    """Someone who comes in another's place; `is_sender` where the other one sent this person."""

    id: int
    name: str
    event: str
    is_sender: bool


def delegation_of(stakeholder_id: int) -> list[Sent]:
    """Whom someone sends in their place, and by whom they are sent. Cost: they, by two indexes."""
    mine, other = aliased(Invitation), aliased(Invitation)
    sent = (
        select(Stakeholder.id, Stakeholder.full_name, Event.name)
        .join(other, other.stakeholder_id == Stakeholder.id)
        .join(mine, mine.delegate_id == other.id)
        .join(Event, Event.id == mine.event_id)
        .where(mine.stakeholder_id == stakeholder_id, mine.merged_into_id.is_(None))
    )
    sender = (
        select(Stakeholder.id, Stakeholder.full_name, Event.name)
        .join(other, other.stakeholder_id == Stakeholder.id)
        .join(mine, other.delegate_id == mine.id)
        .join(Event, Event.id == mine.event_id)
        .where(mine.stakeholder_id == stakeholder_id, other.merged_into_id.is_(None))
    )
    found = [Sent(*row, is_sender=False) for row in reading().execute(sent)]
    return found + [Sent(*row, is_sender=True) for row in reading().execute(sender)]
