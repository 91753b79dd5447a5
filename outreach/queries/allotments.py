"""Allotments: places in numbers, who gave one back, who comes next, and what would happen if."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from outreach.advice.alternates import Standing, next_moves, reply_by_for
from outreach.db import reading
from outreach.dialect import key_digest
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
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.suppression import Suppression
from outreach.models.target import Target, TargetList

SHOWN = 100
MOST_DECLINES = 50


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


@dataclass(frozen=True, slots=True)
class AlternateLine:
    """Someone who is asked when a place is freed."""

    target_id: int
    list_id: int
    list: str
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    can_be_asked: bool
    """Has an address to which we may write, and was not asked to the event otherwise."""


@dataclass(frozen=True, slots=True)
class VacancyLine:
    """A place that was given back."""

    id: int
    why: str
    freed_at: datetime
    state: VacancyState
    stakeholder_id: int
    left_by: str
    filled_by_stakeholder_id: int | None
    filled_by: str | None


@dataclass(frozen=True, slots=True)
class Supposed:
    """What one more decline would bring."""

    number: int
    goes_to: str | None
    """Who gets the place, or is asked for it; nobody where nobody is left."""
    stakeholder_id: int | None
    waited: bool
    """Had said yes already."""


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


def alternates_of(allotment_id: int, *, limit: int = SHOWN) -> list[AlternateLine]:
    """Alternates who still wait, by rank. Cost: the alternates of its lists."""
    can_be_asked = and_(
        Stakeholder.email.is_not(None),
        ~Stakeholder.is_mail_stopped,
        Suppression.id.is_(None),
        Invitation.id.is_(None),
    )
    rows: Any = reading().execute(
        select(
            Target.id,
            Target.list_id,
            TargetList.name,
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            can_be_asked,
        )
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Suppression, Suppression.digest == key_digest(Stakeholder.email_key))
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Stakeholder.id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
        .where(
            TargetList.allotment_id == allotment_id,
            Target.is_alternate,
            Target.promoted_at.is_(None),
        )
        .order_by(Target.rank, Target.id)
        .limit(limit)
    )
    return [AlternateLine(*row) for row in rows]


def vacancies_of(allotment_id: int, *, limit: int = SHOWN) -> list[VacancyLine]:
    """Places given back, the open ones first, then the latest. Cost: they, by index."""
    left, filled = aliased(Invitation), aliased(Invitation)
    who, other = aliased(Stakeholder), aliased(Stakeholder)
    rows: Any = reading().execute(
        select(
            Vacancy.id,
            Vacancy.why,
            Vacancy.freed_at,
            Vacancy.state,
            who.id,
            who.full_name,
            other.id,
            other.full_name,
        )
        .join(left, left.id == Vacancy.left_by_id)
        .join(who, who.id == left.stakeholder_id)
        .outerjoin(filled, filled.id == Vacancy.filled_by_id)
        .outerjoin(other, other.id == filled.stakeholder_id)
        .where(Vacancy.allotment_id == allotment_id)
        .order_by(Vacancy.state != VacancyState.OPEN, Vacancy.id.desc())
        .limit(limit)
    )
    return [VacancyLine(*row) for row in rows]


def waiting_for_places(allotment_id: int, *, limit: int = SHOWN) -> list[tuple[int, str]]:
    """(person, name) of those who said yes and wait, the longest first. Cost: they, by index."""
    return [(person, name) for _, person, name, _ in _waiting(allotment_id, limit)]


def supposing(line: AllotmentLine, declines: int, at: datetime) -> list[Supposed]:
    """What would follow if the next so many of those with a place declined, one after the other.

    By the same rules as in earnest (advice/alternates.py); nothing is written.
    """
    waiting = [(person, was_away) for _, person, _, was_away in _waiting(line.id, MOST_DECLINES)]
    names = {person: name for _, person, name, _ in _waiting(line.id, MOST_DECLINES)}
    queue = [one for one in alternates_of(line.id, limit=MOST_DECLINES * 2) if one.can_be_asked]
    names |= {one.stakeholder_id: one.name for one in queue}
    alternates = list(dict.fromkeys(one.stakeholder_id for one in queue))
    if reply_by_for(at, line.starts_at, line.answer_days, line.closing_days) is None:
        alternates = []
    standing, found = line.standing, []
    # Freed before, and one click away from the first of them.
    promised = min(standing.vacancies, standing.free, len(alternates))
    alternates = alternates[promised:]
    standing = replace(
        standing, asked=standing.asked + promised, vacancies=standing.vacancies - promised
    )
    for number in range(1, min(declines, MOST_DECLINES, standing.taken + standing.asked) + 1):
        left = replace(standing, asked=standing.asked - 1)
        if not standing.asked:
            left = replace(standing, taken=standing.taken - 1)
        gained = 1 if left.free > left.vacancies else 0
        left = replace(left, vacancies=left.vacancies + gained)
        moves = next_moves(left, waiting, alternates[:1])
        if moves.takes:
            left = replace(left, taken=left.taken + 1, waiting=left.waiting - 1)
            waiting = [one for one in waiting if one[0] != moves.takes[0]]
        if moves.promotes:
            left = replace(left, asked=left.asked + 1, vacancies=left.vacancies - 1)
            alternates = alternates[1:]
        who = next(iter((*moves.takes, *moves.promotes)), None)
        found.append(Supposed(number, names.get(who or 0), who, bool(moves.takes)))
        standing = left
    return found


def _waiting(allotment_id: int, limit: int) -> list[tuple[int, int, str, bool]]:
    rows = reading().execute(
        select(Placement.id, Stakeholder.id, Stakeholder.full_name, Placement.was_away)
        .join(Invitation, Invitation.id == Placement.invitation_id)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .where(Placement.allotment_id == allotment_id, Placement.state == PlacementState.WAITING)
        .order_by(Placement.since, Placement.id)
        .limit(limit)
    )
    return [(id_, person, name, was_away) for id_, person, name, was_away in rows]


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
