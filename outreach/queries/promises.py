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

from outreach.models.audience_member import AudienceMember
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.heartbeat import ALL, FROM, Bucket
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import (
    UNIT_SIZE,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
)
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState, state_after
from outreach.models.step import Step, StepState

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

_GONE = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.DROPPED)

ANSWERED = (
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
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state, Unit.state.label("unit_state"))
        .outerjoin(Unit, Unit.id == Message.unit_id)
        .where(Message.state.in_(_HOME), or_(Unit.id.is_(None), ~is_home)),
    )


def stuck_units(session: Session, at: datetime) -> Rows:
    """Leased to someone who will not come back, and nobody took over."""
    return rows_of(
        session,
        select(Unit.id.label("unit_id"), Unit.state, Unit.leased_until).where(
            Unit.state.in_([UnitState.LEASED, UnitState.HANDING_OVER]),
            Unit.leased_until < at - LONG_AGO,
        ),
    )


def left_resting(session: Session, at: datetime) -> Rows:
    """Mails in a unit that waits for the end of a pause or a hold that is over."""
    waits = exists().where(Message.unit_id == Unit.id, Message.state == MessageState.WAITING)
    return rows_of(
        session,
        select(Unit.id.label("unit_id"), Unit.state)
        .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
        .outerjoin(Step, Step.id == Unit.step_id)
        .where(
            or_(
                and_(
                    Unit.state == UnitState.PAUSED,
                    Campaign.state.is_distinct_from(CampaignState.PAUSED),
                ),
                and_(Unit.state == UnitState.HELD, Step.is_held.is_not(True)),
            ),
            waits,
        ),
    )


def left_unwritten(session: Session, at: datetime) -> Rows:
    """Steps of which more, or fewer, wait to be written down than they say; or wait for long."""
    left = (
        select(AudienceMember.step_id, func.count().label("members"))
        .group_by(AudienceMember.step_id)
        .subquery()
    )
    members = func.coalesce(left.c.members, 0)
    is_old = and_(
        Step.to_write > 0, Step.state == StepState.LAUNCHED, Step.launched_at < at - LONG_AGO
    )
    return rows_of(
        session,
        select(Step.id.label("step_id"), Step.to_write, members.label("members"))
        .outerjoin(left, left.c.step_id == Step.id)
        .where(or_(Step.to_write != members, is_old)),
    )


def without_reason(session: Session, at: datetime) -> Rows:
    """Not sent, and nobody can read why."""
    silent = (
        MessageState.HELD,
        MessageState.LEFT_OUT,
        MessageState.REFUSED,
        MessageState.CANCELLED,
    )
    return rows_of(
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
    return rows_of(
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
    return rows_of(
        session,
        select(Unit.id.label("unit_id"), Unit.unknown_count).where(Unit.unknown_count > 1, blind),
    )


def answers_without_history(session: Session, at: datetime) -> Rows:
    """An invitation that shows another answer than the last that was given."""
    last = (
        select(Answer.invitation_id, func.max(Answer.id).label("id"))
        .group_by(Answer.invitation_id)
        .subquery()
    )
    return rows_of(
        session,
        select(Invitation.id.label("invitation_id"), Invitation.state, Answer.reply)
        .outerjoin(last, last.c.invitation_id == Invitation.id)
        .outerjoin(Answer, Answer.id == last.c.id)
        .where(
            Invitation.state.in_(ANSWERED),
            or_(Answer.reply.is_(None), Answer.reply != Invitation.state),
        ),
    )


def not_one_outcome(session: Session, at: datetime) -> Rows:
    """A person in a campaign without a first row, or with two."""
    firsts = func.sum(case((Message.is_first, 1), else_=0))
    return rows_of(
        session,
        select(Message.campaign_id, Message.stakeholder_id, firsts.label("outcomes"))
        .where(Message.campaign_id.is_not(None))
        .group_by(Message.campaign_id, Message.stakeholder_id)
        .having(firsts != 1),
    )


def over_the_rate(session: Session, at: datetime) -> Rows:
    """Minutes in which more was begun than the rate of all, or of one From address, allowed while
    it was what it is."""
    limits = select(Bucket).where(
        or_(Bucket.name == ALL, Bucket.name.startswith(FROM)),
        Bucket.per_second > 0,
        Bucket.rate_since.is_not(None),
    )
    for bucket in session.scalars(limits.order_by(Bucket.name)).all():
        most = bucket.per_second * 61 + UNIT_SIZE
        # What began after it was last used began when this rate was switched off.
        began = select(Attempt.started_at, Attempt.messages_count).where(
            Attempt.started_at.between(bucket.rate_since, bucket.refilled_at)
        )
        if bucket.name != ALL:
            began = began.where(Attempt.sender == bucket.name.removeprefix(FROM))
        for minute in _minutes_over(most, session.execute(began.order_by(Attempt.started_at))):
            yield {"of": bucket.name} | minute


def _minutes_over(most: float, began: Iterable[Any]) -> Rows:
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
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_(after), Message.attempts_count == 0
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


def attempts_under_one_token(session: Session, at: datetime) -> Rows:
    """A fencing token stands for one hand-over and no more."""
    return rows_of(
        session,
        select(Attempt.unit_id, Attempt.token, func.count().label("attempts"))
        .group_by(Attempt.unit_id, Attempt.token)
        .having(func.count() > 1),
    )


def rows_of(session: Session, statement: Any) -> Iterator[dict[str, Any]]:
    for row in session.execute(statement.execution_options(yield_per=1_000)):
        yield {name: plain(value) for name, value in row._mapping.items()}


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
