"""Receipts: what the provider told of a mail, and what of it could not be understood."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState, RefusedCall

SENTENCES = {
    ReceiptKind.PROCESSED: "The provider is about to deliver it.",
    ReceiptKind.DEFERRED: "The recipient’s server asked to try again later.",
    ReceiptKind.DELIVERED: "Taken by the recipient’s server.",
    ReceiptKind.BOUNCE: "Sent back by the recipient’s server.",
    ReceiptKind.BLOCKED: "Turned down by the recipient’s server; the address may be fine.",
    ReceiptKind.DROPPED: "Dropped by the provider before it left.",
    ReceiptKind.OPEN: "Its pictures were fetched, by a person or a machine: no sign of reading.",
    ReceiptKind.CLICK: "A link was fetched, by a person or a machine: no sign of reading.",
    ReceiptKind.SPAM_REPORT: "Reported as unwanted.",
    ReceiptKind.UNSUBSCRIBE: "Unsubscribed with the provider.",
    ReceiptKind.GROUP_UNSUBSCRIBE: "Unsubscribed from a group with the provider.",
    ReceiptKind.GROUP_RESUBSCRIBE: "Subscribed to a group with the provider.",
    ReceiptKind.UNREADABLE: "Could not be understood.",
}


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One thing that was told."""

    kind: ReceiptKind
    state: ReceiptState
    happened_at: datetime
    received_at: datetime
    detail: str
    problem: str

    @property
    def sentence(self) -> str:
        """What it says."""
        return SENTENCES[self.kind]


_COLUMNS: tuple[Any, ...] = (
    Receipt.kind, Receipt.state, Receipt.happened_at, Receipt.received_at, Receipt.detail,
    Receipt.problem,
)  # fmt: skip


def receipts_of(public_id: str, *, limit: int = 50) -> list[ReceiptLine]:
    """What was told of a message, in the order in which it happened. Cost: they, by an index."""
    rows = reading().execute(
        select(*_COLUMNS)
        .where(Receipt.public_id == public_id)
        .order_by(Receipt.happened_at, Receipt.id)
        .limit(limit)
    )
    return [ReceiptLine(*row) for row in rows]


def quarantined(*, limit: int = 50) -> list[ReceiptLine]:
    """The latest events that were set aside. Cost: the rows shown, by an index."""
    rows = reading().execute(
        select(*_COLUMNS)
        .where(Receipt.state == ReceiptState.QUARANTINED)
        .order_by(Receipt.id.desc())
        .limit(limit)
    )
    return [ReceiptLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """How often a hook was called by someone who could not show who they are."""

    hook: str
    count: int
    last_at: datetime


def refused_calls() -> list[TurnedAway]:
    """Every hook that turned someone away. Cost: a row a hook."""
    rows: Any = reading().execute(
        select(RefusedCall.hook, RefusedCall.count, RefusedCall.last_at).order_by(RefusedCall.hook)
    )
    return [TurnedAway(*row) for row in rows]
