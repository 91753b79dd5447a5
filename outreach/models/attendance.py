"""Attendance: who came through the door of an event, and when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key


class Attendance(Base):
    """One invitee who came. The first arrival stands, however often it is told again."""

    __tablename__ = "attendances"
    __table_args__ = (Index("ix_attendances_event", "event_id", "came_at"),)

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"))
    came_at: Mapped[datetime]
    way: Mapped[str]
    """`code` or `name`: how the person was found."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    taken_back_at: Mapped[datetime | None]
    """Set where it was a mistake; what was queued before then does not bring it back."""

    def arrive(self, came_at: datetime, way: str, account_id: int | None) -> bool:
        """Note an arrival; say whether it changed anything."""
        if self.taken_back_at is None or came_at <= self.taken_back_at:
            return False
        self.came_at, self.way, self.account_id, self.taken_back_at = came_at, way, account_id, None
        return True
