"""Task: follow up with someone, by a date."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key


class TaskKind(StrEnum):
    """What gave rise to it."""

    BOUNCED = "bounced"
    """Mail to the person came back: another address is wanted."""
    BY_HAND = "by_hand"
    PLACE = "place"
    """Somebody has no place any more through no doing of their own."""
    STAR = "star"
    """The date of a star's next step has passed."""


class Task(Base):
    """Something that one of the team is to do."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("origin"),
        Index("ix_tasks_owner", "owner_id", "done_at", "due_on"),
        Index("ix_tasks_open", "done_at", "due_on"),
    )

    id: Mapped[Key]
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    target_id: Mapped[int | None] = mapped_column(ForeignKey("targets.id", ondelete="SET NULL"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Nobody where the target has no owner: anyone of the team may take it."""
    kind: Mapped[TaskKind]
    what: Mapped[str]
    due_on: Mapped[date]
    origin: Mapped[str | None]
    """Names what gave rise to it, so that the same thing told twice makes one task."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
