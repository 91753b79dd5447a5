"""Thousands of whole rows into a table, by the way that costs each database least.

Rows are looked at column by column: what is the same in all of them is written down once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import repeat
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

AT_ONCE = frozenset({"stakeholders", "organisations", "targets"})
"""Tables that SQLite fills by one statement. Where triggers keep the words of names, the index of
words writes itself down at the end of each, which else takes most of the time; and SQLite's driver
gives Python's lock away once for all rows, not at each, so that another thread reads on."""

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_PLAIN = frozenset({str, int, bool, type(None), datetime, date})


class Lines(NamedTuple):
    """Whole rows but for their numbers, as a database takes them: made wherever there is time."""

    names: tuple[str, ...]
    same: tuple[tuple[str, Any], ...]
    """Columns in which all rows are alike."""
    texts: list[str]
    """What differs, a text for each row: as JSON without its brackets, or as COPY reads it."""

    def without(self, places: set[int]) -> "Lines":
        """The same but for some."""
        kept = [text for place, text in enumerate(self.texts) if place not in places]
        return self._replace(texts=kept)


def lines_of(columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any], as_copy: bool) -> Lines:
    """Rows as lines; one column at least is given.

    columns  {name: a value for each row}
    same     {name: the value of all rows}
    as_copy  for PostgreSQL's COPY
    """
    apart = {name: v for name, v in columns.items() if v.count(v[0]) < len(v)}
    alike = {name: v[0] for name, v in columns.items() if name not in apart} | dict(same)
    count = len(next(iter(columns.values())))
    if as_copy:
        wholes = [repeat(_text(value), count) for value in alike.values()]
        texts = list(map("\t".join, zip(*map(_texts, apart.values()), *wholes, strict=True)))
        return Lines((*apart, *alike), (), texts)
    rows = list(zip(*apart.values(), strict=True)) if apart else [()] * count
    texts = orjson.dumps(rows).decode()[2:-2].split("],[")
    if len(texts) != count:  # that stands in a text too
        texts = [orjson.dumps(row)[1:-1].decode() for row in rows]
    return Lines(tuple(apart), tuple(alike.items()), texts)


def pour(
    connection: Connection, table: str, lines: Lines, first: int, name: str, values: Sequence[Any]
) -> None:
    """Write rows whose numbers follow one another.

    first         the number of the first
    name, values  one column more: a whole number or None for each row
    """
    if connection.dialect.name == "postgresql":
        numbers = map(str, range(first, first + len(values)))
        beside = ["\\N" if value is None else str(value) for value in values]
        whole = zip(numbers, beside, lines.texts, strict=True)
        cursor: Any = connection.connection.cursor()
        names = ", ".join(("id", name, *lines.names))
        with cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            copy.write("\n".join(map("\t".join, whole)) + "\n")
        return
    beside = ["null" if value is None else str(value) for value in values]
    rows = map(",".join, zip(beside, lines.texts, strict=True)) if lines.names else beside
    wanted = [f"value ->> {place}" for place in range(len(lines.names) + 1)]
    wanted += "?" * len(lines.same)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(('id', name, *lines.names, *dict(lines.same)))})"
        f" SELECT key + ?, {', '.join(wanted)} FROM json_each(?)",
        (first, *dict(lines.same).values(), f"[[{'],['.join(rows)}]]"),
    )


def insert_at_once(
    connection: Connection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """SQLite: all rows in one parameter, as JSON; of texts, whole numbers, truths and None."""
    same, apart = _sorted_out(rows)
    wanted, given = [], list[Any]()
    places = {number: place for place, number in enumerate(apart)}
    for number in range(len(names)):
        if number in places:
            wanted.append(f"value ->> {places[number]}")
        else:
            wanted.append("?")
            given.append(same[number])
    lines = list(zip(*apart.values(), strict=True)) or [()] * len(rows)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(wanted)} FROM json_each(?)",
        (*given, orjson.dumps(lines).decode()),
    )


def insert_missing(
    connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
) -> None:
    """Insert those of the rows, in their order, that are not there; all in one parameter.

    rows    {column: a text, a whole number, None, or a time as the driver takes it}, all alike
    unique  columns in which no two rows are the same
    """
    names, given = ", ".join(rows[0]), orjson.dumps([dict(row) for row in rows]).decode()
    if connection.dialect.name == "postgresql":
        source = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, %s::json)"
    else:
        wanted = ", ".join(f"value ->> '{name}'" for name in rows[0])
        source = f"SELECT {wanted} FROM json_each(?) WHERE true"  # else ON would begin a join
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) {source} ON CONFLICT ({', '.join(unique)}) DO NOTHING",
        (given,),
    )


def copy_in(
    connection: Any, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """PostgreSQL: COPY. An INSERT of a thousand rows costs more to parse than to do."""
    same, apart = _sorted_out(rows)
    is_plain = all(_PLAIN.issuperset(map(type, column)) for column in apart.values())
    cursor: Any = connection.cursor()
    with cursor, cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        if not is_plain or not _PLAIN.issuperset(map(type, same.values())):
            for row in rows:
                copy.write_row(row)
            return
        # As many as there are rows, where no column differs.
        columns: dict[int, Iterable[str]] = {
            number: repeat(_text(value), len(rows)) for number, value in same.items()
        }
        columns |= {number: _texts(values) for number, values in apart.items()}
        lines = zip(*(columns[number] for number in range(len(names))), strict=True)
        copy.write("\n".join(map("\t".join, lines)) + "\n")


def _sorted_out(
    rows: Sequence[tuple[Any, ...]],
) -> tuple[dict[int, Any], dict[int, tuple[Any, ...]]]:
    """({column: the value of all rows}, {column: its values, where they differ})"""
    same: dict[int, Any] = {}
    apart: dict[int, tuple[Any, ...]] = {}
    for number, values in enumerate(zip(*rows, strict=True)):
        if values.count(values[0]) == len(values):
            same[number] = values[0]
        else:
            apart[number] = values
    return same, apart


def _texts(values: Sequence[Any]) -> Iterable[str]:
    """A column as COPY reads it."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return map(str, values)
    if kinds == {str} and not _SPECIAL.search("".join(values)):
        return values
    return map(_text, values)


def _text(value: Any) -> str:
    """One value as COPY reads it."""
    if isinstance(value, str):
        return _SPECIAL.sub(lambda found: _ESCAPED[found.group()], value)
    if value is None:
        return "\\N"
    return value.isoformat() if isinstance(value, date) else str(value)
