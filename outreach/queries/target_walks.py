"""Walking through the people of a list in the order of a page, from one place on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.asked_facets import OF_TARGETS
from outreach.queries.keyset import By, ordered
from outreach.queries.segments import shape_of
from outreach.queries.shapes import MOST_GATHERED, WALK, Ground, Shape, fewest
from outreach.queries.target_orders import (
    NAME,
    Stretch,
    place_among,
    place_of,
    stretches_of,
    turned,
)

Place = tuple[int, list[Any] | None]
"""(stretch, the values of its keys after which a page begins; None for its start)"""


@dataclass(frozen=True, slots=True)
class Walked:
    """Rows after a place, in the order in which they were walked, one more than a page holds."""

    found: list[tuple[int, Any]]
    """(stretch, row)"""
    ways: Sequence[Stretch]
    is_backwards: bool
    has_place: bool

    def cut(self, limit: int) -> tuple[list[tuple[int, Any]], str | None, str | None]:
        """The rows of the page as they are read, the place after it and the one before it."""
        has_more, found = len(self.found) > limit, self.found[:limit]
        ends = [self.note(each) for each in (found[:1], found[-1:])]
        first, last = reversed(ends) if self.is_backwards else ends
        return (
            found[::-1] if self.is_backwards else found,
            last if has_more or (self.is_backwards and self.has_place) else None,
            first if (has_more if self.is_backwards else self.has_place) else None,
        )

    def note(self, found: Sequence[tuple[int, Any]]) -> str | None:
        """The place of a row, counted in the order forwards."""
        for number, row in found:
            forwards = len(self.ways) - 1 - number if self.is_backwards else number
            return place_of(forwards, row, self.ways[number])
        return None


def walk(
    list_id: int,
    statement: Select[*tuple[Any, ...]],
    rule: Rule,
    ground: Ground,
    *,
    sort: str,
    after: str | None,
    before: str | None,
    limit: int,
) -> Walked:
    """The people of a list who fit, after a place or, backwards, before one. See `targets`."""
    is_simple = not rule and sort.removeprefix("-") == "rank"
    event_id, size = (0, 0) if is_simple else about_list(list_id)
    ways = stretches_of(sort, event_id)
    is_backwards = before is not None and after is None
    place = place_among(before if is_backwards else after, ways)
    return walk_from(
        list_id, statement, rule, ground, ways, place, is_backwards=is_backwards, limit=limit,
        size=size,
    )  # fmt: skip


def walk_from(
    list_id: int,
    statement: Select[*tuple[Any, ...]],
    rule: Rule,
    ground: Ground,
    ways: Sequence[Stretch],
    place: Place,
    *,
    is_backwards: bool,
    limit: int,
    size: int,
) -> Walked:
    """The same from a place that is known, in stretches that are.

    size  how many stand on the list
    """
    start, there = place
    if is_backwards:
        ways, start = turned(ways), len(ways) - 1 - start
    shapes = [(one, shape_on_list(one, list_id, ground)) for one in rule.conditions]
    found: list[tuple[int, Any]] = []
    for number in range(start, len(ways)):
        each = _Walk(list_id, ways[number], shapes, is_short=size <= WALK)
        here = there if number == start else None
        found += [(number, row) for row in each.rows(statement, here, limit + 1 - len(found))]
        if len(found) > limit:
            break
    return Walked(found, ways, is_backwards, there is not None)


@dataclass(frozen=True, slots=True)
class _Walk:
    """How the rows of a stretch are found: in its order as far as that goes, else gathered."""

    list_id: int
    way: Stretch
    shapes: Sequence[tuple[Condition, Shape]]
    is_short: bool

    def rows(
        self, statement: Select[*tuple[Any, ...]], place: list[Any] | None, limit: int
    ) -> list[Any]:
        holds = [shape.lacks if one.is_not else shape.holds for one, shape in self.shapes]
        holds += self.way.holds
        keys: Sequence[By] = self.way.keys
        is_plain = self.way.is_indexed and not self.shapes
        if not (self.is_short or is_plain):
            near = ordered(statement, keys, None).where(self._near(place), *holds)
            rows = self._read(near, limit)
            if len(rows) == limit:
                return rows
            holds += self._gathers()
        if self._is_by_name:
            # Said so that no index answers it: all people would be walked for those of one list.
            name = func.coalesce(Stakeholder.name_key, "")
            keys = [replace(keys[0], column=name), *keys[1:]]
        return self._read(ordered(statement, keys, place).where(*holds), limit)

    def _read(self, statement: Select[*tuple[Any, ...]], limit: int) -> list[Any]:
        return list(reading().execute(statement.limit(limit)))

    @property
    def _is_by_name(self) -> bool:
        return self.way.keys[0].column is NAME[0].column

    def _near(self, place: list[Any] | None) -> ColumnElement[bool]:
        """Among the next 3,000 in this order. One SELECT by name, for which each person's target is
        looked up: a database that joins would rather read all targets there are."""
        if self._is_by_name:
            walk = ordered(select(Stakeholder.id), self.way.keys, place).limit(WALK).subquery()
            of_list = select(Target.id).where(
                Target.list_id == self.list_id, Target.stakeholder_id == walk.c.id
            )
            looked_up = select(of_list.correlate(walk).scalar_subquery()).select_from(walk)
            ids = reading().scalars(looked_up)
            return among(Target.id, [id_ for id_ in ids if id_ is not None])
        here = select(Target.id).where(Target.list_id == self.list_id)
        # Where an index holds just these, it is walked; else the list itself.
        here = here.where(*self.way.holds) if self.way.is_indexed else here
        walk = ordered(here, self.way.keys, place).limit(WALK).subquery()
        return Target.id.in_(select(walk.c.id))

    def _gathers(self) -> list[ColumnElement[bool]]:
        shapes = [shape for one, shape in self.shapes if not one.is_not]
        if self.way.ids is not None:
            shapes.append(Shape(self.way.holds[0], self.way.ids))
        few = fewest(shapes, MOST_GATHERED)
        if few is None or few.ids is None:
            return []
        return [Target.stakeholder_id.in_(few.ids.correlate(None))]


def shape_on_list(one: Condition, list_id: int, ground: Ground) -> Shape:
    """A condition as it is meant on a list: what is said of targets is said of its own."""
    if one.facet in OF_TARGETS and one.of in ("", ground.list_code):
        holds = OF_TARGETS[one.facet](one.values)
        there = select(Target.stakeholder_id).where(Target.list_id == list_id, holds)
        return Shape(holds, there)
    if one.facet == "owner":
        accounts = [int(value) for value in one.values if value != "nobody"]
        follows = func.coalesce(Target.owner_id, Stakeholder.owner_id)
        nobody = "nobody" in one.values
        return Shape(follows.in_(accounts) | follows.is_(None) if nobody else follows.in_(accounts))
    return shape_of(one, ground)


def about_list(list_id: int) -> tuple[int, int]:
    """(event, people) of a list; nothing of none. One SELECT by key."""
    is_counted = and_(
        Tally.kind == TallyKind.LIST_TARGETS,
        Tally.subject_id == TargetList.id,
        Tally.state == "wanted",
    )
    row = (
        reading()
        .execute(
            select(TargetList.event_id, func.sum(Tally.count))
            .outerjoin(Tally, is_counted)
            .where(TargetList.id == list_id)
            .group_by(TargetList.event_id)
        )
        .one_or_none()
    )
    return (row[0], int(row[1] or 0)) if row else (0, 0)
