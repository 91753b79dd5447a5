"""Rates that hold across processes, machines and restarts: a token bucket in the database."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.models.heartbeat import Bucket


def take(session: Session, name: str, count: int, per_second: int, *, at: datetime) -> timedelta:
    """Take tokens for so many messages; zero when they may go now, else how long to wait.

    A bucket holds one second's worth. A unit larger than that goes when the bucket is full and
    leaves a debt, so that the rate holds over time; units are cut no larger than the rate.
    """
    bucket = session.scalar(select(Bucket).where(Bucket.name == name).with_for_update())
    if bucket is None:
        bucket = Bucket(name=name, tokens=float(per_second), refilled_at=at)
        session.add(bucket)
    # A clock that was set back must neither stop nor flood: time only ever moves forward here.
    elapsed = max((at - bucket.refilled_at).total_seconds(), 0.0)
    bucket.tokens = min(bucket.tokens + elapsed * per_second, float(per_second))
    bucket.refilled_at = max(at, bucket.refilled_at)
    needed = float(min(count, per_second))
    if bucket.tokens < needed:
        return timedelta(seconds=(needed - bucket.tokens) / per_second)
    bucket.tokens -= count
    return timedelta(0)
