"""What would break each promise of sending, as rows: every function gives those that do.

All take the session of the audit's snapshot and the instant of the audit.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    and_,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from outreach.dialect import key_digest
from outreach.models.activity import Activity
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.heartbeat import Bucket
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import (
    EVEN_UNSUBSCRIBED,
    UNIT_SIZE,
    Attempt,
    Message,
    MessageState,
    Purpose,
    Unit,
    UnitState,
)
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import NARROW, Step
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, NewsStop, Suppression

LONG_AGO = timedelta(minutes=10)
"""A lease that ended before this was overlooked; a clock that rests for a restart was not."""

SLACK = timedelta(seconds=60)
"""A request reads the clock before it waits for its transaction: 40 s on SQLite at the most."""

Rows = Iterable[dict[str, Any]]

_HOME = {
    MessageState.WAITING: (
        UnitState.WAITING,
        UnitState.PAUSED,
        UnitState.HELD,
        UnitState.LEASED,
        UnitState.HANDING_OVER,
    ),
    MessageState.LEASED: (UnitState.LEASED,),
    MessageState.HANDING_OVER: (UnitState.HANDING_OVER,),
    MessageState.UNKNOWN: (UnitState.UNKNOWN,),
}
"""In which units a message may be that is under way; all other states are final or held."""

_ANSWERED = (
    InvitationState.ACCEPTED,
    InvitationState.DECLINED,
    InvitationState.TENTATIVE,
    InvitationState.DELEGATED,
)


def stuck_messages(session: Session, at: datetime) -> Rows:
    """Under way, and in no unit that anyone would ever take."""
    is_home = or_(
        *[and_(Message.state == state, Unit.state.in_(units)) for state, units in _HOME.items()]
    )
    return _rows(
        session,
        select(Message.id.label("message_id"), Message.state, Unit.state.label("unit_state"))
        .outerjoin(Unit, Unit.id == Message.unit_id)
        .where(Message.state.in_(_HOME), or_(Unit.id.is_(None), ~is_home)),
    )


def stuck_units(session: Session, at: datetime) -> Rows:
    """Leased to someone who will not come back, and nobody took over."""
    return _rows(
        session,
        select(Unit.id.label("unit_id"), Unit.state, Unit.leased_until).where(
            Unit.state.in_([UnitState.LEASED, UnitState.HANDING_OVER]),
            Unit.leased_until < at - LONG_AGO,
        ),
    )


def without_reason(session: Session, at: datetime) -> Rows:
    """Not sent, and nobody can read why."""
    silent = (
        MessageState.HELD,
        MessageState.LEFT_OUT,
        MessageState.REFUSED,
        MessageState.CANCELLED,
    )
    return _rows(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_(silent), Message.reason == ""
        ),
    )


def doubles_without_mark(session: Session, at: datetime) -> Rows:
    """Handed over again after a call of which nobody knows, and not marked.

    Of a mixed call only those stay in its unit and are tried again of whom nobody knows.
    """
    earlier = aliased(Attempt)
    return _rows(
        session,
        select(Message.id.label("message_id"), Message.address)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(
            Message.attempts_count > 1,
            ~Message.possible_double,
            exists().where(
                earlier.unit_id == Attempt.unit_id,
                earlier.id < Attempt.id,
                earlier.result.in_(["silent", "mixed"]),
                earlier.mailer != "file",
            ),
        ),
    )


def more_than_one_blind_retry(session: Session, at: datetime) -> Rows:
    """Two tries after an unknown one, without a person's look."""
    blind = exists().where(
        Attempt.unit_id == Unit.id, Attempt.result == "silent", Attempt.mailer != "file"
    )
    return _rows(
        session,
        select(Unit.id.label("unit_id"), Unit.unknown_count).where(Unit.unknown_count > 1, blind),
    )


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


def mailed_after_suppression(session: Session, at: datetime) -> Rows:
    """A call for an address that was on our list by then."""
    of_the_person = Message.purpose.in_(EVEN_UNSUBSCRIBED)
    counts = or_(~of_the_person, Suppression.reason != UNSUBSCRIBED)
    statement = (
        select(Message.id, Attempt.started_at, Suppression.since)
        .select_from(Suppression)
        .join(Stakeholder, Suppression.digest == key_digest(Stakeholder.email_key))
        .join(Message, Message.stakeholder_id == Stakeholder.id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(counts, Attempt.started_at > Suppression.since)
    )
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
    for each in (statement, stopped, news):
        yield from _later(session, each)


def mailed_after_the_answer(session: Session, at: datetime) -> Rows:
    """An invitation or a reminder to someone who had answered."""
    statement = (
        select(Message.id, Attempt.started_at, Invitation.answered_at)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Attempt, Attempt.id == Message.attempt_id)
        .where(
            Message.purpose.in_([Purpose.INVITATION, Purpose.REMINDER, Purpose.LAST_CALL]),
            Message.step_id.not_in(select(Step.id).where(Step.audience.in_(NARROW)))
            | Message.step_id.is_(None),
            Invitation.state.in_(_ANSWERED),
            Attempt.started_at > Invitation.answered_at,
        )
    )
    return _later(session, statement)


def answers_without_history(session: Session, at: datetime) -> Rows:
    """An invitation that shows another answer than the last that was given."""
    last = (
        select(Answer.invitation_id, func.max(Answer.id).label("id"))
        .group_by(Answer.invitation_id)
        .subquery()
    )
    return _rows(
        session,
        select(Invitation.id.label("invitation_id"), Invitation.state, Answer.reply)
        .outerjoin(last, last.c.invitation_id == Invitation.id)
        .outerjoin(Answer, Answer.id == last.c.id)
        .where(
            Invitation.state.in_(_ANSWERED),
            or_(Answer.reply.is_(None), Answer.reply != Invitation.state),
        ),
    )


def not_one_outcome(session: Session, at: datetime) -> Rows:
    """A person in a campaign without a first row, or with two."""
    firsts = func.sum(case((Message.is_first, 1), else_=0))
    return _rows(
        session,
        select(Message.campaign_id, Message.stakeholder_id, firsts.label("outcomes"))
        .where(Message.campaign_id.is_not(None))
        .group_by(Message.campaign_id, Message.stakeholder_id)
        .having(firsts != 1),
    )


def over_the_rate(session: Session, at: datetime) -> Rows:
    """Minutes in which more was begun than the sender's rate allows since it is what it is."""
    bucket = session.get(Bucket, "sender")
    if bucket is None or not bucket.per_second or bucket.rate_since is None:
        return
    most = bucket.per_second * 61 + UNIT_SIZE
    began = session.execute(
        select(Attempt.started_at, Attempt.messages_count)
        .where(Attempt.started_at >= bucket.rate_since)
        .order_by(Attempt.started_at)
    )
    minute: deque[tuple[datetime, int]] = deque()
    within = 0
    for started_at, count in began:
        minute.append((started_at, count))
        within += count
        while minute[0][0] <= started_at - timedelta(minutes=1):
            within -= minute.popleft()[1]
        if within > most:
            yield {"minute_until": started_at.isoformat(), "messages": within, "most": most}


def outcomes_without_attempt(session: Session, at: datetime) -> Rows:
    """Accepted, delivered, sent back, though nothing was ever handed over."""
    after = (
        MessageState.ACCEPTED,
        MessageState.DELIVERED,
        MessageState.BOUNCED,
        MessageState.DROPPED,
        MessageState.COMPLAINED,
    )
    return _rows(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_(after), Message.attempts_count == 0
        ),
    )


def attempts_under_one_token(session: Session, at: datetime) -> Rows:
    """A fencing token stands for one hand-over and no more."""
    return _rows(
        session,
        select(Attempt.unit_id, Attempt.token, func.count().label("attempts"))
        .group_by(Attempt.unit_id, Attempt.token)
        .having(func.count() > 1),
    )


def _rows(session: Session, statement: Any) -> Iterator[dict[str, Any]]:
    for row in session.execute(statement.execution_options(yield_per=1_000)):
        yield {name: _plain(value) for name, value in row._mapping.items()}


def _later(session: Session, statement: Any) -> Iterator[dict[str, Any]]:
    """(message id, call began, should not after) where it began later than slack explains."""
    for message_id, began, until in session.execute(statement):
        if began > until + SLACK:
            yield {"message_id": message_id, "began": _plain(began), "until": _plain(until)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
