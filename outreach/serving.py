"""python -m outreach.serving: the web process, granian with two workers on HOST and PORT.

The application is loaded once, before the workers are forked from it: a start is ready in half the
time, and what was loaded stands in memory once. `granian … wsgi:app` serves the same.
"""

import gc
from collections.abc import Callable
from functools import cache
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import Config
from outreach.turns import by_turns

WORKERS = 2
THREADS = 4
"""Of each worker: one works while another waits for the disk, and two are for what the provider
tells in batches of a thousand, one that is read and one that waits for its turn. Were there only
two, people would stand behind both: with four connections of the provider a tenth of the answers
went through. Above twice the cores the server warns."""


def main() -> None:
    """Serve until told to stop."""
    gc.disable()
    application()
    # What is loaded stays: a worker that collects would copy every page that it only looked at.
    gc.freeze()
    gc.enable()
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
