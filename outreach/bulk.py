"""Many rows written at once, with a record from which all of it can be taken back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, islice
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.db import is_postgresql
from outreach.dialect import among, joined, not_among
from outreach.models.base import Base
from outreach.pouring import AT_ONCE, Lines, copy_in, insert_at_once, pour

Changes = Mapping[str, tuple[Any, Any]]
"""{column: (before, after)}"""

MOST_SPANS = 8
"""Of numbers that a statement names by their ends; more of them are looked up one by one."""


class Record:
    """What was done: ids that were added, and values before and after."""

    def __init__(self) -> None:
        self.added: dict[str, list[int]] = {}
        self.spans: dict[str, list[range]] = {}
        """Added too: rows whose numbers follow one another, each span once."""
        self.changed: dict[str, list[tuple[int, Changes]]] = {}

    def as_dict(self) -> dict[str, Any]:
        """As a JSON column holds it: `added` {table: [[first, last], …]}, `changed` {table:
        [[id, {column: [before, after]}], …]}. A million new people take a few kilobytes."""
        added = {table: list(ranges(ids)) for table, ids in self.added.items() if ids}
        for table, spans in self.spans.items():
            # Those one by one come last, as if they were: whoever reads it wants no order.
            added[table] = [(span[0], span[-1]) for span in spans] + added.get(table, [])
        changed = {
            table: [
                (id_, {name: [plain(old), plain(new)] for name, (old, new) in changes.items()})
                for id_, changes in rows
            ]
            for table, rows in self.changed.items()
        }
        return {"added": added, "changed": changed}


def plain(value: Any) -> Any:
    """As JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value


def ranges(ids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The ids as spans, both ends included."""
    whole = sorted(set(ids))
    if whole and whole[-1] - whole[0] == len(whole) - 1:
        yield whole[0], whole[-1]
        return
    for _, span in groupby(enumerate(whole), lambda pair: pair[1] - pair[0]):
        members = [id_ for _, id_ in span]
        yield members[0], members[-1]


def ids_in(spans: Iterable[Sequence[int]]) -> list[int]:
    """What `ranges` was made of."""
    return [id_ for first, last in spans for id_ in range(first, last + 1)]


def within(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], ids: Collection[int]
) -> ColumnElement[bool]:
    """`among`, of numbers that mostly follow one another: an index is looked at for each span."""
    spans = list(islice(ranges(ids), MOST_SPANS + 1))
    if not spans or len(spans) > MOST_SPANS:
        return among(column, ids)
    return or_(*(column.between(first, last) for first, last in spans))


def beyond(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], ids: Collection[int]
) -> ColumnElement[bool]:
    """The others, of a column that is never empty."""
    spans = list(islice(ranges(ids), MOST_SPANS + 1))
    if not spans or len(spans) > MOST_SPANS:
        return not_among(column, ids)
    return and_(*(~column.between(first, last) for first, last in spans))


def rows_of(model: type[Base]) -> Table:
    """The table of a model."""
    return model.metadata.tables[model.__tablename__]


class Bulk:
    """Writes rows past all that costs more than the rows, and notes what it did."""

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self.record = Record()

    def add(self, model: type[Base], columns: str, rows: Sequence[tuple[Any, ...]]) -> list[int]:
        """Insert whole rows; gives their ids, which stand first in no row.

        columns  their names, apart by spaces, without the id
        rows     values as the driver takes them (`bound`)
        """
        ids = self._numbers(model, len(rows))
        self.write(
            model, f"id {columns}", [(id_, *row) for id_, row in zip(ids, rows, strict=True)]
        )
        self.record.added.setdefault(model.__tablename__, []).extend(ids)
        return ids

    def pour(self, model: type[Base], lines: Lines, name: str, values: Sequence[Any]) -> range:
        """Insert rows that were made ready elsewhere; gives their ids, which follow one another.

        name, values  one column more, which only the database could say
        """
        ids = self._span(model, len(values))
        pour(self._connection, model.__tablename__, lines, ids[0], name, values)
        self.record.spans.setdefault(model.__tablename__, []).append(ids)
        return ids

    def write(self, model: type[Base], columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows, without a note."""
        if not rows:
            return
        table, names = model.__tablename__, columns.split()
        if is_postgresql():
            copy_in(self._connection.connection, table, names, rows)
        elif table in AT_ONCE:
            insert_at_once(self._connection, table, names, rows)
        else:
            marks = ", ".join("?" * len(names))
            into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            self._connection.exec_driver_sql(into, list(rows))

    def change(self, model: type[Base], rows: Sequence[tuple[int, Changes]], **also: Any) -> None:
        """Give rows other values, and note it; see `change_in`."""
        self.change_in(rows_of(model), rows, **also)
        self.record.changed.setdefault(model.__tablename__, []).extend(rows)

    def change_in(self, table: Table, rows: Sequence[tuple[int, Changes]], **also: Any) -> None:
        """Give rows other values: one statement for all that change in the same columns.

        rows  (id, what changes)
        also  values that all of them get, of which no note is kept
        """
        together: dict[tuple[str, ...], dict[int, dict[str, Any]]] = {}
        for id_, changes in rows:
            values = {name: after for name, (_, after) in changes.items()}
            together.setdefault(tuple(sorted(changes)), {})[id_] = values
        for names, lines in together.items():
            if is_postgresql() and not any(isinstance(table.c[name].type, JSON) for name in names):
                self._connection.execute(_update_at_once(table, names, lines, also))
                continue
            values = {name: bindparam(f"new_{name}") for name in names} | also
            statement = update(table).where(table.c.id == bindparam("row_id")).values(values)
            parameters = [
                {"row_id": id_} | {f"new_{name}": value for name, value in line.items()}
                for id_, line in lines.items()
            ]
            self._connection.execute(statement, parameters)

    def bound(self, model: type[Base], column: str, value: Any) -> Any:
        """A value as the driver takes it."""
        dialect = self._connection.dialect
        processor = rows_of(model).c[column].type.dialect_impl(dialect).bind_processor(dialect)
        return processor(value) if processor else value

    def _span(self, model: type[Base], count: int) -> range:
        """Ids for so many new rows, without a gap: where someone took one in between on
        PostgreSQL, others are drawn."""
        if not is_postgresql():
            ids = self._numbers(model, count)
            return range(ids[0], ids[-1] + 1)
        numbers = _drawn(model, count).subquery()
        ends = select(func.min(numbers.c.id), func.max(numbers.c.id))
        while True:
            first, last = self._connection.execute(ends).one()
            if last - first == count - 1:
                return range(first, last + 1)

    def _numbers(self, model: type[Base], count: int) -> list[int]:
        """Ids for so many new rows."""
        if not is_postgresql():
            # The transaction has locked the whole database: nobody else takes a number.
            last = self._connection.scalar(select(func.max(rows_of(model).c.id))) or 0
            return list(range(last + 1, last + 1 + count))
        # As one text: a thousand rows cost more to fetch than to read.
        ids = self._connection.scalar(select(joined(_drawn(model, count).subquery().c.id))) or ""
        return sorted(map(int, filter(None, ids.split(","))))


def _update_at_once(
    table: Table, names: Sequence[str], lines: Mapping[int, Mapping[str, Any]], also: Any
) -> Update:
    """PostgreSQL: one statement with all values in one parameter. One for each row costs three
    times as much.

    lines  {id: {name: value}}
    """
    whole = orjson.dumps([{"id": id_, **line} for id_, line in lines.items()]).decode()
    kind: ColumnElement[Any] = literal_column(f"NULL::{table.name}")
    given = literal(whole, Text).op("::")(literal_column("json"))
    rows = func.json_populate_recordset(kind, given)
    new = rows.table_valued("id", *names, name="new_values")
    values = {name: new.c[name] for name in names} | also
    return update(table).where(table.c.id == new.c.id).values(values)


def _drawn(model: type[Base], count: int) -> Select[tuple[int]]:
    """The next numbers of a table on PostgreSQL."""
    sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
    # Asked for once, in a query of its own: else it is looked up anew for every number.
    once = select(cast(sequence, postgresql.REGCLASS)).scalar_subquery()
    next_id = func.nextval(once).label("id")
    return select(next_id).select_from(func.generate_series(1, count).table_valued())
