"""Orders led by what many share, country or language, and by name within it, either way.

An index of country and name is read forwards or backwards, but not one rising and the other
falling; and where a country may be unknown, no comparison of rows goes to a place in it. So a page
is read group by group: the rest of the one that it begins in, then the next ones.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

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
    groups = _next_groups(order[0], place, missing) if missing else []
    if len(groups) > 1:  # but for the last, whole groups, of fewer rows than are missing
        few = ordered(statement.where(_any_of(order[0], groups[:-1])), order, None)
        found += reading().execute(few.limit(missing))
    if groups and len(found) < limit:
        found += _of_group(statement, order, groups[-1], limit - len(found))
    return found


def rows_of_groups(
    statement: Select[*tuple[Any, ...]],
    order: Sequence[By],
    place: Sequence[Any] | None,
    limit: int,
    groups: Sequence[Any],
) -> Rows:
    """The same of people who are known to be in these groups alone. At most one SELECT for each."""
    found: Rows = []
    for group in _in_order(order[0], groups):
        here = statement
        if place is not None and group == place[0]:
            here = here.where(beyond(order[1:], place[1:]))
        elif place is not None and _in_order(order[0], [group, place[0]])[0] == group:
            continue
        found += _of_group(here, order, group, limit - len(found))
        if len(found) == limit:
            break
    return found


def _in_order(head: By, groups: Sequence[Any]) -> list[Any]:
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


def _next_groups(head: By, place: Sequence[Any] | None, most: int) -> list[Any]:
    """What the next `most` people after the group of a place have there, each once, in order."""
    walk = select(head.column).where(IS_KEPT).order_by(head.clause()).limit(most)
    has_unknown_last = False
    if place is not None and place[0] is not None:
        later = head.column < place[0] if head.is_falling else head.column > place[0]
        walk, has_unknown_last = walk.where(later), unknown_is_later(head)
    elif place is not None:
        walk = walk.where(passes(head, None))
    values = list(reading().scalars(walk))
    if has_unknown_last and len(values) < most:
        values.append(None)
    return list(dict.fromkeys(values))


def _any_of(head: By, groups: Sequence[Any]) -> ColumnElement[bool]:
    known = head.column.in_([group for group in groups if group is not None])
    return or_(known, head.column.is_(None)) if None in groups else known
