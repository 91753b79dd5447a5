"""Rates that hold across processes, machines and restarts: token buckets in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.models.heartbeat import ALL, FROM, Bucket

ODD = timedelta(minutes=1)
"""A bucket refilled this far in the future was filled by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second over all workers; 0 for no limit."""

    sender: int = 0
    domain: int = 0
    """To any one recipient domain."""
    address: int = 0
    """From any one of our own addresses."""


def take(session: Session, name: str, count: int, per_second: int, *, at: datetime) -> timedelta:
    """Take tokens for so many messages; zero when they may go now, else how long to wait.

    A bucket holds one second's worth. A unit larger than that goes when the bucket is full and
    leaves a debt, so that the rate holds over time; units are cut no larger than the rate.
    """
    bucket = _filled(session, name, per_second, at)
    needed = float(min(count, per_second))
    if bucket.tokens < needed:
        return timedelta(seconds=(needed - bucket.tokens) / per_second)
    bucket.tokens -= count
    return timedelta(0)


class Wait(NamedTuple):
    """How long messages must wait for their tokens."""

    span: timedelta
    is_for_all: bool
    """Whoever else is due must wait as well."""


def wait_of_sender(
    session: Session, rates: Rates, address: str, count: int, *, at: datetime
) -> Wait | None:
    """Take tokens for so many messages from an address of ours, of its own bucket and of the one
    for all; None when they may go now, else how long to wait, and nothing is taken."""
    own = FROM + address.lower()
    if rates.address and (wait := take(session, own, count, rates.address, at=at)):
        return Wait(wait, is_for_all=False)
    if rates.sender and (wait := take(session, ALL, count, rates.sender, at=at)):
        if rates.address:
            session.get_one(Bucket, own).tokens += count
        return Wait(wait, is_for_all=True)
    return None


def take_some(session: Session, name: str, wanted: int, per_second: int, *, at: datetime) -> int:
    """Take as many tokens as there are, at most `wanted`; says how many."""
    bucket = _filled(session, name, per_second, at)
    count = max(0, min(int(bucket.tokens), wanted))
    bucket.tokens -= count
    return count


def _filled(session: Session, name: str, per_second: int, at: datetime) -> Bucket:
    """The bucket, ours until we commit, with what has flowed in since."""
    dialect = postgresql if is_postgresql() else sqlite
    new = {"name": name, "tokens": float(per_second), "refilled_at": at}
    session.execute(
        dialect.insert(Bucket).values(new).on_conflict_do_nothing(index_elements=["name"])
    )
    bucket = session.get_one(Bucket, name, with_for_update=True)
    if bucket.per_second != per_second:
        bucket.per_second, bucket.rate_since = float(per_second), at
    if bucket.refilled_at > at + ODD:
        bucket.refilled_at = at
    # A clock that was set back must neither stop nor flood.
    elapsed = max((at - bucket.refilled_at).total_seconds(), 0.0)
    bucket.tokens = min(bucket.tokens + elapsed * per_second, float(per_second))
    bucket.refilled_at = max(at, bucket.refilled_at)
    return bucket
