"""The few SQL expressions that SQLite and PostgreSQL spell differently."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    String,
    Text,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.functions import FunctionElement

from outreach.db import is_postgresql, write_much
from outreach.models.base import Base
from outreach.sqlite import LONG_IN_BULK


class random_key(FunctionElement[str]):
    """32 fresh random hexadecimal digits for each row."""

    name = "random_key"
    type = String()
    inherit_cache = True


class last_key(FunctionElement[int]):
    """The key of the row that the statement before inserts, in `prepared.run_together` alone."""

    name = "last_key"
    type = BigInteger()
    inherit_cache = True


def _spelt(element: type[FunctionElement[Any]], **words: str) -> None:
    """What stands for it in the words of each database."""
    for name, word in words.items():
        compiles(element, name)(lambda *_, _word=word, **__: _word)


# On PostgreSQL 122 random bits; the strength of a link lies in its MAC (outreach.tokens), not here.
_spelt(
    random_key,
    sqlite="lower(hex(randomblob(16)))",
    postgresql="replace(gen_random_uuid()::text, '-', '')",
)
# On PostgreSQL filled in by outreach.prepared.
_spelt(last_key, sqlite="last_insert_rowid()", postgresql="last_key()")


class json_record(FunctionElement[dict[str, Any]]):
    """A JSON object of names and texts, as in json_record('title', column, …)."""

    name = "json_record"
    type = JSON()
    inherit_cache = True


@compiles(json_record, "sqlite")
def _sqlite_json(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **options)})"


@compiles(json_record, "postgresql")
def _postgresql_json(element: Any, compiler: Any, **options: Any) -> str:
    # Of an array of texts: json_build_object asks for the kind of each value, row by row, which
    # costs twice as much.
    parts = [compiler.process(clause, **options) for clause in element.clauses]
    return f"json_object(ARRAY[{', '.join(f'{part}::text' for part in parts)}])"


class key_digest(FunctionElement[str]):
    """`models.suppression.digest_of` for a column: what the list of those not to write to keeps."""

    name = "key_digest"
    type = String()
    inherit_cache = True


@compiles(key_digest, "sqlite")
def _sqlite_digest(element: Any, compiler: Any, **options: Any) -> str:
    # A function of ours, which every connection is given (outreach.db).
    return f"key_digest({compiler.process(element.clauses, **options)})"


@compiles(key_digest, "postgresql")
def _postgresql_digest(element: Any, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


class host_of(FunctionElement[str]):
    """What stands behind the at sign of a key of an address, which has small letters alone, as the
    indexes of migration 0046 say it."""

    name = "host_of"
    type = String()
    inherit_cache = True


@compiles(host_of, "sqlite")
def _sqlite_host(element: Any, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"substr({text}, instr({text}, '@') + 1)"


@compiles(host_of, "postgresql")
def _postgresql_host(element: Any, compiler: Any, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2)"


def domain_of(address: Any) -> ColumnElement[str]:
    """What stands behind the at sign of an address, in lower case."""
    return func.lower(host_of(address))


class ordered_key(FunctionElement[str]):
    """32 hexadecimal digits, as in ordered_key('16 digits', block): the digits, block, 12 random.

    Keys of one block stand together in an index, which a million random ones would scatter over
    all its pages. Nobody can guess one: of 32 digits 16 are drawn for the set and 12 for the row.
    """

    name = "ordered_key"
    type = String()
    inherit_cache = True


@compiles(ordered_key, "sqlite")
def _sqlite_ordered(element: Any, compiler: Any, **options: Any) -> str:
    prefix, block = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{prefix} || printf('%04x%012x', ({block}) % 65536, random() & 281474976710655)"


@compiles(ordered_key, "postgresql")
def _postgresql_ordered(element: Any, compiler: Any, **options: Any) -> str:
    prefix, block = (compiler.process(clause, **options) for clause in element.clauses)
    digits = "right(gen_random_uuid()::text, 12)"  # all of them random, and no dash to take out
    return f"{prefix}::text || lpad(to_hex(({block})::int %% 65536), 4, '0') || {digits}"


class joined(FunctionElement[str]):
    """All texts of a column with commas between them, in one row; nothing where there are none.

    A thousand rows cost more to fetch than to read, and SQLite's driver gives Python's lock away
    at each. All such columns of one SELECT come in the same order.
    """

    name = "joined"
    type = String()
    inherit_cache = True


@compiles(joined, "sqlite")
def _sqlite_joined(element: Any, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ',')"


@compiles(joined, "postgresql")
def _postgresql_joined(element: Any, compiler: Any, **options: Any) -> str:
    return f"string_agg(({compiler.process(element.clauses, **options)})::text, ',')"


PARTING = "\x1f"
"""What hardly any text holds (ASCII's unit separator)."""


class parted(joined):
    """The same with PARTING between them: a third of what an array of JSON costs PostgreSQL.

    Whoever reads it counts the parts: one too many is in a text.
    """

    name = "parted"
    inherit_cache = True


@compiles(parted, "sqlite")
def _sqlite_parted(element: Any, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, '{PARTING}')"


@compiles(parted, "postgresql")
def _postgresql_parted(element: Any, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, '{PARTING}')"


class json_list(FunctionElement[str]):
    """All texts of a column as one JSON array; for words that may hold anything."""

    name = "json_list"
    type = String()
    inherit_cache = True


@compiles(json_list, "sqlite")
def _sqlite_list(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(json_list, "postgresql")
def _postgresql_list(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **options)})::text"


class is_unset(FunctionElement[bool]):
    """A key that nearly every row leaves empty is empty; said so that no index answers it.

    SQLite would take an index of the few for the order of a page; PostgreSQL, which knows how many
    leave it empty, takes anything but the plain words for one row in 200 and sorts a whole table.
    """

    name = "is_unset"
    type = Boolean()
    inherit_cache = True


@compiles(is_unset, "sqlite")
def _sqlite_unset(element: Any, compiler: Any, **options: Any) -> str:
    return f"(coalesce({compiler.process(element.clauses, **options)}, 0) = 0)"


@compiles(is_unset, "postgresql")
def _postgresql_unset(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} IS NULL)"


def _as_one(values: Collection[str]) -> str:
    """The texts as one, of which the database makes a list faster than the driver writes one;
    nothing where they cannot be told apart."""
    whole = PARTING.join(values) if all(values) else ""
    return whole if whole.count(PARTING) == len(values) - 1 else ""


def among(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """`column IN values` with one parameter, however many values there are.

    A list of ten thousand parameters costs more to write and to parse than to look up.
    """
    if is_postgresql():
        if type(column.type) is Text and (whole := _as_one(values)):
            parts = func.string_to_array(whole, PARTING, type_=ARRAY(Text))
            return column == func.any(parts)
        return column == func.any(literal(list(values), ARRAY(column.type)))
    found = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(found.c.value))


def not_among(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Collection[int]
) -> ColumnElement[bool]:
    """`column NOT IN values`, numbers, in the same way; of a column that is never empty.

    PostgreSQL compares all with all where it is said as the opposite of `among` and the plan was
    made for any values: 10,000 among as many took a second.
    """
    if is_postgresql():
        return column.not_in(select(func.unnest(literal(list(values), ARRAY(column.type)))))
    return ~among(column, values)


def rows_told(model: type[Base], rows: Sequence[dict[str, Any]]) -> Select[Any]:
    """SELECT rows of these columns that come to PostgreSQL as one parameter, in their order: a
    thousand rows of parameters cost more to write and to read than to insert."""
    columns = model.metadata.tables[model.__tablename__].c
    whole = literal(orjson.dumps(rows).decode(), Text)
    given = func.json_to_recordset(whole.cast(JSON)).table_valued(
        *(column(name, columns[name].type) for name in rows[0])
    )
    return select(*given.render_derived(with_types=True).c)


def prefer_indexes(session: Session) -> None:
    """Let the transaction of a bulk writer find its rows by index, and the indexes in memory.

    PostgreSQL knows nothing yet of the rows that were just written, and would read whole tables for
    a few thousand keys, or sort them; what it must read whole all the same seems so dear to it then
    that it would compile the statement first, for longer than it runs. SQLite keeps 2 MB of pages,
    and would read every other one from the file; and after every 4 MB it would copy its log into
    the file, where the same pages come each time.
    """
    if is_postgresql():
        ways = ("enable_seqscan", "enable_mergejoin", "enable_hashjoin", "jit")
        off = ", ".join(f"set_config('{way}', 'off', true)" for way in ways)
        session.execute(text(f"SELECT {off}"))
    else:
        session.execute(text("PRAGMA cache_size = -65536"))
        write_much(session, LONG_IN_BULK)


class indexes_preferred(FunctionElement[str]):
    """`prefer_indexes` on PostgreSQL as a column of a statement that goes before: it saves the way
    to the server and back. Nothing on SQLite."""

    name = "indexes_preferred"
    type = String()
    inherit_cache = True


_spelt(
    indexes_preferred,
    sqlite="''",
    postgresql="set_config('enable_seqscan', 'off', true) || set_config('jit', 'off', true)",
)


class waited_for_later(FunctionElement[str]):
    """Within a statement, on PostgreSQL: its transaction is over before the disk has it, and is on
    disk with the next one of anybody's that does wait. Nothing on SQLite (`db.wait_later`)."""

    name = "waited_for_later"
    type = String()
    inherit_cache = True


_spelt(
    waited_for_later,
    sqlite="''",
    postgresql="set_config('synchronous_commit', 'off', true)",
)


def one_at_a_time(session: Session, what: str) -> None:
    """Wait until no other transaction is at this; SQLite has one writer in any case."""
    if is_postgresql():
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"outreach {what}"))))
