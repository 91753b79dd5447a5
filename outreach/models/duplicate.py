"""Duplicate: two rows that may be one person; Merge: two that were made one, and how to undo it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.errors import Conflict
from outreach.models.base import AT_ONCE, Base, Key, No, Zero


class DuplicateState(StrEnum):
    FOUND = "found"
    NOT_A_DUPLICATE = "not_a_duplicate"
    """A person of the team said so; it is not asked again."""
    MERGED = "merged"


class MergeUndone(Conflict):
    """It was taken back before."""

    def __init__(self) -> None:
        super().__init__("This merge has been taken back already.")


class Duplicate(Base):
    """A pair that looks like one person, with how much and why."""

    __tablename__ = "duplicates"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        Index("ix_duplicates_state", "state", "score", "id"),
    )

    id: Mapped[Key]
    first_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    """The one that we have known longer: the smaller id."""
    second_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE), index=True)
    score: Mapped[int]
    """0 to 100; see `outreach.advice.duplicates`."""
    reasons: Mapped[list[str]]
    is_lookalike: Mapped[No]
    """The addresses look the same and are two: perhaps someone passes for someone."""
    state: Mapped[DuplicateState]
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    def decide(self, state: DuplicateState, account_id: int | None, at: datetime) -> None:
        """Someone of the team looked at the pair."""
        self.state, self.decided_at, self.decided_by_id = state, at, account_id


class DuplicateSearch(Base):
    """That everyone was compared, and what that gave."""

    __tablename__ = "duplicate_searches"
    __table_args__ = (Index("ix_duplicate_searches_at", "at"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    people_count: Mapped[Zero]
    found_count: Mapped[Zero]
    """Pairs that were not known before."""
    seconds: Mapped[float]


class Merge(Base):
    """Two people made one. The row of the one that is gone stays, and points at the kept one."""

    __tablename__ = "merges"

    id: Mapped[Key]
    kept_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE), index=True)
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changes: Mapped[list[Any]]
    """What was changed, in order, as `outreach.rows` keeps it."""
