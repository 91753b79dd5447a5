"""Errands: how far a piece of long work is, and how many wait."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.errand import Errand, ErrandState


@dataclass(frozen=True, slots=True)
class ErrandLine:
    """One errand as the person who asked sees it."""

    id: int
    kind: str
    account_id: int | None
    state: ErrandState
    done_count: int
    total_count: int
    told: str
    result: dict[str, Any]
    is_stopping: bool
    created_at: datetime
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.ended_at is not None


_COLUMNS = (
    Errand.id, Errand.kind, Errand.account_id, Errand.state, Errand.done_count, Errand.total_count,
    Errand.told, Errand.result, Errand.is_stopping, Errand.created_at, Errand.ended_at,
)  # fmt: skip


def errand_line(errand_id: int) -> ErrandLine | None:
    """One errand; None where there is none. One row by key."""
    row = reading().execute(select(*_COLUMNS).where(Errand.id == errand_id)).one_or_none()
    return ErrandLine(*row) if row else None


def waiting_errands(most: int) -> int:
    """How many could be taken now or may have lost their worker, counted up to `most`."""
    open_ones = (ErrandState.WAITING, ErrandState.RUNNING)
    ids = reading().scalars(select(Errand.id).where(Errand.state.in_(open_ones)).limit(most))
    return len(ids.all())
