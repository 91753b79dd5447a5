"""Long lists in pages: a page begins after a row, never after a count of rows, so that the
thousandth page costs what the first one does.

A place is a sealed note of a row's sort values, which stands in the address as `after` or, for the
page that ends there, as `before`.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, tuple_

from outreach.db import is_postgresql, reading

Line = TypeVar("Line")
PAGE = 50
EDGE = "edge"
"""No place, where one is said: the page that begins at the start, or ends at the end."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Some rows of a list and where the next ones begin."""

    lines: list[Line]
    next: str | None
    """The place after the last of them; None at the end of the list."""
    previous: str | None = None
    """The place before the first of them; None at the start, and where only forwards is asked."""
    looked: int = 0
    """How many people were looked at, where too few of them fit and others are still to come: the
    page goes on there. 0 where it is whole."""


@dataclass(frozen=True, slots=True)
class By:
    """One column of an order."""

    column: Any
    is_falling: bool = False
    is_known: bool = False
    """Nothing unknown is among the rows, although the column may hold nothing."""

    @property
    def may_be_unknown(self) -> bool:
        """Whether some rows may hold nothing there."""
        return not self.is_known and bool(getattr(self.column, "nullable", False))

    def turned(self) -> "By":
        """The other way round."""
        return replace(self, is_falling=not self.is_falling)

    def clause(self) -> ColumnElement[Any]:
        """For ORDER BY; nothing known stands where the database puts it by itself."""
        clause: ColumnElement[Any] = self.column.desc() if self.is_falling else self.column.asc()
        return clause


def page(
    statement: Select[*tuple[Any, ...]],
    order: Sequence[ColumnElement[Any]],
    after: str | None,
    *,
    limit: int = PAGE,
    falling: bool = False,
) -> tuple[list[Row[*tuple[Any, ...]]], str | None]:
    """The rows after a place, in this order, and the place of the next ones.

    order  the columns that sort; the last one is unique. They come as the rows' last columns.
    after  what an earlier call gave; anything else begins at the start
    """
    keys = [By(column, falling) for column in order]
    statement = ordered(statement, keys, place_in(after, keys)).limit(limit + 1)
    rows = list(reading().execute(statement))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], note_of(rows[limit - 1][-len(order) :])


def ordered(
    statement: Select[*tuple[Any, ...]], order: Sequence[By], place: Sequence[Any] | None
) -> Select[*tuple[Any, ...]]:
    """The statement with its sort columns last, in this order, from after a place on."""
    statement = statement.add_columns(*[key.column for key in order])
    if place is not None:
        statement = statement.where(beyond(order, place))
    return statement.order_by(*[key.clause() for key in order])


def beyond(order: Sequence[By], place: Sequence[Any]) -> ColumnElement[bool]:
    """Of the rows that come after a place. One comparison of rows where an index can serve it."""
    falls = {key.is_falling for key in order}
    if len(falls) == 1 and None not in place and not any(key.may_be_unknown for key in order):
        here, there = tuple_(*[key.column for key in order]), tuple_(*place)
        return here < there if falls.pop() else here > there
    parts = []
    for depth, key in enumerate(order):
        same = [is_same(order[n].column, place[n]) for n in range(depth)]
        parts.append(and_(*same, passes(key, place[depth])))
    if order[0].may_be_unknown or place[0] is None:
        return or_(*parts)
    # Said once more, so that an index goes to the place.
    column = order[0].column
    return and_(column <= place[0] if order[0].is_falling else column >= place[0], or_(*parts))


def note_of(values: Sequence[Any]) -> str:
    """A place as it stands in an address; days as ISO 8601 writes them."""
    return urlsafe_b64encode(json.dumps(list(values), default=str).encode()).rstrip(b"=").decode()


def place_in(note: str | None, order: Sequence[By]) -> list[Any] | None:
    """What the note says, when it fits the order: it comes from an address, so from anyone."""
    if not note or len(note) > 2_000:
        return None
    try:
        values = json.loads(urlsafe_b64decode(note + "=" * (-len(note) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(order):
        return None
    values = [_read(value, key) for value, key in zip(values, order, strict=True)]
    fits = all(_fits(value, key) for value, key in zip(values, order, strict=True))
    return values if fits else None


def _read(value: object, key: By) -> object:
    if key.column.type.python_type is not date or not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _fits(value: object, key: By) -> bool:
    if value is None:
        return key.may_be_unknown
    return type(value) is key.column.type.python_type and _is_bearable(value)


def is_same(column: Any, value: Any) -> Any:
    """Of the rows that hold this there, or nothing."""
    return column.is_(None) if value is None else column == value


def unknown_is_later(key: By) -> bool:
    """Nothing known is the highest value on PostgreSQL and the lowest on SQLite."""
    return is_postgresql() != key.is_falling


def passes(key: By, value: Any) -> Any:
    """Of the rows that come later by this column alone."""
    if value is None:
        return false() if unknown_is_later(key) else key.column.is_not(None)
    later = key.column < value if key.is_falling else key.column > value
    if not key.may_be_unknown:
        return later
    return or_(later, key.column.is_(None)) if unknown_is_later(key) else later


def _is_bearable(value: object) -> bool:
    """PostgreSQL takes no NUL in a text and no number beyond 64 bits."""
    if isinstance(value, int):
        return abs(value) < 2**31
    if isinstance(value, date):
        return True
    return isinstance(value, str) and "\0" not in value and value.isprintable()
