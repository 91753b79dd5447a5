"""The events of one person, for the calendar that follows their feed."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.seat import OfferState, Seat, SeatOffer, SeatRole
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.track import Track
from outreach.queries.invitations import EVENT, EventShown


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose feed it is, as far as the feed needs to know."""

    id: int
    language: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """What the person comes to."""

    person: Reader
    events: list[tuple[EventShown, int, bool]]
    """(event, SEQUENCE, whether it is certain)"""
    seats: list["SeatHeld"]


class SeatHeld(NamedTuple):
    """A seat that the person took, at an event."""

    offer_id: int
    role: SeatRole
    track: str
    sequence: int
    event: EventShown


def feed_of(feed_key: str) -> Feed | None:
    """The feed with this key; None for one that was stopped. Three SELECTs by index."""
    row = reading().execute(
        select(
            func.coalesce(Stakeholder.merged_into_id, Stakeholder.id),
            func.coalesce(Stakeholder.language, Organisation.language),
        )
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Stakeholder.feed_key == feed_key)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    coming = (InvitationState.ACCEPTED, InvitationState.TENTATIVE)
    rows = reading().execute(
        select(Invitation.sequence, Invitation.state, *EVENT)
        .join(Event, Event.id == Invitation.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(
            Invitation.stakeholder_id == row[0],
            Invitation.state.in_(coming),
            Invitation.withdrawn_at.is_(None),
        )
        .order_by(Event.starts_at)
    )
    events = []
    for sequence, state, *columns in rows:
        event = EventShown(*columns)
        events.append((event, event.sequence + sequence, state == InvitationState.ACCEPTED))
    return Feed(Reader(row[0], row[1]), events, _seats(row[0]))


def _seats(stakeholder_id: int) -> list[SeatHeld]:
    rows: Any = reading().execute(
        select(SeatOffer.id, Seat.role, Track.name, SeatOffer.sequence, *EVENT)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .join(Event, Event.id == Track.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(
            SeatOffer.stakeholder_id == stakeholder_id, SeatOffer.state == OfferState.ACCEPTED,
        )
        .order_by(Event.starts_at, SeatOffer.id)
    )  # fmt: skip
    found = []
    for offer_id, role, track, sequence, *columns in rows:
        event = EventShown(*columns)
        found.append(SeatHeld(offer_id, role, track, event.sequence + sequence, event))
    return found


def feed_key_of(stakeholder_id: int) -> str | None:
    """The key of a person's feed, if there is one."""
    statement = select(Stakeholder.feed_key).where(Stakeholder.id == stakeholder_id)
    return reading().scalar(statement)
