"""What would break promise P7: an outcome that nobody told of, or word that was not heeded."""

from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from outreach.models.message import Message, MessageState
from outreach.models.receipt import (
    PARKED_LIFE,
    Receipt,
    ReceiptKind,
    ReceiptState,
    proof_of,
    state_after,
)
from outreach.queries.promises import OVERLOOKED, Rows, rows_of

_GONE = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.DROPPED)
TOLD = (
    MessageState.DELIVERED, MessageState.BOUNCED, MessageState.DROPPED, MessageState.COMPLAINED,
)  # fmt: skip
"""What only the provider, or the recipient's server, can say."""


def outcomes_without_attempt(session: Session, at: datetime) -> Rows:
    """Accepted, delivered, sent back, though nothing was ever handed over."""
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_((MessageState.ACCEPTED, *TOLD)), Message.attempts_count == 0
        ),
    )


def outcomes_nobody_told(session: Session, at: datetime) -> Rows:
    """Delivered, sent back, dropped, reported, though no event says so."""
    kinds = [kind for kind in ReceiptKind if kind is not ReceiptKind.UNREADABLE]
    says_so = or_(
        *(
            and_(
                Message.state == state, Receipt.kind.in_([k for k in kinds if proof_of(k) is state])
            )
            for state in TOLD
        )
    )
    is_told = exists().where(
        Receipt.public_id == Message.public_id, Receipt.state == ReceiptState.APPLIED, says_so
    )
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_(TOLD), ~is_told.correlate(Message)
        ),
    )


def events_without_effect(session: Session, at: datetime) -> Rows:
    """A mail that stands as if what was told of it, and counted, had not been.

    Of one that was tried at two addresses an event may be of the first.
    """
    unheeded = [
        and_(Receipt.kind == kind, Message.state.in_(unmoved))
        for kind in ReceiptKind
        if kind is not ReceiptKind.UNREADABLE
        and (unmoved := [old for old in MessageState if state_after(old, [kind]) is not old])
    ]
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state, Receipt.kind)
        .join(Receipt, Receipt.public_id == Message.public_id)
        .where(
            Receipt.state == ReceiptState.APPLIED,
            or_(*unheeded),
            or_(
                Receipt.address_digest == "",
                and_(Message.attempts_count < 2, Message.state.in_(_GONE)),
            ),
        ),
    )


def events_overlooked(session: Session, at: datetime) -> Rows:
    """Events that counted and are of no mail of ours; that wait for long, or for nothing."""
    is_ours = exists().where(Message.public_id == Receipt.public_id)
    parked_until = at - PARKED_LIFE - OVERLOOKED
    return rows_of(
        session,
        select(Receipt.id.label("receipt_id"), Receipt.state, Receipt.kind).where(
            or_(
                and_(Receipt.state == ReceiptState.APPLIED, ~is_ours),
                and_(Receipt.state == ReceiptState.NEW, Receipt.received_at < at - OVERLOOKED),
                and_(
                    Receipt.state == ReceiptState.PARKED,
                    or_(
                        Receipt.received_at < parked_until,
                        and_(Receipt.received_at < at - OVERLOOKED, is_ours),
                    ),
                ),
            )
        ),
    )
