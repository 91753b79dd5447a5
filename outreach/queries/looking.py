"""A bounded look: who fits among so many people, in an order, from a place on.

What a page costs must not grow with the table, whatever is asked; and where hardly anyone fits, no
index knows who. So at most `LOOK` people are looked at for a page, and who asks is told where to go
on. Every statement in here reads at most so many entries of an index, and their people once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import orjson
from sqlalchemy import Column, ColumnElement, Select, and_, case, func, select, true, union_all
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.sql.visitors import iterate

from outreach.advice.segments import Condition
from outreach.db import is_postgresql, reading
from outreach.dialect import among, json_list
from outreach.models.stakeholder import Stakeholder
from outreach.queries.grouped import any_of, in_order, next_groups
from outreach.queries.keyset import By, beyond, is_same
from outreach.queries.shapes import IS_KEPT, Shape

LOOK = 3_000
"""So many people are looked at for a page."""
GLANCE = 300
"""So many before anything else is tried: where one in six fits, that is a page."""
MOST_GROUPS = 8

Clauses = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Only:
    """In which groups of a column all are who fit."""

    column: Any
    groups: Sequence[Any]
    """None for those who have nothing there."""

    def clauses(self) -> list[ColumnElement[bool]]:
        """One for each group."""
        return [is_same(self.column, group) for group in self.groups]


@dataclass(frozen=True, slots=True)
class Look:
    """Whom a look went past, in order."""

    seen: Sequence[int] = ()
    """Their ids; below zero of those who do not fit."""
    is_end: bool = True
    """Whether nobody comes after them."""
    start: Sequence[Any] = ()
    """What the place of the first of them begins with, where it is not their own; see `_group`."""
    end: Sequence[Any] = ()
    """The same of the last."""

    @property
    def ids(self) -> list[int]:
        """Those who fit."""
        return [id_ for id_ in self.seen if id_ > 0]

    def then(self, other: "Look") -> "Look":
        """Both, the other one behind this."""
        if not other.seen:
            return Look(self.seen, other.is_end, self.start, self.end)
        start = self.start if self.seen else other.start
        return Look([*self.seen, *other.seen], other.is_end, start, other.end)


def look(
    order: Sequence[By],
    place: Sequence[Any] | None,
    holds: Clauses,
    wanted: Sequence[tuple[Condition, Shape]],
    limit: int,
    only: Only | None = None,
) -> Look:
    """The next people of an order as far as `limit` of them fit, at most `LOOK`.

    holds  what must hold of those who fit
    wanted  the conditions of it that are met by an index, perhaps by few
    only  where they all are; heeded where its column comes first, and in an order by name
    A glance, which is enough where many fit; else those of a condition that few meet; else a walk,
    as far as the glance makes likely and, where that was too near, as far as it goes.
    """
    named = [shape for one, shape in wanted if one.facet == "words"]
    if named:
        on_one_core()
    few = few_of(named)
    found = Look()
    with by_index():
        if few is None:
            found = _walk(order, place, holds, GLANCE, only)
            if found.is_end or len(found.ids) >= limit:
                return found
            few = few_of([shape for one, shape in wanted if one.facet != "words"])
        if few is not None:
            return _look_among(few, order, place, holds)
        likely = 2 * len(found.seen) * limit // max(len(found.ids), 1)
        if found.ids and likely < LOOK:
            found = _walk(order, place, holds, likely, only)
            if found.is_end or len(found.ids) >= limit:
                return found
        return _walk(order, place, holds, LOOK, only)


def on_one_core() -> None:
    """Until the transaction ends, let PostgreSQL start no others for a question of milliseconds."""
    if is_postgresql():
        reading().execute(select(func.set_config(_WORKERS, "0", True)))


_WAYS = ("enable_bitmapscan", "enable_seqscan", "jit")
JOINS = ("enable_hashjoin", "enable_mergejoin")
"""Ways to read a whole table for some thousand rows of another."""
_WORKERS = "max_parallel_workers_per_gather"


@contextmanager
def by_index(*more: str) -> Iterator[None]:
    """Let PostgreSQL walk an index in its order, where it would rather read and sort all of a
    group, which is twice the work already where that is twice as many as are looked at.

    more  what else it may not do
    """
    unwanted = (*_WAYS, *more)
    if is_postgresql():
        off = [func.set_config(way, "off", True) for way in unwanted]
        reading().execute(select(*off, func.set_config(_WORKERS, "0", True)))
    yield
    if is_postgresql():
        ways = "; ".join(f"SET LOCAL {way} TO DEFAULT" for way in (*unwanted, _WORKERS))
        reading().connection().exec_driver_sql(ways)


def _walk(
    order: Sequence[By],
    place: Sequence[Any] | None,
    holds: Clauses,
    most: int,
    only: Only | None,
) -> Look:
    """The next people of an order, at most so many.

    Cost: they, and as many entries of an index a few times over.
    """
    head = order[0]
    if not head.may_be_unknown:
        by_name = only is not None and head.column is Stakeholder.name_key
        if only is None or not by_name:
            return _window([true()], order, place, holds, most)
        return _window(only.clauses(), order, place, holds, most, only.column)
    known = only.groups if only and only.column is head.column else None
    found = Look()
    if place is not None and (known is None or place[0] in known):
        found = _group(order, place[0], place[1:], holds, most, only)
    if not found.is_end:
        return found
    if known is not None:
        groups, is_all = _known_after(head, place, known), True
    else:
        groups, is_all = next_groups(head, place, max(most - len(found.seen), 1))
        whole = groups[:-1]  # of fewer people than are missing
        if whole:
            found = found.then(_window([any_of(head, whole)], order, None, holds, LOOK))
        groups = groups[-1:]
    for group in groups:
        if len(found.seen) >= most:
            return replace(found, is_end=False)
        found = found.then(_group(order, group, None, holds, most - len(found.seen), only))
        if not found.is_end:
            return found
    return replace(found, is_end=is_all)


def _look_among(ids: Sequence[int], order: Sequence[By], place: Any, holds: Clauses) -> Look:
    """All of these people, of whom there are `LOOK` at most."""
    return _window([among(Stakeholder.id, ids)], order, place, holds, len(ids) + 1)


def few_of(shapes: Sequence[Shape]) -> list[int] | None:
    """Whom all of these conditions may fit, as far as at most `LOOK` people meet one of them; None
    where more meet each. One SELECT a condition, of as many entries of an index."""
    met: set[int] | None = None
    for shape in shapes:
        if shape.near is None:
            continue
        some = shape.near.correlate(None).limit(LOOK + 1).subquery()
        found = _numbers(select(json_list(some.c[0])))
        if len(found) <= LOOK:
            met = set(found) if met is None else met & set(found)
    return None if met is None else sorted(met)


def _group(
    order: Sequence[By],
    group: Any,
    place: Sequence[Any] | None,
    holds: Clauses,
    most: int,
    only: Only | None,
) -> Look:
    """Those of one group, by what comes after it in the order."""
    rest, same = order[1:], is_same(order[0].column, group)
    if rest[0].column is Stakeholder.name_key:
        return _window([same], rest, place, holds, most, order[0].column)
    few = few_of([Shape(same, select(Stakeholder.id).where(same))])
    if few is not None:
        return _look_among(few, rest, place, holds)
    # No index has them in this order: everyone is looked at, and a place begins with this group.
    found = _walk(rest, place, [*holds, same], most, only)
    return replace(found, start=(group, *found.start), end=(group, *found.end))


def _window(
    streams: Clauses,
    order: Sequence[By],
    place: Sequence[Any] | None,
    holds: Clauses,
    most: int,
    group: Any = None,
) -> Look:
    """The next of those of whom one of these is true, each of which an index has in this order.

    group  the column that is the same for all of one, behind which the index has the order:
           PostgreSQL does not see of those who have nothing there that this is so
    """
    fits = and_(IS_KEPT, *holds)
    names = {"id", *[key.column.key for key in order]}
    names |= {one.key for one in iterate(fits) if _is_of_person(one)}
    table: Any = Stakeholder.__table__
    columns = [table.c[name] for name in sorted(names)]
    turns = [key.clause() for key in order]
    parts: list[Select[Any]] = []
    for stream in streams:
        part = select(*columns).where(stream)
        if place is not None:
            part = part.where(beyond(order, place))
        first = [] if group is None else [By(group, order[0].is_falling).clause()]
        parts.append(part.order_by(*first, *turns).limit(most))
    # With its limit it stands first: no index of a condition, which may fit half of all, does.
    near = parts[0].subquery() if len(parts) == 1 else _merged(parts, order, most)
    adapted = ClauseAdapter(near).traverse(fits)
    seen = _numbers(select(json_list(case((adapted, near.c.id), else_=-near.c.id))))
    return Look(seen, len(seen) < most)


def _merged(parts: Sequence[Select[Any]], order: Sequence[By], most: int) -> Any:
    every = union_all(*[select(part.subquery()) for part in parts]).subquery()
    turns = [
        every.c[key.column.key].desc() if key.is_falling else every.c[key.column.key].asc()
        for key in order
    ]
    return select(every).order_by(*turns).limit(most).subquery()


def _is_of_person(one: Any) -> TypeGuard[Column[Any]]:
    return isinstance(one, Column) and one.table.name == Stakeholder.__tablename__


def _numbers(statement: Select[Any]) -> list[int]:
    found: list[int] = orjson.loads(reading().scalar(statement) or "[]")
    return found


def _known_after(head: By, place: Sequence[Any] | None, groups: Sequence[Any]) -> list[Any]:
    """Those of the groups that come behind that of a place."""
    if place is None:
        return in_order(head, groups)
    ordered = in_order(head, {*groups, place[0]})
    return ordered[ordered.index(place[0]) + 1 :]
