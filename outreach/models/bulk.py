"""BulkChange: one change of many people or targets at once, kept so that it can be taken back."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.errors import Conflict
from outreach.models.base import Base, BigId, Key, Zero

UNDO_LIFE = timedelta(days=7)


class BulkChange(Base):
    """What was done, to how many, by whom."""

    __tablename__ = "bulk_changes"
    __table_args__ = (Index("ix_bulk_changes_at", "at"),)

    id: Mapped[Key]
    what: Mapped[str]
    """`tagged`, `untagged`, `gave_owner`, `put_on_list`; of the targets of a list `targets_tier`,
    `targets_wave`, `targets_alternate`, `targets_owner`, `targets_approved`, `targets_removed`,
    `targets_nominated`."""
    detail: Mapped[dict[str, Any]]
    """The tag, owner, list or number; and `said`: the change in words."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str]
    at: Mapped[datetime]
    count: Mapped[Zero]
    undone_at: Mapped[datetime | None]

    def take_back(self, at: datetime) -> None:
        """Note that it is taken back. Raises Conflict where that was done, or is too long ago."""
        if self.undone_at is not None:
            raise Conflict("This was taken back already.")
        if at - self.at > UNDO_LIFE:
            raise Conflict("This was done too long ago to be taken back.")
        self.undone_at = at


class BulkRow(Base):
    """One row of it, and how it was before."""

    __tablename__ = "bulk_rows"

    change_id: Mapped[int] = mapped_column(ForeignKey("bulk_changes.id"), primary_key=True)
    row_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """A stakeholder's id; a target's where targets were changed."""
    before: Mapped[int | None] = mapped_column(BigId)
    """The owner, tier or wave before."""


class RemovedTarget(Base):
    """A target as it was when it was taken off its list with others; the same columns."""

    __tablename__ = "removed_targets"

    change_id: Mapped[int] = mapped_column(ForeignKey("bulk_changes.id"), primary_key=True)
    target_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    list_id: Mapped[int] = mapped_column(BigId)
    stakeholder_id: Mapped[int] = mapped_column(BigId)
    is_star: Mapped[bool]
    tier: Mapped[int]
    rank: Mapped[int]
    why: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(BigId)
    decide_on: Mapped[date | None]
    wave: Mapped[int]
    is_alternate: Mapped[bool]
    promoted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
