"""SQLite's one file: its write lock, its log, and the disk below them.

Left to itself SQLite is fair to nobody when several processes write for long: whoever finds the
lock taken sleeps for up to 100 ms and sleeps on while it is free; and whoever commits copies the
log into the file, once it is long after each commit, as long as somebody else is always writing.
"""

import os
import sqlite3
import threading
from contextlib import suppress
from time import monotonic
from typing import Any

from sqlalchemy import PoolProxiedConnection

from outreach.turns import others_work

BUSY_TIMEOUT_MS = 40_000
"""Longer than the 30 s for which a backup or another writer may hold SQLite."""

LONG = 4_000
"""Pages of the log after which they are copied into the file. Every answer writes some twenty. Were
they copied after each 1,000, as is usual, one answer in fifty would wait for it, and what all
change would be copied each time."""
LONG_IN_BULK = 25_000
"""The same for a bulk writer, where the same pages come each time."""
ENDLESS = 8_000
"""Pages after which it is to begin anew, for which everyone must hold still for a moment."""
STILL_MS = 20
ASKS_OFTEN, LEAVES_LOG = "asks_often", "leaves_log"

_copying = threading.Lock()
os.register_at_fork(after_in_child=lambda: globals().update(_copying=threading.Lock()))
_copied: dict[str, tuple[bytes, int]] = {}
"""{log: (which of its lives it was in, how many pages of it are in the file)}, for all we know."""


def prepare(connection: sqlite3.Connection) -> None:
    """What a new connection is told."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")  # we wait for the disk ourselves
    cursor.execute(f"PRAGMA wal_autocheckpoint = {LONG}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def begin_writing(connection: PoolProxiedConnection) -> None:
    """BEGIN IMMEDIATE, asked for each millisecond until the lock is ours.

    Raises sqlite3.OperationalError once we have waited as long as anybody waits.
    """
    driver: Any = connection.driver_connection
    if not connection.info.get(ASKS_OFTEN):
        driver.execute("PRAGMA busy_timeout = 1")
        connection.info[ASKS_OFTEN] = True
    ends = monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as fault:
            is_busy = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or monotonic() > ends:
                raise


def be_patient(connection: PoolProxiedConnection) -> None:
    """Before a connection reads that may have written: what it finds locked it waits for. Said
    only then, as a writer who says it has the lock already."""
    if connection.info.pop(ASKS_OFTEN, False):
        driver: Any = connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def leave_log(connection: PoolProxiedConnection) -> None:
    """From now on it does not copy the log as it commits: whoever says so does, after it."""
    if not connection.info.get(LEAVES_LOG):
        driver: Any = connection.driver_connection
        driver.execute(f"PRAGMA wal_autocheckpoint = {LONG_IN_BULK}")
        connection.info[LEAVES_LOG] = True


def wait_for_disk(log: str, most: int | None = None) -> bool:
    """Until the disk has what was committed; what a checkpoint took out of the log is there.

    Says whether the log has grown by `most` pages since they were copied into the file, if asked.
    """
    try:
        file = os.open(log, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        with others_work():
            getattr(os, "fdatasync", os.fsync)(file)  # macOS has the second only
        return most is not None and _has_grown(file, log, most)
    finally:
        os.close(file)


def _has_grown(file: int, log: str, by: int) -> bool:
    """Whether the page that is so far behind those that were copied belongs to the log's present
    life. Source: sqlite.org/fileformat2.html#walformat; a lock is kept on another file than this.
    """
    head = os.pread(file, 32, 0)
    life, page = head[16:24], 24 + int.from_bytes(head[8:12])
    known, copied = _copied.get(log, (life, 0))
    behind = by + copied if known == life else by
    return len(head) == 32 and os.pread(file, 8, 32 + (behind - 1) * page + 8) == life


def copy_log(connection: sqlite3.Connection, log: str) -> None:
    """Copy the log into the file, beside those who write; twice at once is no use.

    A log that many write into never comes to an end by itself: after each copy there is more.
    """
    if not _copying.acquire(blocking=False):
        return
    try:
        # What goes wrong here is tried again, and nobody's transaction: theirs is over.
        with suppress(sqlite3.OperationalError):
            _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if pages >= ENDLESS:
                connection.execute(f"PRAGMA busy_timeout = {STILL_MS}")
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            _note(log, pages)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        _copying.release()


def _note(log: str, pages: int) -> None:
    """pages  how many are in the file; less than none while another process copies them"""
    with open(log, "rb") as file:
        life = file.read(32)[16:24]
    known, copied = _copied.get(log, (life, 0))
    by_others = LONG + (copied if known == life else 0)
    _copied[log] = life, pages if pages >= 0 else by_others
