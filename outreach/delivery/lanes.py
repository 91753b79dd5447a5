"""Several hand-overs at once from one process: while a provider thinks, the next unit is made."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from flask.globals import app_ctx
from sqlalchemy import select

from outreach.db import db
from outreach.delivery.mailer import Mailer
from outreach.delivery.outbox import Drained, drain
from outreach.delivery.rate import Rates
from outreach.models.message import Unit, UnitState
from outreach.turns import GIVES_WAY_SECONDS

LANES = {"sendgrid": 8, "smtp": 4}
"""How many at once where the settings do not say; the file mailer has one disk and one lane."""


def drain_in_lanes(
    mailer: Mailer,
    rates: Rates,
    *,
    lanes: int,
    now: Callable[[], datetime],
    keeps_going: Callable[[], bool],
    rest: Callable[[float], object] | None = None,
) -> Drained:
    """Drain in as many lanes as there are units due, at most `lanes`; 0 takes the mailer's number.

    Each lane claims for itself, as another process would. Raises the first lane's error.
    """
    lanes = lanes or LANES.get(mailer.name, 1)

    def one_lane() -> Drained:
        return drain(
            mailer,
            rate=rates.sender,
            domain_rate=rates.domain,
            sender_rate=rates.address,
            now=now,
            keeps_going=keeps_going,
            rest=rest,
        )

    needed = min(lanes, due_count(now(), lanes))
    if needed <= 1:
        return one_lane()
    # A lane asks fifteen times for each unit.
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    app = app_ctx.app

    def in_context() -> Drained:
        with app.app_context():
            return one_lane()

    with ThreadPoolExecutor(needed, thread_name_prefix="lane") as pool:
        drained = [job.result() for job in [pool.submit(in_context) for _ in range(needed)]]
    return Drained(
        sum(one.units for one in drained),
        sum(one.messages for one in drained),
        is_empty=all(one.is_empty for one in drained),
    )


def due_count(at: datetime, most: int) -> int:
    """How many units are due, counted up to `most`; reads only: an idle tick costs little."""
    due = select(Unit.id).where(Unit.state == UnitState.WAITING, Unit.next_at <= at).limit(most)
    found = len(db.session.scalars(due).all())
    db.session.rollback()
    return found
