"""What would break promises P1, P2 and P8 of a hand-over: rows of which every function gives those
that do."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from outreach.models.message import Attempt, Message, Unit, UnitState
from outreach.models.restore import Restore
from outreach.queries.promises import SLACK, Rows, plain, rows_of

DOUBTFUL = ("silent", "mixed")


def doubles_without_mark(session: Session, at: datetime) -> Rows:
    """Handed over again after a call of which nobody knows, or which was accepted, and not marked.

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
                earlier.result.in_([*DOUBTFUL, "accepted"]),
                earlier.mailer != "file",
            ),
        ),
    )


def more_than_one_blind_retry(session: Session, at: datetime) -> Rows:
    """Two tries after an unknown one, without a person's look: by the unit's own count, or by the
    hand-overs. After a restore it is a person who lets them go."""
    blind = and_(Attempt.result == "silent", Attempt.mailer != "file")
    silent = (
        select(Attempt.unit_id, func.count().label("count"), func.max(Attempt.id).label("last_id"))
        .where(blind)
        .group_by(Attempt.unit_id)
        .subquery()
    )
    later = aliased(Attempt)
    again = exists().where(
        later.unit_id == Unit.id,
        later.id > silent.c.last_id,
        silent.c.count > 1,
        ~exists().where(Restore.at < later.started_at),
    )
    return rows_of(
        session,
        select(Unit.id.label("unit_id"), Unit.unknown_count, silent.c.count.label("silent"))
        .join(silent, silent.c.unit_id == Unit.id)
        .where(or_(Unit.unknown_count > 1, again)),
    )


def lost_rows(session: Session, at: datetime) -> Rows:
    """Campaigns, or all mail outside them, of which more was accepted than their rows were handed
    over: rows are gone."""
    accepted = (
        select(Unit.campaign_id, func.sum(Attempt.messages_count).label("accepted"))
        .join(Unit, Unit.id == Attempt.unit_id)
        .where(Attempt.result == "accepted")
        .group_by(Unit.campaign_id)
        .subquery()
    )
    carried = (
        select(Message.campaign_id, func.sum(Message.attempts_count).label("carried"))
        .group_by(Message.campaign_id)
        .subquery()
    )
    is_same = accepted.c.campaign_id.is_not_distinct_from(carried.c.campaign_id)
    return rows_of(
        session,
        select(accepted.c.campaign_id, accepted.c.accepted, carried.c.carried)
        .outerjoin(carried, is_same)
        .where(accepted.c.accepted > func.coalesce(carried.c.carried, 0)),
    )


def never_ended(session: Session, at: datetime) -> Rows:
    """Hand-overs without an end, though nothing of their unit is under way. What was under way when
    a backup was made never ends."""
    is_under_way = exists().where(Unit.id == Attempt.unit_id, Unit.state == UnitState.HANDING_OVER)
    return rows_of(
        session,
        select(Attempt.id.label("attempt_id"), Attempt.unit_id, Attempt.started_at).where(
            Attempt.ended_at.is_(None),
            ~is_under_way,
            ~exists().where(Restore.at >= Attempt.started_at),
        ),
    )


def attempts_under_one_token(session: Session, at: datetime) -> Rows:
    """A fencing token stands for one hand-over and no more, and its unit has given it."""
    yield from rows_of(
        session,
        select(Attempt.unit_id, Attempt.token, func.count().label("attempts"))
        .group_by(Attempt.unit_id, Attempt.token)
        .having(func.count() > 1),
    )
    yield from rows_of(
        session,
        select(Attempt.unit_id, Attempt.token, Unit.token.label("given"))
        .join(Unit, Unit.id == Attempt.unit_id)
        .where(Attempt.token > Unit.token),
    )


def calls_at_once(session: Session, at: datetime) -> Rows:
    """Two calls with the same mails, of which the second began while the first was under way."""
    second = aliased(Attempt)
    statement: Any = (
        select(second.unit_id, second.id, second.started_at, Attempt.ended_at)
        .join(Attempt, and_(Attempt.unit_id == second.unit_id, Attempt.id < second.id))
        .where(Attempt.ended_at > second.started_at)
    )
    for unit_id, attempt_id, began, ended in session.execute(statement):
        if ended > began + SLACK:
            yield {"unit_id": unit_id, "attempt_id": attempt_id, "began": plain(began)}
