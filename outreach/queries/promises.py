"""What would break each promise of sending, as rows: every function gives those that do.

All take the session of the audit's snapshot and the instant of the audit.
"""

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
from sqlalchemy.orm import Session

from outreach.models.audience_member import AudienceMember
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.confirmation import ConfirmationDue
from outreach.models.message import (
    LEASE,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
)
from outreach.models.step import Step, StepState

LONG_AGO = timedelta(minutes=10)
"""A lease that ended before this was overlooked; a clock that rests for a restart was not."""

OVERLOOKED = timedelta(days=1)
"""What a job does within seconds and has not done since; a clock that rests for a night has."""

FOR_DAYS = timedelta(days=7)
"""Settled long before, also where `UNKNOWN_GRACE` is of days."""

FAR_AHEAD = timedelta(days=60)
"""No hour of anyone's own, no day off and no provider's wish is as far away."""

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
    """Leased to someone who will not come back, and nobody took over, or will; unknown for days,
    and settled by nobody; or waiting for a day that never comes."""
    is_leased = Unit.state.in_([UnitState.LEASED, UnitState.HANDING_OVER])
    is_fresh = exists().where(Attempt.unit_id == Unit.id, Attempt.started_at > at - FOR_DAYS)
    return rows_of(
        session,
        select(Unit.id.label("unit_id"), Unit.state, Unit.leased_until, Unit.next_at).where(
            or_(
                and_(is_leased, Unit.leased_until < at - LONG_AGO),
                and_(is_leased, Unit.leased_until > at + LEASE + LONG_AGO),
                and_(is_leased, Unit.leased_until.is_(None)),
                and_(Unit.state == UnitState.UNKNOWN, ~is_fresh),
                and_(Unit.state == UnitState.WAITING, Unit.next_at > at + FAR_AHEAD),
            )
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


def left_unconfirmed(session: Session, at: datetime) -> Rows:
    """Answers that were to be confirmed, and about which nobody has written."""
    return rows_of(
        session,
        select(ConfirmationDue.invitation_id, ConfirmationDue.since).where(
            ConfirmationDue.since < at - OVERLOOKED
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
    return rows_of(
        session,
        select(Message.id.label("message_id"), Message.state).where(
            Message.state.in_(silent), Message.reason == ""
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


def rows_of(session: Session, statement: Any) -> Iterator[dict[str, Any]]:
    for row in session.execute(statement.execution_options(yield_per=1_000)):
        yield {name: plain(value) for name, value in row._mapping.items()}


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
