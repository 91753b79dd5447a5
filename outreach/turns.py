"""Whose turn it is: of the threads of a web process one works at a time, and lets another one work
while it waits for the disk or for PostgreSQL.

Two threads that both compute would only take Python's lock from each other; two of which one waits
answer twice as many people, as long as it is the disk that makes them wait.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GIVES_WAY_SECONDS = 0.0003
"""How long a thread reckons while another has its answer from the database and waits to go on,
where that matters; Python's own setting is 5 ms."""

_turn = threading.Lock()
_aside = threading.Lock()
_mine = threading.local()
# A forked child begins with its own: nobody in there would give the parent's back.
os.register_at_fork(
    after_in_child=lambda: globals().update(_turn=threading.Lock(), _aside=threading.Lock())
)


def by_turns(
    app: Callable[..., Any], stands_aside: Callable[[Any], bool] = lambda _: False
) -> Callable[..., Any]:
    """A WSGI application that one thread at a time is in.

    stands_aside  whether a request, by its environ, is of those that take turns among themselves:
                  they are so long that nobody else is to stand behind one
    """

    def taken(environ: Any, start: Any) -> Any:
        if stands_aside(environ):
            with _aside, _giving_way():
                return app(environ, start)
        with _turn:
            _mine.is_held = True
            try:
                return app(environ, start)
            finally:
                _mine.is_held = False

    return taken


@contextmanager
def _giving_way() -> Iterator[None]:
    """While one stands aside and reckons, whoever has the turn and an answer of the database waits
    for Python's lock as good as not, instead of for 5 ms each time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextmanager
def others_work() -> Iterator[None]:
    """Where this thread only waits: if it has the turn, others get it meanwhile."""
    if not getattr(_mine, "is_held", False):
        yield
        return
    _turn.release()
    try:
        yield
    finally:
        _turn.acquire()
