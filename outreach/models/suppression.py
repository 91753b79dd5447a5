"""Suppression: an address that we must not write to, and why."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from outreach.models.base import Base, Key


class Suppression(Base):
    """An address kept as its normalised key; campaign mail never goes to it."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("email_key"),)

    id: Mapped[Key]
    email_key: Mapped[str]
    reason: Mapped[str]
    """`unsubscribed`, `bounced`, `complained`, `staff`."""
    source: Mapped[str]
    since: Mapped[datetime]
