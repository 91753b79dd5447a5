"""python -m outreach.serving: the web process, granian with two workers on HOST and PORT.

The application is loaded once, before the workers are forked from it: a start is ready in half the
time, and what was loaded stands in memory once. `granian … wsgi:app` serves the same.
"""

import gc
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import Config
from outreach.turns import by_turns

WORKERS = 2
THREADS = 6
"""Of each worker; one works while the others wait for the disk. The provider's batches of a
thousand events wait for each other, and leave some threads to the people."""

GIVES_WAY_SECONDS = 0.001
"""How long such a batch reckons while a person's request wants to go on; 5 ms is Python's own."""


def main() -> None:
    """Serve until told to stop."""
    gc.disable()
    application()
    # What is loaded stays: a worker that collects would copy every page that it only looked at.
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    server = Granian(
        "wsgi:app",
        address=Config.HOST,
        port=Config.PORT,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=application)


@cache
def application(*_: object) -> Callable[..., Any]:
    """The application; loaded by the first call, which is made before the workers exist."""
    from wsgi import app

    return by_turns(app, lambda environ: environ["PATH_INFO"].startswith("/hooks/"))


if __name__ == "__main__":
    main()
