"""What would break promise P3: a call that began after a decision, had it been heeded."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.dialect import key_digest
from outreach.models.activity import Activity
from outreach.models.calendar_reply import CalendarReply
from outreach.models.campaign import Campaign, CampaignExclusion, CampaignState
from outreach.models.invitation import Answer
from outreach.models.message import (
    EVEN_UNSUBSCRIBED,
    TO_OTHERS,
    Attempt,
    Message,
    Purpose,
    Unit,
)
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import NARROW, Step
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, NewsStop, Suppression
from outreach.queries.promises import OVERLOOKED, SLACK, Rows, plain


def mailed_after_cancel(session: Session, at: datetime) -> Rows:
    """A call that began after the campaign had been cancelled."""
    cancelled = (
        select(Activity.campaign_id, func.min(Activity.at).label("at"))
        .where(Activity.verb == "cancelled", Activity.campaign_id.is_not(None))
        .group_by(Activity.campaign_id)
        .subquery()
    )
    return [
        {"attempt_id": attempt_id, "campaign_id": campaign_id}
        for attempt_id, campaign_id, started_at, since in session.execute(
            select(Attempt.id, Unit.campaign_id, Attempt.started_at, cancelled.c.at)
            .join(Unit, Unit.id == Attempt.unit_id)
            .join(cancelled, cancelled.c.campaign_id == Unit.campaign_id)
            .join(Campaign, Campaign.id == Unit.campaign_id)
            .where(Campaign.state == CampaignState.CANCELLED, Attempt.started_at > cancelled.c.at)
        )
        if started_at > since + SLACK
    ]


def mailed_in_a_pause(session: Session, at: datetime) -> Rows:
    """A call that began between a pause and its end."""
    verbs = ("paused", "resumed")
    pauses: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    begun: dict[int, datetime] = {}
    told: Any = session.execute(
        select(Activity.campaign_id, Activity.verb, Activity.at)
        .where(Activity.verb.in_(verbs), Activity.campaign_id.is_not(None))
        .order_by(Activity.at, Activity.id)
    )
    for campaign_id, verb, since in told:
        if verb == "paused":
            begun.setdefault(campaign_id, since)
        elif (began := begun.pop(campaign_id, None)) is not None:
            pauses[campaign_id].append((began + SLACK, since - SLACK))
    for campaign_id, began in begun.items():
        pauses[campaign_id].append((began + SLACK, at))
    for campaign_id, spans in pauses.items():
        during = or_(*[Attempt.started_at.between(began, ended) for began, ended in spans])
        attempts = (
            select(Attempt.id)
            .join(Unit, Unit.id == Attempt.unit_id)
            .where(Unit.campaign_id == campaign_id, during)
        )
        for attempt_id in session.scalars(attempts):
            yield {"attempt_id": attempt_id, "campaign_id": campaign_id}


def mailed_after_suppression(session: Session, at: datetime) -> Rows:
    """A call for an address that was on our list by then."""
    of_the_person = Message.purpose.in_(EVEN_UNSUBSCRIBED)
    counts = or_(~of_the_person, Suppression.reason != UNSUBSCRIBED)
    at_present = and_(Message.address == Stakeholder.email, Message.purpose.not_in(TO_OTHERS))
    statement = (
        select(Message.id, Attempt.started_at, Suppression.since)
        .select_from(Suppression)
        .join(Stakeholder, Suppression.digest == key_digest(Stakeholder.email_key))
        .join(Message, and_(Message.stakeholder_id == Stakeholder.id, at_present))
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(counts, Attempt.started_at > Suppression.since)
    )
    # Mail to assistants, and to an address that the person had then; as near as SQL comes to a key.
    elsewhere = (
        select(Message.id, Attempt.started_at, Suppression.since)
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .join(Suppression, Suppression.digest == key_digest(func.lower(Message.address)))
        .where(
            Message.address.is_distinct_from(Stakeholder.email), counts,
            Attempt.started_at > Suppression.since,
        )
    )  # fmt: skip
    stopped = (
        select(Message.id, Attempt.started_at, CampaignStop.since)
        .select_from(CampaignStop)
        .join(Stakeholder, CampaignStop.digest == key_digest(Stakeholder.email_key))
        .join(
            Message,
            (Message.stakeholder_id == Stakeholder.id)
            & (Message.campaign_id == CampaignStop.campaign_id),
        )
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(~of_the_person, Attempt.started_at > CampaignStop.since)
    )
    news = (
        select(Message.id, Attempt.started_at, NewsStop.since)
        .select_from(NewsStop)
        .join(Stakeholder, NewsStop.digest == key_digest(Stakeholder.email_key))
        .join(Message, Message.stakeholder_id == Stakeholder.id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(Message.purpose == Purpose.PROMOTION, Attempt.started_at > NewsStop.since)
    )
    for each in (statement, elsewhere, stopped, news):
        yield from _later(session, each)


def mailed_after_a_stop(session: Session, at: datetime) -> Rows:
    """A call for a person after the team had stopped their mail, or a campaign for them."""
    stopped_at = (
        select(Activity.stakeholder_id, func.max(Activity.at).label("at"))
        .where(Activity.verb == "stopped_mail")
        .group_by(Activity.stakeholder_id)
        .subquery()
    )
    all_mail = (
        select(Message.id, Attempt.started_at, stopped_at.c.at)
        .select_from(Stakeholder)
        .join(stopped_at, stopped_at.c.stakeholder_id == Stakeholder.id)
        .join(Message, Message.stakeholder_id == Stakeholder.id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(Stakeholder.is_mail_stopped, Attempt.started_at > stopped_at.c.at)
    )
    excluded = (
        select(Message.id, Attempt.started_at, CampaignExclusion.stopped_at)
        .select_from(CampaignExclusion)
        .join(
            Message,
            (Message.stakeholder_id == CampaignExclusion.stakeholder_id)
            & (Message.campaign_id == CampaignExclusion.campaign_id),
        )
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(
            Message.purpose.not_in(EVEN_UNSUBSCRIBED),
            Attempt.started_at > CampaignExclusion.stopped_at,
        )
    )
    for each in (all_mail, excluded):
        yield from _later(session, each)


def mailed_after_the_answer(session: Session, at: datetime) -> Rows:
    """An invitation or a reminder to someone whose answer stood when the call began.

    A calendar's answer counts from the instant at which its mail came, and binds us once it is read
    or, where that is in doubt, once a person has taken it.
    """
    later = aliased(Answer)
    followed = exists().where(
        later.invitation_id == Answer.invitation_id,
        later.id > Answer.id,
        later.given_at <= Attempt.started_at,
    )
    read_at = select(func.max(CalendarReply.settled_at)).where(
        CalendarReply.invitation_id == Answer.invitation_id,
        CalendarReply.received_at == Answer.given_at,
    )
    statement: Any = (
        select(
            Message.id, Attempt.started_at, Answer.given_at, Answer.channel,
            read_at.correlate(Answer).scalar_subquery(),
        )
        .join(Answer, Answer.invitation_id == Message.invitation_id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(
            Message.purpose.in_([Purpose.INVITATION, Purpose.REMINDER, Purpose.LAST_CALL]),
            Message.step_id.not_in(select(Step.id).where(Step.audience.in_(NARROW)))
            | Message.step_id.is_(None),
            Answer.reply.is_not(None),
            Attempt.started_at > Answer.given_at,
            ~followed.correlate(Answer, Attempt),
        )
    )  # fmt: skip
    for message_id, began, given_at, channel, taken_at in session.execute(statement):
        bound = given_at
        if channel == "calendar":
            bound = max(given_at + OVERLOOKED, taken_at or given_at)
        if began > bound + SLACK:
            yield {"message_id": message_id, "began": plain(began), "until": plain(bound)}


def _later(session: Session, statement: Any) -> Iterator[dict[str, Any]]:
    """(message id, call began, should not after) where it began later than slack explains."""
    for message_id, began, until in session.execute(statement):
        if began > until + SLACK:
            yield {"message_id": message_id, "began": plain(began), "until": plain(until)}
