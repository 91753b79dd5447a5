"""Statements that go to PostgreSQL as libpq has them: a text that the server keeps prepared, its
parameters as texts, one way there and one back, each a transaction of its own.

What psycopg does around a small statement (a cursor, the kind of each value, whether preparing
would be worth it) takes three times as long as that; so only the short ways come here.
See https://www.psycopg.org/psycopg3/docs/api/pq.html
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from json import dumps
from typing import Any, cast

from psycopg import Connection
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.json import Json, Jsonb
from sqlalchemy import PoolProxiedConnection

DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_numbers = count(1)
FORGOTTEN = b"26000"
"""No statement has this name: after a rollback psycopg has the server forget all of them."""


def wire_of(connection: PoolProxiedConnection) -> "Wire":
    """The one of this connection, which lives as long as it."""
    kept: Any = connection.info
    wire: Wire | None = kept.get("wire")
    if wire is None:
        wire = kept["wire"] = Wire(cast(Connection, connection.driver_connection))
    return wire


class Wire:
    """A connection of the driver's while nobody else uses it."""

    def __init__(self, driver: Connection) -> None:
        self._libpq = driver.pgconn
        self._encoding = driver.info.encoding
        # None where someone between us and the server keeps no prepared statements.
        self._is_kept = driver.prepare_threshold is not None
        self._makers = Transformer(driver)
        self._names: dict[str, bytes] = {}

    def first(self, text: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """The first row; None where there is none."""
        result = self._run(text, values)
        if not result.ntuples:
            return None
        self._makers.set_pgresult(result)
        return self._makers.load_row(0, tuple)

    def count(self, text: str, values: Sequence[Any]) -> int:
        """Run what changes rows; how many they were."""
        return self._run(text, values).command_tuples or 0

    def _run(self, text: str, values: Sequence[Any]) -> PGresult:
        """Raises psycopg's error where the server tells one."""
        given: list[Any] = list(map(self._told, values))
        if not self._is_kept:
            return self._done(self._libpq.exec_params(text.encode(self._encoding), given))
        name = self._names.get(text) or self._prepare(text)
        result = self._libpq.exec_prepared(name, given)
        if result.error_field(DiagnosticField.SQLSTATE) == FORGOTTEN:
            self._names.clear()
            result = self._libpq.exec_prepared(self._prepare(text), given)
        return self._done(result)

    def _prepare(self, text: str) -> bytes:
        name = b"wire_%d" % next(_numbers)
        self._done(self._libpq.prepare(name, text.encode(self._encoding)))
        self._names[text] = name
        return name

    def _done(self, result: PGresult) -> PGresult:
        if result.status not in DONE:
            raise error_from_result(result, encoding=self._encoding)
        return result

    def _told(self, value: Any) -> bytes | None:
        """The value in the words of PostgreSQL; its kind follows from its place in the text."""
        if value is None:
            return None
        if isinstance(value, bool):
            return b"t" if value else b"f"
        if isinstance(value, Json | Jsonb):
            value = (value.dumps or dumps)(value.obj)
        elif not isinstance(value, str | int | datetime):
            raise TypeError(f"a {type(value).__name__} has no words here")
        told = str(value).encode(self._encoding)
        if b"\0" in told:  # where libpq would end it
            raise ValueError("a text that is kept holds no sign 0")
        return told
