"""A person's answer about a seat as it is recorded, however it came; and how it stands, told to the
person of record, whatever changed it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.message import Message, MessageState, Purpose, standing
from outreach.models.seat import OfferState, Seat, SeatAnswer, SeatOffer
from outreach.posting import post

VERBS = {OfferState.ACCEPTED: "took_seat", OfferState.DECLINED: "declined_seat"}


def locked_offer(session: Session, offer_id: int) -> SeatOffer:
    """The offer, with its seat locked: two who say yes at once must wait for each other."""
    seat = session.scalar(
        select(Seat).join(Seat.offers).where(SeatOffer.id == offer_id).with_for_update(of=Seat)
    )
    offer = session.get(SeatOffer, offer_id)
    if seat is None or offer is None:
        raise NotFound("seat")
    return offer


def last_seat_answers(
    session: Session, offer_id: int
) -> tuple[SeatAnswer | None, SeatAnswer | None]:
    """The last answer about a seat, and the one before it."""
    statement = select(SeatAnswer).where(SeatAnswer.offer_id == offer_id)
    rows = session.scalars(statement.order_by(SeatAnswer.id.desc()).limit(2)).all()
    return (rows[0] if rows else None), (rows[1] if len(rows) > 1 else None)


def record_seat_answer(
    session: Session,
    offer: SeatOffer,
    channel: str,
    *,
    by: Actor,
    at: datetime,
    given_by: str = "",
    verb: str = "",
) -> SeatAnswer:
    """The answer's row, the journal, and the mail to the person of record.

    verb  of the journal's line, where it was not the person who answered
    """
    reply = offer.state if offer.state in VERBS else None
    track = offer.seat.track
    answer = SeatAnswer(
        offer_id=offer.id, reply=reply, note=offer.note, given_at=at, channel=channel,
        given_by=given_by,
    )  # fmt: skip
    session.add(answer)
    verb = verb or ("took_back_seat_answer" if channel == "undo" else VERBS[offer.state])
    session.add(
        Activity.of(
            verb, by, at, stakeholder_id=offer.stakeholder_id, event_id=track.event_id,
            seat_id=offer.seat_id, offer_id=offer.id, track=track.name,
            role=offer.seat.role.value, has_note=bool(offer.note), channel=channel,
            given_by=given_by, reply=reply and reply.value,
        )
    )  # fmt: skip
    tell_how_it_stands(session, offer, at=at, is_own_answer=True)
    return answer


def tell_how_it_stands(
    session: Session, offer: SeatOffer, *, at: datetime, is_own_answer: bool = False
) -> None:
    """One mail for one change; one that still waits tells how it stands when it leaves."""
    states = [MessageState.WAITING] if is_own_answer else [MessageState.WAITING, MessageState.HELD]
    waits = select(Message.id).where(
        Message.stakeholder_id == offer.stakeholder_id, Message.offer_id == offer.id,
        Message.purpose == Purpose.SEAT_ANSWER, standing().in_(states),
    )  # fmt: skip
    if session.scalar(waits.limit(1)) is None:
        post(
            session, Purpose.SEAT_ANSWER, offer.stakeholder, offer.seat.track.event, at=at,
            invitation_id=None, offer_id=offer.id, is_own_answer=is_own_answer,
        )  # fmt: skip
