"""The provider's events: kept as they come in batches of 1,000, then applied by the clock.

The floor of keeping is to read the same bytes; of applying, to set as many receipts' state bare.
"""

from collections.abc import Iterator
from datetime import datetime

import orjson
from sqlalchemy import text

from bench._ground import application, databases, freeze, is_quick, prepare
from bench.floor import Row, seconds
from bench.outbox import Yes
from bench.sendgrid import drain_seconds
from outreach import clock
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.receipts import keep_receipts
from outreach.db import db, reading, transaction
from outreach.intake.provider_events import read_events

EVENTS = 40_000
TOGETHER = 1_000


def rows() -> Iterator[Row]:
    """Events a second on each database: half are `processed`, half `delivered`."""
    count = 4_000 if is_quick() else EVENTS
    for kind in databases():
        with application(kind):
            prepare(count // 2)
            freeze()
            drain_seconds(Yes(), lanes=1)
            yield from _measure(kind, count, clock.now())


def _measure(kind: str, count: int, at: datetime) -> Iterator[Row]:
    bodies = list(_bodies(at))
    floor = seconds(lambda: [list(read_events(body, at=at)) for body in bodies], repeats=1)
    kept = seconds(lambda: [_keep(body, at) for body in bodies], repeats=1)
    yield Row(f"events kept, {kind}", count / kept, "/s", count / floor)
    bare = seconds(_set_bare, repeats=1)
    applied = seconds(lambda: _apply_all(at), repeats=1)
    yield Row(f"events applied, {kind}", count / applied, "/s", count / bare)


def _bodies(at: datetime) -> Iterator[bytes]:
    ids = list(reading().scalars(text("SELECT public_id FROM messages ORDER BY id")))
    reading().rollback()
    events = [
        {
            "event": kind, "timestamp": int(at.timestamp()), "m": public_id,
            "sg_event_id": f"{kind}-{public_id}", "email": "somebody@example.org",
            "sg_message_id": f"{public_id}.filter", "response": "250 OK",
        }
        for public_id in ids
        for kind in ("processed", "delivered")
    ]  # fmt: skip
    for start in range(0, len(events), TOGETHER):
        yield orjson.dumps(events[start : start + TOGETHER])


def _keep(body: bytes, at: datetime) -> int:
    return keep_receipts(read_events(body, at=at), at=at)


def _set_bare() -> None:
    with transaction() as session:
        session.execute(text("UPDATE receipts SET state = 'applied'"))
        session.execute(text("UPDATE receipts SET state = 'new'"))
    db.session.remove()


def _apply_all(at: datetime) -> None:
    while apply_receipts(at=at):
        pass
    left = reading().scalar(text("SELECT count(*) FROM receipts WHERE state <> 'applied'"))
    assert not left, f"{left} events were not applied"
    db.session.remove()
