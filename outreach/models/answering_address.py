"""AnsweringAddress: where else someone's answers may come from than the preferred address."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key, No


class AnsweringAddress(Base):
    """Another address of the person's own, or that of an assistant who answers for them."""

    __tablename__ = "answering_addresses"
    __table_args__ = (UniqueConstraint("stakeholder_id", "email_key"),)

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id"))
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    is_assistant: Mapped[No]
    name: Mapped[str] = mapped_column(default="", server_default="")
    """Of the assistant, as it is shown beside answers."""
    created_at: Mapped[datetime]
