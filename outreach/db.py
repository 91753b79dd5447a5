"""The session, and the only place that commits.

Reads go through the request's session; writes through a session of their own, which begins with
BEGIN IMMEDIATE on SQLite: a transaction that reads first and writes later fails there at once,
whatever the busy time-out (SQLite in WAL mode).

Whoever is told that something is saved can pull the plug: a transaction is over once the disk has
it. On SQLite we wait for the disk ourselves, after the commit: within it SQLite would hold its one
write lock all the while, and nobody else could write. What another process reads in between is not
lost before what it makes of it, since its own wait is for all that was written to the log before.
By the same reason a claim is not waited for, nor the outcome before it (`wait_later`).
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from functools import lru_cache
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, Executable, Select, event
from sqlalchemy.orm import Session

from outreach.models.base import Base
from outreach.models.suppression import digest_of
from outreach.prepared import Change, Prepared, chained, told
from outreach.sqlite import (
    BUSY_TIMEOUT_MS,
    LONG,
    be_patient,
    begin_writing,
    copy_log,
    leave_log,
    prepare,
    wait_for_disk,
)
from outreach.turns import others_work
from outreach.wire import wire_of

# Errors name no parameters: they are people's names and addresses, and errors go to the log.
db = SQLAlchemy(metadata=Base.metadata, engine_options={"hide_parameters": True})
waits_for_disk = True
"""Tests, which pull no plug, do not."""
_turns = threading.Lock()
# A forked child begins with one of its own: nobody in there would give the parent's back.
os.register_at_fork(after_in_child=lambda: globals().update(_turns=threading.Lock()))
WAITS_LATER, LOG = "waits_later", "log"
_writing: ContextVar[Session | None] = ContextVar("writing", default=None)
_held: ContextVar[Any] = ContextVar("held", default=None)


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end, or rolled back when anything is raised.

    Transactions do not nest: an action that calls another action is a mistake, and is told so.
    """
    if _writing.get() is not None:
        raise RuntimeError("a transaction is open already; actions do not call actions")
    if db.session.registry.has():
        db.session.rollback()
    engine = _writing_engine(db.engine)
    turn = _turn() if engine.dialect.name == "sqlite" else nullcontext()
    with turn, Session(engine, expire_on_commit=False) as session:
        marker = _writing.set(session)
        try:
            yield session
            session.commit()
        finally:
            _writing.reset(marker)
    if engine.dialect.name == "sqlite" and waits_for_disk and not session.info.get(WAITS_LATER):
        _settle(engine, session.info.get(LOG))


def savepoint(session: Session) -> AbstractContextManager[object]:
    """A part of a transaction that alone is undone when something is raised in it."""
    return session.begin_nested()


@lru_cache(4)
def _writing_engine(engine: Engine) -> Engine:
    return engine.execution_options(writes=True)


@contextmanager
def _turn() -> Iterator[None]:
    """The threads of one process take turns at SQLite's one write lock: whoever finds it taken
    sleeps for a while instead, and sleeps longer than it takes. Another process is waited for as
    long as SQLite waits; what becomes of it then is SQLite's to say."""
    is_ours = _turns.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        yield
    finally:
        if is_ours:
            _turns.release()


@contextmanager
def waiting_once() -> Iterator[None]:
    """For work that is begun anew if the machine fails: one wait for the disk, at its end."""
    global waits_for_disk
    before, waits_for_disk = waits_for_disk, False
    try:
        yield
    finally:
        waits_for_disk = before
        os.sync()


def wait_later(session: Session) -> None:
    """What this transaction commits is not waited for: it may be lost with the machine until the
    next transaction of this thread is over. On PostgreSQL its statement says so (`dialect`)."""
    session.info[WAITS_LATER] = True


def write_much(session: Session, log: int = LONG) -> None:
    """For who writes again and again: the log is copied between the transactions, outside the write
    lock and everyone's turn, once it has grown by so many pages. Nothing on PostgreSQL."""
    if not is_postgresql():
        session.info[LOG] = log
        fairy: Any = session.connection().connection
        leave_log(fairy)


def _settle(engine: Engine, most: int | None) -> None:
    """Wait for the disk, outside the write lock and anybody's turn; copy the log there, too, where
    it has grown by so many pages."""
    log = _log_of(engine)
    if wait_for_disk(log, most):
        with others_work(), _connected(engine) as connection:
            copy_log(connection.driver_connection, log)


def _log_of(engine: Engine) -> str:
    return f"{engine.url.database}-wal"


def let_go() -> None:
    """Close every connection that nobody uses: a process that is forked now has none of them, and
    a server hears at once when we die."""
    db.session.rollback()
    db.engine.dispose()


def reading() -> Session:
    """The session for questions: the open transaction's inside an action, the request's else."""
    return _writing.get() or db.session()


def touched(session: Session, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE of many rows; says how many it touched.

    What waits in the session is written first; what was read into it stays as it was read.
    """
    session.flush()
    # Of an INSERT SQLAlchemy keeps no count by itself.
    counted = statement.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted).rowcount


class Glance:
    """A SELECT of one row, put together once for each kind of database and asked with nothing
    around it: no transaction, which costs more than a small question does (two more statements
    and, on PostgreSQL, two more ways to the server and back), and nothing of the ORM, which costs
    as much again.

    Nothing is seen of an open transaction of ours.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        self._prepared = Prepared(statement)

    def row(self, **values: Any) -> list[Any] | None:
        """The values of the row, each of its column's type; None where there is none."""
        engine = db.engine
        spelt = self._prepared.spelt(engine.dialect)
        given = spelt.filled(values)
        with _connected(engine) as connection:
            if engine.dialect.name == "postgresql":
                row = wire_of(connection).first(spelt.text, given)
            else:
                row = connection.cursor().execute(spelt.text, given).fetchone()
        return None if row is None else spelt.read(row)


def changed_at_once(changes: Sequence[Change]) -> bool:
    """A transaction of an UPDATE and of INSERTs after it, with nothing around them and nothing in
    between. Where the UPDATE finds no row nothing happens, and False says so.

    On PostgreSQL it is one statement: one way to the server and back.
    """
    if _writing.get() is not None:
        raise RuntimeError("a transaction is open already; actions do not call actions")
    engine = db.engine
    statements = chained(engine.dialect, changes)
    if engine.dialect.name == "postgresql":
        ((text, given),) = statements
        with _connected(engine) as connection, others_work():
            return bool(wire_of(connection).count(text, given))
    is_done = _changed_in_turn(engine, statements)
    if is_done and waits_for_disk:
        wait_for_disk(_log_of(engine))
    return is_done


def _changed_in_turn(engine: Engine, statements: Sequence[tuple[str, list[Any]]]) -> bool:
    """The same on SQLite, without the wait for the disk."""
    first, *others = statements
    with _turn(), _connected(engine) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        is_done = bool(cursor.execute(*first).rowcount)
        for other in others if is_done else ():
            cursor.execute(*other)
        connection.driver_connection.commit()
    return is_done


@contextmanager
def one_connection() -> Iterator[None]:
    """What is asked and changed at once in here goes over one connection, taken once.

    Nothing else may be asked in here: it would wait for a second connection while it holds one.
    """
    with _connected(db.engine) as connection:
        marker = _held.set(connection)
        try:
            yield
        finally:
            _held.reset(marker)


@contextmanager
def _connected(engine: Engine) -> Iterator[Any]:
    """A connection with nothing around it, on which every statement is a transaction."""
    held = _held.get()
    if held is not None and not held.is_valid:
        held = None
    connection: Any = held or engine.raw_connection()
    be_patient(connection)
    try:
        yield connection
    except BaseException:
        _give_up(connection)
        raise
    if held is None:
        connection.close()


def _give_up(connection: Any) -> None:
    if not connection.is_valid:
        return
    driver = connection.driver_connection
    if isinstance(driver, SQLiteConnection):
        # Closing alone would not do: as long as the fault's frames hold a cursor, SQLite keeps the
        # connection alive, and with it the transaction and its lock.
        with suppress(Exception):
            driver.rollback()
    connection.invalidate()


def is_postgresql() -> bool:
    """Whether the database is PostgreSQL, for the few statements that differ."""
    return db.engine.dialect.name == "postgresql"


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, SQLiteConnection):
        return
    prepare(connection)
    connection.create_function("key_digest", 1, _key_digest, deterministic=True)


def _key_digest(email_key: str | None) -> str | None:
    """For SQLite, which has no SHA-256 (outreach.dialect.key_digest)."""
    return None if email_key is None else digest_of(email_key)


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    fairy: Any = connection.connection
    if not connection.get_execution_options().get("writes"):
        be_patient(fairy)
        connection.exec_driver_sql("BEGIN")
        return
    with told(connection):
        begin_writing(fairy)
