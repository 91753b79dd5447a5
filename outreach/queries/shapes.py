"""What a condition of a rule becomes: SQL in two shapes, and what its words refer to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true, union_all

from outreach.db import reading
from outreach.dialect import is_unset
from outreach.models.event import Event, EventKind
from outreach.models.stakeholder import Stakeholder

IS_KEPT: ColumnElement[bool] = is_unset(Stakeholder.merged_into_id)
"""Not merged into another."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A condition in two shapes; which is cheaper depends on how many it fits."""

    holds: ColumnElement[bool]
    """Of one stakeholder at a time: for statements that walk through people in some order."""
    ids: Select[Any] | None = None
    """Those whom it fits, gathered by an index; None where only a walk finds them."""
    more: Select[Any] | None = None
    """Those and others, where an index has only these together: of a long list those of a wave."""

    @property
    def near(self) -> Select[Any] | None:
        """All whom it may fit, of whom each is found by one entry of an index."""
        return self.ids if self.more is None else self.more

    @property
    def lacks(self) -> ColumnElement[bool]:
        """Where it does not hold, or nothing is known."""
        return self.holds.is_not(true())


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rule's words refer to."""

    conference_id: int
    at: datetime
    list_code: str = ""
    """Where the rule stands on a list's page: of which its `star`, `tier` and `wave` are."""
    event_code: str = ""
    """The event that is meant where a condition names none; the conference itself else."""

    def event_id(self, code: str) -> int | None:
        """The event of a code; with none, the one that is meant."""
        code = code or self.event_code
        wanted = Event.code == code if code else Event.kind == EventKind.CONFERENCE
        return reading().scalar(
            select(Event.id)
            .where(Event.conference_id == self.conference_id, wanted)
            .order_by(Event.id)
            .limit(1)
        )


def as_set(ids: Select[Any], column: Any, more: Select[Any] | None = None) -> Shape:
    """Of a SELECT of stakeholder ids, and the column that it selects."""
    # Said what it correlates: the page of a list reads targets and invitations itself.
    return Shape(ids.where(column == Stakeholder.id).correlate(Stakeholder).exists(), ids, more)


def either(*parts: Select[Any]) -> Select[Any]:
    together = union_all(*parts).subquery()
    return select(together.c[0])
