"""ClosedLink: the link in a mail that left, which opens nothing any more."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base


class ClosedLink(Base):
    """By which a copy opened the person's page for an assistant, or any other mail stopped mail.

    These links are made of the mail's own id, which stays, since the provider knows it by that.
    """

    __tablename__ = "closed_links"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    closed_at: Mapped[datetime]
