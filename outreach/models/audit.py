"""Audit: that the promises were recomputed from the rows, and what was found."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from outreach.models.base import Base, Key


class Audit(Base):
    """One recomputation; the newest stands on the operators' page."""

    __tablename__ = "audits"
    __table_args__ = (Index("ix_audits_at", "at"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    is_sound: Mapped[bool]
    seconds: Mapped[float]
    report: Mapped[dict[str, Any]]
    """As `outbox audit` prints it."""
