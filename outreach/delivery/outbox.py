"""The outbox: claim, look once more, hand over, record. Truth lies in the tables, not in here.

Two transactions stand before a call and one after it, and none is open during it:
lease (no mail can have gone) → handing over (committed before the call) → outcome.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from outreach import clock
from outreach.db import db
from outreach.delivery.attempts import begin
from outreach.delivery.breaker import Permit, permit
from outreach.delivery.claims import Claim, claim_unit, give_up, recover_expired
from outreach.delivery.mailer import Busy, Mailer, Outcome
from outreach.delivery.rate import Rates
from outreach.delivery.recording import record, sort_outcomes
from outreach.delivery.render import Rendered, render_unit
from outreach.delivery.workers import worker_name
from outreach.models.message import CALL_TIMEOUT, LEASE

log = logging.getLogger("outreach.outbox")


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did."""

    units: int
    messages: int
    is_empty: bool
    """Nothing more can be taken now: nothing is due, or the provider is down."""


def drain(
    mailer: Mailer,
    *,
    rate: int = 0,
    domain_rate: int = 0,
    now: Callable[[], datetime] = clock.now,
    most_units: int | None = None,
    keeps_going: Callable[[], bool] = lambda: True,
) -> Drained:
    """Hand over what is due, unit by unit, until nothing is, or until told to stop.

    rate         messages a second over all workers; 0 for no limit
    domain_rate  the same to any one recipient domain
    keeps_going  asked between units, so that a stop takes no longer than one call
    """
    recover_expired(at=now())
    worker, rates = worker_name(), Rates(rate, domain_rate)
    units = messages = 0
    while keeps_going() and (most_units is None or units < most_units):
        if permit(mailer.name, at=now()) is Permit.NOTHING:
            return Drained(units, messages, is_empty=True)
        claim = claim_unit(worker, at=now())
        if claim is None:
            return Drained(units, messages, is_empty=True)
        ready = _make_ready(claim, mailer, rates, now)
        if ready is not None:
            found = sort_outcomes(_call(ready, mailer), ready.ids)
            if not record(claim, ready.attempt_id, found, at=now(), mailer_name=mailer.name):
                log.warning("unit %s: the lease was lost during the call", claim.unit_id)
            messages += len(ready.ids)
        units += 1
    return Drained(units, messages, is_empty=False)


@dataclass(frozen=True, slots=True)
class Ready:
    """A unit whose attempt is written: nothing stands between it and the call."""

    claim: Claim
    rendered: Rendered
    attempt_id: int
    ids: dict[str, int]
    """{public id: message id} of those who go."""
    lease_ends: float
    """By this machine's own stopwatch: neither a clock that is set nor a long sleep deceives it."""


def _make_ready(
    claim: Claim, mailer: Mailer, rates: Rates, now: Callable[[], datetime]
) -> Ready | None:
    """Render a unit and write its attempt; None when nobody in it is to be handed over."""
    lease_ends = time.monotonic() + LEASE.total_seconds()
    try:
        rendered = render_unit(claim.unit_id)
        db.session.rollback()
        attempt = begin(claim, rendered, mailer, rates, now())
    except DBAPIError:
        raise  # the database's trouble is nobody's in the unit; the lease ends by itself
    except Exception as problem:
        give_up(claim, problem, at=now())
        raise
    return attempt and Ready(claim, rendered, *attempt, lease_ends)


def _call(ready: Ready, mailer: Mailer) -> Mapping[str, Outcome]:
    """The one call, unless the lease might end during it."""
    if time.monotonic() + CALL_TIMEOUT.total_seconds() > ready.lease_ends:
        return dict.fromkeys(ready.ids, Busy("The lease ran out before the call."))
    claim, rendered = ready.claim, ready.rendered
    key = f"{claim.unit_id}.{claim.token}"
    return mailer.hand_over(
        rendered.letter, rendered.going(ready.ids), key=key, timeout=CALL_TIMEOUT
    )
