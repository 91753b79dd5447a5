"""The outbox: what is to leave, what is held, what is unknown, what left last.

Everything here costs the same at a thousand and at a million messages: summary rows, units, and the
first rows of an index.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from outreach.db import reading
from outreach.models.campaign import Campaign, Step
from outreach.models.message import Attempt, Message, MessageState, Purpose, Unit, UnitState
from outreach.models.tally import Tally, TallyKind

OPEN = (UnitState.WAITING, UnitState.PAUSED, UnitState.LEASED, UnitState.HANDING_OVER)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Departure:
    """What one campaign still has to send; mails outside campaigns stand under no campaign."""

    campaign_id: int | None
    name: str
    state: str
    messages_count: int
    units_count: int
    next_at: datetime | None
    """When the first of them may go; None where the campaign is paused."""


@dataclass(frozen=True, slots=True)
class MailLine:
    """One message in a list."""

    id: int
    name: str
    address: str
    purpose: Purpose
    campaign: str | None
    state: MessageState
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outbox:
    """The whole page."""

    departures: list[Departure]
    held_count: int
    held: list[MailLine]
    unknown_count: int
    unknown: list[MailLine]
    last: list[MailLine]

    @property
    def waiting_count(self) -> int:
        """How many messages are to leave."""
        return sum(one.messages_count for one in self.departures)


def outbox() -> Outbox:
    """What the outbox holds now. Nine SELECTs, whatever the number of messages."""
    steps = _counts_by_step()
    return Outbox(
        departures=_departures(),
        held_count=sum(held for held, _ in steps.values()) + _outside(MessageState.HELD),
        held=_first(MessageState.HELD, [id_ for id_, (held, _) in steps.items() if held]),
        unknown_count=sum(unknown for _, unknown in steps.values())
        + _outside(MessageState.UNKNOWN),
        unknown=_first(
            MessageState.UNKNOWN, [id_ for id_, (_, unknown) in steps.items() if unknown]
        ),
        last=_last(),
    )


def _departures() -> list[Departure]:
    """Open units by campaign, with the messages that wait in them."""
    waiting = (
        select(Step.campaign_id, func.sum(Tally.count).label("count"))
        .join(Step, Step.id == Tally.subject_id)
        .where(Tally.kind == TallyKind.STEP_MESSAGES, Tally.state == MessageState.WAITING.value)
        .group_by(Step.campaign_id)
        .subquery()
    )
    may_go = Unit.state != UnitState.PAUSED
    rows = reading().execute(
        select(
            Unit.campaign_id,
            Campaign.name,
            Campaign.state,
            func.max(waiting.c.count),
            func.count(),
            func.min(Unit.next_at).filter(may_go),
        )
        .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
        .outerjoin(waiting, waiting.c.campaign_id == Unit.campaign_id)
        .where(Unit.state.in_(OPEN))
        .group_by(Unit.campaign_id, Campaign.name, Campaign.state)
        .order_by(func.min(Unit.next_at))
    )
    return [
        # A unit outside a campaign (a confirmation, a request to take a seat) is one message.
        Departure(
            campaign_id,
            name or "Confirmations and requests",
            state.value if state else "",
            int(count or 0) if campaign_id is not None else units,
            units,
            next_at,
        )
        for campaign_id, name, state, count, units, next_at in rows
    ]


def _counts_by_step() -> dict[int, tuple[int, int]]:
    """{step: (held, unknown)} of the steps that have any."""
    rows = reading().execute(
        select(Tally.subject_id, Tally.state, func.sum(Tally.count))
        .where(
            Tally.kind == TallyKind.STEP_MESSAGES,
            Tally.state.in_([MessageState.HELD.value, MessageState.UNKNOWN.value]),
        )
        .group_by(Tally.subject_id, Tally.state)
        .having(func.sum(Tally.count) > 0)
    )
    found: dict[int, tuple[int, int]] = {}
    for step_id, state, count in rows:
        held, unknown = found.get(step_id, (0, 0))
        if state == MessageState.HELD.value:
            held += int(count)
        else:
            unknown += int(count)
        found[step_id] = held, unknown
    return found


def _outside(state: MessageState) -> int:
    """Messages outside campaigns in a state, counted up to a thousand."""
    rows = (
        select(Message.id)
        .where(Message.step_id.is_(None), Message.state == state)
        .limit(1000)
        .subquery()
    )
    return reading().scalar(select(func.count()).select_from(rows)) or 0


def _first(state: MessageState, step_ids: list[int]) -> list[MailLine]:
    """The latest of those in a state: of these steps, and outside campaigns."""
    rows = reading().execute(
        select(
            Message.id,
            Message.name,
            Message.address,
            Message.purpose,
            Campaign.name,
            Message.state,
            Message.reason,
            Message.changed_at,
        )
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.state == state,
            or_(Message.step_id.in_(step_ids), Message.step_id.is_(None)),
        )
        .order_by(Message.id.desc())
        .limit(SHOWN)
    )
    return [MailLine(*row) for row in rows]


def _last() -> list[MailLine]:
    """The messages of the latest hand-overs, the last first: a unit or two, or fifty small ones."""
    latest, count = [], 0
    for attempt_id, unit_id, messages_count in reading().execute(
        select(Attempt.id, Attempt.unit_id, Attempt.messages_count)
        .order_by(Attempt.id.desc())
        .limit(SHOWN)
    ):
        latest.append((attempt_id, unit_id))
        count += messages_count
        if count >= SHOWN:
            break
    rows = reading().execute(
        select(
            Message.id,
            Message.name,
            Message.address,
            Message.purpose,
            Campaign.name,
            Message.state,
            Message.reason,
            Message.changed_at,
        )
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(
            Message.unit_id.in_({unit_id for _, unit_id in latest}),
            Message.attempt_id.in_([attempt_id for attempt_id, _ in latest]),
        )
        .order_by(Message.attempt_id.desc(), Message.id.desc())
        .limit(SHOWN)
    )
    return [MailLine(*row) for row in rows]
