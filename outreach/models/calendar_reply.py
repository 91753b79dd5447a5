"""CalendarReply: what a calendar program answered for an invitee, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.errors import Conflict
from outreach.models.base import Base, Key, Zero
from outreach.models.invitation import Reply


class Verdict(StrEnum):
    APPLIED = "applied"
    """It counts as an answer."""
    IGNORED = "ignored"
    """It changes nothing, and nobody needs to look."""
    UNVERIFIED = "unverified"
    """A person of the team must look."""


class SettledAlready(Conflict):
    """Someone decided before."""

    def __init__(self) -> None:
        super().__init__("This reply has been dealt with already.")


class CalendarReply(Base):
    """One reply of a calendar program, judged."""

    __tablename__ = "calendar_replies"
    __table_args__ = (
        Index("ix_calendar_replies_waiting", "verdict", "settled_at", "id"),
        Index("ix_calendar_replies_invitation", "invitation_id", "id"),
        Index("ix_calendar_replies_offer", "offer_id", "id"),
    )

    id: Mapped[Key]
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound_mails.id"), unique=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("seat_offers.id"))
    """The seat that it is about; else it is about an invitation, if about anything of ours."""
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    verdict: Mapped[Verdict]
    because: Mapped[str]
    """Why, as a sentence that staff read."""
    reply: Mapped[Reply | None]
    comment: Mapped[str] = mapped_column(default="", server_default="")
    attendee: Mapped[str] = mapped_column(default="", server_default="")
    attendee_name: Mapped[str] = mapped_column(default="", server_default="")
    sent_by: Mapped[str] = mapped_column(default="", server_default="")
    delegated_to: Mapped[str] = mapped_column(default="", server_default="")
    sequence: Mapped[Zero]
    stamped_at: Mapped[datetime | None]
    """DTSTAMP; never later than the mail itself."""
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    def settle(self, account_id: int | None, at: datetime) -> None:
        """Someone of the team decided. Raises SettledAlready."""
        if self.verdict is not Verdict.UNVERIFIED or self.settled_at is not None:
            raise SettledAlready
        self.settled_at, self.settled_by_id = at, account_id
