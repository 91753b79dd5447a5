"""What measurements share: a database of their own with as many people as wanted, and figures."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, insert, select, text

from config import Config
from outreach import clock, schema
from outreach.actions.campaigns import approve_campaign, draft_campaign, schedule_campaign
from outreach.actions.lists import create_list
from outreach.actions.reference import load_reference
from outreach.actions.steps import launch_due_steps
from outreach.app import create_app
from outreach.db import db, transaction
from outreach.drafting import Plan, StepPlan
from outreach.models.activity import CONSOLE
from outreach.models.event import Event, EventKind
from outreach.models.stakeholder import Organisation
from outreach.models.step import Anchor, StepKind
from outreach.models.tally import TallyKind
from outreach.tally import add_to_tallies
from tests.postgres import Cluster, programs

DURABLE = {"shared_buffers": "256MB", "max_wal_size": "4GB", "wal_compression": "off"}
"""A server as one would run it: what is committed is on disk."""

_PEOPLE = """
INSERT INTO stakeholders (full_name, given_name, family_name, name_key, title, salutation, office,
    email, email_key, language, organisation_id, created_at, changed_at)
SELECT 'Zoë Ñandú ' || n, 'Zoë', 'Ñandú ' || n, 'zoe nandu ' || n, 'Dr', '', 'Director',
    'zoe.' || n || '@example.org', 'zoe.' || n || '@example.org',
    CASE n % 2 WHEN 0 THEN 'en' ELSE 'fr' END, :first + n % 1000, :at, :at
FROM ({numbers}) AS numbers
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :people)"
    " SELECT n FROM c",
    "postgresql": "SELECT n FROM generate_series(1, :people) AS n",
}
_TARGETS = """
INSERT INTO targets (list_id, stakeholder_id, is_star, tier, rank, created_at)
SELECT :list_id, id, false, 2, 0, :at FROM stakeholders WHERE name_key LIKE 'zoe nandu %'
"""


def databases() -> list[str]:
    """SQLite, and PostgreSQL where it is installed."""
    return ["SQLite", "PostgreSQL"] if programs() else ["SQLite"]


@contextmanager
def application(kind: str, **settings: Any) -> Iterator[Flask]:
    """The application on a fresh database of its own, with the reference data, in its context."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-bench-"))
    cluster = Cluster(DURABLE) if kind == "PostgreSQL" else None
    try:
        if cluster:
            cluster.__enter__()
        url = cluster.url if cluster else f"sqlite:///{folder / 'bench.sqlite3'}"
        ours = {
            "SQLALCHEMY_DATABASE_URI": url,
            "INSTANCE_DIR": str(folder),
            "MAIL_DIR": str(folder / "mail"),
            "SEND_RATE": 0,
            "PUBLIC_URL": "https://outreach.example.org",
        }
        app = create_app(type("BenchConfig", (Config,), ours | settings))
        app.extensions["cluster"] = cluster
        with app.app_context():
            schema.upgrade()
            load_reference()
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        if cluster:
            cluster.__exit__()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A campaign that is due and has not been frozen yet."""

    campaign_id: int
    people: int


def prepare(people: int, *, name: str = "bench") -> Prepared:
    """So many people of 1,000 organisations on a list, and a campaign for them that is due."""
    at = clock.now()
    event_id, code = db.session.execute(
        select(Event.id, Event.code).where(Event.kind == EventKind.CONFERENCE)
    ).one()
    db.session.rollback()
    list_id = create_list(name, name, "media", code, by=CONSOLE, at=at)
    with transaction() as session:
        first = _organisations(session, at)
        dialect = db.engine.dialect.name
        moment = at.replace(tzinfo=None) if dialect == "sqlite" else at
        session.execute(
            text(_PEOPLE.format(numbers=_NUMBERS[dialect])),
            {"people": people, "first": first, "at": moment},
        )
        session.execute(text(_TARGETS), {"list_id": list_id, "at": moment})
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): people})
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As autovacuum does, which never looks at a table that nothing was put into.
            connection.execute(text("VACUUM ANALYZE stakeholders, organisations, targets"))
    plan = Plan(
        name=name,
        event_id=event_id,
        list_ids=[list_id],
        reply_by=at + timedelta(days=30),
        steps=[StepPlan(StepKind.INVITATION, Anchor.START, "invitation")],
        sender_name="The Secretariat",
        sender_address="invitations@example.org",
    )
    campaign_id = draft_campaign(plan, by=CONSOLE, at=at)
    approve_campaign(campaign_id, by=CONSOLE, at=at)
    schedule_campaign(campaign_id, by=CONSOLE, at=at)
    return Prepared(campaign_id, people)


def freeze() -> int:
    """Launch what is due now."""
    return launch_due_steps(at=clock.now())


def _organisations(session: Any, at: Any) -> int:
    rows = [
        {"name": f"Bank {number}", "name_key": f"bank {number}", "created_at": at}
        for number in range(1_001)
    ]
    session.execute(insert(Organisation), rows)
    return int(session.scalar(select(Organisation.id).where(Organisation.name_key == "bank 0")))


def peak_megabytes(pid: int | str = "self") -> float:
    """The most memory that a process has held so far; of another one than this on Linux alone.

    Linux tells it of the process as it is; `getrusage` counts in what began it, before it was it.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Every statement of the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def is_quick() -> bool:
    """Whether small counts are wanted, for a look and for the tests: BENCH_QUICK=1."""
    return os.environ.get("BENCH_QUICK") == "1"
