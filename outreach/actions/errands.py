"""Errands: asked for, taken by a worker, carried on, ended or stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.errors import NotFound
from outreach.models.activity import Actor
from outreach.models.errand import LEASE, MOST_TRIES, Errand, ErrandState

GIVEN_UP = f"It broke off {MOST_TRIES} times and was given up; nothing of it is half done."


@dataclass(frozen=True, slots=True)
class Taken:
    """An errand that is ours until its lease ends."""

    id: int
    token: int
    kind: str
    wishes: dict[str, Any]
    by: Actor


def ask_errand(kind: str, by: Actor, *, at: datetime, **wishes: Any) -> int:
    """Ask for some work; gives the errand's id. An action adds `Errand.asked(…)` by itself."""
    with transaction() as session:
        errand = Errand.asked(kind, by, at, **wishes)
        session.add(errand)
        session.flush()
        return errand.id


def stop_errand(errand_id: int, account_id: int, *, at: datetime) -> bool:
    """Stop one's own errand; False where it was over already. Raises NotFound."""
    with transaction() as session:
        errand = session.get(Errand, errand_id, with_for_update=True)
        if errand is None or errand.account_id != account_id:
            raise NotFound("work")
        return errand.stop(at)


def take_errand(worker: str, *, at: datetime, is_dead: Callable[[str], bool]) -> Taken | None:
    """Take the one that has waited longest; None when nothing waits.

    is_dead  whether the worker of that name is gone for certain; any other keeps its lease
    """
    with transaction() as session:
        _recover(session, at, is_dead)
        due = (
            select(Errand.id)
            .where(Errand.state == ErrandState.WAITING)
            .order_by(Errand.id)
            .limit(1)
        )
        if is_postgresql():
            due = due.with_for_update(skip_locked=True)
        errand_id = session.scalar(due)
        if errand_id is None:
            return None
        errand = session.get_one(Errand, errand_id)
        errand.state, errand.token = ErrandState.RUNNING, errand.token + 1
        errand.leased_by, errand.leased_until = worker, at + LEASE
        errand.tries_count += 1
        errand.started_at = errand.started_at or at
        return Taken(errand.id, errand.token, errand.kind, dict(errand.wishes), errand.by)


def carry_on(taken: Taken, done: int, total: int, told: str, *, at: datetime) -> bool:
    """Note how far it is and keep the lease; False where it is to stop, or is no longer ours."""
    with transaction() as session:
        is_stopping = session.scalar(
            update(Errand)
            .where(Errand.id == taken.id, Errand.token == taken.token)
            .where(Errand.state == ErrandState.RUNNING)
            .values(done_count=done, total_count=total, told=told, leased_until=at + LEASE)
            .returning(Errand.is_stopping)
            .execution_options(synchronize_session=False)
        )
        return is_stopping is False


def end_errand(
    taken: Taken,
    state: ErrandState,
    told: str,
    *,
    at: datetime,
    result: dict[str, Any] | None = None,
) -> bool:
    """Say what came of it; False, and nothing written, where another worker has it."""
    with transaction() as session:
        errand = session.get(Errand, taken.id, with_for_update=True)
        if errand is None or errand.token != taken.token or errand.is_over:
            return False
        errand.end(state, told, at, result)
        return True


def give_back(taken: Taken, why: str, *, at: datetime) -> bool:
    """Let it be tried again, after the database or the machine was the trouble."""
    with transaction() as session:
        errand = session.get(Errand, taken.id, with_for_update=True)
        if errand is None or errand.token != taken.token or errand.is_over:
            return False
        _free(errand, at, why)
        return True


def _recover(session: Session, at: datetime, is_dead: Callable[[str], bool]) -> None:
    """What dead workers left waits again; what killed too many is given up."""
    running = select(Errand).where(Errand.state == ErrandState.RUNNING)
    if is_postgresql():
        running = running.with_for_update(skip_locked=True)
    for errand in session.scalars(running):
        is_lost = errand.leased_until is None or errand.leased_until < at
        if is_lost or (errand.leased_by and is_dead(errand.leased_by)):
            _free(errand, at, "The worker died.")
    session.flush()


def _free(errand: Errand, at: datetime, why: str) -> None:
    errand.token += 1
    errand.leased_until = errand.leased_by = None
    if errand.is_stopping:
        errand.end(ErrandState.STOPPED, "Stopped.", at)
    elif errand.tries_count >= MOST_TRIES:
        errand.end(ErrandState.FAILED, GIVEN_UP, at, {"why": why})
    else:
        errand.state, errand.told = ErrandState.WAITING, why
