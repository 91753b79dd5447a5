"""The database of one test process: made once, put back to its first state before each test.

Actions commit for real, so a test cannot be rolled back. What stands in the tables after the
migrations and the reference data is remembered; before each test it is put back: on SQLite as a
copy of the pages, on PostgreSQL by emptying just the tables that differ.
"""

import sqlite3
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

KEPT = "remembered"
"""The schema on PostgreSQL with copies of the tables that are not empty at first."""


class Database(Protocol):
    url: str

    def create(self) -> None: ...

    def remember(self) -> None: ...

    def restore(self) -> None: ...

    def drop(self) -> None: ...


class SQLite:
    """A file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self._first: sqlite3.Connection | None = None

    def create(self) -> None:
        self.path.unlink(missing_ok=True)

    def remember(self) -> None:
        self._first = sqlite3.connect(":memory:", check_same_thread=False)
        now = sqlite3.connect(self.path)
        now.backup(self._first)
        now.close()

    def restore(self) -> None:
        assert self._first is not None, "remember first"
        now = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        now.execute("PRAGMA synchronous = OFF")
        self._first.backup(now)
        now.close()

    def drop(self) -> None:
        if self._first is not None:
            self._first.close()
        self.path.unlink(missing_ok=True)


class PostgreSQL:
    """A database of its own on the server that TEST_DATABASE_URL names; that one is not touched."""

    def __init__(self, server_url: str, name: str) -> None:
        self._server = make_url(server_url)
        self.name = name
        url = self._server.set(database=name, drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)

    def create(self) -> None:
        self.drop()
        with self._connect(self._server.database or "postgres") as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def remember(self) -> None:
        self._now = self._connect(self.name)
        self._now.execute("SET session_replication_role = replica")  # no foreign key is checked
        self._now.execute("SET lock_timeout = '5s'")
        self._now.execute(f"CREATE SCHEMA {KEPT}")
        rows = self._now.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._kept: dict[str, bool] = {}
        for (table,) in rows.fetchall():
            name = sql.Identifier(table)
            held = self._now.execute(sql.SQL("SELECT EXISTS (TABLE {})").format(name)).fetchone()
            self._kept[table] = bool(held and held[0])
            if self._kept[table]:
                copy = sql.SQL("CREATE TABLE {}.{} AS TABLE public.{}")
                self._now.execute(copy.format(sql.Identifier(KEPT), name, name))

    def restore(self) -> None:
        try:
            self._put_back()
        except psycopg.errors.LockNotAvailable:
            # A test that failed may have left a transaction open.
            self._now.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            self._put_back()

    def drop(self) -> None:
        if hasattr(self, "_now"):
            self._now.close()
        with self._connect(self._server.database or "postgres") as server:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(self.name)))

    def _put_back(self) -> None:
        asked = sql.SQL(" UNION ALL ").join(self._differs(*entry) for entry in self._kept.items())
        for (table,) in self._now.execute(asked).fetchall():
            name = sql.Identifier(table)
            self._now.execute(sql.SQL("DELETE FROM public.{}").format(name))
            if self._kept[table]:
                copy = sql.SQL("INSERT INTO public.{} TABLE {}.{}")
                self._now.execute(copy.format(name, sql.Identifier(KEPT), name))

    def _differs(self, table: str, kept: bool) -> sql.Composed:
        """SELECT that gives the table's name when its rows are not the remembered ones."""
        query = "SELECT {label} WHERE EXISTS (TABLE public.{name})"
        if kept:
            now = "(SELECT t::text FROM public.{name} t)"
            first = "(SELECT t::text FROM {kept}.{name} t)"
            query = (
                f"SELECT {{label}} WHERE EXISTS ({now} EXCEPT ALL {first})"
                f" OR EXISTS ({first} EXCEPT ALL {now})"
            )
        return sql.SQL(query).format(
            label=sql.Literal(table), name=sql.Identifier(table), kept=sql.Identifier(KEPT)
        )

    def _connect(self, database: str) -> psycopg.Connection:
        url = self._server.set(database=database, drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
