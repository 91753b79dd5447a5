"""python -m outreach.serving: the web process, granian with two workers on HOST and PORT.

The application is loaded once, before the workers are forked from it: a start is ready in half the
time, and what was loaded stands in memory once. `granian … wsgi:app` serves the same.
"""

import gc

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import Config

WORKERS = 2


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
        blocking_threads=1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=application)


def application(*_: object) -> Flask:
    """The application; loaded by the first call, which is made before the workers exist."""
    from wsgi import app

    return app


if __name__ == "__main__":
    main()
