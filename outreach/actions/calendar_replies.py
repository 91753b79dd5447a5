"""Answers that calendars gave: judged one by one; those in doubt settled by a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice import calendar_verdicts as advice
from outreach.advice.calendar_verdicts import Facts, Judgement
from outreach.answering import record_answer
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.addresses import read_address
from outreach.intake.calendar_reply import (
    Answering,
    CalendarText,
    ReplyEvent,
    UnreadableCalendar,
    read_calendar,
)
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.queries import calendar_replies as replies

CHANNEL = "calendar"
_GONE = ("reason", "decide_on")
"""Of the particulars of an answer, what a different answer no longer says."""


class NothingToTake(Conflict):
    """The reply says no answer, or it is not known whose it is."""

    def __init__(self) -> None:
        super().__init__("This reply holds no answer of an invitee. It can only be put aside.")


def apply_calendar_replies(*, at: datetime) -> int:
    """Judge the replies that came since the last time; says how many."""
    mail_ids = replies.unjudged()
    events, seats = (replies.event_uids(), replies.seat_uids()) if mail_ids else ({}, {})
    for mail_id in mail_ids:
        _judge(mail_id, events, seats, at)
    return len(mail_ids)


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
            if row.reply is None or row.invitation_id is None:
                raise NothingToTake
            invitation = _locked(session, row.invitation_id)
            row.verdict = Verdict.APPLIED
            _take(session, invitation, row, at=at, by=by, given_by=row.sent_by)
        else:
            row.verdict = Verdict.IGNORED
            session.add(_line("put_aside_calendar_reply", row, None, by, at))


def _judge(mail_id: int, events: dict[str, int], seats: dict[str, int], at: datetime) -> None:
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
        known = events | seats
        said = next((event for event in text.events if event.uid in known), text.events[0])
        row.event_id = known.get(said.uid)
        who = _who(said, mail.sender)
        _write(row, said, who, mail.received_at)
        invitation, facts = _facts(session, row, text, said, who, mail, said.uid in seats)
        judgement = advice.judge(facts)
        _decide(session, row, invitation, judgement, at)


def _decide(
    session: Session,
    row: CalendarReply,
    invitation: Invitation | None,
    judgement: Judgement,
    at: datetime,
) -> None:
    row.verdict, row.because = Verdict(judgement.verdict), judgement.because
    if invitation is None:
        return
    if row.verdict is Verdict.APPLIED:
        try:
            _take(session, invitation, row, at=at, by=INVITEE, given_by=judgement.given_by)
        except Refusal as refusal:
            row.verdict, row.because = Verdict.UNVERIFIED, str(refusal)
    if row.verdict is not Verdict.APPLIED:
        session.add(_line(f"calendar_reply_{row.verdict}", row, invitation, INVITEE, at))


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


def _facts(
    session: Session,
    row: CalendarReply,
    text: CalendarText,
    said: ReplyEvent,
    who: Answering,
    mail: InboundMail,
    is_of_seat: bool,
) -> tuple[Invitation | None, Facts]:
    """The invitation, locked, where there is exactly one; and what is to be judged."""
    people = replies.people_at(who.key) if who.key else []
    is_of_event = row.event_id is not None and not is_of_seat
    found = replies.invitations_to(row.event_id, people) if row.event_id and is_of_event else []
    about: dict[str, Any] = {}
    invitation = None
    if len(found) == 1:
        invitation = _locked(session, found[0])
        row.invitation_id = invitation.id
        own, assistants = replies.addresses_of(invitation.stakeholder_id)
        about = {
            "is_withdrawn": invitation.withdrawn_at is not None, "own": own,
            "assistants": assistants, "newest": replies.newest_applied(invitation.id),
            "current_sequence": invitation.event.sequence + invitation.sequence,
            "later_at": replies.answered_otherwise_at(invitation.id),
        }  # fmt: skip
    facts = Facts(
        method=text.method, partstat=who.partstat, attendee=who.key, sent_by=who.sent_by,
        delegated_to=who.delegated_to, is_occurrence=said.is_occurrence, sequence=said.sequence,
        stamped_at=row.stamped_at, sender=_key(mail.sender),
        is_proven=advice.is_proven(mail.sender, mail.dkim, mail.spf, mail.envelope_sender),
        is_event_known=row.event_id is not None, is_attendee_known=bool(people),
        invitations_count=len(found), is_of_seat=is_of_seat, **about,
    )  # fmt: skip
    return invitation, facts


def _take(
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
    said = {
        name: value for name, value in invitation.particulars.items()
        if is_same or (name not in _GONE and row.reply is not Reply.DECLINED)
    }  # fmt: skip
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
    verb: str, row: CalendarReply, invitation: Invitation | None, by: Actor, at: datetime
) -> Activity:
    return Activity.of(
        verb, by, at, stakeholder_id=invitation.stakeholder_id if invitation else None,
        event_id=row.event_id, inbound_id=row.inbound_id, because=row.because,
    )  # fmt: skip
