"""The outbox: claim, look once more, hand over, record. Truth lies in the tables, not in here.

Two transactions stand before a call and one after it, and none is open during it:
lease (no mail can have gone) → handing over (committed before the call) → outcome.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from outreach import clock
from outreach.db import db, transaction
from outreach.delivery.breaker import Permit, permit
from outreach.delivery.checks import campaign_stands, leave_out_the_changed
from outreach.delivery.claims import Claim, claim_unit, give_up, recover_expired, release
from outreach.delivery.ledger import move_by_id, move_messages
from outreach.delivery.mailer import Busy, Mailer, Outcome
from outreach.delivery.manners import hold_back_domains
from outreach.delivery.rate import take
from outreach.delivery.recording import messages_of, record, sort_outcomes
from outreach.delivery.render import Rendered, render_unit
from outreach.delivery.workers import worker_name
from outreach.dialect import joined
from outreach.models.campaign import CampaignState
from outreach.models.message import (
    CALL_TIMEOUT,
    LEASE,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
)
from outreach.models.step import Step

log = logging.getLogger("outreach.outbox")
_WAITING = select(joined(Message.id)).where(
    Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING
)
_HANDING_OVER = (
    update(Message)
    .where(Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    .values(
        state=MessageState.HANDING_OVER, reason="", changed_at=bindparam("at"),
        attempt_id=bindparam("attempt"), attempts_count=Message.attempts_count + 1,
    )
)  # fmt: skip
"""Counted as waiting still, so that no summary row changes."""

LIVE = (None, CampaignState.SCHEDULED, CampaignState.RUNNING)


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did."""

    units: int
    messages: int
    is_empty: bool
    """Nothing more can be taken now: nothing is due, or the provider is down."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second over all workers; 0 for no limit."""

    sender: int = 0
    domain: int = 0
    """To any one recipient domain."""


def drain(
    mailer: Mailer,
    *,
    rate: int = 0,
    domain_rate: int = 0,
    now: Callable[[], datetime] = clock.now,
    most_units: int | None = None,
    keeps_going: Callable[[], bool] = lambda: True,
    turn: AbstractContextManager[object] | None = None,
) -> Drained:
    """Hand over what is due, unit by unit, until nothing is, or until told to stop.

    rate         messages a second over all workers; 0 for no limit
    domain_rate  the same to any one recipient domain
    keeps_going  asked between units, so that a stop takes no longer than one call
    turn         held while something is written, where lanes of one process take turns at it
    """
    recover_expired(at=now())
    turn = turn or nullcontext()
    worker, rates = worker_name(), Rates(rate, domain_rate)
    units = messages = 0
    while keeps_going() and (most_units is None or units < most_units):
        with turn:
            if permit(mailer.name, at=now()) is Permit.NOTHING:
                return Drained(units, messages, is_empty=True)
            claim = claim_unit(worker, at=now())
            if claim is None:
                return Drained(units, messages, is_empty=True)
        ready = _make_ready(claim, mailer, rates, now, turn)
        if ready is not None:
            found = sort_outcomes(_call(ready, mailer), ready.ids)
            with turn:
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
    claim: Claim,
    mailer: Mailer,
    rates: Rates,
    now: Callable[[], datetime],
    turn: AbstractContextManager[object],
) -> Ready | None:
    """Render a unit and write its attempt; None when nobody in it is to be handed over."""
    lease_ends = time.monotonic() + LEASE.total_seconds()
    try:
        rendered = render_unit(claim.unit_id)
        db.session.rollback()
        with turn:
            attempt = _begin(claim, rendered, mailer, rates, now())
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


def _begin(
    claim: Claim, rendered: Rendered, mailer: Mailer, rates: Rates, at: datetime
) -> tuple[int, dict[str, int]] | None:
    """Look once more and write the attempt; committed before any call. None: nothing to call for.

    Returns the attempt's id and {public id: message id} of those who go.
    """
    with transaction() as session:
        unit = session.scalar(
            select(Unit)
            .where(
                Unit.id == claim.unit_id, Unit.token == claim.token, Unit.state == UnitState.LEASED
            )
            .with_for_update()
        )
        if unit is None:
            return None
        stands = campaign_stands(session, unit)
        if stands not in LIVE:
            _set_aside(session, claim, stands, at)
            return None
        if session.scalar(select(Step.is_held).where(Step.id == unit.step_id)):
            release(session, claim, UnitState.HELD, unit.next_at)
            return None
        # Who is left out needs nobody's look, whatever else is missing.
        leave_out_the_changed(session, unit, at)
        for reason, ids in rendered.held.items():
            move_by_id(session, ids, MessageState.WAITING, MessageState.HELD, at=at, reason=reason)
        if rates.domain:
            hold_back_domains(session, unit, rates.domain, at)
        ids = session.connection().scalar(_WAITING, {"unit": unit.id})
        waiting = set(map(int, ids.split(","))) if ids else set()
        if not waiting:
            release(session, claim, UnitState.DONE, unit.next_at)
            return None
        if rates.sender and (wait := take(session, "sender", len(waiting), rates.sender, at=at)):
            release(session, claim, UnitState.WAITING, at + wait)
            return None
        attempt_id, count = _write_attempt(session, unit, mailer, len(waiting), at)
        if count == len(waiting) and waiting.issubset(rendered.ids):
            # The usual case: those who were made ready are those who go.
            everyone = zip(rendered.recipients.public_ids, rendered.ids, strict=True)
            return attempt_id, {public_id: one for public_id, one in everyone if one in waiting}
        return attempt_id, messages_of(session, unit.id)


def _write_attempt(
    session: Session, unit: Unit, mailer: Mailer, count: int, at: datetime
) -> tuple[int, int]:
    """The attempt's id, and how many messages are in it."""
    attempt = Attempt(
        unit_id=unit.id, token=unit.token, mailer=mailer.name, messages_count=count, started_at=at
    )
    session.add(attempt)
    session.flush()
    count = (
        session.connection()
        .execute(_HANDING_OVER, {"unit": unit.id, "attempt": attempt.id, "at": at})
        .rowcount
    )
    unit.state = UnitState.HANDING_OVER
    unit.leased_until = at + LEASE
    unit.attempts_count += 1
    unit.leases_count = 0
    return attempt.id, count


def _set_aside(session: Session, claim: Claim, stands: CampaignState | None, at: datetime) -> None:
    """The campaign was paused or ended while the unit was being made ready."""
    if stands is CampaignState.PAUSED:
        release(session, claim, UnitState.PAUSED, at)
        return
    move_messages(
        session,
        Message.unit_id == claim.unit_id,
        MessageState.WAITING,
        MessageState.CANCELLED,
        at=at,
        reason="The campaign was cancelled before this left.",
    )
    release(session, claim, UnitState.DONE, at)
