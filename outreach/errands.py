"""Long work, taken by any worker: who does which kind, and how it is carried through.

A kind is a function of one argument, `Work`; it returns what it has to tell. It opens its own
transactions, tells between them how far it is, and may be run twice with the same effect as once.
What a person must know is raised as a Refusal.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask.globals import app_ctx
from sqlalchemy.exc import DBAPIError

from outreach import clock
from outreach.actions.errands import Taken, carry_on, end_errand, give_back, take_errand
from outreach.delivery.workers import is_dead, worker_name
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.errand import ErrandState
from outreach.queries.errands import waiting_errands

log = logging.getLogger("outreach.errands")

PULSE = 2.0
"""Seconds between two notes of how far it is; each keeps the lease, too."""


class Stopped(Exception):
    """The person who asked said stop, the process ends, or another worker has it now."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an errand: a sentence for whoever asked, and what a page needs besides."""

    words: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """One errand under way."""

    key: str
    """The errand's own, the same in every try: for the name of what it makes."""
    wishes: dict[str, Any]
    by: Actor
    done: int = 0
    total: int = 0
    words: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, done: int, total: int = 0, words: str = "") -> None:
        """Say how far it is; cheap enough for every row. Raises Stopped: roll back and return."""
        self.done, self.total, self.words = done, total or self.total, words or self.words
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """At the next `tell` it ends."""
        self._stop.set()


Kind = Callable[[Work], Told]


def do_errands(
    kinds: dict[str, Kind],
    *,
    stopping: threading.Event,
    now: Callable[[], datetime] = clock.now,
    most: int | None = None,
) -> int:
    """Do what waits, one after another, until nothing does; says how many were done."""
    count = 0
    while not stopping.is_set() and (most is None or count < most):
        if not waiting_errands(1):  # reads only: an idle tick costs little
            break
        taken = take_errand(worker_name(), at=now(), is_dead=is_dead)
        if taken is None:
            break
        _do(taken, kinds.get(taken.kind), stopping, now)
        count += 1
    return count


def _do(
    taken: Taken, kind: Kind | None, stopping: threading.Event, now: Callable[[], datetime]
) -> None:
    if kind is None:
        end_errand(taken, ErrandState.FAILED, "This version does not know such work.", at=now())
        return
    work = Work(f"{taken.id}-{taken.kind}", taken.wishes, taken.by)
    try:
        with _Pulse(taken, work, stopping, now):
            told = kind(work)
    except Stopped:
        if stopping.is_set():
            give_back(taken, "The machine that did it was stopped; another goes on.", at=now())
        else:
            end_errand(taken, ErrandState.STOPPED, "Stopped; nothing is half done.", at=now())
    except Refusal as refusal:
        end_errand(taken, ErrandState.FAILED, str(refusal), at=now())
    except DBAPIError as problem:
        log.exception("errand %s", taken.id)
        give_back(taken, f"The database broke off: {type(problem).__name__}", at=now())
    except Exception as problem:
        log.exception("errand %s", taken.id)
        why = f"{type(problem).__name__}: {problem}"[:300]
        said = "Something of ours went wrong; nothing of it is half done. An operator can see why."
        end_errand(taken, ErrandState.FAILED, said, at=now(), result={"why": why})
    else:
        end_errand(taken, ErrandState.DONE, told.words, at=now(), result=told.result)


class _Pulse:
    """Notes beside the work how far it is, and hears whether it is to stop."""

    def __init__(
        self,
        taken: Taken,
        work: Work,
        stopping: threading.Event,
        now: Callable[[], datetime],
    ) -> None:
        self._taken, self._work, self._stopping, self._now = taken, work, stopping, now
        self._app = app_ctx.app
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        with self._app.app_context():
            while not self._over.wait(PULSE):
                if self._stopping.is_set():
                    self._work.stop()
                self._note()

    def _note(self) -> None:
        work = self._work
        try:
            if not carry_on(self._taken, work.done, work.total, work.words, at=self._now()):
                work.stop()
        except DBAPIError:
            # On SQLite the work itself may be writing for long: the lease waits with us.
            log.debug("errand %s: its pulse could not be noted", self._taken.id)
