"""Seats of the programme: who sits there, who is being asked, what is at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from outreach.db import reading
from outreach.models.event import Event
from outreach.models.seat import WARNING, OfferState, Seat, SeatOffer, SeatRole, SeatStanding
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.track import Track

LIVE = (OfferState.ACCEPTED, OfferState.ASKED, OfferState.PROPOSED)
"""The one that is furthest speaks for the seat."""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """Someone proposed for a seat, and what came of it."""

    id: int
    seat_id: int
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    email: str | None
    state: OfferState
    why: str
    note: str
    proposed_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether the person may still come to sit there by this offer."""
        return self.state in LIVE

    @property
    def since(self) -> datetime:
        """When it came to stand like this."""
        return self.answered_at or self.asked_at or self.proposed_at


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat with everyone ever proposed for it, the latest first."""

    id: int
    track_id: int
    track: str
    event: str
    time_zone: str
    place: str
    role: SeatRole
    fill_by: datetime
    holder_id: int | None
    offers: tuple[OfferLine, ...]

    @property
    def current(self) -> OfferLine | None:
        """Who sits there, or else is being asked, or else proposed."""
        live = [offer for offer in self.offers if offer.is_live]
        return min(live, key=lambda offer: LIVE.index(offer.state)) if live else None

    @property
    def proposed(self) -> list[OfferLine]:
        """Those proposed and not asked so far, in the order of proposing."""
        waiting = (offer for offer in self.offers if offer.state is OfferState.PROPOSED)
        return sorted(waiting, key=lambda offer: offer.id)

    @property
    def asked(self) -> OfferLine | None:
        """The one who is being asked now."""
        return next((offer for offer in self.offers if offer.state is OfferState.ASKED), None)

    @property
    def holder(self) -> OfferLine | None:
        """The one who said yes."""
        return next((offer for offer in self.offers if offer.state is OfferState.ACCEPTED), None)

    def is_at_risk(self, at: datetime) -> bool:
        """No yes within 14 days of its date, or past it."""
        return self.holder_id is None and at >= self.fill_by - WARNING

    def standing(self, at: datetime) -> SeatStanding:
        """What the board shows of it."""
        if self.holder_id is not None:
            return SeatStanding.FILLED
        if self.is_at_risk(at):
            return SeatStanding.AT_RISK
        return SeatStanding(self.current.state) if self.current else SeatStanding.OPEN


def seats(conference_id: int) -> list[SeatLine]:
    """Every seat of a conference, by track. Two SELECTs: the seats, and their offers."""
    return _with_offers(
        _seats()
        .where(Event.conference_id == conference_id)
        .order_by(Event.starts_at.desc(), Track.position, Track.id, Seat.position, Seat.id)
    )


def seat(seat_id: int) -> SeatLine | None:
    """One seat. Two SELECTs by key."""
    return next(iter(_with_offers(_seats().where(Seat.id == seat_id))), None)


def _seats() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Seat.id,
            Seat.track_id,
            Track.name,
            Event.name,
            Event.time_zone,
            Event.city,
            Seat.role,
            Seat.fill_by,
            Seat.holder_id,
        )
        .join(Seat.track)
        .join(Track.event)
    )


def _with_offers(statement: Select[*tuple[Any, ...]]) -> list[SeatLine]:
    rows: Any = reading().execute(statement).all()
    offers = _offers([row.id for row in rows])
    whole = ([*row, tuple(offers.get(row.id, ()))] for row in rows)
    return [SeatLine(*values) for values in whole]


def _offers(seat_ids: Sequence[int]) -> dict[int, list[OfferLine]]:
    rows: Any = reading().execute(
        select(
            SeatOffer.id,
            SeatOffer.seat_id,
            SeatOffer.stakeholder_id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Stakeholder.email,
            SeatOffer.state,
            SeatOffer.why,
            SeatOffer.note,
            SeatOffer.proposed_at,
            SeatOffer.asked_at,
            SeatOffer.answered_at,
        )
        .join(SeatOffer.stakeholder)
        .outerjoin(Stakeholder.organisation)
        .where(SeatOffer.seat_id.in_(seat_ids))
        .order_by(SeatOffer.id.desc())
    )
    found: dict[int, list[OfferLine]] = {}
    for row in rows:
        found.setdefault(row.seat_id, []).append(OfferLine(*row))
    return found
