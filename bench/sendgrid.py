"""The outbox by way of SendGrid's API: claim, recheck, render, call, record, for everyone.

The floor is the same bodies built from plain values and posted to the same stand-in, with no
database: what a script without a memory would reach.
"""

import time
from collections.abc import Iterator
from datetime import timedelta

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
from outreach.db import db
from outreach.delivery.lanes import drain_in_lanes
from outreach.delivery.mailer import Mailer
from outreach.delivery.outbox import Rates
from outreach.delivery.render import render_unit
from outreach.delivery.sendgrid import SendGridMailer
from outreach.models.message import Unit

PEOPLE = 100_000


def rows() -> Iterator[Row]:
    """Recipients a second on each database, alone and with a provider that takes 0.3 s."""
    people = 20_000 if is_quick() else PEOPLE
    for kind in databases():
        with application(kind), sink() as url:
            mailer = SendGridMailer("SG.stand-in", url)
            prepare(people)
            freeze()
            floor = bare_rate(mailer, people)
            worked = time.process_time()
            took = drain_seconds(mailer, lanes=2)
            worked = time.process_time() - worked
            yield Row(f"SendGrid, {kind}, one process", people / took, "/s", floor)
            # On a machine that others use too, this is the figure that says something.
            yield Row(f"SendGrid, {kind}, own CPU a recipient", worked / people * 1e6, "µs")
        with application(kind), sink(delay=0.3) as url:
            mailer = SendGridMailer("SG.stand-in", url)
            prepare(people)
            freeze()
            took = drain_seconds(mailer, lanes=16)
            yield Row(f"SendGrid, {kind}, provider takes 0.3 s", people / took, "/s")
    yield Row("memory of the process that sent them", peak_megabytes(), "MB")


def drain_seconds(mailer: Mailer, *, lanes: int) -> float:
    """How long the outbox takes until it is empty."""
    db.session.remove()
    began = time.perf_counter()
    drained = drain_in_lanes(mailer, Rates(), lanes=lanes, now=clock.now, keeps_going=lambda: True)
    took = time.perf_counter() - began
    assert drained.is_empty
    return took


def bare_rate(mailer: Mailer, people: int) -> float:
    """Recipients a second when one unit's letter is built and posted again and again."""
    unit_id = db.session.query(Unit.id).order_by(Unit.id).limit(1).scalar()
    rendered = render_unit(unit_id)
    db.session.remove()
    count = 0
    began = time.perf_counter()
    while count < people:
        mailer.hand_over(
            rendered.letter, rendered.recipients, key="floor", timeout=timedelta(seconds=20)
        )
        count += len(rendered.recipients)
    return count / (time.perf_counter() - began)
