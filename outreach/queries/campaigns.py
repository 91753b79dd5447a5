"""Campaigns: lists of them, one of them with its counts, everyone in its audience."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from outreach import clock
from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.event import Event
from outreach.models.message import OUTCOMES, SENTENCES, Message, MessageState, Outcome, standing
from outreach.models.step import ASKING, Step
from outreach.models.tally import Tally, TallyKind
from outreach.queries.audience_members import audience_count

BEFORE = (
    CampaignState.DRAFT,
    CampaignState.APPROVED,
    CampaignState.SCHEDULED,
    CampaignState.PAUSED,
)
"""States in which nobody of the audience may have been written down yet."""


ASKS = exists().where(Step.campaign_id == Campaign.id, Step.kind.in_(ASKING))
"""Whether a campaign asks for answers; news does not, and its reply-by is only its end."""


def outcomes_of(campaign_id: int, at: datetime | None = None) -> dict[str, int]:
    """A count for each outcome; together they are the audience. Cost: a few summary rows.

    Before the first step has been launched everyone in the audience, as it is at an instant (now
    where none is said), is waiting.
    """
    counts = written_outcomes(campaign_id)
    if not any(counts.values()) and _state(campaign_id) in BEFORE:
        counts[Outcome.WAITING.value] = audience_count(campaign_id, at or clock.now())
    return counts


def written_outcomes(campaign_id: int) -> dict[str, int]:
    """The same from the summary rows alone: all 0 before the first step has been launched."""
    rows = reading().execute(
        select(Tally.state, func.sum(Tally.count))
        .where(Tally.kind == TallyKind.CAMPAIGN_PEOPLE, Tally.subject_id == campaign_id)
        .group_by(Tally.state)
    )
    counts = {outcome.value: 0 for outcome in Outcome}
    for state, count in rows:
        counts[OUTCOMES[MessageState(state)].value] += int(count)
    return counts


def _state(campaign_id: int) -> CampaignState | None:
    return reading().scalar(select(Campaign.state).where(Campaign.id == campaign_id))


def campaign_summary(campaign_id: int) -> dict[str, Any] | None:
    """State, audience and outcomes, ready for JSON; None where there is no such campaign."""
    row = (
        reading()
        .execute(
            select(
                Campaign.id,
                Campaign.name,
                Campaign.state,
                Campaign.reply_by,
                Event.code,
                Campaign.paused_because,
            )
            .join(Event, Event.id == Campaign.event_id)
            .where(Campaign.id == campaign_id)
        )
        .one_or_none()
    )
    if row is None:
        return None
    counts = outcomes_of(campaign_id)
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state.value,
        "event": row.code,
        "reply_by": row.reply_by.isoformat(),
        "paused_because": row.paused_because,
        "audience_count": sum(counts.values()),
        "outcomes": counts,
    }


@dataclass(frozen=True, slots=True)
class Person:
    """What became of one person of an audience."""

    message_id: int
    stakeholder_id: int
    address: str
    name: str
    state: MessageState
    outcome: str
    reason: str
    at: datetime
    attempts: int
    possible_double: bool

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        return f"{SENTENCES[self.state]} {self.reason}".strip()

    def as_dict(self) -> dict[str, Any]:
        """One line of `campaign people --json`."""
        return {
            "address": self.address,
            "name": self.name,
            "outcome": self.outcome,
            "state": self.state.value,
            "reason": self.reason,
            "at": self.at.isoformat(),
            "attempts": self.attempts,
            "possible_double": self.possible_double,
        }


def campaign_people(
    campaign_id: int, *, after: int = 0, limit: int = 100, outcome: str = "", name: str = ""
) -> list[Person]:
    """People of a campaign's audience after a message id, oldest first. Cost: the page."""
    statement = (
        select(
            Message.id,
            Message.stakeholder_id,
            Message.address,
            Message.name,
            standing(),
            Message.reason,
            Message.changed_at,
            Message.attempts_count,
            Message.possible_double,
        )
        .where(Message.campaign_id == campaign_id, Message.is_first, Message.id > after)
        .order_by(Message.id)
        .limit(limit)
    )
    if outcome:
        states = [state for state, one in OUTCOMES.items() if one.value == outcome]
        statement = statement.where(Message.state.in_(states))
    if name:
        statement = statement.where(Message.name.icontains(name, autoescape=True))
    rows = reading().execute(statement)
    return [
        Person(
            id_,
            stakeholder_id,
            address,
            shown,
            state,
            OUTCOMES[state].value,
            reason,
            at,
            attempts,
            double,
        )
        for id_, stakeholder_id, address, shown, state, reason, at, attempts, double in rows
    ]


def everyone_in(campaign_id: int) -> Iterator[Person]:
    """The whole audience, read page by page, so that memory stays flat."""
    after = 0
    while people := campaign_people(campaign_id, after=after, limit=1000):
        yield from people
        after = people[-1].message_id


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with its counts by outcome."""

    id: int
    position: int
    kind: str
    anchor: str
    days_before: int | None
    due_at: datetime | None
    launched_at: datetime | None
    state: str
    counts: dict[str, int]
    audience: str = "everyone"
    hour: int | None = None
    is_local: bool = False
    is_held: bool = False
    places_count: int | None = None
    to_write: int = 0
    """Decided, and not written down yet."""


def steps_of(campaign_id: int) -> list[StepLine]:
    """The steps in their order, with what became of their messages. Two SELECTs."""
    steps = (
        reading()
        .execute(
            select(
                Step.id, Step.position, Step.kind, Step.anchor, Step.days_before, Step.due_at,
                Step.launched_at, Step.state, Step.audience, Step.hour, Step.is_local,
                Step.is_held, Step.places_count, Step.to_write,
            )
            .where(Step.campaign_id == campaign_id)
            .order_by(Step.position)
        )
        .all()
    )  # fmt: skip
    counts = _outcomes_of([step.id for step in steps])
    return [
        StepLine(
            step.id, step.position, step.kind.value, step.anchor.value, step.days_before,
            step.due_at, step.launched_at, step.state.value, counts.get(step.id, {}),
            step.audience.value, step.hour, step.is_local, step.is_held, step.places_count,
            step.to_write,
        )
        for step in steps
    ]  # fmt: skip


def _outcomes_of(step_ids: list[int]) -> dict[int, dict[str, int]]:
    """{step: {outcome: how many of its messages}}"""
    rows = reading().execute(
        select(Tally.subject_id, Tally.state, func.sum(Tally.count))
        .where(Tally.kind == TallyKind.STEP_MESSAGES, Tally.subject_id.in_(step_ids))
        .group_by(Tally.subject_id, Tally.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for step_id, state, count in rows:
        outcome = OUTCOMES[MessageState(state)].value
        mine = counts.setdefault(step_id, {})
        mine[outcome] = mine.get(outcome, 0) + int(count)
    return counts
