"""python -m outreach.start: check, migrate, load, then run web and clock until told to stop.

`make run` calls it. Whatever stands in the way is one sentence on standard error and exit code 1;
SIGTERM, SIGHUP and Ctrl-C stop everything and exit 0. Killed with SIGKILL it leaves nothing behind
that the next start would stumble over.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from outreach import children, schema

OLDEST_PYTHON = (3, 11)
READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
LAST_WORDS_WITHIN_SECONDS = 1.0
PORT_FREE_WITHIN_SECONDS = 3.0
"""A start right after a SIGKILL waits this long for the children of the killed one to let go."""

WEB = [sys.executable, "-m", "outreach.serving"]
CLOCK = [sys.executable, "-m", "outreach.clockwork"]
"""The processes, as in the Procfile."""

_asked = False
"""Someone asked us to stop."""
_can_break_off = True
"""Whether that may break off what is under way; not once there are children."""


class CannotStart(Exception):
    """What stands in the way, as one sentence."""


class Stopped(BaseException):
    """Someone asked us to stop; no error, so nothing that catches errors may catch it."""


def main(arguments: list[str]) -> int:
    """Run until stopped. Returns the exit code: 0 when asked to stop, 1 for anything else."""
    parent = os.getppid() if "--stop-with-parent" in arguments else None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        config = _check_everything()
        if not _is_prepared(config):
            _prepare(config)
        _break_nothing_off()
        with children.running({"web": WEB, "clock": CLOCK}) as processes:
            _wait_until_well(config, processes)
            print(_ready_line(config), flush=True)
            with _beside(_say_last_things, config):
                _watch(processes, parent)
    except Stopped:
        return 0
    except (CannotStart, children.Died) as problem:
        print(f"Outreach: {problem}", file=sys.stderr, flush=True)
        return 1


def _stop(*_: object) -> None:
    """A signal came: break off what is under way, or leave it to whoever looks next.

    An exception in the middle of anything can leave a lock taken (that of a child's end, or of a
    connection), on which the tidying up would then wait for ever.
    """
    global _asked
    # A terminal and make may both pass the signal on: the second must not break off the tidying up.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _asked = True
    if _can_break_off:
        raise Stopped


def _break_nothing_off() -> None:
    global _can_break_off
    _can_break_off = False
    _check_asked()


def _check_asked() -> None:
    """Raises Stopped where someone asked for it, also where the first was lost: what is raised
    while Python collects garbage is only printed."""
    if _asked:
        raise Stopped


def _check_everything() -> Any:
    """The settings, once nothing stands in the way; raises CannotStart otherwise."""
    check_python(sys.version_info[:3])
    config = _settings()
    check_folder(Path(config.INSTANCE_DIR))
    check_port(config.HOST, config.PORT)
    check_database(config.SQLALCHEMY_DATABASE_URI)
    return config


def check_python(version: tuple[int, ...]) -> None:
    """Raises CannotStart for a Python that is too old."""
    if version < OLDEST_PYTHON:
        have = ".".join(map(str, version))
        raise CannotStart(f"Outreach needs Python 3.11 or newer; this is Python {have}.")


def _settings() -> Any:
    try:
        from config import Config
    except Exception as problem:
        # The module that failed to import holds the class of the error, so it cannot be named here.
        if type(problem).__name__ != "WrongSetting":
            raise
        raise CannotStart(str(problem)) from problem
    return Config


def check_folder(folder: Path) -> None:
    """Raises CannotStart unless files can be made in the folder, which is created when missing."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise CannotStart(
            f"The folder {folder} (INSTANCE_DIR) cannot be written: {why}."
        ) from problem


def check_port(host: str, port: int) -> None:
    """Raises CannotStart when nobody could listen there."""
    until = time.monotonic() + PORT_FREE_WITHIN_SECONDS
    while (why := children.why_not_listen(host, port)) is not None:
        if time.monotonic() > until:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({why}): "
                f"stop what uses it, or choose another, as in PORT={port + 1} make run."
            )
        time.sleep(LOOK_EVERY_SECONDS)


def check_database(url: str) -> None:
    """Raises CannotStart when the database does not answer, or is newer than this code."""
    try:
        with _looking_into(url) as engine:
            unknown = set(schema.revisions_of(engine)) - set(schema.revisions())
    except (SQLAlchemyError, OSError) as problem:
        where = re.sub(r":[^:@/]*@", ":***@", url)
        why = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        raise CannotStart(
            f"The database {where} (DATABASE_URL) does not answer: {why}"
        ) from problem
    if unknown:
        raise CannotStart(
            f"This database was made by a newer Outreach (revision {', '.join(sorted(unknown))}): "
            f"start that version, or give this one another DATABASE_URL."
        )


@contextmanager
def _looking_into(url: str) -> Iterator[Engine]:
    """An engine without the application, which takes a second longer to load."""
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _is_prepared(config: Any) -> bool:
    """Whether the tables are up to date and nothing is missing that only a start puts there."""
    if _marker(config).exists():
        return False
    with _looking_into(config.SQLALCHEMY_DATABASE_URI) as engine:
        if schema.revisions_of(engine) != schema.revisions()[:1]:
            return False
        return not (_has_demo(config) and _is_untouched(engine))


def _is_untouched(engine: Engine) -> bool:
    return schema.is_empty(engine, "accounts", "campaigns", "invitations")


def _prepare(config: Any) -> None:
    """Migrate, load the reference data and, into an empty database, the demonstration."""
    from outreach.actions.reference import load_reference
    from outreach.app import create_pageless_app
    from outreach.db import db

    with create_pageless_app(config).app_context():
        unfinished = _marker(config)
        if unfinished.exists():
            _say("The demonstration was interrupted while it was loaded; it is made anew.")
            schema.empty()
        schema.upgrade()
        load_reference()
        if _has_demo(config) and _is_untouched(db.engine):
            from outreach.demo import load_demo

            _say("Loading the demonstration conference (once, some 20 seconds).")
            unfinished.touch()
            load_demo()
        unfinished.unlink(missing_ok=True)
        db.session.remove()
        db.engine.dispose()


def _has_demo(config: Any) -> bool:
    """Invented people, and links that sign in whoever reads the log, are for development only."""
    return bool(config.DEMO) and config.ENV == "development"


def _marker(config: Any) -> Path:
    """The file that stands while the demonstration is being loaded into this very database."""
    database = sha256(config.SQLALCHEMY_DATABASE_URI.encode()).hexdigest()[:12]
    return Path(config.INSTANCE_DIR) / f"demo-unfinished-{database}"


def _wait_until_well(config: Any, processes: children.Children) -> None:
    """Wait until /healthz answers 200, for which the clock must have ticked."""
    until = time.monotonic() + READY_WITHIN_SECONDS
    while (answer := children.healthz(config.HOST, config.PORT)) != "200":
        _check_asked()
        processes.check()
        if time.monotonic() > until:
            raise CannotStart(
                f"The web did not get well within {READY_WITHIN_SECONDS:.0f} seconds: "
                f"/healthz says {answer}."
            )
        time.sleep(LOOK_EVERY_SECONDS)


def _ready_line(config: Any) -> str:
    return f"Ready: http://{children.to_reach(config.HOST)}:{config.PORT}"


@contextmanager
def _beside(work: Callable[[Any], None], config: Any) -> Iterator[None]:
    """Do this in a thread of its own, which nobody waits for who was asked to stop: it may itself
    wait for the database."""
    thread = threading.Thread(target=work, args=(config,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(LAST_WORDS_WITHIN_SECONDS)


def _say_last_things(config: Any) -> None:
    """Load what a newer version added to the reference data; print the demonstration's links, or
    how the first account is made.

    After the line, because the application that they need takes a second to load.
    """
    from outreach.actions.reference import load_reference
    from outreach.app import create_pageless_app
    from outreach.demo import sign_in_links
    from outreach.queries.accounts import team

    with create_pageless_app(config).app_context():
        load_reference()
        links = sign_in_links() if _has_demo(config) else []
        lines = [f"Sign in as {role} (once): {url}" for role, url in links]
        if not team():
            lines.append(
                "Nobody can sign in yet. The first account: .venv/bin/flask --app wsgi account "
                "create you@example.org --role administrator"
            )
    if lines:
        print("\n".join(lines), flush=True)


def _watch(processes: children.Children, parent: int | None) -> NoReturn:
    """Look on until a child dies (raises Died) or the parent has gone (raises Stopped)."""
    while True:
        _check_asked()
        processes.check()
        if parent is not None and os.getppid() != parent:
            raise Stopped
        time.sleep(LOOK_EVERY_SECONDS)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
