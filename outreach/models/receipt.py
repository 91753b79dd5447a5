"""Receipt: what the provider told us of a mail afterwards; RefusedCall: who was turned away.

An event counts once, however often and in whatever order it comes. Which state follows from what
was told stands here and nowhere else.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key, No, Zero
from outreach.models.message import MessageState, may_become

PARKED_LIFE = timedelta(days=3)
"""How long an event waits for a message that we do not know; the provider retries for one day."""


class ReceiptKind(StrEnum):
    """What an event says, in the provider's words."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCE = "bounce"
    BLOCKED = "blocked"
    """Turned down by the recipient's server for now or by its policy: no word on the address."""
    DROPPED = "dropped"
    OPEN = "open"
    CLICK = "click"
    SPAM_REPORT = "spamreport"
    UNSUBSCRIBE = "unsubscribe"
    GROUP_UNSUBSCRIBE = "group_unsubscribe"
    GROUP_RESUBSCRIBE = "group_resubscribe"
    UNREADABLE = "unreadable"


class ReceiptState(StrEnum):
    NEW = "new"
    APPLIED = "applied"
    PARKED = "parked"
    """Of a message that we do not know yet."""
    QUARANTINED = "quarantined"
    """Not to be understood, or of a message that never was ours: kept to be looked at."""


_PROVES: dict[ReceiptKind, MessageState] = {
    ReceiptKind.PROCESSED: MessageState.ACCEPTED,
    ReceiptKind.DEFERRED: MessageState.ACCEPTED,
    # Scanners and mail privacy open and click: that shows a mail arrived, never that it was read.
    ReceiptKind.OPEN: MessageState.DELIVERED,
    ReceiptKind.CLICK: MessageState.DELIVERED,
    ReceiptKind.UNSUBSCRIBE: MessageState.DELIVERED,
    ReceiptKind.GROUP_UNSUBSCRIBE: MessageState.DELIVERED,
    ReceiptKind.GROUP_RESUBSCRIBE: MessageState.DELIVERED,
    ReceiptKind.DELIVERED: MessageState.DELIVERED,
    ReceiptKind.DROPPED: MessageState.DROPPED,
    ReceiptKind.BOUNCE: MessageState.BOUNCED,
    ReceiptKind.BLOCKED: MessageState.BOUNCED,
    ReceiptKind.SPAM_REPORT: MessageState.COMPLAINED,
}
_STRENGTH = {
    state: strength
    for strength, state in enumerate(
        (
            MessageState.ACCEPTED,
            MessageState.DROPPED,
            MessageState.DELIVERED,
            MessageState.BOUNCED,
            MessageState.COMPLAINED,
        )
    )
}
"""Of two things told of one mail the stronger holds, whichever came first."""


def proof_of(kind: ReceiptKind) -> MessageState:
    """The state that an event of this kind shows by itself."""
    return _PROVES[kind]


def state_after(old: MessageState, told: Iterable[ReceiptKind]) -> MessageState:
    """Where a message stands once these things were told of it, in any order.

    A mail that was handed over at least once is meant: whatever we thought of it (waiting for
    another try, held, cancelled), the provider's word for an earlier try is evidence.
    """
    new = max((_PROVES[kind] for kind in told), key=_STRENGTH.__getitem__)
    if _STRENGTH.get(old, -1) >= _STRENGTH[new]:
        return old
    return new if may_become(old, new) else old


class Receipt(Base):
    """One event, kept once."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("provider_key"),
        UniqueConstraint("public_id", "fingerprint"),
        Index("ix_receipts_state", "state", "id"),
    )

    id: Mapped[Key]
    provider_key: Mapped[str | None]
    """`sg_event_id`; it may be another one when the same event is told again."""
    public_id: Mapped[str]
    """Of the message; empty where the event names none of ours."""
    fingerprint: Mapped[str]
    """SHA-256 of what makes the event itself: kind, time, try, …"""
    kind: Mapped[ReceiptKind]
    state: Mapped[ReceiptState]
    address_digest: Mapped[str] = mapped_column(default="", server_default="")
    """Of the address to which that try went, where the event may stop mail to it and says so."""
    is_hard: Mapped[No]
    """A bounce that says that the address is no good."""
    is_machine: Mapped[No]
    """Opened by a scanner, as the provider says."""
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(default="", server_default="")
    """The server's own words, cut; of what cannot be read, the event itself."""
    problem: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was set aside."""


class RefusedCall(Base):
    """How often a hook was called by someone who could not show who they are."""

    __tablename__ = "refused_calls"

    hook: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[Zero]
    last_at: Mapped[datetime]
