"""A person's own answer to being asked to take a seat: given, changed, taken back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.languages import marked
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.seat import OfferState, Seat, SeatAnswer, SeatOffer
from outreach.queries.invitations import version_of
from outreach.seating import tell_how_it_stands


class SeatAnswerChanged(Conflict):
    """Another answer was given after this one's page was opened."""

    def __init__(self) -> None:
        super().__init__(marked("The answer was changed in the meantime. Nothing was changed now."))


class NoSeatAnswer(Conflict):
    """The last change was taken back already."""

    def __init__(self) -> None:
        super().__init__(marked("There is nothing to take back."))


def answer_seat_offer(
    offer_id: int,
    is_yes: bool,
    note: str,
    *,
    at: datetime,
    by: Actor = INVITEE,
    seen: int | None = None,
) -> bool:
    """Take the seat or decline it, and confirm it by mail; say whether that changed anything.

    seen  the version of the answer that the person had before their eyes (`version_of`); None takes
          the answer whatever came before.
    Raises OfferClosed, SeatAnswerChanged.
    """
    with transaction() as session:
        offer = _locked(session, offer_id)
        version = version_of(offer.answered_at)
        if not offer.take(is_yes, note, at):
            return False
        if seen is not None and seen != version:
            raise SeatAnswerChanged
        _record(session, offer, "took_seat" if is_yes else "declined_seat", "link", by, at)
        return True


def take_back_seat_answer(
    offer_id: int, *, at: datetime, by: Actor = INVITEE, seen: int | None = None
) -> None:
    """Undo the last change, and confirm how it stands again.

    Raises NoSeatAnswer, OfferClosed, SeatAnswerChanged.
    """
    with transaction() as session:
        offer = _locked(session, offer_id)
        if seen is not None and seen != version_of(offer.answered_at):
            raise SeatAnswerChanged
        last, before = _last_two(session, offer_id)
        if last is None or last.channel != "link":
            raise NoSeatAnswer
        offer.take_back(before, at)
        _record(session, offer, "took_back_seat_answer", "undo", by, at)


def _locked(session: Session, offer_id: int) -> SeatOffer:
    """The offer, with its seat locked: two who say yes at once must wait for each other."""
    seat = session.scalar(
        select(Seat).join(Seat.offers).where(SeatOffer.id == offer_id).with_for_update(of=Seat)
    )
    offer = session.get(SeatOffer, offer_id)
    if seat is None or offer is None:
        raise NotFound("seat")
    return offer


def _last_two(session: Session, offer_id: int) -> tuple[SeatAnswer | None, SeatAnswer | None]:
    rows = session.scalars(
        select(SeatAnswer)
        .where(SeatAnswer.offer_id == offer_id)
        .order_by(SeatAnswer.id.desc())
        .limit(2)
    ).all()
    return (rows[0] if rows else None), (rows[1] if len(rows) > 1 else None)


def _record(
    session: Session, offer: SeatOffer, verb: str, channel: str, by: Actor, at: datetime
) -> None:
    """The answer's row, the journal, and the mail to the person of record."""
    is_answer = offer.state in (OfferState.ACCEPTED, OfferState.DECLINED)
    track = offer.seat.track
    session.add(
        SeatAnswer(
            offer_id=offer.id, reply=offer.state if is_answer else None, note=offer.note,
            given_at=at, channel=channel,
        )
    )  # fmt: skip
    session.add(
        Activity.of(
            verb, by, at, stakeholder_id=offer.stakeholder_id, event_id=track.event_id,
            seat_id=offer.seat_id, offer_id=offer.id, track=track.name,
            role=offer.seat.role.value, has_note=bool(offer.note),
        )
    )  # fmt: skip
    tell_how_it_stands(session, offer, at=at, is_own_answer=True)
