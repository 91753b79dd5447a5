"""A campaign cut into small units, clocks as real processes, and the ledgers side by side."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from functools import cache
from pathlib import Path

from sqlalchemy import insert, select

from bench.provider.running import RunningProvider
from outreach import clock
from outreach.actions.campaigns import approve_campaign, draft_campaign, schedule_campaign
from outreach.actions.lists import create_list
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.drafting import Plan, StepPlan
from outreach.models.activity import CONSOLE
from outreach.models.breaker import Breaker
from outreach.models.event import Event, EventKind
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, StepKind
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.queries.audit import audit
from outreach.queries.campaigns import campaign_summary
from outreach.tally import add_to_tallies
from tests.faults.nursery import Born, Nursery


def scheduled_campaign(people: int, *, at: datetime | None = None, code: str = "press") -> int:
    """A campaign that invites so many at once; gives its id."""
    at = at or clock.now()
    event = db.session.scalars(select(Event).where(Event.kind == EventKind.CONFERENCE)).one()
    list_id = create_list(code, "Press", "media", event.code, by=CONSOLE, at=at)
    with transaction() as session:
        session.execute(
            insert(Stakeholder), [_person(number, at, code) for number in range(people)]
        )
        ids = session.scalars(select(Stakeholder.id).where(Stakeholder.notes == code))
        session.execute(
            insert(Target),
            [{"list_id": list_id, "stakeholder_id": id_, "created_at": at} for id_ in ids],
        )
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): people})
    plan = Plan(
        name="Fault test",
        event_id=event.id,
        list_ids=[list_id],
        reply_by=at + timedelta(days=30),
        steps=[StepPlan(StepKind.INVITATION, Anchor.START, "invitation")],
        sender_name="The Secretariat",
        sender_address="invitations@example.org",
    )
    campaign_id = draft_campaign(plan, by=CONSOLE, at=at)
    approve_campaign(campaign_id, by=CONSOLE, at=at)
    schedule_campaign(campaign_id, by=CONSOLE, at=at)
    db.session.remove()
    return campaign_id


def frozen_campaign(people: int, unit_size: int) -> int:
    """The same, launched already, in units of this size; the session is given back."""
    campaign_id = scheduled_campaign(people)
    launch_due_steps(at=clock.now(), unit_size=unit_size)
    db.session.remove()
    return campaign_id


def _person(number: int, at: datetime, code: str) -> dict[str, object]:
    return {
        "full_name": f"Zoë Ñandú {number}",
        "name_key": f"zoe nandu {number}",
        "email": f"zoe.{number}@example.org",
        "email_key": f"zoe.{number}@example.org",
        "language": ("en", "fr")[number % 2],
        "notes": code,
        "created_at": at,
        "changed_at": at,
    }


@dataclass
class Clocks:
    """Starts clock processes on one database; whatever still runs at the end is killed."""

    settings: dict[str, str]
    is_hurried: bool
    running: list[Born]

    def start(self, *program: str, **settings: str) -> Born:
        """`start()` runs the clock; `start("tests.faults.kill_at", "call", "3")` something else."""
        command = list(program or ("outreach.clockwork",))
        if self.is_hurried:
            command.insert(0, "tests.faults.hurried")
        started = nursery().start(command, os.environ | self.settings | settings)
        self.running.append(started)
        return started

    def end(self) -> None:
        for one in self.running:
            if one.poll() is None:
                one.send_signal(signal.SIGCONT)
                one.kill()
            one.wait()


@cache
def nursery() -> Nursery:
    """Where they are born; one for this process of the tests."""
    return Nursery()


@contextmanager
def clocks(url: str, folder: Path, *, is_hurried: bool = True, **settings: str) -> Iterator[Clocks]:
    """Clock processes with these settings on this database.

    is_hurried  with short waits (tests.faults.hurried)
    """
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    common = {
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(folder),
        "MAIL_DIR": str(mail),
        "MAILER": "file",
        "UNKNOWN_GRACE": "1",
        "SEND_LANES": "1",
    }
    these = Clocks({**common, **settings}, is_hurried, [])
    try:
        yield these
    finally:
        these.end()


def settings_for(mailer: str, provider: RunningProvider | None) -> dict[str, str]:
    """`file`, `smtp`, `sendgrid`, or `sendgrid+log` whose mail log may be asked."""
    name, _, log = mailer.partition("+")
    settings = {"MAILER": name}
    if provider is not None:
        settings |= {
            "SMTP_URL": f"{provider.smtp_url}?tls=none",
            "SENDGRID_API_KEY": provider.key,
            "SENDGRID_HOST": provider.url,
            "SENDGRID_MAIL_LOG": "1" if log else "0",
        }
    return settings


def until(is_so: Callable[[], bool], *, within: float, what: str, every: float = 0.1) -> float:
    """Wait until something is so; the seconds it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within, f"{what}: not within {within} s"
        time.sleep(every)
    return time.monotonic() - began


def outcomes(campaign_id: int) -> dict[str, int]:
    """The counts as the page shows them."""
    summary = campaign_summary(campaign_id)
    db.session.remove()
    assert summary is not None
    counts: dict[str, int] = summary["outcomes"]
    return counts


def is_settled(campaign_id: int) -> Callable[[], bool]:
    """Nobody waits any more: everyone has an outcome that stands or that a person must look at."""
    return lambda: outcomes(campaign_id)["waiting"] == 0


def copies(provider: RunningProvider | None, mail: Path) -> Counter[str]:
    """{address: how many copies left}: by the stand-in's own ledger, or by the files."""
    if provider is not None:
        return Counter(row["to"] for row in provider.ledger())
    return Counter(_to(path) for path in mail.glob("*.eml"))


def _to(path: Path) -> str:
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file, headersonly=True)
    address: str = message["To"].addresses[0].addr_spec
    return address


def tell(
    fault: str, found: Counter[str], people: int, *, named: int = 0, held: int = 0,
    settled_in: float | None = None, **more: object,
) -> None:  # fmt: skip
    """Print a row of the table of faults in docs/operators.md (`make faults` makes it anew).

    found  the copies of everyone who got any
    """
    row = {
        "fault": fault, "database": db.engine.dialect.name, "people": people,
        "lost": people - len(found) - held, "extras": sum(found.values()) - len(found),
        "named": named, "held": held,
        "settled_in": None if settled_in is None else round(settled_in, 1),
    }  # fmt: skip
    print(json.dumps(row | more))


def named_doubles(campaign_id: int) -> set[str]:
    """The addresses of whom we say that they may have got it twice."""
    found = set(
        db.session.scalars(
            select(Message.address).where(
                Message.campaign_id == campaign_id, Message.possible_double
            )
        )
    )
    db.session.remove()
    return found


def assert_the_ledger_is_sound(after: timedelta = timedelta(0)) -> None:
    """Every promise that rows can show, recomputed."""
    report = audit(clock.now() + after)
    db.session.remove()
    assert report.is_sound, [one for one in report.findings if one.broken]


def open_breakers() -> list[str]:
    """The mailers whose provider is taken for down."""
    names = list(db.session.scalars(select(Breaker.name).where(Breaker.opened_at.is_not(None))))
    db.session.remove()
    return names
