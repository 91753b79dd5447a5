"""The outbox: claim, look once more, hand over, record. Truth lies in the tables, not in here.

No transaction is open during a call: lease (no mail can have gone) → handing over (committed
before the call) → outcome, and with it the next lease.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.exc import DBAPIError

from outreach import clock
from outreach.db import db
from outreach.delivery.again import follow_addresses
from outreach.delivery.attempts import Begun, begin
from outreach.delivery.breaker import Permit, permit
from outreach.delivery.claims import Claim, claim_unit, give_up, leave_one, recover_expired
from outreach.delivery.mailer import Busy, Mailer, Outcome
from outreach.delivery.rate import Rates, Wait
from outreach.delivery.recipients import Recipients
from outreach.delivery.recording import record, sort_outcomes
from outreach.delivery.render import Rendered, render_unit
from outreach.delivery.workers import worker_name
from outreach.models.message import CALL_TIMEOUT, LEASE

log = logging.getLogger("outreach.outbox")

LONGEST_REST = 5.0
"""Seconds until a rate is looked at again: a clock may be set meanwhile."""


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
    sender_rate: int = 0,
    now: Callable[[], datetime] = clock.now,
    most_units: int | None = None,
    keeps_going: Callable[[], bool] = lambda: True,
    rest: Callable[[float], object] | None = None,
) -> Drained:
    """Hand over what is due, unit by unit, until nothing is, or until told to stop.

    rate         messages a second over all workers; 0 for no limit
    domain_rate  the same to any one recipient domain
    sender_rate  the same from any one address of ours
    keeps_going  asked between units, so that a stop takes no longer than one call
    rest         waits so many seconds where the rate of all lets nobody go, or that of the one
                 address from which all goes that is due; without it units are made ready in vain
    """
    recover_expired(at=now())
    worker, rates = worker_name(), Rates(rate, domain_rate, sender_rate)
    units = messages = 0

    def goes_on() -> bool:
        return keeps_going() and (most_units is None or units < most_units)

    claim: Claim | None = None
    while claim or goes_on():
        claim = claim or _next(worker, mailer, now())
        if claim is None:
            return Drained(units, messages, is_empty=True)
        units += 1
        ready = _make_ready(claim, mailer, rates, now)
        claim = None
        if isinstance(ready, Wait):
            if rest and ready.is_for_all:
                rest(min(ready.span.total_seconds(), LONGEST_REST))
        elif ready is not None:
            messages += len(ready.begun.ids)
            claim = _hand_over(ready, mailer, now, lambda: worker if goes_on() else "")
    return Drained(units, messages, is_empty=False)


def _next(worker: str, mailer: Mailer, at: datetime) -> Claim | None:
    """What is due, or the one mail by which a provider is tried that was down."""
    claim = claim_unit(worker, at=at, mailer_name=mailer.name)
    if claim is None and permit(mailer.name, at=at) is Permit.ONE:
        claim = claim_unit(worker, at=at)
        if claim is not None:
            leave_one(claim, at=at)
    return claim


@dataclass(frozen=True, slots=True)
class Ready:
    """A unit whose attempt is written: nothing stands between it and the call."""

    claim: Claim
    rendered: Rendered
    begun: Begun
    lease_ends: float
    """By this machine's own stopwatch: neither a clock that is set nor a long sleep deceives it."""


def _make_ready(
    claim: Claim, mailer: Mailer, rates: Rates, now: Callable[[], datetime]
) -> Ready | Wait | None:
    """Render a unit and write its attempt; None when nobody in it is to be handed over."""
    lease_ends = time.monotonic() + LEASE.total_seconds()
    try:
        if claim.is_again:
            follow_addresses(claim)
        rendered = render_unit(claim.unit_id)
        db.session.rollback()
        begun = begin(claim, rendered, mailer, rates, now())
    except DBAPIError:
        raise  # the database's trouble is nobody's in the unit; the lease ends by itself
    except Exception as problem:
        give_up(claim, problem, at=now())
        raise
    if begun is None or isinstance(begun, Wait):
        return begun
    return Ready(claim, rendered, begun, lease_ends)


def _hand_over(
    ready: Ready, mailer: Mailer, now: Callable[[], datetime], next_for: Callable[[], str]
) -> Claim | None:
    """Call, and record what came of it; the unit that was claimed with that."""
    begun = ready.begun
    found = sort_outcomes(_call(ready, mailer), begun.ids)
    recorded = record(
        ready.claim, begun.attempt_id, found, at=now(), mailer_name=mailer.name,
        places=begun.places, next_for=next_for(),
    )  # fmt: skip
    if not recorded.is_ours:
        log.warning("unit %s: the lease was lost during the call", ready.claim.unit_id)
    return recorded.next


def _call(ready: Ready, mailer: Mailer) -> Mapping[str, Outcome]:
    """The one call, unless the lease might end during it."""
    if time.monotonic() + CALL_TIMEOUT.total_seconds() > ready.lease_ends:
        return dict.fromkeys(ready.begun.ids, Busy("The lease ran out before the call."))
    going = ready.rendered.going(ready.begun.ids)
    return mailer.hand_over(
        ready.rendered.letter, going, key=_key(ready.claim, going), timeout=CALL_TIMEOUT
    )


def _key(claim: Claim, going: Recipients) -> str:
    """The same for a further try with the same people at the same addresses, whoever makes it: what
    has gone out under it, a provider that knows such keys does not send a second time."""
    whom = "\n".join([*going.public_ids, *going.emails])
    return f"{claim.unit_id}.{sha256(whom.encode()).hexdigest()[:32]}"
