"""FocalPoint: who speaks for an organisation at a conference, and who authorised it, when."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class FocalPoint(Base):
    """One appointment; those that have ended stay: who authorised it, and when, is kept."""

    __tablename__ = "focal_points"
    __table_args__ = (
        Index(
            "uq_focal_points_current",
            "organisation_id",
            "conference_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    authorised_by: Mapped[str]
    """Who gave the word, as text: "Permanent Mission, note verbale 12/2026"."""
    authorised_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
