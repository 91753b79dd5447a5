"""One message: how it stands, what was tried, to whom and why it went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_, select, union_all

from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignExclusion
from outreach.models.event import Event
from outreach.models.evidence import MAY_HAVE_LEFT
from outreach.models.message import (
    OUTCOMES,
    SENTENCES,
    Attempt,
    Message,
    MessageState,
    Purpose,
    Unit,
    UnitState,
    standing,
)
from outreach.models.step import Step
from outreach.models.template import TemplateText
from outreach.signing import SIGN_OFF


def first_ids(
    state: MessageState, step_ids: Any, limit: int, *, is_latest: bool = False
) -> Select[int]:
    """The ids of the first messages in a state: of these steps, and those outside campaigns.

    step_ids   a list, or a SELECT of them
    is_latest  the last ones instead
    Two questions as one: asked with OR, both kinds of database read the whole table. Cost: the
    messages of their campaigns; no index holds the step alone, which freezing would pay.
    """
    campaigns = select(Step.campaign_id).where(Step.id.in_(step_ids))
    of_steps = Message.campaign_id.in_(campaigns), Message.step_id.in_(step_ids)
    order = Message.id.desc() if is_latest else Message.id
    parts = [
        select(Message.id).where(Message.state == state, *which).order_by(order).limit(limit)
        for which in (of_steps, (Message.step_id.is_(None),))
    ]
    both = union_all(*(select(part.subquery().c.id) for part in parts)).subquery()
    return select(both.c.id)


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One hand-over: when it began and ended, by which mailer, with what result."""

    started_at: datetime
    ended_at: datetime | None
    mailer: str
    result: str
    detail: str
    messages_count: int


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One message with everything around it."""

    id: int
    public_id: str
    state: MessageState
    reason: str
    purpose: Purpose
    stakeholder_id: int
    name: str
    address: str
    campaign_id: int | None
    campaign: str | None
    event: str
    city: str
    time_zone: str
    language: str | None
    attempts_count: int
    possible_double: bool
    created_at: datetime
    changed_at: datetime
    next_at: datetime | None
    unit_state: UnitState | None
    is_stopped: bool
    """Whether the campaign is stopped for this person."""
    attempts: list[AttemptLine]

    @property
    def sentence(self) -> str:
        """The state in words."""
        if self.waits_for_signature:
            return f"Held: {self.reason[:1].lower()}{self.reason[1:]}"
        return SENTENCES[self.state]

    @property
    def waits_for_signature(self) -> bool:
        """Whether whoever follows a star up has still to sign it."""
        return self.state is MessageState.HELD and self.reason.startswith(SIGN_OFF)

    @property
    def outcome(self) -> str:
        """The one visible outcome."""
        return OUTCOMES[self.state].value

    @property
    def is_open(self) -> bool:
        """Whether it may still leave."""
        return self.outcome == "waiting" or self.state is MessageState.HELD

    @property
    def may_have_left(self) -> bool:
        """Whether it is held after a restore, so that nobody here knows of its last hand-over."""
        return self.reason.endswith(MAY_HAVE_LEFT)


def kept_for_signature(stakeholder_id: int, purpose: Purpose) -> str:
    """Why the last mail of a kind to someone waits to be signed, as a sentence; "" if it does not.

    Cost: the mails to that person, by index.
    """
    about = Message.stakeholder_id == stakeholder_id, Message.purpose == purpose
    last = select(Message.state, Message.reason).where(*about).order_by(Message.id.desc()).limit(1)
    for state, reason in reading().execute(last):
        if state is MessageState.HELD and reason.startswith(SIGN_OFF):
            return str(reason)
    return ""


def message_page(message_id: int) -> MessagePage | None:
    """One message. Two SELECTs by key."""
    row = (
        reading()
        .execute(
            select(
                Message.id,
                Message.public_id,
                standing(),
                Message.reason,
                Message.purpose,
                Message.stakeholder_id,
                Message.name,
                Message.address,
                Message.campaign_id,
                Campaign.name,
                Event.name,
                Event.city,
                Event.time_zone,
                TemplateText.language,
                Message.attempts_count,
                Message.possible_double,
                Message.created_at,
                Message.changed_at,
                Unit.next_at,
                Unit.state,
                exists().where(
                    CampaignExclusion.campaign_id == Message.campaign_id,
                    CampaignExclusion.stakeholder_id == Message.stakeholder_id,
                    CampaignExclusion.stopped_at.is_not(None),
                ),
                Message.unit_id,
                Message.attempt_id,
            )
            .join(Event, Event.id == Message.event_id)
            .outerjoin(Campaign, Campaign.id == Message.campaign_id)
            .outerjoin(TemplateText, TemplateText.id == Message.text_id)
            .outerjoin(Unit, Unit.id == Message.unit_id)
            .where(Message.id == message_id)
        )
        .one_or_none()
    )
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(MessagePage.__dataclass_fields__, row[:-2], strict=False))
    return MessagePage(**values, attempts=_attempts(row.unit_id, row.attempt_id))


def _attempts(unit_id: int | None, attempt_id: int | None) -> list[AttemptLine]:
    """The hand-overs of its unit, and its own last one, the latest first. At most twenty."""
    rows = reading().execute(
        select(
            Attempt.started_at,
            Attempt.ended_at,
            Attempt.mailer,
            Attempt.result,
            Attempt.detail,
            Attempt.messages_count,
        )
        .where(or_(Attempt.unit_id == unit_id, Attempt.id == attempt_id))
        .order_by(Attempt.id.desc())
        .limit(20)
    )
    return [AttemptLine(*row) for row in rows]
