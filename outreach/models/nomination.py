"""Nomination: someone who asked on the public page to be invited, for staff to decide."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict
from outreach.models.base import AT_ONCE, Base, Key
from outreach.models.conference import Conference


class NominationState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DUPLICATE = "duplicate"


class DecidedAlready(Conflict):
    """A request is decided once."""

    def __init__(self) -> None:
        super().__init__("This request has been decided already. Reload the page to see how.")


class Nomination(Base):
    """Names as typed. Nobody becomes a stakeholder, and nobody is written to, by asking."""

    __tablename__ = "nominations"
    __table_args__ = (
        Index("ix_nominations_state", "state", "id"),
        Index("ix_nominations_asked", "conference_id", "email_key"),
        Index("ix_nominations_network", "network", "created_at"),
    )

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    full_name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    office: Mapped[str] = mapped_column(default="", server_default="")
    organisation: Mapped[str] = mapped_column(default="", server_default="")
    country_code: Mapped[str | None]
    language: Mapped[str]
    why: Mapped[str]
    source: Mapped[str] = mapped_column(default="", server_default="")
    """The campaign whose link led to the page (`utm_campaign`)."""
    network: Mapped[str] = mapped_column(default="", server_default="")
    """A keyed digest of where it came from, for the limit alone; empty once it is decided."""
    created_at: Mapped[datetime]
    state: Mapped[NominationState] = mapped_column(
        default=NominationState.OPEN, server_default="open"
    )
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decision: Mapped[str] = mapped_column(default="", server_default="")
    """Why not, where it was declined."""
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    """Who it became, or who it was."""

    conference: Mapped[Conference] = relationship()

    def decide(self, state: NominationState, account_id: int | None, at: datetime) -> None:
        """Decide it, once."""
        if self.state is not NominationState.OPEN:
            raise DecidedAlready
        self.state, self.decided_by_id, self.decided_at, self.network = state, account_id, at, ""
