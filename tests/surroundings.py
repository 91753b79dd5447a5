"""What every test process stands in: a folder, settings and a database of its own.

Set in the environment before config.py is read, so that processes which a test starts get the same,
and nothing of the developer's .env gets in.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.databases import Database, PostgreSQL, SQLite

PUBLIC_URL = "https://outreach.example.org"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def prepare() -> tuple[Path, Database]:
    """The folder and the database (not made yet) of this process; the environment names both."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = os.environ.get("TEST_DATABASE_URL")
    database: Database = (
        PostgreSQL(server, f"outreach_test_{WORKER}_{os.getpid()}")
        if server
        else SQLite(folder / "test.sqlite3")
    )
    # Empty rather than absent: a .env does not fill in what stands in the environment.
    for name in ("HOST", "MAIL_FROM", "SMTP_URL", "SENDGRID_API_KEY", "SENDGRID_HOST"):
        os.environ[name] = ""
    for name in ("SENDGRID_EVENT_PUBLIC_KEY", "INBOUND_SECRET", "SECRET_KEY_FALLBACKS"):
        os.environ[name] = ""
    os.environ.update(
        DATABASE_URL=database.url,
        INSTANCE_DIR=str(folder),
        MAIL_DIR=str(folder / "mail"),
        SECRET_KEY="the tests have a key of their own, long enough",
        PUBLIC_URL=PUBLIC_URL,
        PORT="8000",
        MAILER="file",
        SEND_RATE="0",
        DEMO="0",
        ENV="development",
    )
    return folder, database


def chromium() -> str | None:
    """The system's Chromium; browser tests are skipped where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
