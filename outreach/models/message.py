"""Message: one mail to one stakeholder; Unit: up to 1,000 handed over together; Attempt.

The states and the ways between them stand here and nowhere else.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, BigId, Key, No, Zero

UNIT_SIZE = 1_000
"""SendGrid takes at most 1,000 personalizations in a request (v3 mail/send)."""

LEASE = timedelta(seconds=40)
MOST_LEASES = 5
"""A unit that was leased so often without an attempt is cut in two; a single mail is held."""

CALL_TIMEOUT = timedelta(seconds=25)
"""Shorter than the lease, so that a slow call ends while the unit is still ours."""


class MessageState(StrEnum):
    WAITING = "waiting"
    LEASED = "leased"
    HANDING_OVER = "handing_over"
    """Read from its unit and not kept: see `standing`."""
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"


class Outcome(StrEnum):
    """What became of a person in an audience: exactly one of these."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REFUSED = "refused"
    LEFT_OUT = "left_out"
    HELD = "held"
    WAITING = "waiting"


OUTCOMES: dict[MessageState, Outcome] = {
    MessageState.WAITING: Outcome.WAITING,
    MessageState.LEASED: Outcome.WAITING,
    MessageState.HANDING_OVER: Outcome.WAITING,
    MessageState.UNKNOWN: Outcome.WAITING,
    MessageState.ACCEPTED: Outcome.SENT,
    MessageState.DELIVERED: Outcome.DELIVERED,
    MessageState.COMPLAINED: Outcome.DELIVERED,
    MessageState.BOUNCED: Outcome.BOUNCED,
    MessageState.DROPPED: Outcome.BOUNCED,
    MessageState.REFUSED: Outcome.REFUSED,
    MessageState.HELD: Outcome.HELD,
    MessageState.CANCELLED: Outcome.LEFT_OUT,
    MessageState.LEFT_OUT: Outcome.LEFT_OUT,
}

SENTENCES: dict[MessageState, str] = {
    MessageState.WAITING: "Waiting for its turn.",
    MessageState.LEASED: "Being made ready.",
    MessageState.HANDING_OVER: "Being handed to the provider now.",
    MessageState.ACCEPTED: "Accepted by the provider; no word from the recipient's server yet.",
    MessageState.DELIVERED: "Taken by the recipient's server.",
    MessageState.BOUNCED: "Sent back by the recipient's server.",
    MessageState.DROPPED: "Dropped by the provider before it left.",
    MessageState.COMPLAINED: "Delivered, and reported as unwanted.",
    MessageState.REFUSED: "Refused by the provider; it will not be tried again.",
    MessageState.UNKNOWN: "Handed over without an answer; being settled by evidence.",
    MessageState.HELD: "Held: a person must look.",
    MessageState.CANCELLED: "Cancelled before it left.",
    MessageState.LEFT_OUT: "Left out.",
}

_EVIDENCE = "accepted delivered bounced dropped complained"
"""What the provider may yet tell of an earlier try, whatever we did with the message since."""

_NEXT: dict[MessageState, frozenset[MessageState]] = {
    state: frozenset(MessageState(name) for name in names.split())
    for state, names in {
        MessageState.WAITING: "leased handing_over refused unknown held cancelled "
        f"left_out {_EVIDENCE}",
        MessageState.LEASED: "handing_over waiting held cancelled left_out",
        MessageState.HANDING_OVER: "accepted waiting refused unknown held "
        "delivered bounced dropped complained",
        MessageState.UNKNOWN: "accepted waiting held delivered bounced dropped complained",
        MessageState.ACCEPTED: "delivered bounced dropped complained",
        MessageState.DELIVERED: "bounced complained",
        MessageState.BOUNCED: "complained",
        MessageState.DROPPED: "delivered bounced complained",
        MessageState.COMPLAINED: "",
        MessageState.REFUSED: _EVIDENCE,
        MessageState.HELD: f"waiting cancelled left_out {_EVIDENCE}",
        MessageState.CANCELLED: _EVIDENCE,
        MessageState.LEFT_OUT: _EVIDENCE,
    }.items()
}


def counted_as(state: MessageState) -> str:
    """Under which word a summary row counts a state: what is under way counts as waiting."""
    if state in (MessageState.LEASED, MessageState.HANDING_OVER):
        return MessageState.WAITING.value
    return state.value


def may_become(old: MessageState, new: MessageState) -> bool:
    """Whether a message may go from one state to the other."""
    return new in _NEXT[old]


class Purpose(StrEnum):
    """Why a message was written; a step's kind, or one of the mails outside campaigns."""

    SAVE_THE_DATE = "save_the_date"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_CALL = "last_call"
    THANK_YOU = "thank_you"
    PRACTICAL = "practical"
    MISS_YOU = "miss_you"
    TO_ASSISTANT = "to_assistant"
    PROMOTION = "promotion"
    CONFIRMATION = "confirmation"
    DELEGATION = "delegation"
    FOCAL_POINT = "focal_point"
    """Asks whom an organisation sends."""
    MEMBER = "member"
    """Was named as a member of a delegation."""
    SEAT = "seat"
    SEAT_ANSWER = "seat_answer"
    """How it stands with a seat: after an answer, and where the team or the event changes it."""
    MOVED = "moved"
    """The event that the person comes to has another time or place."""
    WITHDRAWN = "withdrawn"
    """The invitation is no more."""
    NEW_LINK = "new_link"
    """The link that the person had opens nothing any more."""
    COPY = "copy"
    """What someone got, for their assistant."""


EVEN_UNSUBSCRIBED = (
    Purpose.THANK_YOU, Purpose.CONFIRMATION, Purpose.MOVED, Purpose.WITHDRAWN, Purpose.SEAT_ANSWER,
    Purpose.NEW_LINK,
)  # fmt: skip
"""What concerns someone's own answer: an unsubscribe from campaigns does not stop it."""
TO_OTHERS = (Purpose.TO_ASSISTANT, Purpose.COPY)  # to another address than the person's own
NO_UNSUBSCRIBE = (
    Purpose.CONFIRMATION, Purpose.DELEGATION, Purpose.SEAT, Purpose.MOVED, Purpose.WITHDRAWN,
    Purpose.FOCAL_POINT, Purpose.MEMBER, Purpose.COPY, Purpose.SEAT_ANSWER, Purpose.NEW_LINK,
)  # fmt: skip
"""Mails of no campaign: they hold no link by which mail is stopped."""


class UnitState(StrEnum):
    WAITING = "waiting"
    PAUSED = "paused"
    HELD = "held"
    """Held in the outbox by a person, whatever becomes of its campaign meanwhile."""
    LEASED = "leased"
    HANDING_OVER = "handing_over"
    UNKNOWN = "unknown"
    DONE = "done"


RESTING = (UnitState.WAITING, UnitState.PAUSED, UnitState.HELD)
"""Nobody has taken the unit, and nothing of it is under way."""


class Unit(Base):
    """Up to 1,000 messages of equal content and language that are handed over together."""

    __tablename__ = "units"
    __table_args__ = (
        Index("ix_units_claim", "state", "next_at", "id"),
        Index("ix_units_campaign_state", "campaign_id", "state"),
        Index("ix_units_step", "step_id", "ordinal"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    step_id: Mapped[int | None] = mapped_column(ForeignKey("steps.id"))
    text_id: Mapped[int] = mapped_column(ForeignKey("template_texts.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    purpose: Mapped[Purpose]
    state: Mapped[UnitState] = mapped_column(default=UnitState.WAITING, server_default="waiting")
    next_at: Mapped[datetime]
    """Not before this instant."""
    token: Mapped[Zero]
    """The fencing token: rises with every lease, and an outcome counts only under the newest."""
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    attempts_count: Mapped[Zero]
    """Hand-overs of its mails, in this unit or in the one that it was parted from."""
    decided_at: Mapped[datetime | None]
    """When a person let its one mail go: signed, and whatever had been stopped before."""
    leases_count: Mapped[Zero]
    """Leases in a row that ended before an attempt was written: something in it kills workers."""
    busy_count: Mapped[Zero]
    """Busy answers in a row, from which the back-off follows."""
    unknown_count: Mapped[Zero]
    is_vip: Mapped[No]
    is_retry_of_unknown: Mapped[No]
    ordinal: Mapped[Zero]
    """Which of the step's units it is."""


class Message(Base):
    """One mail to one stakeholder, or the row that says why there is none."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "step_id"),
        UniqueConstraint("public_id"),
        Index("ix_messages_unit", "unit_id"),
        Index("ix_messages_campaign_first", "campaign_id", "is_first", "id"),
        Index(
            "ix_messages_single",
            "id",
            sqlite_where=text("step_id IS NULL"),
            postgresql_where=text("step_id IS NULL"),
        ),
        Index(
            "ix_messages_copy_of",
            "copy_of_id",
            sqlite_where=text("copy_of_id IS NOT NULL"),
            postgresql_where=text("copy_of_id IS NOT NULL"),
        ),
        # No index holds the state, and pages have room for a second version of all their rows: a
        # change of state, of a whole unit at once, costs no index work.
        # What an index more costs, freezing pays a million times: it holds few rows or is needed.
        {"postgresql_with": {"fillfactor": "48"}},
    )
    # No foreign keys: on PostgreSQL each costs a trigger, a look-up and a lock for every row of a
    # million; `outbox audit` finds a row that points at nothing.

    id: Mapped[Key]
    public_id: Mapped[str]
    """32 hexadecimal digits, fixed for life; with the sender's domain it is the Message-ID."""
    unit_id: Mapped[int | None] = mapped_column(BigId)
    campaign_id: Mapped[int | None] = mapped_column(BigId)
    step_id: Mapped[int | None] = mapped_column(BigId)
    stakeholder_id: Mapped[int] = mapped_column(BigId)
    invitation_id: Mapped[int | None] = mapped_column(BigId)
    offer_id: Mapped[int | None] = mapped_column(BigId)
    delegation_id: Mapped[int | None] = mapped_column(BigId)
    group_id: Mapped[int | None] = mapped_column(BigId)
    text_id: Mapped[int | None] = mapped_column(BigId)
    event_id: Mapped[int] = mapped_column(BigId)
    purpose: Mapped[Purpose]
    state: Mapped[MessageState]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    address: Mapped[str] = mapped_column(default="", server_default="")
    name: Mapped[str] = mapped_column(default="", server_default="")
    values: Mapped[dict[str, Any]]
    """The personal merge fields as they were when the audience was frozen."""
    is_first: Mapped[No]
    """Whether this row is the person's outcome in the campaign: the first one written."""
    possible_double: Mapped[No]
    attempts_count: Mapped[Zero]
    attempt_id: Mapped[int | None] = mapped_column(BigId)
    """The latest attempt that carried it."""
    copy_of_id: Mapped[int | None] = mapped_column(BigId)
    """The mail of which an assistant gets this copy."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @property
    def outcome(self) -> Outcome:
        """The one visible outcome."""
        return OUTCOMES[self.state]


def is_under_way() -> ColumnElement[bool]:
    """Whether a call has begun that carries the message: it waits, in a unit that is handed over.

    It is written down once, in the unit, and not a thousand times: each mail is changed once on its
    way, by what came of it.
    """
    in_unit = exists().where(Unit.id == Message.unit_id, Unit.state == UnitState.HANDING_OVER)
    return and_(Message.state == MessageState.WAITING, in_unit.correlate(Message))


def standing() -> ColumnElement[MessageState]:
    """The state of a message as it is with its unit seen: waiting, or being handed over."""
    handing_over = literal(MessageState.HANDING_OVER, Message.state.type)
    return case((is_under_way(), handing_over), else_=Message.state)


class Attempt(Base):
    """One hand-over of a unit, written before the call and closed after it."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_unit", "unit_id", "id"),)

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    token: Mapped[int]
    mailer: Mapped[str]
    sender: Mapped[str] = mapped_column(default="", server_default="")
    """From, in lower case; empty of those begun before it was kept."""
    messages_count: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="", server_default="")
    """`accepted`, `busy`, `refused`, `silent`, or `mixed`; empty while it is under way."""
    detail: Mapped[str] = mapped_column(default="", server_default="")


def carried() -> dict[str, Any]:
    """What a message gets that leaves a unit under way: the hand-over that carried it, counted."""
    latest = select(func.max(Attempt.id)).where(Attempt.unit_id == Message.unit_id)
    return {
        "attempt_id": latest.correlate(Message).scalar_subquery(),
        "attempts_count": Message.attempts_count + 1,
    }
