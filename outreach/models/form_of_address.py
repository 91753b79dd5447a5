"""FormOfAddress: someone's title and salutation in one language."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class FormOfAddress(Base):
    """Free text in one language; the person's own columns stand for all the others."""

    __tablename__ = "forms_of_address"
    __table_args__ = (UniqueConstraint("stakeholder_id", "language"),)

    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    language: Mapped[str]
    title: Mapped[str] = mapped_column(default="", server_default="")
    salutation: Mapped[str] = mapped_column(default="", server_default="")
