"""A person's own answer to being asked to take a seat."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.seat import Seat, SeatOffer
from outreach.queries.invitations import version_of


class SeatAnswerChanged(Conflict):
    """Another answer was given after this one's page was opened."""

    def __init__(self) -> None:
        super().__init__("The answer was changed in the meantime. Nothing was changed now.")


def answer_seat_offer(
    offer_id: int,
    is_yes: bool,
    note: str,
    *,
    at: datetime,
    by: Actor = INVITEE,
    seen: int | None = None,
) -> bool:
    """Take the seat or decline it; say whether that changed anything.

    seen  the version of the answer that the person had before their eyes (`version_of`); None takes
          the answer whatever came before.
    Raises OfferClosed, SeatAnswerChanged.
    """
    with transaction() as session:
        # The seat, not only the offer: two people who say yes at once must wait for each other.
        seat = session.scalar(
            select(Seat).join(Seat.offers).where(SeatOffer.id == offer_id).with_for_update(of=Seat)
        )
        offer = session.get(SeatOffer, offer_id)
        if seat is None or offer is None:
            raise NotFound("seat")
        version = version_of(offer.answered_at)
        if not offer.take(is_yes, note, at):
            return False
        if seen is not None and seen != version:
            raise SeatAnswerChanged
        session.add(
            Activity.of(
                "took_seat" if is_yes else "declined_seat",
                by,
                at,
                stakeholder_id=offer.stakeholder_id,
                event_id=seat.track.event_id,
                seat_id=seat.id,
                offer_id=offer.id,
                track=seat.track.name,
                role=seat.role.value,
                has_note=bool(note),
            )
        )
        return True
