"""Fixtures: the application on a real database, its client, a mailbox, a browser.

`app` gives a test the database as it is after the migrations and the reference data, and an
application context; actions and queries can be called straight away.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from tests.surroundings import chromium, prepare

FOLDER, DATABASE = prepare()

# A machine that is busy makes no property wrong; CI tries the same examples every time.
settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("unhurried")

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say which tests touch the database, and skip, visibly, what cannot run here."""
    is_postgresql = "TEST_DATABASE_URL" in os.environ
    wants_slow = bool(os.environ.get("CI")) or "slow" in config.getoption("markexpr")
    reasons = {
        "slow": None if wants_slow else "slow: CI=true runs it",
        "trial": None if wants_slow else "a trial of faults: CI=true runs it",
        "browser": None if chromium() else "Chromium is missing",
        "postgres": None if is_postgresql else "needs PostgreSQL",
        "sqlite": "is about SQLite" if is_postgresql else None,
    }
    for item in items:
        if "_filled_app" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        for mark, reason in reasons.items():
            if reason and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


class Client(FlaskClient):
    """A client whose every request has an application context of its own, as on a real server.

    Without it Flask takes over the context of the test, and with it `g` and the session of the
    database: what one request loads, the next one would see. Requests go to the public address.
    """

    def open(self, *arguments: Any, **named: Any) -> Any:
        if arguments and isinstance(arguments[0], str):
            named.setdefault("base_url", self.application.config["PUBLIC_URL"])
        with self.application.app_context():
            return super().open(*arguments, **named)

    def session_transaction(self, *arguments: Any, **named: Any) -> Any:
        named.setdefault("base_url", self.application.config["PUBLIC_URL"])
        return super().session_transaction(*arguments, **named)


@pytest.fixture(scope="session")
def bare_app() -> Flask:
    """The application put together; its database may not be there yet."""
    from config import Config
    from outreach.app import create_app

    app = create_app(Config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    return app


@pytest.fixture(scope="session")
def _filled_app(bare_app: Flask) -> Iterator[Flask]:
    """The application with its tables made and the reference data loaded, once for each process."""
    from sqlalchemy import event

    from outreach import db as sessions
    from outreach import schema
    from outreach.actions.reference import load_reference
    from outreach.db import db

    DATABASE.create()
    sessions.waits_for_disk = False
    with bare_app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)
        schema.upgrade()
        load_reference()
        db.session.remove()
        db.engine.dispose()
        DATABASE.remember()
    _settle_memory()
    yield bare_app
    with bare_app.app_context():
        db.engine.dispose()
    DATABASE.drop()


def _settle_memory() -> None:
    """What is loaded by now stays; a collector that looks at it again costs a fifth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """No test pulls the plug on its own process: do not wait for the disk. Rows that a query does
    not order come backwards, so that nothing rests on an order which PostgreSQL does not keep.
    """
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA reverse_unordered_selects = ON")


@pytest.fixture
def app(_filled_app: Flask) -> Iterator[Flask]:
    """The application on a database in its first state, with an application context."""
    DATABASE.restore()
    shutil.rmtree(FOLDER / "mail", ignore_errors=True)
    before = dict(_filled_app.config)
    with _filled_app.app_context():
        yield _filled_app
    _filled_app.config.clear()
    _filled_app.config.update(before)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone's web program: cookies, no scripts. CSRF tokens are not asked for; see `csrf`."""
    return app.test_client()


@pytest.fixture
def csrf(app: Flask) -> None:
    """Ask for CSRF tokens, as the product does."""
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def afresh(app: Flask) -> Callable[[], None]:
    """Puts the database back to its first state within a test; no transaction may be open."""
    return DATABASE.restore


@pytest.fixture
def database_url(app: Flask) -> str:
    """The database of this test, for a process that the test starts."""
    return DATABASE.url


@pytest.fixture
def mail_folder(app: Flask) -> Path:
    """Where the file mailer puts its mails."""
    return FOLDER / "mail"


@pytest.fixture
def mailer() -> Any:
    """A mailer that keeps what it is given in `mailer.sent`."""
    from tests.mailbox import Mailbox

    return Mailbox()


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A PostgreSQL server for this test alone, which may be stopped, also at once, and started."""
    from tests.postgres import Cluster, programs

    if programs() is None:
        pytest.skip("PostgreSQL is missing")
    with Cluster(settings={}) as server:
        yield server


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, name="web under test")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def live(app: Flask) -> Iterator[str]:
    """The application served for real on a free port; its address, which its links carry too."""
    with _served(app) as address:
        app.config.update(
            PUBLIC_URL=address, WTF_CSRF_ENABLED=True, SESSION_COOKIE_SECURE=False,
            REMEMBER_COOKIE_SECURE=False, TRUSTED_HOSTS=None,
        )  # fmt: skip
        yield address


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def page(live: str, _chromium: Any) -> Iterator[Any]:
    """A Playwright page at the live server; a script's error or a refused style fails the test."""
    context = _chromium.new_context(base_url=live, locale="en-GB", timezone_id="Europe/Zurich")
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Content Security" in line.text else None,
    )
    yield page
    context.close()
    assert not complaints
