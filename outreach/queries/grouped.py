"""Orders led by what many share, country or language, and by name within it, either way.

An index of country and name is read forwards or backwards, but not one rising and the other
falling; and where a country may be unknown, no comparison of rows goes to a place in it. So a page
is read group by group: the rest of the one that it begins in, then the next ones.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from outreach.db import reading
from outreach.queries.keyset import By, beyond, is_same, ordered, passes, unknown_is_later
from outreach.queries.shapes import IS_KEPT

Rows = list[Any]


def needs_groups(order: Sequence[By], place: Sequence[Any] | None) -> bool:
    """Whether no index goes to the place, or gives the order, of the whole table at once."""
    if not order[0].may_be_unknown:
        return False
    return place is not None or order[0].is_falling != order[1].is_falling


def rows_by_group(
    statement: Select[*tuple[Any, ...]],
    order: Sequence[By],
    place: Sequence[Any] | None,
    limit: int,
) -> Rows:
    """So many rows after a place, as `keyset.ordered` would give them.

    statement  of people
    At most four SELECTs, which look at the rows that they give and at as many entries of the index.
    """
    found: Rows = []
    if place is not None:
        there = beyond(order[1:], place[1:])
        found = _of_group(statement.where(there), order, place[0], limit)
    missing = limit - len(found)
    groups = next_groups(order[0], place, missing, IS_KEPT)[0] if missing else []
    if len(groups) > 1:  # but for the last, whole groups, of fewer rows than are missing
        few = ordered(statement.where(any_of(order[0], groups[:-1])), order, None)
        found += reading().execute(few.limit(missing))
    if groups and len(found) < limit:
        found += _of_group(statement, order, groups[-1], limit - len(found))
    return found


def in_order(head: By, groups: Collection[Any]) -> list[Any]:
    """Groups as this order has them."""
    known = {group for group in groups if group is not None}
    unknown: list[Any] = [None] if None in groups else []
    ordered_so = sorted(known, reverse=head.is_falling)
    return ordered_so + unknown if unknown_is_later(head) else unknown + ordered_so


def _of_group(
    statement: Select[*tuple[Any, ...]], order: Sequence[By], group: Any, limit: int
) -> Rows:
    """All have the same there, so that it may as well fall as the names do: the index's order."""
    head, *rest = order
    keys = [replace(head, is_falling=rest[0].is_falling), *rest]
    same = ordered(statement.where(is_same(head.column, group)), keys, None)
    return list(reading().execute(same.limit(limit)))


def next_groups(
    head: By, place: Sequence[Any] | None, most: int, *where: ColumnElement[bool]
) -> tuple[list[Any], bool]:
    """What the next `most` people after the group of a place have there, each once, in order; and
    whether nobody has anything later."""
    walk = select(head.column).where(*where).order_by(head.clause()).limit(most)
    has_unknown_last = False
    if place is not None and place[0] is not None:
        later = head.column < place[0] if head.is_falling else head.column > place[0]
        walk, has_unknown_last = walk.where(later), unknown_is_later(head)
    elif place is not None:
        walk = walk.where(passes(head, None))
    those = walk.subquery()
    rows = reading().execute(select(those.c[0], func.count()).group_by(those.c[0])).all()
    groups = {group for group, _ in rows}
    is_all = sum(count for _, count in rows) < most
    if has_unknown_last and is_all:
        groups.add(None)
    return in_order(head, groups), is_all


def any_of(head: By, groups: Sequence[Any]) -> ColumnElement[bool]:
    """Of those of one of the groups."""
    known = head.column.in_([group for group in groups if group is not None])
    return or_(known, head.column.is_(None)) if None in groups else known
