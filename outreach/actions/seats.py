"""Seats: placed in a track, someone proposed for them, taken back, freed."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.seat import OfferState, Seat, SeatOffer, SeatRole
from outreach.models.stakeholder import Stakeholder
from outreach.models.track import Track
from outreach.seating import tell_how_it_stands
from outreach.tokens import new_key


def add_seat(track_id: int, role: SeatRole, fill_by: datetime, *, by: Actor, at: datetime) -> int:
    """A place of a track to be filled by an instant."""
    with transaction() as session:
        track = session.get(Track, track_id, with_for_update=True)
        if track is None:
            raise NotFound("track")
        _check_date(fill_by, at)
        last = session.scalar(select(func.max(Seat.position)).where(Seat.track_id == track_id))
        seat = Seat(track=track, role=role, fill_by=fill_by, position=(last or 0) + 1)
        session.add(seat)
        session.flush()
        session.add(_line("added_seat", seat, by, at))
        return seat.id


def move_seat_date(seat_id: int, fill_by: datetime, *, by: Actor, at: datetime) -> None:
    """Give a seat another date to be filled by."""
    with transaction() as session:
        seat = _seat(session, seat_id)
        _check_date(fill_by, at)
        old, seat.fill_by = seat.fill_by, fill_by
        if old != fill_by:
            session.add(_line("moved_seat_date", seat, by, at, was=old.isoformat()))


def propose_for_seat(
    seat_id: int, stakeholder_id: int, why: str = "", *, by: Actor, at: datetime
) -> int:
    """Someone of the team proposes a person; nothing goes out yet."""
    with transaction() as session:
        seat = _seat(session, seat_id)
        if session.get(Stakeholder, stakeholder_id) is None:
            raise NotFound("person")
        offer = seat.propose(stakeholder_id, why.strip(), new_key(), at)
        session.flush()
        session.add(
            _line("proposed_for_seat", seat, by, at, stakeholder_id=stakeholder_id, why=offer.why)
        )
        return offer.id


def withdraw_offer(offer_id: int, *, by: Actor, at: datetime) -> None:
    """Take a proposal or a question back; a mail that waits is left out at the last look."""
    with transaction() as session:
        offer = _offer(session, offer_id)
        had = offer.state
        offer.withdraw(at)
        if had is OfferState.ACCEPTED:
            tell_how_it_stands(session, offer, at=at)
        session.add(
            _line("withdrew_offer", offer.seat, by, at, stakeholder_id=offer.stakeholder_id,
                  was=had.value)
        )  # fmt: skip


def free_seat(seat_id: int, *, by: Actor, at: datetime) -> None:
    """Whoever holds the seat gives it back and is told; others can be asked again."""
    with transaction() as session:
        seat = _seat(session, seat_id)
        held = [offer for offer in seat.offers if offer.state is OfferState.ACCEPTED]
        if not held:
            raise Conflict("Nobody sits there.")
        held[0].withdraw(at)
        tell_how_it_stands(session, held[0], at=at)
        session.add(_line("freed_seat", seat, by, at, stakeholder_id=held[0].stakeholder_id))


def _check_date(fill_by: datetime, at: datetime) -> None:
    if fill_by <= at:
        raise Conflict("This date lies in the past. Choose a later one.")


def _seat(session: Session, seat_id: int) -> Seat:
    seat = session.get(Seat, seat_id, with_for_update=True)
    if seat is None:
        raise NotFound("seat")
    return seat


def _offer(session: Session, offer_id: int) -> SeatOffer:
    """The offer, with its seat locked: whoever answers just now waits for us, or we for them."""
    session.scalar(
        select(Seat).join(Seat.offers).where(SeatOffer.id == offer_id).with_for_update(of=Seat)
    )
    offer = session.get(SeatOffer, offer_id)
    if offer is None:
        raise NotFound("proposal")
    return offer


def _line(
    verb: str,
    seat: Seat,
    by: Actor,
    at: datetime,
    *,
    stakeholder_id: int | None = None,
    **detail: Any,
) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=stakeholder_id,
        event_id=seat.track.event_id,
        seat_id=seat.id,
        track=seat.track.name,
        role=seat.role.value,
        **detail,
    )
