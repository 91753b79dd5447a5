"""The list of all campaigns: what became of each, and what comes next."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.audience import CampaignSegment
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.event import Event
from outreach.models.message import OUTCOMES, MessageState, Outcome
from outreach.models.step import Step, StepState
from outreach.models.tally import Tally, TallyKind
from outreach.queries.campaigns import ASKS

STANDING = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in the list of all."""

    id: int
    name: str
    state: str
    event: str
    city: str
    time_zone: str
    reply_by: datetime
    is_vip: bool
    asks: bool
    """For answers, which close with the reply-by; else that is its end."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Empty before the first step has been launched."""
    listed_count: int = 0
    """How many names stand on its lists; who stands on two counts twice."""
    segments_count: int = 0
    """How many segments it reaches besides."""
    next_kind: str | None = None
    next_at: datetime | None = None
    missed_count: int = 0

    @property
    def is_written(self) -> bool:
        """Whether the audience of a step has been frozen."""
        return any(self.outcomes.values())


def campaigns() -> list[CampaignLine]:
    """All campaigns, the latest first. Cost: five SELECTs over campaigns, steps, summary rows."""
    rows = reading().execute(
        select(
            Campaign.id,
            Campaign.name,
            Campaign.state,
            Event.name,
            Event.city,
            Event.time_zone,
            Campaign.reply_by,
            Campaign.is_vip,
            ASKS,
        )
        .join(Event, Event.id == Campaign.event_id)
        .order_by(Campaign.id.desc())
    )
    outcomes, listed, steps = _outcomes_by_campaign(), _listed(), _steps_to_come()
    segments = _segments()
    return [
        CampaignLine(
            id_,
            name,
            state.value,
            event,
            city,
            zone,
            reply_by,
            is_vip,
            asks,
            outcomes.get(id_, {}),
            listed.get(id_, 0),
            segments.get(id_, 0),
            *steps.get(id_, (None, None, 0)),
        )
        for id_, name, state, event, city, zone, reply_by, is_vip, asks in rows
    ]


def _outcomes_by_campaign() -> dict[int, dict[str, int]]:
    rows = reading().execute(
        select(Tally.subject_id, Tally.state, func.sum(Tally.count))
        .where(Tally.kind == TallyKind.CAMPAIGN_PEOPLE)
        .group_by(Tally.subject_id, Tally.state)
    )
    found: dict[int, dict[str, int]] = defaultdict(lambda: {one.value: 0 for one in Outcome})
    for campaign_id, state, count in rows:
        found[campaign_id][OUTCOMES[MessageState(state)].value] += int(count)
    return found


def _listed() -> dict[int, int]:
    rows = reading().execute(
        select(CampaignList.campaign_id, func.sum(Tally.count))
        .join(Tally, Tally.subject_id == CampaignList.list_id)
        .where(Tally.kind == TallyKind.LIST_TARGETS, Tally.state == "wanted")
        .group_by(CampaignList.campaign_id)
    )
    return {campaign_id: int(count) for campaign_id, count in rows}


def _segments() -> dict[int, int]:
    rows = reading().execute(
        select(CampaignSegment.campaign_id, func.count())
        .where(~CampaignSegment.is_left_out)
        .group_by(CampaignSegment.campaign_id)
    )
    return {campaign_id: int(count) for campaign_id, count in rows}


def _steps_to_come() -> dict[int, tuple[str | None, datetime | None, int]]:
    """{campaign: (kind of the next step, when it is due, how many were missed)}."""
    rows = reading().execute(
        select(Step.campaign_id, Step.kind, Step.due_at, Step.state)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Campaign.state.in_(STANDING),
            Step.due_at.is_not(None),
            Step.state.in_([StepState.WAITING, StepState.MISSED]),
        )
        .order_by(Step.campaign_id, Step.due_at)
    )
    found: dict[int, tuple[str | None, datetime | None, int]] = {}
    for campaign_id, kind, due_at, state in rows:
        next_kind, next_at, missed = found.get(campaign_id, (None, None, 0))
        if state is StepState.MISSED:
            missed += 1
        elif next_at is None:
            next_kind, next_at = kind.value, due_at
        found[campaign_id] = next_kind, next_at, missed
    return found
