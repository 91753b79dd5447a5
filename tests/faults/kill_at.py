"""python -m tests.faults.kill_at POINT NUMBER: the clock process, killed at the worst instant.

POINT   claim   right after a unit was claimed; nothing has been handed over
        call    while a call is under way
        answer  after the provider's answer, before it is recorded
        commit  around the COMMIT that records it
        part    between two parts of a large audience that is written down, of PART people each
NUMBER  at which unit of this process
The product knows nothing of this: functions are wrapped from outside, and the end is a SIGKILL.
"""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from outreach import clockwork, gathering
from outreach.actions import steps
from outreach.delivery import outbox, recording
from outreach.delivery.recording import Recorded

PART = 50
SOON = {"call": 0.02, "commit": 0.001}
"""Seconds after which the blow falls; a part of it by chance."""


def main(point: str, number: int) -> None:
    """Run the clock until it dies."""
    blow = _Blow(number)
    if point == "claim":
        outbox.claim_unit = _then(outbox.claim_unit, blow.at_once, counts=bool)
        outbox.record = _then(outbox.record, blow.at_once, counts=_claims_too)
    elif point == "call":
        choose = outbox.drain

        def drain(mailer: Any, **options: Any) -> Any:
            if not hasattr(mailer, "is_watched"):
                mailer.hand_over = _first(blow.soon(SOON["call"]), mailer.hand_over)
                mailer.is_watched = True
            return choose(mailer, **options)

        from outreach.delivery import lanes

        lanes.drain = drain
    elif point == "answer":
        outbox.record = _first(blow.at_once, outbox.record)
    elif point == "commit":
        recording.note_answer = _then(recording.note_answer, blow.soon(SOON["commit"]))
    elif point == "part":
        gathering.CROWD = PART
        steps.write_next = _first(blow.at_once, steps.write_next)
    else:
        raise SystemExit(f"no such point: {point}")
    clockwork.main()


class _Blow:
    """Falls at the n-th call."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()

    def is_due(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0

    def at_once(self) -> None:
        if self.is_due():
            os.kill(os.getpid(), signal.SIGKILL)

    def soon(self, seconds: float) -> Callable[[], None]:
        def later() -> None:
            if self.is_due():
                threading.Thread(target=_strike, args=(seconds * random.random(),)).start()

        return later


def _strike(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _claims_too(recorded: Recorded) -> bool:
    return recorded.next is not None


def _always(_: Any) -> bool:
    return True


def _then(
    whole: Callable[..., Any],
    blow: Callable[[], None],
    counts: Callable[[Any], bool] = _always,
) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        result = whole(*arguments, **options)
        if counts(result):
            blow()
        return result

    return wrapped


def _first(blow: Callable[[], None], whole: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        blow()
        return whole(*arguments, **options)

    return wrapped


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
