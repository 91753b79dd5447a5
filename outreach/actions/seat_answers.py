"""A person's own answer to being asked to take a seat: given, changed, taken back."""

from datetime import datetime

from outreach.db import transaction
from outreach.errors import Conflict
from outreach.languages import marked
from outreach.models.activity import INVITEE, Actor
from outreach.queries.invitations import version_of
from outreach.seating import last_seat_answers, locked_offer, record_seat_answer


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
    given_by: str = "",
) -> bool:
    """Take the seat or decline it, and confirm it by mail; say whether that changed anything.

    seen  the version of the answer that the person had before their eyes (`version_of`); None takes
          the answer whatever came before.
    given_by  who answered, where it was not the person
    Raises OfferClosed, SeatAnswerChanged.
    """
    with transaction() as session:
        offer = locked_offer(session, offer_id)
        version = version_of(offer.answered_at)
        if not offer.take(is_yes, note, at):
            return False
        if seen is not None and seen != version:
            raise SeatAnswerChanged
        record_seat_answer(session, offer, "link", by=by, at=at, given_by=given_by)
        return True


def take_back_seat_answer(
    offer_id: int,
    *,
    at: datetime,
    by: Actor = INVITEE,
    seen: int | None = None,
    given_by: str = "",
) -> None:
    """Undo the last change, and confirm how it stands again.

    Raises NoSeatAnswer, OfferClosed, SeatAnswerChanged.
    """
    with transaction() as session:
        offer = locked_offer(session, offer_id)
        if seen is not None and seen != version_of(offer.answered_at):
            raise SeatAnswerChanged
        last, before = last_seat_answers(session, offer_id)
        if last is None or last.channel != "link":
            raise NoSeatAnswer
        offer.take_back(before, at)
        record_seat_answer(session, offer, "undo", by=by, at=at, given_by=given_by)
