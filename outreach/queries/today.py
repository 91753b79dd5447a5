"""What is due: steps to come, steps missed, mails held, campaigns that wait for someone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.event import Event
from outreach.models.message import Message, MessageState
from outreach.models.step import Step, StepState
from outreach.models.tally import Tally, TallyKind
from outreach.queries.campaigns import ASKS
from outreach.queries.messages import first_ids

LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
SHOWN = 20
STEP_WORDS = {
    "invitation": "The invitation",
    "reminder": "A reminder",
    "thank_you": "Thanks for answers",
}


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of a campaign that goes soon, or was found too late."""

    id: int
    kind: str
    due_at: datetime
    campaign_id: int
    campaign: str
    time_zone: str
    place: str

    @property
    def words(self) -> str:
        """What it sends."""
        return STEP_WORDS.get(self.kind, self.kind)


def steps_to_come(until: datetime, *, limit: int = SHOWN) -> list[DueStep]:
    """Steps of scheduled campaigns that go before an instant. Cost: they, by index."""
    return _steps(
        _step_lines()
        .where(
            Step.state == StepState.WAITING,
            Step.due_at < until,
            Campaign.state.in_((CampaignState.SCHEDULED, CampaignState.RUNNING)),
        )
        .limit(limit)
    )


def missed_steps(*, limit: int = SHOWN) -> list[DueStep]:
    """Steps found too late, for a person to decide. Cost: they, by index."""
    return _steps(
        _step_lines().where(Step.state == StepState.MISSED, Campaign.state.in_(LIVE)).limit(limit)
    )


def _step_lines() -> Select[*tuple[Any, ...]]:
    return (
        select(Step.id, Step.kind, Step.due_at, Campaign.id, Campaign.name, Event.time_zone,
               Event.city)
        .join(Step.campaign)
        .join(Campaign.event)
        .order_by(Step.due_at, Step.id)
    )  # fmt: skip


def _steps(statement: Select[*tuple[Any, ...]]) -> list[DueStep]:
    return [DueStep(id_, kind.value, *rest) for id_, kind, *rest in reading().execute(statement)]


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that a person must look at."""

    id: int
    name: str
    address: str
    reason: str
    since: datetime
    campaign: str | None


def held_mails(*, limit: int = SHOWN) -> list[HeldMail]:
    """Mails held, the oldest first. Two SELECTs: summary rows, then the rows shown by an index.

    Mails outside campaigns have no step: an index keeps those alone.
    """
    steps = list(
        reading().scalars(
            select(Tally.subject_id).where(
                Tally.kind == TallyKind.STEP_MESSAGES,
                Tally.state == MessageState.HELD.value,
                Tally.count > 0,
            )
        )
    )
    rows: Any = reading().execute(
        select(Message.id, Message.name, Message.address, Message.reason, Message.changed_at,
               Campaign.name)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.id.in_(first_ids(MessageState.HELD, steps, limit)))
        .order_by(Message.id)
        .limit(limit)
    )  # fmt: skip
    return [HeldMail(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class CampaignInBrief:
    """A campaign that waits for someone, or whose answers are due."""

    id: int
    name: str
    state: CampaignState
    reply_by: datetime
    paused_because: str
    author_id: int | None
    author: str | None
    event_id: int
    event: str
    time_zone: str
    place: str
    asks: bool
    """For answers, which close with the reply-by; else that is its end."""


def open_campaigns(*, limit: int = 100) -> list[CampaignInBrief]:
    """Campaigns that are neither finished nor cancelled, by reply-by. Cost: they, by index."""
    ended = (CampaignState.FINISHED, CampaignState.CANCELLED)
    rows: Any = reading().execute(
        select(
            Campaign.id,
            Campaign.name,
            Campaign.state,
            Campaign.reply_by,
            Campaign.paused_because,
            Campaign.author_id,
            Account.name,
            Event.id,
            Event.name,
            Event.time_zone,
            Event.city,
            ASKS,
        )
        .join(Campaign.event)
        .outerjoin(Account, Account.id == Campaign.author_id)
        .where(Campaign.state.not_in(ended))
        .order_by(Campaign.reply_by, Campaign.id)
        .limit(limit)
    )
    return [CampaignInBrief(*row) for row in rows]


def end_of_tomorrow(at: datetime, zone: ZoneInfo) -> datetime:
    """Midnight after tomorrow on the calendar of a zone."""
    local = at.astimezone(zone) + timedelta(days=2)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
