"""Receipts: what the provider tells is kept at once, and once; receipt_effects: what follows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import is_postgresql, reading, touched, transaction
from outreach.dialect import rows_told
from outreach.intake.provider_events import Told
from outreach.models.message import Message
from outreach.models.receipt import PARKED_LIFE, Receipt, ReceiptKind, ReceiptState, RefusedCall


def note_refused_call(hook: str, *, at: datetime) -> None:
    """Count a call that could not show who it came from; nothing of it is kept."""
    row = _insert(RefusedCall).values(hook=hook, count=1, last_at=at)
    with transaction() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=["hook"], set_={"count": RefusedCall.count + 1, "last_at": at}
            )
        )


def keep_receipts(told: Iterable[Told], *, at: datetime) -> int:
    """Keep events, each once, whoever tells it again or at the same time; says how many are new."""
    rows = {(event.public_id, event.fingerprint): event for event in told}
    if not rows:
        return 0
    # In one order, so that two batches that overlap never wait for each other.
    whole = [_row(rows[key], at) for key in sorted(rows)]
    new = _insert(Receipt)
    with transaction() as session:
        if not is_postgresql():
            return session.connection().execute(new.on_conflict_do_nothing(), whole).rowcount
        given = rows_told(Receipt, whole)
        return touched(session, new.from_select(list(whole[0]), given).on_conflict_do_nothing())


def _row(event: Told, at: datetime) -> dict[str, Any]:
    is_readable = event.kind != ReceiptKind.UNREADABLE
    return {
        "provider_key": event.provider_key,
        "public_id": event.public_id,
        "fingerprint": event.fingerprint,
        "kind": ReceiptKind(event.kind),
        "state": ReceiptState.NEW if is_readable else ReceiptState.QUARANTINED,
        "address_digest": event.address_digest,
        "is_hard": event.is_hard,
        "is_machine": event.is_machine,
        "happened_at": event.happened_at,
        "received_at": at,
        "detail": event.detail,
        "problem": event.problem,
    }


def look_again_at_parked(*, at: datetime) -> int:
    """Events whose message is known by now are new again; the oldest are given up as not ours."""
    parked = Receipt.state == ReceiptState.PARKED
    is_known = exists().where(Message.public_id == Receipt.public_id)
    is_old = Receipt.received_at < at - PARKED_LIFE
    if reading().scalar(select(Receipt.id).where(parked, or_(is_known, is_old)).limit(1)) is None:
        return 0
    with transaction() as session:
        known = update(Receipt).where(parked, is_known).values(state=ReceiptState.NEW)
        count = session.connection().execute(known).rowcount
        session.connection().execute(
            update(Receipt)
            .where(parked, is_old)
            .values(state=ReceiptState.QUARANTINED, problem="No message of ours has this id.")
        )
        return count


def _insert(table: Any) -> Any:
    return (postgresql if is_postgresql() else sqlite).insert(table)
