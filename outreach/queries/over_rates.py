"""What would break promise P6: minutes in which more was begun than a rate allowed."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.dialect import domain_of
from outreach.models.heartbeat import ALL, FROM, TO, Bucket
from outreach.models.message import UNIT_SIZE, Attempt, Message
from outreach.queries.promises import Rows


def over_the_rate(session: Session, at: datetime) -> Rows:
    """Minutes in which more was begun than the rate of all, of one From address, or to one
    recipient domain, allowed while it was what it is."""
    for bucket in _limits(session, or_(Bucket.name == ALL, Bucket.name.startswith(FROM))):
        most = bucket.per_second * 61 + UNIT_SIZE
        # What began after it was last used began when this rate was switched off.
        began = select(Attempt.started_at, Attempt.messages_count).where(
            Attempt.started_at.between(bucket.rate_since, bucket.refilled_at)
        )
        if bucket.name != ALL:
            began = began.where(Attempt.sender == bucket.name.removeprefix(FROM))
        for minute in _minutes_over(most, session.execute(began.order_by(Attempt.started_at))):
            yield {"of": bucket.name} | minute
    yield from _over_the_rate_of_a_domain(session)


def _over_the_rate_of_a_domain(session: Session) -> Rows:
    """By the latest hand-over of each mail: an attempt does not keep to which domains it went."""
    limits = {one.name: one for one in _limits(session, Bucket.name.startswith(TO))}
    if not limits:
        return
    since = min(bucket.rate_since for bucket in limits.values())
    domain = domain_of(Message.address)
    rows = session.execute(
        select(domain, Attempt.started_at, func.count())
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(Attempt.started_at >= since)
        .group_by(domain, Attempt.id, Attempt.started_at)
        .order_by(domain, Attempt.started_at)
        .execution_options(yield_per=1_000)
    )
    for name, calls in groupby(rows, key=lambda row: TO + row[0]):
        if (bucket := limits.get(name)) is not None:
            span = bucket.rate_since, bucket.refilled_at
            within = [call[1:] for call in calls if span[0] <= call[1] <= span[1]]
            for minute in _minutes_over(bucket.per_second * 61, within):
                yield {"of": name} | minute


def _limits(session: Session, which: Any) -> Any:
    limits = select(Bucket).where(which, Bucket.per_second > 0, Bucket.rate_since.is_not(None))
    return session.scalars(limits.order_by(Bucket.name)).all()


def _minutes_over(most: float, began: Iterable[Any]) -> Rows:
    minute: deque[tuple[datetime, int]] = deque()
    within = 0
    for started_at, count in began:
        minute.append((started_at, count))
        within += count
        while minute[0][0] <= started_at - timedelta(minutes=1):
            within -= minute.popleft()[1]
        if within > most:
            yield {"minute_until": started_at.isoformat(), "messages": within, "most": most}
