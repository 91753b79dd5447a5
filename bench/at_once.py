"""Everything at once (case A60): a campaign leaves while answers and the provider's events come.

PostgreSQL: four workers of the engine, 10,000 mails, 200 answers a second, 5,000 events a second.
SQLite: the clock, 2,000 mails, 20 answers a second. Web, workers, database, stand-in and load share
the cores of this machine, so that what is reached is the least that two of them give.
The floor of a time is its target. What is not done after twice the span is not waited for: it is
said how much was left, and is then neither lost nor doubled.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import orjson
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from bench._ground import application, databases, freeze, is_quick, peak_megabytes, prepare
from bench._memory import below
from bench._paced import Paced, Pacer, Request
from bench.floor import Row
from bench.invitee import _served as served
from bench.outbox import Yes
from bench.provider.events import Signer
from bench.provider.running import RunningProvider
from bench.sendgrid import drain_seconds
from outreach import clock
from outreach.actions.campaigns import (
    approve_campaign,
    draft_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from outreach.actions.lists import create_list
from outreach.db import db, is_postgresql, transaction
from outreach.drafting import Plan, StepPlan
from outreach.models.activity import CONSOLE
from outreach.models.event import Event, EventKind
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState
from outreach.models.receipt import Receipt, ReceiptState
from outreach.models.step import Anchor, StepKind
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.queries.audit import audit
from outreach.queries.campaigns import campaign_summary
from outreach.queries.reasons import UNDER_WAY
from outreach.start import WEB
from outreach.tally import add_to_tallies
from outreach.tokens import personal_token
from outreach.web.invitee.nonce import form_nonce

BATCH = 1_000
ROOT = Path(__file__).parent.parent


def rows() -> Iterator[Row]:
    """What each database does at once, and whether anything was lost, doubled or refused."""
    seconds = 10.0 if is_quick() else 60.0
    for kind in databases():
        is_large = kind == "PostgreSQL"
        people, answers, events = (10_000, 200, 5_000) if is_large else (2_000, 20, 0)
        program, count = ("outreach.engine", 4) if is_large else ("outreach.clockwork", 1)
        with application(kind, SENDGRID_API_KEY="SG.stand-in") as app:
            yield from _at_once(app, kind, people, answers, events, seconds, [program] * count)


def _at_once(
    app: Flask, kind: str, people: int, answers: int, events: int, seconds: float,
    programs: list[str],
) -> Iterator[Row]:  # fmt: skip
    folder, began = Path(app.config["INSTANCE_DIR"]), time.perf_counter()
    signer = Signer(folder / "key.pem")
    campaign_id = prepare(people + int(answers * seconds), name="leaving").campaign_id
    asked = _asked(int(answers * seconds), campaign_id)
    batches = _batches(signer, int(events / BATCH * seconds), campaign_id)
    yield Row(f"at once, {kind}: made ready", time.perf_counter() - began, "s")
    with RunningProvider(folder, is_sink=False) as provider:
        settings = _settings(app, provider, signer)
        with served(WEB, settings) as port, _running(programs, settings):
            _until_ready(len(programs))
            resume_campaign(campaign_id, by=CONSOLE, at=clock.now())
            began = time.perf_counter()
            loads = [Pacer(port, asked, answers, connections=8, seconds=seconds)]
            if events:
                rate = events / BATCH
                loads.append(Pacer(port, batches, rate, connections=4, seconds=seconds))
            left_in, waiting = _until_gone(campaign_id, began, until=2 * seconds)
            found = [one.result() for one in loads]
            applied_in = _until_applied(began, until=2 * seconds) if events else 0.0
            peak = max(peak_megabytes(pid) for pid in below(os.getpid()) if _is_ours(pid))
        yield from _rows(kind, people, answers, found, left_in)
        yield Row(f"at once, {kind}: mails still waiting then", waiting, "mails")
        if events:
            applied = _receipts(ReceiptState.APPLIED)
            yield Row(f"at once, {kind}: events applied", applied / applied_in, "a second")
        counts = provider.counts()
    asked_for = set(
        db.session.scalars(
            select(Message.public_id).where(
                Message.campaign_id == campaign_id, Message.state.not_in(UNDER_WAY)
            )
        )
    )
    db.session.remove()
    lost = len(asked_for - counts.keys())
    doubled = sum(count - 1 for count in counts.values())
    yield Row(f"at once, {kind}: mails lost", lost, "mails")
    yield Row(f"at once, {kind}: mails doubled", doubled, "mails")
    yield Row(f"at once, {kind}: promises broken", _broken(), "rows")
    yield Row(f"at once, {kind}: largest process", peak, "MB")


def _is_ours(pid: int) -> bool:
    """Web, clock or worker; not the load, which is a copy of this process, nor the stand-in."""
    with suppress(OSError):
        return b"-m\0outreach." in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _rows(
    kind: str, people: int, answers: int, found: list[Paced], left_in: float
) -> Iterator[Row]:
    given = found[0]
    failed = sum(n for one in found for status, n in one.statuses.items() if status[0] in "05")
    yield Row(f"at once, {kind}: {people:,} mails left in", left_in, "s")
    yield Row(f"at once, {kind}: answers", given.per_second, "a second", answers)
    yield Row(f"at once, {kind}: an answer, p95", given.p95_ms, "ms", 500)
    for told in found[1:]:
        yield Row(f"at once, {kind}: events taken", told.per_second * BATCH, "a second", 5_000)
        yield Row(f"at once, {kind}: a batch of events, p99", told.p99_ms, "ms", 2_000)
    yield Row(f"at once, {kind}: 5xx or no answer", failed, "requests")


def _asked(count: int, leaving_id: int) -> list[Request]:
    """Answers of people who were invited by a campaign that has left, one each; the other waits."""
    at = clock.now()
    event_id, code = db.session.execute(
        select(Event.id, Event.code).where(Event.kind == EventKind.CONFERENCE)
    ).one()
    db.session.rollback()
    list_id = create_list("answering", "answering", "media", code, by=CONSOLE, at=at)
    with transaction() as session:
        some = select(Target.id, Target.list_id).order_by(Target.id.desc()).limit(count).subquery()
        (before,) = session.scalars(select(some.c.list_id).distinct())
        moved = Target.id.in_(select(some.c.id))
        session.execute(update(Target).where(moved).values(list_id=list_id))
        kind, wanted = TallyKind.LIST_TARGETS, (0, "wanted")
        add_to_tallies(session, {(kind, before, *wanted): -count, (kind, list_id, *wanted): count})
    plan = Plan(
        name="answering", event_id=event_id, list_ids=[list_id],
        reply_by=at + timedelta(days=30), sender_name="The Secretariat",
        steps=[StepPlan(StepKind.INVITATION, Anchor.START, "invitation")],
        sender_address="invitations@example.org",
    )  # fmt: skip
    campaign_id = draft_campaign(plan, by=CONSOLE, at=at)
    approve_campaign(campaign_id, by=CONSOLE, at=at)
    schedule_campaign(campaign_id, by=CONSOLE, at=at)
    freeze()
    pause_campaign(leaving_id, by=CONSOLE, at=clock.now())
    drain_seconds(Yes(), lanes=1)
    asked = select(Invitation.link_key).join(
        Message, (Message.invitation_id == Invitation.id) & (Message.campaign_id == campaign_id)
    )
    keys = list(db.session.scalars(asked))
    db.session.remove()
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        (
            "POST",
            f"/i/{personal_token('answer', key)}/answer",
            typed,
            urlencode({"answer": "accepted", "note": "", "nonce": form_nonce("answer", key, 0)}),
        )
        for key in keys
    ]


def _batches(signer: Signer, count: int, leaving_id: int) -> list[Request]:
    """Signed batches of events of mails that have left, told again and again with new ids.

    Of a mail that still waits they would be proof that it has gone, and it would never go.
    """
    gone = select(Message.public_id, Message.address).where(Message.campaign_id != leaving_id)
    ids = list(db.session.execute(gone.order_by(Message.id).limit(BATCH)))
    db.session.remove()
    requests: list[Request] = []
    for number in range(count):
        at = int(time.time()) - number % 600
        events = [
            {
                "email": address, "m": public_id, "event": "processed", "timestamp": at - number,
                "sg_event_id": uuid.uuid4().hex, "sg_message_id": f"{public_id[:14]}.x",
            }
            for public_id, address in ids
        ]  # fmt: skip
        body = orjson.dumps(events)
        headers = signer.headers(body, str(int(time.time())))
        requests.append(("POST", "/hooks/sendgrid/events", headers, body.decode()))
    return requests


def _settings(app: Flask, provider: RunningProvider, signer: Signer) -> dict[str, str]:
    config = app.config
    return {
        "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"], "SECRET_KEY": config["SECRET_KEY"],
        "INSTANCE_DIR": config["INSTANCE_DIR"], "PUBLIC_URL": config["PUBLIC_URL"],
        "MAILER": "sendgrid", "SENDGRID_API_KEY": provider.key, "SENDGRID_HOST": provider.url,
        "SENDGRID_EVENT_PUBLIC_KEY": signer.public_key, "SENDGRID_MAIL_LOG": "1",
    }  # fmt: skip


@contextmanager
def _running(programs: list[str], settings: dict[str, str]) -> Iterator[None]:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", program], cwd=ROOT, env=os.environ | settings,
            stderr=subprocess.DEVNULL,
        )
        for program in programs
    ]  # fmt: skip
    try:
        yield
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(timeout=60)


def _until_ready(workers: int) -> None:
    """Wait until all of them have begun: how long a start takes is measured elsewhere."""
    seen = text("SELECT count(*) FROM engine.procrastinate_workers")
    if not is_postgresql():
        workers, seen = 1, text("SELECT count(*) FROM heartbeats")
    for _ in range(600):
        with suppress(DBAPIError):  # the engine makes its tables itself
            if (db.session.scalar(seen) or 0) >= workers:
                break
        db.session.rollback()
        time.sleep(0.1)
    db.session.remove()


def _until_gone(campaign_id: int, began: float, *, until: float) -> tuple[float, int]:
    """Seconds until nobody of the campaign waits any more, and who does after so many."""
    while True:
        summary = campaign_summary(campaign_id)
        db.session.remove()
        waiting = summary["outcomes"]["waiting"] if summary else 0
        took = time.perf_counter() - began
        if not waiting or took > until:
            return took, waiting
        time.sleep(0.5)


def _until_applied(began: float, *, until: float) -> float:
    """Seconds until no event waits for its effect, or so many."""
    while time.perf_counter() - began < until and _receipts(ReceiptState.NEW):
        time.sleep(0.5)
    return time.perf_counter() - began


def _receipts(state: ReceiptState) -> int:
    count = select(func.count()).select_from(Receipt).where(Receipt.state == state)
    found = db.session.scalar(count) or 0
    db.session.remove()
    return found


def _broken() -> int:
    """Rows that break a promise, by the audit; unknown mails are settled before."""
    unknown = select(func.count()).where(Message.state == MessageState.UNKNOWN)
    found = sum(one.broken for one in audit(clock.now()).findings)
    found += db.session.scalar(unknown) or 0
    db.session.remove()
    return found
