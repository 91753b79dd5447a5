"""What would break promise P4: an answer that shows otherwise than its history, or a gap in it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from outreach.models.activity import Activity
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.seat import OfferState, SeatAnswer, SeatOffer
from outreach.models.step import GIVEN
from outreach.queries.promises import SLACK, Rows, plain, rows_of

ANSWERED = ("answered", "recorded_answer", "took_back_answer")
"""How the journal tells of an answer; one line each."""
ANSWERED_FOR_SEAT = (
    "took_seat", "declined_seat", "recorded_seat_answer", "took_back_seat_answer",
)  # fmt: skip
SAT = (OfferState.ACCEPTED, OfferState.DECLINED)


def answers_without_history(session: Session, at: datetime) -> Rows:
    """What shows another answer, other words or another time than the last that was given; or none
    of it."""
    for of, given, states in (
        (SeatOffer, SeatAnswer, SAT),
        (Invitation, Answer, GIVEN),
    ):
        yield from rows_of(session, _shown_otherwise(of, given, states))


def _shown_otherwise(of: Any, given: Any, states: tuple[Any, ...]) -> Any:
    to = _subject(given)
    last = select(to.label("of_id"), func.max(given.id).label("id")).group_by(to).subquery()
    is_answer = of.state.in_(states)
    is_otherwise = and_(
        is_answer,
        or_(
            given.reply.is_(None),
            given.reply != of.state,
            given.note != of.note,
            given.given_at.is_distinct_from(of.answered_at),
        ),
    )
    # An offer that was withdrawn keeps what was answered to it.
    is_open = of.state.in_([OfferState.ASKED]) if of is SeatOffer else _is_unanswered()
    return (
        select(of.id.label(to.key), of.state, given.reply)
        .outerjoin(last, last.c.of_id == of.id)
        .outerjoin(given, given.id == last.c.id)
        .where(or_(is_otherwise, and_(is_open, given.reply.is_not(None))))
    )


def _is_unanswered() -> Any:
    return Invitation.state.in_([InvitationState.SILENT, InvitationState.UNDELIVERABLE])


def histories_with_gaps(session: Session, at: datetime) -> Rows:
    """Answers that the journal tells of and nobody kept, or the other way round."""
    for given, verbs in ((Answer, ANSWERED), (SeatAnswer, ANSWERED_FOR_SEAT)):
        to = _subject(given)
        named = cast(Activity.detail[to.key].as_string(), BigInteger)
        both = union_all(
            select(to.label("of_id"), literal(1).label("kept"), literal(0).label("told")),
            select(named, literal(0), literal(1)).where(Activity.verb.in_(verbs)),
        ).subquery()
        kept, told = func.sum(both.c.kept), func.sum(both.c.told)
        yield from rows_of(
            session,
            select(both.c.of_id.label(to.key), kept.label("kept"), told.label("told"))
            .group_by(both.c.of_id)
            .having(kept != told),
        )


def histories_out_of_order(session: Session, at: datetime) -> Rows:
    """An answer that was written down after another, and is older than that.

    A calendar's counts from the instant at which its mail came, however late a person takes it.
    """
    for given in (Answer, SeatAnswer):
        to = _subject(given)
        earlier = func.lag(given.given_at, type_=given.given_at.type)
        before = earlier.over(partition_by=to, order_by=given.id)
        each = select(
            to, given.id, given.channel, given.given_at, before.label("before")
        ).subquery()
        for row in session.execute(
            select(each).where(each.c.channel != "calendar", each.c.given_at < each.c.before)
        ):
            if row.given_at < row.before - SLACK:
                yield {to.key: row[0], "given_at": plain(row.given_at), "before": plain(row.before)}


def _subject(given: Any) -> Any:
    return given.offer_id if given is SeatAnswer else given.invitation_id
