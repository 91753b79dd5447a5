"""Effects of receipts: the clock applies them in bulk, by rule and never by order of arrival."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, savepoint, transaction
from outreach.dialect import among
from outreach.following import follow, gone_elsewhere, stop_elsewhere
from outreach.models.evidence import MAY_HAVE_LEFT
from outreach.models.message import (
    Message,
    MessageState,
    Unit,
    carried,
    is_under_way,
    standing,
)
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState, proof_of, state_after
from outreach.tally import Place, add_to_tallies, moved_message

log = logging.getLogger("outreach.receipts")

BATCH = 2_000
YIELDS = ("55P03", "40P01")
"""PostgreSQL: a lock was not to be had in time; a deadlock. The next tick tries again."""
OF_AN_EVENT = (
    DataError,
    IntegrityError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What one event may cause; the database's own trouble is none of these."""

UNFIT = "It could not be applied"
MOST_ASIDE = 20
SETTLED = "Settled by the provider’s own events."


def apply_receipts(*, at: datetime, limit: int = BATCH) -> int:
    """Let the oldest new events have their effect, all or nothing; says how many were taken.

    0 where there are none, or where others hold their messages just now. An event that can have
    none is found by halves and set aside, so that it holds up no other.
    """
    try:
        with transaction() as session:
            if is_postgresql():
                # In a deadlock the outbox must win: what it learned is not told a second time.
                session.execute(text("SET LOCAL lock_timeout = '500ms'"))
            receipts = _new(session, limit)
            if len(receipts) == 1:
                return _apply_one(session, receipts[0], at)
            return _apply(session, receipts, at)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in YIELDS:
            return 0
        raise
    except OF_AN_EVENT:
        if limit == 1:
            raise
        return apply_receipts(at=at, limit=limit // 2)


def _new(session: Session, limit: int) -> Sequence[Any]:
    return (
        session.connection()
        .execute(
            select(
                Receipt.id,
                Receipt.public_id,
                Receipt.kind,
                Receipt.is_hard,
                Receipt.address_digest,
                Receipt.happened_at,
                Receipt.detail,
            )
            .where(Receipt.state == ReceiptState.NEW)
            .order_by(Receipt.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .all()
    )


def _apply_one(session: Session, receipt: Any, at: datetime) -> int:
    """Raises what went wrong where so many stand aside that it is hardly the events' own."""
    try:
        with savepoint(session):
            return _apply(session, [receipt], at)
    except OF_AN_EVENT as fault:
        failed = (Receipt.state == ReceiptState.QUARANTINED) & Receipt.problem.startswith(UNFIT)
        aside = session.scalars(select(Receipt.id).where(failed).limit(MOST_ASIDE)).all()
        if len(aside) == MOST_ASIDE:
            raise
        log.exception("event %s of the provider could not be applied", receipt.id)
        problem = f"{UNFIT} ({type(fault).__name__}); an operator can see why."
        session.execute(
            update(Receipt)
            .where(Receipt.id == receipt.id)
            .values(state=ReceiptState.QUARANTINED, problem=problem)
        )
        return 1


def _apply(session: Session, receipts: Sequence[Any], at: datetime) -> int:
    told: dict[str, list[Any]] = defaultdict(list)
    for receipt in receipts:
        told[receipt.public_id].append(receipt)
    messages = _messages(session, list(told))
    numbers: Counter[Place] = Counter()
    if messages:
        gone = gone_elsewhere(messages, told)
        _move(session, messages, told, at, numbers)
        follow(session, messages, told, at, numbers)
        stop_elsewhere(session, gone, at)
        # Last and in one order: whoever waits for these rows then holds nothing that we need.
        add_to_tallies(session, numbers)
    known = {message.public_id for message in messages}
    missing = _unknown(session, told.keys() - known)
    taken = {
        ReceiptState.APPLIED: [row.id for row in receipts if row.public_id in known],
        ReceiptState.PARKED: [row.id for row in receipts if row.public_id in missing],
    }
    for state, ids in taken.items():
        if ids:
            session.connection().execute(
                update(Receipt).where(among(Receipt.id, ids)).values(state=state)
            )
    return sum(map(len, taken.values()))


def _messages(session: Session, public_ids: Sequence[str]) -> Sequence[Any]:
    """Those that nobody else is changing now; the others' events stay new."""
    return (
        session.connection()
        .execute(
            select(
                Message.id,
                Message.public_id,
                standing().label("state"),
                Message.step_id,
                Message.campaign_id,
                Message.group_id,
                Message.is_first,
                Message.changed_at,
                Message.attempts_count,
                Message.address,
                Message.name,
                Message.stakeholder_id,
                Message.event_id,
                Message.invitation_id,
                Message.purpose,
            )
            .where(among(Message.public_id, public_ids))
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
        )
        .all()
    )


def _unknown(session: Session, public_ids: Iterable[str]) -> set[str]:
    wanted = set(public_ids)
    if not wanted:
        return wanted
    return wanted - set(
        session.scalars(select(Message.public_id).where(among(Message.public_id, wanted)))
    )


def _move(
    session: Session,
    messages: Sequence[Any],
    told: dict[str, list[Any]],
    at: datetime,
    numbers: Counter[Place],
) -> None:
    """Each message to the state that follows from everything told of it."""
    changes: Counter[Any] = Counter()
    _count_lost_attempts(session, messages)
    moves: dict[tuple[MessageState, str, datetime], list[int]] = defaultdict(list)
    for message in messages:
        events = told[message.public_id]
        if not events:
            continue
        new = state_after(message.state, (event.kind for event in events))
        if new is message.state:
            continue
        decisive = next((event for event in events if proof_of(event.kind) is new), events[0])
        since = max(min(decisive.happened_at, at), message.changed_at)
        moves[new, _reason(message.state, decisive), since].append(message.id)
        changes[
            message.step_id,
            message.campaign_id,
            message.group_id,
            message.is_first,
            message.state,
            new,
        ] += 1
    # Told before our own record: it is from here that these know which hand-over carried them.
    early = [one.id for one in messages if one.state is MessageState.HANDING_OVER]
    if early:
        session.connection().execute(
            update(Message).where(among(Message.id, early), is_under_way()).values(carried())
        )
    for (state, reason, since), ids in moves.items():
        session.connection().execute(
            update(Message)
            .where(among(Message.id, ids))
            .values(state=state, reason=reason, changed_at=since)
        )
    for change, count in changes.items():
        for place, number in moved_message(*change).items():
            numbers[place] += number * count


def _count_lost_attempts(session: Session, messages: Sequence[Any]) -> None:
    """Of what left after the backup was made that the database was restored from, the event is the
    only trace of a hand-over."""
    no_trace = [
        one.id
        for one in messages
        if not one.attempts_count and one.state is not MessageState.HANDING_OVER
    ]
    if no_trace:
        is_released = exists().where(Unit.id == Message.unit_id, Unit.attempts_count > 0)
        is_held = Message.reason.endswith(MAY_HAVE_LEFT)
        session.connection().execute(
            update(Message)
            .where(among(Message.id, no_trace), or_(is_held, is_released))
            .values(attempts_count=1)
        )


def _reason(old: MessageState, decisive: Any) -> str:
    """The server's words where something went wrong; how it is known where that was in doubt."""
    if proof_of(decisive.kind) not in (MessageState.ACCEPTED, MessageState.DELIVERED):
        prefix = "Blocked: " if decisive.kind is ReceiptKind.BLOCKED else ""
        return f"{prefix}{decisive.detail}"
    usual = (MessageState.HANDING_OVER, MessageState.ACCEPTED, MessageState.DROPPED)
    return "" if old in usual else SETTLED
