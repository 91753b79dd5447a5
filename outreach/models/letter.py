"""Letter: the signed paper that invites a group to an event, as a file to download."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key


class Letter(Base):
    """One letter in one language; a newer one of the same event, group and language replaces it."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_event", "event_id", "group_id"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("constituent_groups.id"))
    """Whom it is for; nothing where it is for every group that has none of its own."""
    language: Mapped[str]
    reference: Mapped[str] = mapped_column(default="", server_default="")
    """As it stands on the paper: `CL-17/41` (series, year, number)."""
    stored_name: Mapped[str]
    """In INSTANCE_DIR/letters; a name of ours."""
    bytes_count: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    uploaded_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    """Since when another one stands in its place, or none."""
