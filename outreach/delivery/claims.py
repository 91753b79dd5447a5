"""Claiming a unit under a lease with a fencing token, and giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction, wait_later, write_much
from outreach.delivery.ledger import move_by_id, move_messages
from outreach.delivery.workers import is_dead
from outreach.dialect import waited_for_later
from outreach.models.breaker import Breaker
from outreach.models.message import (
    LEASE,
    MOST_LEASES,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
    carried,
)
from outreach.prepared import Prepared

FIRST_WAIT = timedelta(seconds=15)
"""Before the second try of anything; it doubles."""

ON_THE_WAY: tuple[tuple[MessageState, dict[str, Any]], ...] = (
    (MessageState.WAITING, carried()), (MessageState.HANDING_OVER, {}),
)  # fmt: skip
"""How messages stand during a call, and what they get after it; the second are rows that the
version before left, which wrote the hand-over on each."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit that is ours until the lease ends; an outcome counts only under this token."""

    unit_id: int
    token: int
    is_again: bool = False
    """Its mails were under way before."""


def claim_unit(worker: str, *, at: datetime, mailer_name: str = "") -> Claim | None:
    """Take the unit that has waited longest; None when nothing is due, while the breaker of that
    mailer is open, or as long as its provider asked to be left alone.

    Two workers never get the same one: SKIP LOCKED inside the UPDATE on PostgreSQL, one writer
    at a time on SQLite.
    """
    with transaction() as session:
        return take_unit(session, worker, at=at, mailer_name=mailer_name)


def take_unit(session: Session, worker: str, *, at: datetime, mailer_name: str) -> Claim | None:
    """The same within an open transaction, at its end: units are locked after all else.

    Where there is one the transaction does not wait for the disk: the next one does, before the
    unit's call. A claim that is lost with the machine has led to nothing; an outcome that is lost
    is one that nobody knows, as if we had died in the call.
    """
    taken = {"worker": worker, "at": at, "until": at + LEASE, "mailer": mailer_name}
    row = _claiming(is_postgresql()).first(session.connection(), taken)
    if row is None:
        return None
    wait_later(session)
    write_much(session)
    return Claim(*row[:-1])


@cache
def _claiming(skips_locked: bool) -> Prepared:
    is_left_alone = exists().where(
        Breaker.name == bindparam("mailer"),
        Breaker.opened_at.is_not(None) | (Breaker.rests_until > bindparam("at")),
    )
    due = (
        select(Unit.id)
        .where(Unit.state == UnitState.WAITING, Unit.next_at <= bindparam("at"), ~is_left_alone)
        .order_by(Unit.next_at, Unit.id)
        .limit(1)
    )
    if skips_locked:
        due = due.with_for_update(skip_locked=True)
    return Prepared(
        update(Unit)
        .where(Unit.id == due.scalar_subquery(), Unit.state == UnitState.WAITING)
        .values(
            state=UnitState.LEASED,
            token=Unit.token + 1,
            leased_until=bindparam("until"),
            leased_by=bindparam("worker"),
            leases_count=Unit.leases_count + 1,
        )
        .returning(
            Unit.id, Unit.token, (Unit.attempts_count > 0).label("is_again"), waited_for_later()
        )
    )


def release(session: Session, claim: Claim, state: UnitState, next_at: datetime) -> None:
    """Give a leased unit back, to be taken again at some instant; only under our token."""
    session.execute(
        update(Unit)
        .where(Unit.id == claim.unit_id, Unit.token == claim.token)
        .values(state=state, next_at=next_at, leased_until=None, leased_by=None, leases_count=0)
        .execution_options(synchronize_session=False)
    )


def recover_expired(*, at: datetime) -> int:
    """Take over what dead workers left; says how many units.

    Leased only: no call had begun, so the unit waits again. Handing over: nobody knows, so its
    messages are unknown and evidence will settle them. A worker of this machine that is dead for
    certain is not waited for; any other keeps its lease to the end.
    """
    with transaction() as session:
        waiting = _expire(session, UnitState.LEASED, UnitState.WAITING, at)
        unknown = _expire(session, UnitState.HANDING_OVER, UnitState.UNKNOWN, at)
        contain(session, waiting, at, "The worker died.")
        if unknown:
            _close_attempts(session, unknown, at)
            for old, counted in ON_THE_WAY:
                move_messages(
                    session,
                    Message.unit_id.in_(unknown),
                    old,
                    MessageState.UNKNOWN,
                    at=at,
                    reason="The worker died during the hand-over.",
                    **counted,
                )
        return len(waiting) + len(unknown)


def give_up(claim: Claim, problem: Exception, *, at: datetime) -> None:
    """Give a unit back that could not be made ready; it waits longer each time."""
    with transaction() as session:
        unit = _leased(session, claim)
        if unit is None:
            return
        unit.state, unit.leased_until, unit.leased_by = UnitState.WAITING, None, None
        unit.next_at = at + FIRST_WAIT * 2 ** min(unit.leases_count - 1, MOST_LEASES)
        session.flush()
        contain(session, [unit.id], at, f"{type(problem).__name__}: {problem}"[:200])


def _leased(session: Session, claim: Claim) -> Unit | None:
    """The unit for us alone, unless the lease is somebody else's by now."""
    return session.scalar(
        select(Unit)
        .where(Unit.id == claim.unit_id, Unit.token == claim.token, Unit.state == UnitState.LEASED)
        .with_for_update()
    )


def leave_one(claim: Claim, *, at: datetime) -> None:
    """Leave one mail in a unit by which a provider is tried that was down; the others wait in one
    of their own, so that of nobody else it is unknown whether they got theirs."""
    with transaction() as session:
        unit = _leased(session, claim)
        others = session.scalars(
            select(Message.id)
            .where(Message.unit_id == claim.unit_id, Message.state == MessageState.WAITING)
            .order_by(Message.id)
            .offset(1)
        ).all()
        if unit is not None and others:
            sibling = sibling_of(session, unit, next_at=at)
            session.flush()
            move_to_unit(session, others, sibling.id)


def contain(session: Session, unit_ids: Sequence[int], at: datetime, why: str) -> None:
    """Cut units in two that were leased too often in vain, until the one mail stands alone.

    That one is held, by name; everyone who shared a unit with it goes out.
    """
    for unit in session.scalars(
        select(Unit).where(Unit.id.in_(unit_ids), Unit.leases_count >= MOST_LEASES)
    ):
        ids = session.scalars(
            select(Message.id)
            .where(Message.unit_id == unit.id, Message.state == MessageState.WAITING)
            .order_by(Message.id)
        ).all()
        if len(ids) > 1:
            unit.next_at, unit.leases_count = at, MOST_LEASES - 1
            half = sibling_of(session, unit, next_at=at)
            half.leases_count = MOST_LEASES - 1
            session.flush()
            move_to_unit(session, ids[len(ids) // 2 :], half.id)
            continue
        reason = f"It could not be made ready in {unit.leases_count} tries. {why}"
        move_by_id(session, ids, MessageState.WAITING, MessageState.HELD, at=at, reason=reason)
        unit.state, unit.leases_count = UnitState.DONE, 0


def move_to_unit(session: Session, ids: Sequence[int], unit_id: int, *, reason: str = "") -> None:
    """Put messages into another unit; their state stays as it is.

    reason  why they wait, where it is to be seen
    """
    session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values({"unit_id": unit_id} | ({"reason": reason} if reason else {}))
        .execution_options(synchronize_session=False)
    )


def sibling_of(session: Session, unit: Unit, *, next_at: datetime) -> Unit:
    """A new unit like this one, waiting, for some of its messages."""
    latest = session.scalar(
        select(Unit.ordinal)
        .where(Unit.step_id == unit.step_id)
        .order_by(Unit.ordinal.desc())
        .limit(1)
    )
    sibling = Unit(
        campaign_id=unit.campaign_id,
        step_id=unit.step_id,
        text_id=unit.text_id,
        event_id=unit.event_id,
        purpose=unit.purpose,
        is_vip=unit.is_vip,
        attempts_count=unit.attempts_count,
        decided_at=unit.decided_at,
        unknown_count=unit.unknown_count,
        is_retry_of_unknown=unit.is_retry_of_unknown,
        ordinal=(latest or 0) + 1,
        next_at=next_at,
        state=UnitState.WAITING,
    )
    session.add(sibling)
    return sibling


def _close_attempts(session: Session, unit_ids: Sequence[int], at: datetime) -> None:
    """Nobody will ever say what came of these calls."""
    session.execute(
        update(Attempt)
        .where(Attempt.unit_id.in_(unit_ids), Attempt.ended_at.is_(None))
        .values(ended_at=at, result="silent", detail="The worker died during the hand-over.")
        .execution_options(synchronize_session=False)
    )


def _expire(session: Session, old: UnitState, new: UnitState, at: datetime) -> list[int]:
    """Units whose lease has ended go to the new state under a new token: the old one is void."""
    holders = session.scalars(select(Unit.leased_by).where(Unit.state == old).distinct())
    dead = [holder for holder in holders if holder and is_dead(holder)]
    return list(
        session.scalars(
            update(Unit)
            .where(Unit.state == old, (Unit.leased_until < at) | Unit.leased_by.in_(dead))
            .values(
                state=new,
                token=Unit.token + 1,
                leased_until=None,
                leased_by=None,
                next_at=at if new is UnitState.WAITING else at + timedelta(seconds=1),
            )
            .returning(Unit.id)
            .execution_options(synchronize_session=False)
        )
    )
