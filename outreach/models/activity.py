"""Activity: the journal of everything that happened, append only."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key


class Activity(Base):
    """One thing that happened, to whom, by whom."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_stakeholder", "stakeholder_id", "id"),
        Index("ix_activities_campaign", "campaign_id", "id"),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    verb: Mapped[str]
    """Past tense: `invited`, `answered`, `approved`, `imported`, …"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str]
    """`account`, `invitee`, `clock`, `console`, `provider`."""
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
