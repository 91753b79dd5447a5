"""Digest: what one of the team was told by mail on one morning."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key


class Digest(Base):
    """Written before the call: a second worker, or a second try, finds it and leaves it at that."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("account_id", "day"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    """On the calendar of the conference."""
    public_id: Mapped[str]
    written_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="", server_default="")
    """`accepted`, or why not; empty while it is being handed over."""
