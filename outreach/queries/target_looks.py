"""Bounded looks at a long list: who of a stretch of its order fits, from a place on.

As in `looking`, of which the limits are: at most `LOOK` are looked at for a page, however many
stretches it takes, and every statement in here reads at most so many entries of an index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Select, and_, case, func, select, true
from sqlalchemy.sql.visitors import iterate

from outreach.advice.segments import Condition
from outreach.db import reading
from outreach.dialect import among, json_list
from outreach.models.base import Base
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from outreach.queries import looking
from outreach.queries.keyset import beyond
from outreach.queries.shapes import Shape
from outreach.queries.target_orders import RANK, Stretch


@dataclass(frozen=True, slots=True)
class Seen:
    """Whom a look went past, in order."""

    walked: Sequence[int] = ()
    """Their targets; below zero the ids of people who are not on the list."""
    fits: Sequence[int] = ()
    is_end: bool = True
    """Whether nobody comes after them in the stretch."""
    is_vain: bool = False
    """Whether these are all of the list there, and none of them meets what is asked, whichever
    stretch they may be in."""


@dataclass(slots=True)
class Looks:
    """Those of one page, at one stretch after another."""

    list_id: int
    event_id: int
    wanted: Sequence[tuple[Condition, Shape]]
    spent: int = 0
    """How many were looked at so far."""
    _few: dict[bool, list[int] | None] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """So many more may be looked at."""
        return max(looking.LOOK - self.spent, 0)

    def along(self, way: Stretch, place: Sequence[Any] | None, limit: int) -> Seen:
        """The next of a stretch as far as `limit` of them fit.

        All whom words mean, where they are few; else a glance, which is enough where many fit; else
        those of another condition, or of the stretch, if these are few; else a walk, as far as the
        glance makes likely and then to the end of what is left.
        """
        is_whole = not (way.along or way.is_by_name)
        few, seen = self._met(is_words=True), Seen(is_end=False, is_vain=is_whole)
        if few is None:
            seen = self._further(seen, way, place, looking.GLANCE)
            if seen.is_end or len(seen.fits) >= limit:
                return seen
            few = self._met(is_words=False)
            if few is None and way.ids is not None:
                people = looking.few_of([Shape(way.holds[0], way.ids)])
                self.spent += len(people or ())
                few = self._on_list(people)
        if few is not None:
            self.spent += len(few)
            return self._among(few, way, place)
        missing = limit - len(seen.fits)
        for most in (2 * len(seen.walked) * missing // max(len(seen.fits), 1), looking.LOOK):
            if seen.is_end or len(seen.fits) >= limit or not self.left:
                break
            seen = self._further(seen, way, place, most)
        return seen

    def gather_words(self) -> None:
        """See whom words mean, if few. Before any look: on PostgreSQL no walk of an index has them,
        and within a look it may do nothing else."""
        if any(one.facet == "words" and not one.is_not for one, _ in self.wanted):
            looking.on_one_core()
        self._met(is_words=True)

    def few(self) -> list[int] | None:
        """Of the list, all who meet a condition that few people meet; None where there is none."""
        words = self._met(is_words=True)
        return self._met(is_words=False) if words is None else words

    def all_met(self) -> list[int]:
        """All of the list who meet what is asked. Cost: the list."""
        ids = select(json_list(Target.id)).join(
            Stakeholder, Stakeholder.id == Target.stakeholder_id
        )
        return _numbers(ids.where(Target.list_id == self.list_id, *meeting(self.wanted)))

    def first(self, most: int) -> list[int]:
        """So many of the list, by rank."""
        walk = self._walk(Stretch(RANK), None).limit(most).subquery()
        return _numbers(select(json_list(walk.c.id)))

    def _met(self, *, is_words: bool) -> list[int] | None:
        if is_words not in self._few:
            shapes = [
                shape
                for one, shape in self.wanted
                if not one.is_not and (one.facet == "words") is is_words
            ]
            self._few[is_words] = self._on_list(looking.few_of(shapes))
        return self._few[is_words]

    def _on_list(self, few: list[int] | None) -> list[int] | None:
        if not few:
            return few
        there = Target.list_id == self.list_id, among(Target.stakeholder_id, few)
        return _numbers(select(json_list(Target.id)).where(*there))

    def _further(self, seen: Seen, way: Stretch, place: Sequence[Any] | None, most: int) -> Seen:
        """So many more of the stretch, behind those who were looked at."""
        most = min(most, self.left)
        walk = self._walk(way, place).offset(len(seen.walked)).limit(most).subquery()
        found = self._of_names(walk) if way.is_by_name else json_list(walk.c.id)
        more = _numbers(select(found).select_from(walk))
        self.spent += len(more)
        meet, fits = self._meeting([id_ for id_ in more if id_ > 0], way)
        is_vain = seen.is_vain and not meet
        return Seen([*seen.walked, *more], [*seen.fits, *fits], len(more) < most, is_vain)

    def _walk(self, way: Stretch, place: Sequence[Any] | None) -> Select[Any]:
        """By name it is people who are walked, in whose index the names are."""
        walk = select(Stakeholder.id) if way.is_by_name else select(Target.id)
        if not way.is_by_name:
            walk = walk.where(Target.list_id == self.list_id, *way.along)
        if place is not None:
            walk = walk.where(beyond(way.keys, place))
        return walk.order_by(*[key.clause() for key in way.keys])

    def _of_names(self, walk: Any) -> Any:
        of_list = select(Target.id).where(
            Target.list_id == self.list_id, Target.stakeholder_id == walk.c.id
        )
        return json_list(func.coalesce(of_list.correlate(walk).scalar_subquery(), -walk.c.id))

    def _among(self, few: Sequence[int], way: Stretch, place: Sequence[Any] | None) -> Seen:
        """All of these targets that come after the place, of whom those of the stretch may fit."""
        if not few:
            return Seen()
        there = select(Target.id).join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        there = there.where(among(Target.id, few), *way.along)
        if place is not None:
            there = there.where(beyond(way.keys, place))
        there = there.order_by(*[key.clause() for key in way.keys]).limit(len(few))
        ids = _numbers(select(json_list(there.subquery().c.id)))
        return Seen(ids, self._meeting(ids, way)[1])

    def _meeting(self, ids: Sequence[int], way: Stretch) -> tuple[bool, list[int]]:
        """Whether any of these targets meets what is asked; and those who are of the stretch, too,
        as they stand. They and their people by key."""
        asked = and_(true(), *meeting(self.wanted))
        if not (ids and (way.holds or self.wanted)):
            return bool(ids), list(ids)
        # As what is chosen, not where: no index of a condition, which may fit half of all, leads.
        of_stretch = case((and_(true(), *way.holds), Target.id), else_=-Target.id)
        fits = case((asked, of_stretch), else_=0)
        found = select(json_list(fits)).select_from(Target)
        if _speaks_of(Stakeholder, [*way.holds, asked]):
            found = found.join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        if _speaks_of(Invitation, way.holds):
            to_event = and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == self.event_id,
            )
            found = found.outerjoin(Invitation, to_event)
        met = set(_numbers(found.where(among(Target.id, ids)))) - {0}
        return bool(met), [id_ for id_ in ids if id_ in met]


def meeting(wanted: Iterable[tuple[Condition, Shape]]) -> list[ColumnElement[bool]]:
    """What must hold of those who fit."""
    return [shape.lacks if one.is_not else shape.holds for one, shape in wanted]


def _speaks_of(noun: type[Base], clauses: Iterable[ColumnElement[bool]]) -> bool:
    """Whether a column of its table is named in these."""
    return any(
        isinstance(one, Column) and one.table.name == noun.__tablename__
        for clause in clauses
        for one in iterate(clause)
    )


def _numbers(statement: Select[Any]) -> list[int]:
    found: list[int] = orjson.loads(reading().scalar(statement) or "[]")
    return found
