"""Statements that are put together once for each kind of database and run by the driver itself.

On a way where somebody waits, what SQLAlchemy does around a small statement (finding it again, a
context, a result, its row) takes several times as long as the database does.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from string import ascii_letters, digits
from typing import Any

from psycopg import Connection as PostgreSQLConnection
from psycopg import RawCursor
from sqlalchemy import (
    JSON,
    BindParameter,
    Connection,
    Dialect,
    Enum,
    Executable,
    literal,
    literal_column,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import replacement_traverse

from outreach.models.base import UTCDateTime

Maker = Callable[[Any], Any]
_PLAIN = frozenset(f"{ascii_letters}{digits} _-./")


class Prepared:
    """One statement, run within the transaction of a connection with other values each time.

    Who listens to statements hears of it, and its faults are SQLAlchemy's.
    """

    def __init__(self, statement: Executable, given: Sequence[str] | None = None) -> None:
        """given  the columns that get a value, of an INSERT; the others keep their defaults"""
        self.statement, self.given = statement, given
        self._spelt: dict[str, Spelt] = {}

    def key(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run what changes rows; the key of the row, of an INSERT of one with a key of one column,
        and else nothing of use."""
        with told(connection):
            cursor = self._run(connection, values)
            if connection.dialect.name != "postgresql":
                return int(cursor.lastrowid or 0)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else 0

    def count(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run what changes rows; how many they were."""
        with told(connection):
            return int(self._run(connection, values).rowcount)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """The rows, their columns by name."""
        with told(connection):
            rows = self._run(connection, values).fetchall()
        return list(map(self.spelt(connection.dialect).named, rows))

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, its columns by name; None where there is none."""
        with told(connection):
            row = self._run(connection, values).fetchone()
        return None if row is None else self.spelt(connection.dialect).named(row)

    def spelt(self, dialect: Dialect) -> "Spelt":
        """The statement as this kind of database takes it."""
        if dialect.name not in self._spelt:
            self._spelt[dialect.name] = self._spell(dialect)
        return self._spelt[dialect.name]

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        spelt = self.spelt(connection.dialect)
        filled = spelt.filled(values)
        cursor = cursor_of(connection.connection.driver_connection)
        heard: Any = connection.dispatch
        if heard.before_cursor_execute:
            heard.before_cursor_execute(connection, cursor, spelt.text, filled, None, False)
        cursor.execute(spelt.text, filled)
        return cursor

    def _spell(self, dialect: Dialect) -> "Spelt":
        statement = _with_constants(self.statement, self.given, dialect)
        compiled = statement.compile(dialect=dialect, column_keys=self.given)
        fixed = compiled.construct_params(_check=False)
        fixed |= {column.key: column.default.arg for column in compiled.insert_prefetch}
        kinds = {
            name: bound.type.dialect_impl(dialect) for bound, name in compiled.bind_names.items()
        }
        text, names = str(compiled), compiled.positiontup
        if not compiled.positional:
            text, names = numbered(text)
        places = [(name, fixed[name], _giver(kinds[name], dialect)) for name in names]
        columns = compiled.effective_returning or getattr(statement, "selected_columns", ())
        makers = [_taker(column.type.dialect_impl(dialect), dialect) for column in columns]
        return Spelt(text, places, makers, [column.key for column in columns])


def _giver(kind: Any, dialect: Dialect) -> Maker | None:
    """What makes a value the driver's. The word of an enumeration is in it; of instants the same
    few are told many times."""
    if isinstance(kind, Enum):
        return _word
    maker: Maker | None = kind.bind_processor(dialect)
    return lru_cache(256)(maker) if maker and isinstance(kind, UTCDateTime) else maker


def _word(value: Any) -> Any:
    return getattr(value, "value", value)


def _taker(kind: Any, dialect: Dialect) -> Maker | None:
    """What makes a value of the driver's one of the column's type."""
    maker: Maker | None = kind.result_processor(dialect, None)
    if maker and isinstance(kind, Enum | UTCDateTime):
        return lru_cache(256)(maker)
    if maker and isinstance(kind, JSON):
        return lambda value: {} if value == "{}" else maker(value)
    return maker


def _with_constants(statement: Executable, given: Sequence[str] | None, dialect: Dialect) -> Any:
    """The statement with the values that never change as words of it, defaults of an INSERT among
    them: each that is sent costs as much as one that comes back."""
    whole: Any = statement
    if given is not None:
        defaults = {column.name: column.default for column in whole.table.c if column.default}
        whole = whole.values(
            {
                name: literal(default.arg, whole.table.c[name].type)
                for name, default in defaults.items()
                if default.is_scalar and name not in given
            }
        )

    def constant(element: Any, **_: Any) -> Any:
        if not isinstance(element, BindParameter) or element.value is None:
            return None
        if isinstance(element.value, str) and not _PLAIN.issuperset(element.value):
            return None  # signs that have a meaning in the texts of drivers stay with the values
        spell = element.type.dialect_impl(dialect).literal_processor(dialect)
        return literal_column(spell(element.value), element.type) if spell else None

    return replacement_traverse(whole, {}, constant)


class Spelt:
    """A statement in the words of one kind of database."""

    def __init__(
        self,
        text: str,
        places: Sequence[tuple[str, Any, Maker | None]],
        makers: Sequence[Maker | None] = (),
        columns: Sequence[str] = (),
    ) -> None:
        """places  (name, value where none is given, what makes it one of the driver's)
        makers  what makes each column's value of the driver's
        """
        self.text, self.places, self._makers = text, places, makers
        self.names = frozenset(name for name, _, _ in places)
        self._named: Any = row_of(*columns)

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters as the driver takes them."""
        if not self.names.issuperset(values):
            raise TypeError(f"no place for {sorted(set(values) - self.names)}")
        return [
            make(values.get(name, fixed)) if make else values.get(name, fixed)
            for name, fixed, make in self.places
        ]

    def read(self, row: tuple[Any, ...]) -> list[Any]:
        """The values of such a row, each of its column's type."""
        return [
            make(value) if make else value for make, value in zip(self._makers, row, strict=True)
        ]

    def named(self, row: tuple[Any, ...]) -> Any:
        """The same by name."""
        return self._named._make(self.read(row))


NAMED = re.compile(r"%\((\w+)\)s|%%")


def numbered(text: str) -> tuple[str, list[str]]:
    """The text with `$1` for the first `%(name)s` and so on, and the names by number: as
    PostgreSQL has them, so that psycopg, which would look for them each time, need not."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}" if found[1] else "%"

    return NAMED.sub(number, text), list(names)


def cursor_of(driver: Any) -> Any:
    """A cursor that takes a text as the database does."""
    return RawCursor(driver) if isinstance(driver, PostgreSQLConnection) else driver.cursor()


Change = tuple[Prepared, Mapping[str, Any]]
"""A statement that changes rows, and the values that it gets."""
NUMBER = re.compile(r"\$(\d+)")


def run_together(connection: Connection, changes: Sequence[Change]) -> int:
    """Run what changes rows, one after the other; on PostgreSQL as one statement, which goes to the
    server once. None of them sees what another one changed; `last_key()` is of the one before.

    Gives the key of the last row where the last of them is an INSERT, else nothing of use.
    """
    if connection.dialect.name != "postgresql":
        return [prepared.key(connection, values) for prepared, values in changes][-1]
    if len(changes) == 1:
        return changes[0][0].key(connection, changes[0][1])
    return _whole(tuple(prepared for prepared, _ in changes)).key(connection, _gathered(changes))


def chained(dialect: Dialect, changes: Sequence[Change]) -> list[tuple[str, list[Any]]]:
    """An UPDATE and INSERTs after it as the driver takes them, text and parameters: on PostgreSQL
    one statement, of which nothing happens where the UPDATE finds no row."""
    spelt_ones = [(prepared.spelt(dialect), values) for prepared, values in changes]
    if dialect.name == "postgresql":
        whole = _whole(tuple(prepared for prepared, _ in changes), is_chained=True).spelt(dialect)
        given = [value for spelt, values in spelt_ones for value in spelt.filled(values)]
        return [(whole.text, given)]
    return [(spelt.text, spelt.filled(values)) for spelt, values in spelt_ones]


def _gathered(changes: Sequence[Change]) -> dict[str, Any]:
    return {
        _apart(number, name): value
        for number, (_, values) in enumerate(changes)
        for name, value in values.items()
    }


class _Whole(Prepared):
    """Several statements as one of PostgreSQL's: `WITH s0 AS (…), s1 AS (…) …`."""

    def __init__(self, parts: Sequence[Prepared], *, is_chained: bool = False) -> None:
        """is_chained  whether the others, all of them INSERTs, hang on the row of the first"""
        super().__init__(parts[-1].statement)
        self.parts, self.is_chained = parts, is_chained

    def _spell(self, dialect: Dialect) -> Spelt:
        texts: list[str] = []
        places: list[tuple[str, Any, Maker | None]] = []
        for number, spelt in enumerate(part.spelt(dialect) for part in self.parts):
            text = _onward(spelt.text, len(places))
            # SQLAlchemy lets every INSERT there give the key of its row.
            texts.append(text.replace(LAST_KEY, f"(SELECT id FROM s{number - 1})"))
            places += [(_apart(number, name), fixed, make) for name, fixed, make in spelt.places]
        if self.is_chained:
            texts = [f"{texts[0]} RETURNING id", *map(_chained, texts[1:])]
        before = ", ".join(f"s{number} AS ({text})" for number, text in enumerate(texts[:-1]))
        return Spelt(f"WITH {before} {texts[-1]}", places)


LAST_KEY = "last_key()"
"""`dialect.last_key` on PostgreSQL: no function there, but a place that is filled in. `lastval()`
would give the key of the very row that is being inserted."""
_whole = lru_cache(_Whole)


ROWS = re.compile(r"(?<=\)) (VALUES .+?)((?: RETURNING | ON CONFLICT ).*)?\Z", re.DOTALL)


def _chained(text: str) -> str:
    """The INSERT, of nothing where the first statement found no row."""
    chained, count = ROWS.subn(
        r" SELECT * FROM (\1) AS given WHERE EXISTS (SELECT FROM s0)\2", text
    )
    if count != 1:
        raise TypeError("only an INSERT of rows hangs on another statement")
    return chained


def _onward(text: str, by: int) -> str:
    return NUMBER.sub(lambda found: f"${int(found[1]) + by}", text)


def row_of(*columns: str) -> Any:
    """What names the values of a row."""
    return namedtuple("_Row", columns, rename=True)


def _apart(number: int, name: str) -> str:
    return f"s{number}_{name}"


@contextmanager
def told(connection: Connection) -> Iterator[None]:
    """A fault of the driver is told as SQLAlchemy's."""
    dialect: Any = connection.dialect
    try:
        yield
    except dialect.dbapi.Error as fault:
        driver: Any = connection.connection.driver_connection
        if dialect.is_disconnect(fault, driver, None):
            connection.invalidate(fault)
        raise DBAPIError.instance("", None, fault, dialect.dbapi.Error, dialect=dialect) from fault
