"""How it stands with a seat, told to the person of record, whatever changed it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import SeatOffer
from outreach.posting import post


def tell_how_it_stands(
    session: Session, offer: SeatOffer, *, at: datetime, is_own_answer: bool = False
) -> None:
    """One mail for one change; one that still waits tells how it stands when it leaves."""
    states = [MessageState.WAITING] if is_own_answer else [MessageState.WAITING, MessageState.HELD]
    waits = select(Message.id).where(
        Message.stakeholder_id == offer.stakeholder_id, Message.offer_id == offer.id,
        Message.purpose == Purpose.SEAT_ANSWER, Message.state.in_(states),
    )  # fmt: skip
    if session.scalar(waits.limit(1)) is None:
        post(
            session, Purpose.SEAT_ANSWER, offer.stakeholder, offer.seat.track.event, at=at,
            invitation_id=None, offer_id=offer.id, is_own_answer=is_own_answer,
        )  # fmt: skip
