"""Answers that calendars gave: judged one by one; those in doubt settled by a person."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from outreach.advice import calendar_verdicts as advice
from outreach.advice.calendar_verdicts import Facts, Judgement
from outreach.answering import record_answer
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.addresses import read_address
from outreach.intake.calendar_reply import (
    Answering,
    ReplyEvent,
    UnreadableCalendar,
    read_calendar,
)
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Invitation, InvitationState, Reply, still_said
from outreach.models.seat import OfferState, SeatOffer
from outreach.queries import calendar_replies as replies
from outreach.queries.calendar_replies import SeatEntry
from outreach.seating import locked_offer, record_seat_answer

log = logging.getLogger("outreach.calendar")

Subject = Invitation | SeatOffer
CHANNEL = "calendar"


class NothingToTake(Conflict):
    """The reply says no answer, or it is not known whose it is."""

    def __init__(self) -> None:
        super().__init__("This reply holds no answer of an invitee. It can only be put aside.")


def apply_calendar_replies(*, at: datetime) -> int:
    """Judge the replies that came since the last time; says how many.

    One on which that fails waits for a person, and holds up no other.
    """
    mail_ids = replies.unjudged()
    events, seats = (replies.event_uids(), replies.seat_uids()) if mail_ids else ({}, {})
    for mail_id in mail_ids:
        try:
            _judge(mail_id, events, seats, at)
        except DBAPIError:
            raise  # the database's trouble is nobody's in the mail
        except Exception as problem:
            log.exception("calendar reply in mail %s", mail_id)
            _leave_to_a_person(mail_id, type(problem).__name__)
    return len(mail_ids)


def _leave_to_a_person(mail_id: int, problem: str) -> None:
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id, with_for_update=True)
        because = f"It could not be judged ({problem}); an operator can see why."
        row = CalendarReply(
            inbound_id=mail_id, received_at=mail.received_at, verdict=Verdict.UNVERIFIED,
            because=because,
        )  # fmt: skip
        session.add(row)


def settle_calendar_reply(reply_id: int, *, is_taken: bool, by: Actor, at: datetime) -> None:
    """Take a reply that waits as the invitee's answer, or put it aside.

    Raises SettledAlready, NothingToTake, AnswersClosed, InvitationWithdrawn, SomeoneIsSent.
    """
    with transaction() as session:
        row = session.get(CalendarReply, reply_id, with_for_update=True)
        if row is None:
            raise NotFound("reply")
        row.settle(by.account_id, at)
        if is_taken:
            subject = _subject(session, row)
            if row.reply is None or subject is None:
                raise NothingToTake
            row.verdict = Verdict.APPLIED
            _take(session, subject, row, at=at, by=by, given_by=row.sent_by)
        else:
            row.verdict = Verdict.IGNORED
            session.add(_line("put_aside_calendar_reply", row, None, by, at))


def _judge(mail_id: int, events: dict[str, int], seats: dict[str, SeatEntry], at: datetime) -> None:
    """One mail, all or nothing; nothing where another process was faster."""
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id, with_for_update=True)
        if session.scalar(select(CalendarReply.id).where(CalendarReply.inbound_id == mail_id)):
            return
        row = CalendarReply(
            inbound_id=mail_id, received_at=mail.received_at, verdict=Verdict.UNVERIFIED, because=""
        )
        session.add(row)
        try:
            text = read_calendar(mail.calendar)
        except UnreadableCalendar as problem:
            row.because = str(problem)
            return
        known = events.keys() | seats.keys()
        said = next((event for event in text.events if event.uid in known), text.events[0])
        who = _who(said, mail.sender)
        _write(row, said, who, mail.received_at)
        people = replies.people_at(who.key) if who.key else []
        count = _find(row, said.uid, events, seats, people)
        subject = _subject(session, row)
        facts = Facts(
            method=text.method, partstat=who.partstat, attendee=who.key, sent_by=who.sent_by,
            delegated_to=who.delegated_to, is_occurrence=said.is_occurrence,
            sequence=said.sequence, stamped_at=row.stamped_at, sender=_key(mail.sender),
            is_proven=advice.is_proven(mail.sender, mail.dkim, mail.spf, mail.envelope_sender),
            is_event_known=row.event_id is not None, is_attendee_known=bool(people),
            invitations_count=count, is_of_seat=said.uid in seats, **_about(subject),
        )  # fmt: skip
        _decide(session, row, subject, advice.judge(facts), at)


def _decide(
    session: Session,
    row: CalendarReply,
    subject: Subject | None,
    judgement: Judgement,
    at: datetime,
) -> None:
    row.verdict, row.because = Verdict(judgement.verdict), judgement.because
    if subject is None:
        return
    if row.verdict is Verdict.APPLIED:
        try:
            _take(session, subject, row, at=at, by=INVITEE, given_by=judgement.given_by)
        except Refusal as refusal:
            row.verdict, row.because = Verdict.UNVERIFIED, str(refusal)
    if row.verdict is not Verdict.APPLIED:
        session.add(_line(f"calendar_reply_{row.verdict}", row, subject, INVITEE, at))


def _who(said: ReplyEvent, sender: str) -> Answering:
    """The attendee who answers: the only one, or the one who sent the mail."""
    key = _key(sender)
    own = [who for who in said.attendees if who.key and who.key == key]
    if len(own) == 1 or len(said.attendees) == 1:
        return (own or list(said.attendees))[0]
    return Answering("", "", "", "", "")


def _write(row: CalendarReply, said: ReplyEvent, who: Answering, received_at: datetime) -> None:
    answer = advice.ANSWERS.get(who.partstat)
    row.reply = Reply(answer) if answer else None
    row.attendee, row.attendee_name = who.key, who.name
    row.sent_by, row.delegated_to = who.sent_by, who.delegated_to
    row.comment, row.sequence = said.comment, said.sequence
    # A clock that goes ahead must not win over everything that follows.
    row.stamped_at = min(said.stamped_at, received_at) if said.stamped_at else None


def _find(
    row: CalendarReply,
    uid: str,
    events: dict[str, int],
    seats: dict[str, SeatEntry],
    people: list[int],
) -> int:
    """Note what the reply is about, and say to how many of these people we put that question."""
    if uid in seats:
        row.event_id = seats[uid].event_id
        is_theirs = replies.asked_for_seat(seats[uid].offer_id) in people
        row.offer_id = seats[uid].offer_id if is_theirs else None
        return int(is_theirs)
    row.event_id = events.get(uid)
    found = replies.invitations_to(row.event_id, people) if row.event_id else []
    row.invitation_id = found[0] if len(found) == 1 else None
    return len(found)


def _subject(session: Session, row: CalendarReply) -> Subject | None:
    """What is answered, locked; nothing where that is not one thing of ours."""
    if row.offer_id is not None:
        return locked_offer(session, row.offer_id)
    return _locked(session, row.invitation_id) if row.invitation_id is not None else None


def _about(subject: Subject | None) -> dict[str, Any]:
    """What the verdict needs to know of it."""
    if subject is None:
        return {}
    own, assistants = replies.addresses_of(subject.stakeholder_id)
    if isinstance(subject, SeatOffer):
        return {
            "is_withdrawn": subject.state is OfferState.WITHDRAWN, "own": own,
            "assistants": assistants,
            "newest": replies.newest_applied(CalendarReply.offer_id == subject.id),
            "current_sequence": subject.seat.track.event.sequence + subject.sequence,
            "later_at": replies.seat_answered_otherwise_at(subject.id),
        }  # fmt: skip
    return {
        "is_withdrawn": subject.withdrawn_at is not None,
        "own": own,
        "assistants": assistants,
        "newest": replies.newest_applied(CalendarReply.invitation_id == subject.id),
        "current_sequence": subject.event.sequence + subject.sequence,
        "later_at": replies.answered_otherwise_at(subject.id),
    }


def _take(
    session: Session,
    subject: Subject,
    row: CalendarReply,
    *,
    at: datetime,
    by: Actor,
    given_by: str,
) -> None:
    """As an answer on the page of the seat, or of the invitation."""
    if isinstance(subject, SeatOffer):
        _take_seat(session, subject, row, at=at, by=by, given_by=given_by)
    else:
        _take_invitation(session, subject, row, at=at, by=by, given_by=given_by)


def _take_seat(
    session: Session, offer: SeatOffer, row: CalendarReply, *, at: datetime, by: Actor,
    given_by: str,
) -> None:  # fmt: skip
    if row.reply not in (Reply.ACCEPTED, Reply.DECLINED):
        raise NothingToTake
    note = row.comment or (offer.note if offer.state == OfferState(row.reply) else "")
    given_at = min(at, row.received_at)
    if offer.take(row.reply is Reply.ACCEPTED, note, given_at, is_by_calendar=True):
        record_seat_answer(session, offer, CHANNEL, by=by, at=given_at, given_by=given_by)


def _take_invitation(
    session: Session,
    invitation: Invitation,
    row: CalendarReply,
    *,
    at: datetime,
    by: Actor,
    given_by: str,
) -> None:
    """The same rule as for an answer on the page; what a calendar cannot say is kept."""
    if row.reply is None:
        raise NothingToTake
    old = invitation.state
    is_same = old == InvitationState(row.reply)
    said = still_said(invitation.particulars, old, row.reply)
    note = row.comment or (invitation.note if is_same else "")
    # An answer counts from the instant at which its mail reached us, not from when we read it.
    if invitation.take(row.reply, note, min(at, row.received_at), said):
        record_answer(
            session, invitation, old, at=invitation.answered_at or at, by=by, channel=CHANNEL,
            given_by=given_by,
        )  # fmt: skip


def _locked(session: Session, invitation_id: int) -> Invitation:
    statement = select(Invitation).where(Invitation.id == invitation_id)
    return session.scalars(statement.with_for_update(of=Invitation)).one()


def _key(address: str) -> str:
    try:
        return read_address(address).key if address else ""
    except Refusal:
        return ""


def _line(
    verb: str, row: CalendarReply, subject: Subject | None, by: Actor, at: datetime
) -> Activity:
    return Activity.of(
        verb, by, at, stakeholder_id=subject.stakeholder_id if subject else None,
        event_id=row.event_id, inbound_id=row.inbound_id, because=row.because,
    )  # fmt: skip
