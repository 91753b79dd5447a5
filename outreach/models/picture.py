"""Picture: what letters may show, from our own address; one of them is the conference's emblem."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key


class Picture(Base):
    """A picture that never changes and is never taken away: letters that have gone show it."""

    __tablename__ = "pictures"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Key]
    name: Mapped[str]
    """Its path is /pictures/ and this, which its content gives: another picture, another name."""
    words: Mapped[str]
    """What it shows, for those who do not see it."""
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes_count: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
