"""The outbox by way of SendGrid's API: claim, recheck, render, call, record, for everyone.

The floor is the same bodies built from plain values and posted to the same stand-in, over as many
connections and with no database: what a script without a memory would reach.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from flask import current_app

from bench._drain import LANES
from bench._ground import (
    application,
    databases,
    freeze,
    is_quick,
    peak_megabytes,
    prepare,
)
from bench._sink import sink
from bench.floor import Row
from outreach import clock
from outreach.clockwork import settle_memory
from outreach.db import db
from outreach.delivery.lanes import drain_in_lanes
from outreach.delivery.mailer import Mailer
from outreach.delivery.rate import Rates
from outreach.delivery.render import render_unit
from outreach.delivery.sendgrid import SendGridMailer
from outreach.models.message import Unit

PEOPLE = 200_000
OPERATORS_LANES = 8


def rows() -> Iterator[Row]:
    """Recipients a second on each database: alone, two processes, a provider that takes 0.3 s.

    Alone and together without a wait they share what cores there are with database and stand-in;
    what a second process brings is seen where the provider is waited for.
    """
    people = 20_000 if is_quick() else PEOPLE
    for kind in databases():
        yield from _alone(kind, people)
        with application(kind), sink() as url:
            prepare(people)
            freeze()
            took, megabytes = in_processes(2, url, LANES)
            yield Row(f"SendGrid, {kind}, two processes", people / took, "/s")
            yield Row(f"SendGrid, {kind}, memory of a worker", megabytes, "MB", 200)
        with application(kind), sink(delay=0.3) as url:
            mailer = SendGridMailer("SG.stand-in", url)
            prepare(people)
            freeze()
            took = drain_seconds(mailer, lanes=16)
            yield Row(f"SendGrid, {kind}, provider takes 0.3 s", people / took, "/s")
        for count, words in ((1, "one process"), (2, "two processes")):
            with application(kind), sink(delay=0.3) as url:
                prepare(people)
                freeze()
                took, _ = in_processes(count, url, OPERATORS_LANES)
                name = f"SendGrid, {kind}, 0.3 s, {OPERATORS_LANES} lanes each, {words}"
                yield Row(name, people / took, "/s")
    yield Row("memory of the process that sent them", peak_megabytes(), "MB")


def _alone(kind: str, people: int) -> Iterator[Row]:
    with application(kind), sink() as url:
        mailer = SendGridMailer("SG.stand-in", url)
        prepare(people)
        freeze()
        floor, least = _and_cpu(lambda: bare_rate(mailer, people, lanes=LANES), people)
        took, own = _and_cpu(lambda: drain_seconds(mailer, lanes=LANES), people)
        yield Row(f"SendGrid, {kind}, one process", people / took, "/s", floor)
        # On a machine that others use too, this is the figure that says something.
        yield Row(f"SendGrid, {kind}, own CPU a recipient", own, "µs", least)


def _and_cpu(work: Callable[[], float], people: int) -> tuple[float, float]:
    """What the work says, and the microseconds of this process for each of the people."""
    settle_memory()  # as the clock and the engine do when they start
    began = time.process_time()
    found = work()
    return found, (time.process_time() - began) / people * 1e6


def in_processes(count: int, url: str, lanes: int) -> tuple[float, int]:
    """Seconds until so many workers, each a process of its own, have emptied the outbox; and the
    megabytes that the largest held."""
    database = current_app.config["SQLALCHEMY_DATABASE_URI"]
    command = [sys.executable, "-m", "bench._drain", database, url, str(lanes)]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                    cwd=Path(__file__).parent.parent,
                )
            )
            for _ in range(count)
        ]  # fmt: skip
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        began = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        said = [worker.stdout.readline() for worker in workers if worker.stdout is not None]
        return time.perf_counter() - began, max(int(line.split()[1]) for line in said)


def drain_seconds(mailer: Mailer, *, lanes: int) -> float:
    """How long the outbox takes until it is empty."""
    db.session.remove()
    began = time.perf_counter()
    drained = drain_in_lanes(mailer, Rates(), lanes=lanes, now=clock.now, keeps_going=lambda: True)
    took = time.perf_counter() - began
    assert drained.is_empty
    return took


def bare_rate(mailer: Mailer, people: int, *, lanes: int) -> float:
    """Recipients a second when one unit's letter is built and posted again and again."""
    unit_id = db.session.query(Unit.id).order_by(Unit.id).limit(1).scalar()
    rendered = render_unit(unit_id)
    db.session.remove()
    times = max(people // len(rendered.recipients), 1)

    def post(_: int) -> int:
        outcomes = mailer.hand_over(
            rendered.letter, rendered.recipients, key="floor", timeout=timedelta(seconds=20)
        )
        return len(outcomes)

    began = time.perf_counter()
    with ThreadPoolExecutor(lanes) as pool:
        count = sum(pool.map(post, range(times)))
    return count / (time.perf_counter() - began)
