"""The outbox: what is to leave, what is held, what is unknown, what left last.

Everything here costs the same at a thousand and at a million messages: summary rows, units, and the
first rows of an index.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from outreach.db import reading
from outreach.models.audience import CampaignSegment
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.message import (
    RESTING,
    Attempt,
    Message,
    MessageState,
    Purpose,
    Unit,
    UnitState,
)
from outreach.models.step import PERSONAL, Step, StepState
from outreach.models.tally import Tally, TallyKind
from outreach.queries.messages import first_ids

OPEN = (*RESTING, UnitState.LEASED, UnitState.HANDING_OVER)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Departure:
    """What one step still has to send; mails outside campaigns stand under no campaign."""

    campaign_id: int | None
    name: str
    state: str
    step_id: int | None
    kind: str
    is_held: bool
    messages_count: int
    units_count: int
    next_at: datetime | None
    """When the first of them may go; None where the campaign is paused or the step is held."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A step whose audience has not been frozen yet, or that people join one by one."""

    step_id: int
    kind: str
    due_at: datetime | None
    """When its audience is frozen; nothing where people join one by one."""
    anchor: str
    days_before: int | None
    is_held: bool
    campaign_id: int
    campaign: str
    most: int | None
    """It goes to this many at the most: the names on the lists, or who was written down before,
    but for those whom this step has written down already; None where segments say whom, and nobody
    was written down yet."""

    @property
    def follows(self) -> bool:
        """Whether it goes to each person in their own time."""
        return self.anchor in PERSONAL


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
    coming: list[Coming]
    held_count: int
    held: list[MailLine]
    unknown_count: int
    unknown: list[MailLine]
    last: list[MailLine]

    def due(self, at: datetime) -> list[Departure]:
        """What may leave now, in the order in which it does."""
        due = [(one.next_at, one) for one in self.departures if one.next_at and one.next_at <= at]
        return [one for _, one in sorted(due, key=lambda pair: (pair[0], pair[1].step_id or 0))]

    @property
    def waiting_count(self) -> int:
        """How many messages are to leave."""
        return sum(one.messages_count for one in self.departures)


def outbox(until: datetime | None = None) -> Outbox:
    """What the outbox holds now. Fourteen SELECTs at the most, whatever the number of messages.

    until  also the steps that are due before this instant, and those that follow each person
    """
    steps = _counts_by_step()
    return Outbox(
        departures=_departures(),
        coming=_coming(until) if until else [],
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
    """Open units by step, with the messages that wait in them, in the order in which they leave."""
    waiting = (
        select(Tally.subject_id.label("step_id"), func.sum(Tally.count).label("count"))
        .where(Tally.kind == TallyKind.STEP_MESSAGES, Tally.state == MessageState.WAITING.value)
        .group_by(Tally.subject_id)
        .subquery()
    )
    may_go = Unit.state.not_in((UnitState.PAUSED, UnitState.HELD))
    rows = reading().execute(
        select(
            Unit.campaign_id, Campaign.name, Campaign.state, Unit.step_id, Step.kind, Step.is_held,
            func.max(waiting.c.count), func.count(), func.min(Unit.next_at).filter(may_go),
        )
        .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
        .outerjoin(Step, Step.id == Unit.step_id)
        .outerjoin(waiting, waiting.c.step_id == Unit.step_id)
        .where(Unit.state.in_(OPEN))
        .group_by(
            Unit.campaign_id, Campaign.name, Campaign.state, Unit.step_id, Step.kind, Step.is_held
        )
        .order_by(func.min(Unit.next_at), Unit.step_id)
    )  # fmt: skip
    return [
        # A unit outside a step (a confirmation, a mail sent again) is one message.
        Departure(
            campaign_id,
            name or "Confirmations and requests",
            state.value if state else "",
            step_id,
            kind.value if kind else "",
            bool(is_held),
            int(count or 0) if step_id is not None else units,
            units,
            next_at,
        )
        for campaign_id, name, state, step_id, kind, is_held, count, units, next_at in rows
    ]


def _coming(until: datetime) -> list[Coming]:
    """Steps of campaigns at work that are due before an instant or follow each person. 5 SELECTs.

    What people join one by one stands last: it begins with each of them.
    """
    follows = Step.anchor.in_(PERSONAL)
    rows = (
        reading()
        .execute(
            select(
                Step.id, Step.kind, Step.due_at, Step.anchor,
                Step.days_before, Step.is_held, Campaign.id, Campaign.name,
            )
            .join(Campaign, Campaign.id == Step.campaign_id)
            .where(
                Campaign.state.in_((CampaignState.SCHEDULED, CampaignState.RUNNING)),
                case(
                    (follows, Step.state.in_((StepState.WAITING, StepState.OPEN))),
                    else_=(Step.state == StepState.WAITING) & (Step.due_at < until),
                ),
            )
            .order_by(case((follows, 1), else_=0), Step.due_at, Step.id)
            .limit(SHOWN)
        )
        .all()
    )  # fmt: skip
    ids = [row[0] for row in rows]
    joined = _sums(
        select(Tally.subject_id, func.sum(Tally.count))
        .where(Tally.kind == TallyKind.STEP_MESSAGES, Tally.subject_id.in_(ids))
        .group_by(Tally.subject_id)
    )  # fmt: skip
    audiences = _audiences({row[6] for row in rows})
    return [
        Coming(
            id_, kind.value, None if anchor in PERSONAL else due_at, anchor.value, days_before,
            is_held, campaign_id, name,
            None if (most := audiences[campaign_id]) is None else max(most - joined.get(id_, 0), 0),
        )
        for id_, kind, due_at, anchor, days_before, is_held, campaign_id, name in rows
    ]  # fmt: skip


def _audiences(campaign_ids: set[int]) -> dict[int, int | None]:
    """{campaign: how many people it reaches at the most}. Three SELECTs."""
    written = _sums(
        select(Tally.subject_id, func.sum(Tally.count)).where(
            Tally.kind == TallyKind.CAMPAIGN_PEOPLE, Tally.subject_id.in_(campaign_ids)
        ).group_by(Tally.subject_id)
    )  # fmt: skip
    listed = _sums(
        select(CampaignList.campaign_id, func.sum(Tally.count))
        .join(Tally, Tally.subject_id == CampaignList.list_id)
        .where(
            Tally.kind == TallyKind.LIST_TARGETS, Tally.state == "wanted",
            CampaignList.campaign_id.in_(campaign_ids),
        )
        .group_by(CampaignList.campaign_id)
    )  # fmt: skip
    by_segments = set(
        reading().scalars(
            select(CampaignSegment.campaign_id).where(
                CampaignSegment.campaign_id.in_(campaign_ids), ~CampaignSegment.is_left_out
            )
        )
    )
    return {
        id_: written.get(id_, None if id_ in by_segments else listed.get(id_, 0))
        for id_ in campaign_ids
    }


def _sums(statement: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {id_: int(count or 0) for id_, count in reading().execute(statement)}


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


_MAIL = select(
    Message.id,
    Message.name,
    Message.address,
    Message.purpose,
    Campaign.name,
    Message.state,
    Message.reason,
    Message.changed_at,
).outerjoin(Campaign, Campaign.id == Message.campaign_id)
"""The columns of a MailLine."""


def _first(state: MessageState, step_ids: list[int]) -> list[MailLine]:
    """The latest of those in a state: of these steps, and outside campaigns."""
    rows = reading().execute(
        _MAIL.where(Message.id.in_(first_ids(state, step_ids, SHOWN, is_latest=True)))
        .order_by(Message.id.desc())
        .limit(SHOWN)
    )
    return [MailLine(*row) for row in rows]


def _last() -> list[MailLine]:
    """The messages of the latest hand-overs, the last first: a unit or two, or fifty small ones."""
    latest, count = [], 0
    for attempt_id, unit_id, messages_count in reading().execute(
        select(Attempt.id, Attempt.unit_id, Attempt.messages_count)
        .where(Attempt.ended_at.is_not(None))
        .order_by(Attempt.id.desc())
        .limit(SHOWN)
    ):
        latest.append((attempt_id, unit_id))
        count += messages_count
        if count >= SHOWN:
            break
    rows = reading().execute(
        _MAIL.where(
            Message.unit_id.in_({unit_id for _, unit_id in latest}),
            Message.attempt_id.in_([attempt_id for attempt_id, _ in latest]),
        )
        .order_by(Message.attempt_id.desc(), Message.id.desc())
        .limit(SHOWN)
    )
    return [MailLine(*row) for row in rows]
