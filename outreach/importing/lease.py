"""Who has an import: one run at a time, and the next one goes on where a dead one stood."""

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict
from outreach.models.imports import MOST_FAULTS, WORK, Import, ImportState

DIED = "The process that worked on it was killed. Large files need memory: see how much was free."

ELSEWHERE = (
    "Its file is not on the machine that would work on it. INSTANCE_DIR must be a folder that all "
    "machines share."
)
FOUND_WITHIN = timedelta(minutes=1)
"""A machine that has the file takes it sooner."""


class Busy(Conflict):
    """Another run has it."""

    def __init__(self) -> None:
        super().__init__("Someone is importing this file just now. Look again in a moment.")


class Lost(Exception):
    """The run has nothing to do any more: it was paused, stopped, or taken over."""


class Lease:
    """An import that this run has, and the state in which it took it."""

    def __init__(self, import_id: int, key: str, now: Callable[[], datetime]) -> None:
        self.import_id, self._key, self.now = import_id, key, now
        self.list_id: int | None = None
        """Where the people of the file go; None for a file of organisations."""

    def mine(self, session: Session, state: ImportState) -> Import:
        """The row, locked, with its lease prolonged. Raises Lost where it is not ours any more."""
        row = session.get(Import, self.import_id, with_for_update=True, populate_existing=True)
        if row is None or row.lease_key != self._key or row.state is not state:
            raise Lost
        row.lease(self._key, self.now())
        return row

    def let_go(self, error: str = "") -> None:
        """Leave it to others; with the fault that ended the run, where there was one."""
        with transaction() as session:
            row = session.get(Import, self.import_id, with_for_update=True)
            if row is None or row.lease_key != self._key:
                return
            if error:
                row.note_fault(error, self.now())
            else:
                row.let_go()


def take(import_id: int, now: Callable[[], datetime]) -> tuple[Lease, ImportState] | None:
    """Take an import that has work; None where there is none. Raises Busy."""
    at = now()
    with transaction() as session:
        row = session.get(Import, import_id, with_for_update=True, populate_existing=True)
        if row is None or row.state not in WORK or row.fault_count >= MOST_FAULTS:
            return None
        if is_held(row.lease_key, row.leased_until, at):
            raise Busy
        if row.lease_key is not None and row.stored_name:  # a person is by who gave a command
            row.note_fault(DIED, at)
            if row.state not in WORK or row.fault_count >= MOST_FAULTS:
                return None
        key = f"{socket.gethostname()} {os.getpid()} {token_hex(8)}"
        row.lease(key, at)
        if row.state is ImportState.WAITING:
            row.state = ImportState.APPLYING
        row.started_at = row.started_at or at
        lease = Lease(import_id, key, now)
        lease.list_id = row.list_id
        return lease, row.state


def note_absent(import_id: int, at: datetime) -> None:
    """Its file is not here: it goes on waiting for a machine that has it, and says so."""
    with transaction() as session:
        row = session.get(Import, import_id, with_for_update=True)
        if row is not None and row.lease_key is None and not row.error:
            row.error = ELSEWHERE if row.created_at < at - FOUND_WITHIN else ""


def is_held(key: str | None, until: datetime | None, at: datetime) -> bool:
    """Whether a run is at it, as far as can be known from here."""
    return key is not None and until is not None and until > at and _lives(key)


def is_resting(key: str | None, until: datetime | None, at: datetime) -> bool:
    """Whether it waits after a fault, before it is tried again."""
    return key is None and until is not None and until > at


def _lives(key: str) -> bool:
    """Whether the process that took a lease may still be at work; known of this machine alone."""
    host, pid, _ = key.rsplit(" ", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
