"""AnsweringAddress: someone's other addresses, and those of their assistants.

The preferred address stands with the person, where mail is sent to; all the others stand here.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key, No


class AnsweringAddress(Base):
    """Another address of the person's own, or that of an assistant who answers for them."""

    __tablename__ = "answering_addresses"
    __table_args__ = (UniqueConstraint("stakeholder_id", "email_key"),)

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    is_assistant: Mapped[No]
    name: Mapped[str] = mapped_column(default="", server_default="")
    """Of the assistant, as it is shown beside answers."""
    gets_copies: Mapped[No]
    """An assistant who is sent a copy of what the person is sent."""
    created_at: Mapped[datetime]
