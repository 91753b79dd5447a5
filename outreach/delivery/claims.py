"""Claiming a unit under a lease with a fencing token, and giving it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.delivery.ledger import move_messages
from outreach.delivery.workers import is_dead
from outreach.models.message import LEASE, Message, MessageState, Unit, UnitState


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit that is ours until the lease ends; an outcome counts only under this token."""

    unit_id: int
    token: int


def claim_unit(worker: str, *, at: datetime) -> Claim | None:
    """Take the unit that has waited longest; None when nothing is due.

    Two workers never get the same one: SKIP LOCKED inside the UPDATE on PostgreSQL, one writer
    at a time on SQLite.
    """
    due = (
        select(Unit.id)
        .where(Unit.state == UnitState.WAITING, Unit.next_at <= at)
        .order_by(Unit.next_at, Unit.id)
        .limit(1)
    )
    if is_postgresql():
        due = due.with_for_update(skip_locked=True)
    with transaction() as session:
        row = session.execute(
            update(Unit)
            .where(Unit.id == due.scalar_subquery(), Unit.state == UnitState.WAITING)
            .values(
                state=UnitState.LEASED,
                token=Unit.token + 1,
                leased_until=at + LEASE,
                leased_by=worker,
            )
            .returning(Unit.id, Unit.token)
            .execution_options(synchronize_session=False)
        ).one_or_none()
    return Claim(*row) if row else None


def release(session: Session, claim: Claim, state: UnitState, next_at: datetime) -> None:
    """Give a leased unit back, to be taken again at some instant; only under our token."""
    session.execute(
        update(Unit)
        .where(Unit.id == claim.unit_id, Unit.token == claim.token)
        .values(state=state, next_at=next_at, leased_until=None, leased_by=None)
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
        if unknown:
            move_messages(
                session,
                Message.unit_id.in_(unknown),
                MessageState.HANDING_OVER,
                MessageState.UNKNOWN,
                at=at,
                reason="The worker died during the hand-over.",
            )
        return len(waiting) + len(unknown)


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
