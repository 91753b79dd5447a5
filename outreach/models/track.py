"""Track: a strand of the conference's programme."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Code, Key, Zero
from outreach.models.event import Event


class Track(Base):
    """A strand with co-chair seats of its own."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    code: Mapped[Code]
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(default="", server_default="")
    position: Mapped[Zero]

    event: Mapped[Event] = relationship()
