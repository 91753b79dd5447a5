"""Long lists in pages: a page begins after a row, never after a count of rows, so that the
thousandth page costs what the first one does.

A place is a sealed note of the last row's sort values, which stands in the address as `after`.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, tuple_

from outreach.db import reading

Line = TypeVar("Line")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Some rows of a list and where the next ones begin."""

    lines: list[Line]
    next: str | None
    """The place after the last of them; None at the end of the list."""


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
    statement = statement.add_columns(*order)
    place = _values(after, order)
    if place is not None:
        here, there = tuple_(*order), tuple_(*place)
        statement = statement.where(here < there if falling else here > there)
    statement = statement.order_by(*(column.desc() if falling else column for column in order))
    rows = list(reading().execute(statement.limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], _note(rows[limit - 1][-len(order) :])


def _note(values: Sequence[Any]) -> str:
    return urlsafe_b64encode(json.dumps(list(values)).encode()).rstrip(b"=").decode()


def _values(note: str | None, order: Sequence[ColumnElement[Any]]) -> list[Any] | None:
    """What the note says, when it fits the order: it comes from an address, so from anyone."""
    if not note or len(note) > 2_000:
        return None
    try:
        values = json.loads(urlsafe_b64decode(note + "=" * (-len(note) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(order):
        return None
    fits = all(
        type(value) is column.type.python_type and _is_bearable(value)
        for value, column in zip(values, order, strict=True)
    )
    return values if fits else None


def _is_bearable(value: object) -> bool:
    """PostgreSQL takes no NUL in a text and no number beyond 64 bits."""
    if isinstance(value, int):
        return abs(value) < 2**31
    return isinstance(value, str) and "\0" not in value and value.isprintable()
