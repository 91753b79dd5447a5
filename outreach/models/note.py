"""Note: what one of the team wrote down about a person or an organisation, and when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class Note(Base):
    """A line of the time line, written by hand."""

    __tablename__ = "notes"
    __table_args__ = (
        Index(
            "ix_notes_stakeholder",
            "stakeholder_id",
            "id",
            sqlite_where=text("stakeholder_id IS NOT NULL"),
            postgresql_where=text("stakeholder_id IS NOT NULL"),
        ),
        Index(
            "ix_notes_organisation",
            "organisation_id",
            "id",
            sqlite_where=text("organisation_id IS NOT NULL"),
            postgresql_where=text("organisation_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    text: Mapped[str]
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
