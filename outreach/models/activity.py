"""Activity: the journal of everything that happened, append only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import UNHELD, Base, Key


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an account, or one of those below."""

    kind: str
    account_id: int | None = None

    @classmethod
    def account(cls, account_id: int) -> "Actor":
        """Someone who is signed in."""
        return cls("account", account_id)


INVITEE = Actor("invitee")
CLOCK = Actor("clock")
CONSOLE = Actor("console")
PROVIDER = Actor("provider")


class Activity(Base):
    """One thing that happened, to whom, by whom."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_stakeholder", "stakeholder_id", "id"),
        Index(
            "ix_activities_campaign",
            "campaign_id",
            "id",
            sqlite_where=text("campaign_id IS NOT NULL"),
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index(
            "ix_activities_organisation",
            "organisation_id",
            "id",
            sqlite_where=text("organisation_id IS NOT NULL"),
            postgresql_where=text("organisation_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    verb: Mapped[str]
    """Past tense: `invited`, `answered`, `approved`, `imported`, …"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", info=UNHELD))
    actor: Mapped[str]
    """`account`, `invitee`, `clock`, `console`, `provider`."""
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id", info=UNHELD))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", info=UNHELD))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", info=UNHELD))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id", info=UNHELD))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @classmethod
    def of(
        cls,
        verb: str,
        by: Actor,
        at: datetime,
        *,
        stakeholder_id: int | None = None,
        campaign_id: int | None = None,
        event_id: int | None = None,
        organisation_id: int | None = None,
        **detail: Any,
    ) -> "Activity":
        """A line of the journal; what else there is to know goes into `detail`, as JSON."""
        return cls(
            verb=verb,
            actor=by.kind,
            account_id=by.account_id,
            at=at,
            stakeholder_id=stakeholder_id,
            campaign_id=campaign_id,
            event_id=event_id,
            organisation_id=organisation_id,
            detail=detail,
        )
