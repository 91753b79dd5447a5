"""Seat: a role in a track that is to be filled; SeatOffer: a person proposed for it and asked."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict, Refusal
from outreach.languages import marked
from outreach.models.base import AT_ONCE, Base, Key, LinkKey, Zero
from outreach.models.stakeholder import Stakeholder
from outreach.models.track import Track

WARNING = timedelta(days=14)
"""A seat without a yes is at risk this long before its date, and after it."""


class SeatRole(StrEnum):
    CO_CHAIR = "co_chair"
    MODERATOR = "moderator"
    SPEAKER = "speaker"


class OfferState(StrEnum):
    PROPOSED = "proposed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class SeatStanding(StrEnum):
    """What the board shows of a seat."""

    OPEN = "open"
    PROPOSED = "proposed"
    ASKED = "asked"
    FILLED = "filled"
    AT_RISK = "at_risk"


class OfferClosed(Refusal):
    """The seat has gone to someone else, or the question was withdrawn."""

    status = 410

    def __init__(self) -> None:
        super().__init__(marked("This seat is no longer open."))


class Seat(Base):
    """A place to be filled by a date."""

    __tablename__ = "seats"
    __table_args__ = (Index("ix_seats_track", "track_id", "position"),)

    id: Mapped[Key]
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id"))
    role: Mapped[SeatRole]
    fill_by: Mapped[datetime]
    position: Mapped[Zero]
    holder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    """Who said yes."""

    track: Mapped[Track] = relationship()
    holder: Mapped[Stakeholder | None] = relationship()
    offers: Mapped[list["SeatOffer"]] = relationship(back_populates="seat", order_by="SeatOffer.id")

    def propose(self, stakeholder_id: int, why: str, link_key: str, at: datetime) -> "SeatOffer":
        """Someone of the team proposes a person."""
        if self.holder_id is not None:
            raise Conflict("This seat is filled. Free it before proposing someone else.")
        if any(o.stakeholder_id == stakeholder_id and o.is_live for o in self.offers):
            raise Conflict("This person is proposed for the seat already.")
        offer = SeatOffer(
            stakeholder_id=stakeholder_id,
            why=why,
            link_key=link_key,
            proposed_at=at,
            state=OfferState.PROPOSED,
        )
        self.offers.append(offer)
        return offer


class SeatOffer(Base):
    """One person proposed for one seat, and what came of it."""

    __tablename__ = "seat_offers"
    __table_args__ = (Index("ix_seat_offers_seat", "seat_id", "state"),)

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    state: Mapped[OfferState]
    why: Mapped[str] = mapped_column(default="", server_default="")
    note: Mapped[str] = mapped_column(default="", server_default="")
    sequence: Mapped[Zero]
    """Rises with every answer, for the person's calendar; the event's own is added to it."""
    told_sequence: Mapped[Zero]
    """The event's, as it was when the person's calendar last heard of it."""
    link_key: Mapped[LinkKey]
    proposed_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    seat: Mapped[Seat] = relationship(back_populates="offers")
    stakeholder: Mapped[Stakeholder] = relationship()

    @property
    def is_live(self) -> bool:
        """Whether the person may still come to sit there by this offer."""
        return self.state in (OfferState.PROPOSED, OfferState.ASKED, OfferState.ACCEPTED)

    def ask(self, at: datetime) -> None:
        """The question goes out; one person at a time is asked for a seat."""
        if self.state is not OfferState.PROPOSED:
            raise Conflict("This person has been asked already.")
        if self.seat.holder_id is not None:
            raise Conflict("This seat is filled. Free it before asking someone else.")
        if any(other.state is OfferState.ASKED for other in self.seat.offers):
            raise Conflict("Someone else is being asked for this seat. Withdraw that first.")
        self.state, self.asked_at = OfferState.ASKED, at

    def take(self, is_yes: bool, note: str, at: datetime, *, is_by_calendar: bool = False) -> bool:
        """The person's answer; say whether it changed anything. A yes fills the seat.

        is_by_calendar  their calendar knows it already, and its entry is no newer for it
        """
        self._check_open()
        state = OfferState.ACCEPTED if is_yes else OfferState.DECLINED
        if self.state is state and self.note == note:
            return False
        self._stand(state, note, at)
        self.sequence -= is_by_calendar
        return True

    def take_back(self, before: "SeatAnswer | None", at: datetime) -> None:
        """Be again as the answer before left it; only asked where there was none."""
        self._check_open()
        if before is None or before.reply is None:
            self._stand(OfferState.ASKED, "", None)
        else:
            self._stand(before.reply, before.note, at)

    def _check_open(self) -> None:
        if self.state not in (OfferState.ASKED, OfferState.ACCEPTED, OfferState.DECLINED):
            raise OfferClosed
        if self.seat.holder_id not in (None, self.stakeholder_id):
            raise OfferClosed

    def _stand(self, state: OfferState, note: str, answered_at: datetime | None) -> None:
        self.state, self.note, self.answered_at = state, note, answered_at
        self.seat.holder_id = self.stakeholder_id if state is OfferState.ACCEPTED else None
        self.sequence += 1
        self.told_sequence = self.seat.track.event.sequence

    def withdraw(self, at: datetime) -> None:
        """The team takes the question back; a seat that it had filled is open again."""
        if not self.is_live:
            raise Conflict("There is nothing to withdraw.")
        if self.state is OfferState.ACCEPTED:
            self.seat.holder_id = None
        self.state, self.answered_at = OfferState.WITHDRAWN, at
        self.sequence += 1


class SeatAnswer(Base):
    """An answer as it was given; never changed, only followed by another."""

    __tablename__ = "seat_answers"

    id: Mapped[Key]
    offer_id: Mapped[int] = mapped_column(ForeignKey("seat_offers.id"), index=True)
    reply: Mapped[OfferState | None]
    """Accepted or declined; nothing where the only answer was taken back."""
    note: Mapped[str] = mapped_column(default="", server_default="")
    given_at: Mapped[datetime]
    channel: Mapped[str]
    """`link`, `calendar`; `letter`, `staff` where staff wrote it down; `undo` where the one before
    was taken back: the row holds what stands again."""
    given_by: Mapped[str] = mapped_column(default="", server_default="")
    """Who answered, where that was not the person."""
