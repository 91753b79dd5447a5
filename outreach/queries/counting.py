"""How many fit, as far as a page counts by itself: its cost must not grow with the table.

Whoever is about to do something to all of them is told the exact number, by `people_count` and
`target_count`, which look at everyone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select, true

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from outreach.queries.looking import JOINS, by_index, few_of
from outreach.queries.organisations import Genders, genders_among
from outreach.queries.segments import shape_of
from outreach.queries.shapes import IS_KEPT, Ground, Shape
from outreach.queries.target_looks import Looks, meeting
from outreach.queries.target_walks import about_list, shape_on_list

COUNTED = 10_000
"""So many people are looked at for a count that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many fit among those who were looked at."""

    count: int
    is_all: bool
    """Whether everyone was looked at; else at least so many fit."""
    genders: Genders | None = None
    """Of all of them, where that was asked."""


def people_counted(rule: Rule, ground: Ground) -> Counted:
    """How many people fit. Cost: all of a condition that few meet, else `COUNTED` people by key."""
    wanted = [(one, shape_of(one, ground)) for one in rule.conditions]
    few = few_of([shape for one, shape in wanted if not one.is_not])
    last = _last_looked_at() if few is None else None
    some = true() if last is None else Stakeholder.id <= last
    if few is not None:
        some = among(Stakeholder.id, few)
    # As what is counted, not where: no index of a condition, which may fit half of all, leads.
    fits = case((and_(IS_KEPT, *meeting(wanted)), 1), else_=0)
    with by_index(*JOINS):
        count = reading().scalar(select(func.sum(fits)).where(some))
    return Counted(count or 0, last is None)


def targets_counted(list_id: int, rule: Rule, ground: Ground) -> Counted:
    """How many of a list fit. Cost: as that of `people_counted`, of the list."""
    event_id, size = about_list(list_id)
    if not rule and size > COUNTED:
        return Counted(size, is_all=True)
    wanted = [(one, shape_on_list(one, list_id, ground)) for one in rule.conditions]
    looks = Looks(list_id, event_id, wanted)
    looks.gather_words()
    with by_index(*JOINS):
        few = looks.few()
        there = looks.first(COUNTED) if few is None else few
        genders = genders_among(_genders_of(there, wanted))
    is_all = few is not None or size <= COUNTED
    return Counted(genders.total, is_all, genders if is_all else None)


def _last_looked_at() -> int | None:
    """The last person who is looked at for a count; None where all are."""
    ids = select(Stakeholder.id).order_by(Stakeholder.id).offset(COUNTED - 1).limit(2)
    last = reading().scalars(ids).all()
    return last[0] if len(last) > 1 else None


def _genders_of(there: Sequence[int], wanted: Sequence[tuple[Condition, Shape]]) -> dict[str, int]:
    fits = case((and_(true(), *meeting(wanted)), 1), else_=0)
    rows = reading().execute(
        select(Stakeholder.gender, func.sum(fits))
        .select_from(Target)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .where(among(Target.id, there))
        .group_by(Stakeholder.gender)
    )
    return {gender: int(count) for gender, count in rows}
