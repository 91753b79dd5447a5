"""Allotments: places in numbers, and the lists that draw on them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from outreach.advice.alternates import Standing
from outreach.db import reading
from outreach.models.allotment import (
    Allotment,
    Placement,
    PlacementState,
    Vacancy,
    VacancyState,
)
from outreach.models.base import mark_of
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.target import Target, TargetList


@dataclass(frozen=True, slots=True)
class AllotmentLine:
    """An allotment with its numbers."""

    id: int
    event_id: int
    event: str
    starts_at: datetime
    time_zone: str
    group_id: int
    group: str
    host: str
    places: int
    is_automatic: bool
    answer_days: int
    closing_days: int
    standing: Standing

    @property
    def mark(self) -> int:
        """As Allotment.mark."""
        return mark_of(self.places, self.is_automatic, self.answer_days, self.closing_days)

    @property
    def name(self) -> str:
        """Whose places these are."""
        return f"{self.host} ({self.group})" if self.host else self.group

    @property
    def to_give(self) -> int:
        """Places given back that nobody else was asked for yet, and that there still are."""
        return min(self.standing.vacancies, self.standing.free)


def allotments_of(event_id: int) -> list[AllotmentLine]:
    """The allotments of an event. Cost: their placements and open vacancies, by index."""
    statement = _lines().where(Allotment.event_id == event_id)
    return _with_numbers(statement.order_by(ConstituentGroup.position, Allotment.host))


def allotment(allotment_id: int) -> AllotmentLine | None:
    """One allotment. Cost: its placements and open vacancies, by index."""
    return next(iter(_with_numbers(_lines().where(Allotment.id == allotment_id))), None)


def allotment_of_list(list_id: int) -> AllotmentLine | None:
    """On whose places a list draws; nothing where there is no limit. Cost: as of one allotment."""
    drawn_on = select(TargetList.allotment_id).where(TargetList.id == list_id).scalar_subquery()
    return next(iter(_with_numbers(_lines().where(Allotment.id == drawn_on))), None)


def allotments_to_decide(at: datetime) -> list[AllotmentLine]:
    """Where a freed place waits for one click of the team, and somebody could be asked for it.

    Cost: the open vacancies of such allotments, by index.
    """
    waits = exists().where(
        TargetList.allotment_id == Allotment.id,
        Target.list_id == TargetList.id,
        Target.is_alternate,
        Target.promoted_at.is_(None),
    )
    is_freed = exists().where(
        Vacancy.allotment_id == Allotment.id, Vacancy.state == VacancyState.OPEN
    )
    lines = _with_numbers(
        _lines()
        .where(~Allotment.is_automatic, is_freed, waits, Event.starts_at > at)
        .order_by(Event.starts_at, Allotment.id)
    )
    return [line for line in lines if line.to_give]


def lists_of(event_id: int) -> list[tuple[int, str, int | None]]:
    """(list, its name, the allotment on which it draws) of an event. Cost: the lists."""
    rows = reading().execute(
        select(TargetList.id, TargetList.name, TargetList.allotment_id)
        .where(TargetList.event_id == event_id)
        .order_by(TargetList.name)
    )
    return [(id_, name, allotment_id) for id_, name, allotment_id in rows]


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Allotment.id,
            Allotment.event_id,
            Event.name,
            Event.starts_at,
            Event.time_zone,
            Allotment.group_id,
            ConstituentGroup.name,
            Allotment.host,
            Allotment.places,
            Allotment.is_automatic,
            Allotment.answer_days,
            Allotment.closing_days,
        )
        .join(Allotment.event)
        .join(Allotment.group)
    )


def _with_numbers(statement: Select[*tuple[Any, ...]]) -> list[AllotmentLine]:
    rows: Any = reading().execute(statement).all()
    if not rows:
        return []
    ids = [row[0] for row in rows]
    numbers: dict[tuple[int, str], int] = {}
    placed = (
        select(Placement.allotment_id, Placement.state, func.count())
        .where(Placement.allotment_id.in_(ids), Placement.state != PlacementState.AWAY)
        .group_by(Placement.allotment_id, Placement.state)
    )
    vacant = (
        select(Vacancy.allotment_id, Vacancy.state, func.count())
        .where(Vacancy.allotment_id.in_(ids), Vacancy.state == VacancyState.OPEN)
        .group_by(Vacancy.allotment_id, Vacancy.state)
    )
    for part in (placed, vacant):
        for allotment_id, state, count in reading().execute(part):
            numbers[allotment_id, state.value] = count
    words = ("taken", "asked", "waiting", "open")
    lines = []
    for row in rows:
        counts = [numbers.get((row[0], word), 0) for word in words]
        values = [*row, Standing(row.places, *counts)]
        lines.append(AllotmentLine(*values))
    return lines
