"""Errand: long work that someone asked for, done by whichever worker is free."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.activity import Actor
from outreach.models.base import Base, Key, No, Zero

LEASE = timedelta(seconds=30)
"""Renewed every few seconds while the work goes on; what a dead worker left is free after it."""

MOST_TRIES = 3
"""Work that killed so many workers is given up, and says so."""


class ErrandState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Errand(Base):
    """An import, an export, a digest: asked for on a page, by the API or by the clock.

    It may run twice (a worker dies after the work and before it said so): each kind of work is
    such that a second run changes nothing.
    """

    __tablename__ = "errands"
    __table_args__ = (
        Index("ix_errands_state", "state", "id"),
        Index("ix_errands_account", "account_id", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    """A word of `outreach.jobs.ERRANDS`."""
    wishes: Mapped[dict[str, Any]]
    """What the work is about, in that kind's own words; nothing secret."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str]
    state: Mapped[ErrandState] = mapped_column(
        default=ErrandState.WAITING, server_default="waiting"
    )
    token: Mapped[Zero]
    """Rises with every claim: who was taken over can write nothing any more."""
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    tries_count: Mapped[Zero]
    done_count: Mapped[Zero]
    total_count: Mapped[Zero]
    """How far it is, and of how much; 0 as long as nobody knows."""
    told: Mapped[str] = mapped_column(default="", server_default="")
    """What is being done, then what was done or why not: a sentence for the person who asked."""
    result: Mapped[dict[str, Any]]
    is_stopping: Mapped[No]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @classmethod
    def asked(cls, kind: str, by: Actor, at: datetime, **wishes: Any) -> "Errand":
        """A new one, for the session of whoever asks."""
        return cls(
            kind=kind, wishes=wishes, result={}, account_id=by.account_id, actor=by.kind,
            created_at=at,
        )  # fmt: skip

    @property
    def by(self) -> Actor:
        """Who asked."""
        return Actor(self.actor, self.account_id)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in (ErrandState.DONE, ErrandState.FAILED, ErrandState.STOPPED)

    def stop(self, at: datetime) -> bool:
        """Stop it: at once where it waits, at its next step where it runs. False: it is over."""
        if self.is_over:
            return False
        self.is_stopping = True
        if self.state is ErrandState.WAITING:
            self.end(ErrandState.STOPPED, "Stopped before it began.", at)
        return True

    def end(
        self, state: ErrandState, told: str, at: datetime, result: dict[str, Any] | None = None
    ) -> None:
        """It is over."""
        self.state, self.told, self.ended_at = state, told, at
        self.result = result or {}
        self.leased_until = self.leased_by = None
