"""Phone: a number under which someone is reached."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key, No


class Phone(Base):
    """A number as it was typed, and what it is for."""

    __tablename__ = "phones"
    __table_args__ = (UniqueConstraint("stakeholder_id", "number_key"),)

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    number: Mapped[str]
    number_key: Mapped[str] = mapped_column(index=True)
    """Its digits alone (`outreach.intake.phones.key_of`)."""
    label: Mapped[str] = mapped_column(default="", server_default="")
    """"mobile", "office", "assistant": free text."""
    is_preferred: Mapped[No]
