"""Replies of real calendar programs, from the provider's request to the answer.

The mails stand in tests/intake/replies; docs/calendar.md shows the same table.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.actions.calendar_replies import (
    NothingToTake,
    apply_calendar_replies,
    settle_calendar_reply,
)
from outreach.actions.inbound import keep_inbound, read_new_inbound
from outreach.actions.invitations import answer_invitation
from outreach.actions.seat_answers import answer_seat_offer
from outreach.actions.seats import free_seat
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE, Activity, Actor
from outreach.models.answering_address import AnsweringAddress
from outreach.models.calendar_reply import CalendarReply, SettledAlready, Verdict
from outreach.models.conference import Conference
from outreach.models.event import Event, seat_uid_of, uid_of
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.models.message import Message
from outreach.models.seat import Seat, SeatAnswer, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.queries.calendar_replies import waiting_replies
from tests.factories import (
    NOON,
    make_account,
    make_event,
    make_invitation,
    make_seat_offer,
    make_stakeholder,
    save,
    sign_in,
)
from tests.intake.mails import form, with_uids

HOUR = timedelta(hours=1)
MAILS = Path(__file__).parents[1] / "intake" / "replies"
DOCUMENT = Path(__file__).parents[2] / "docs" / "calendar.md"
OWN = "{@example.org : pass}"

PROVEN = "It is newer than all before, and its sender is proven."
DOUBTFUL = "It is not proven that it comes from the address in From."
TABLE = [
    # mail, DKIM, SPF, verdict, answer, why
    ("gmail", OWN, "pass", "applied", "accepted", PROVEN),
    ("outlook_com", OWN, "pass", "applied", "tentative", PROVEN),
    ("exchange", OWN, "pass", "applied", "declined", PROVEN),
    ("apple", OWN, "pass", "applied", "accepted", PROVEN),
    ("thunderbird_sent_by", OWN, "pass", "applied", "accepted", PROVEN),
    ("several_parts", OWN, "pass", "applied", "accepted", PROVEN),
    ("alias", "{@example.net : pass}", "none", "applied", "accepted", PROVEN),
    ("alias_of_another_domain", "{@alias.example.net : pass}", "none", "applied", "declined",
     PROVEN),
    ("spf_only", "none", "pass", "applied", "accepted", PROVEN),
    ("endless_rule", OWN, "pass", "applied", "accepted", PROVEN),
    ("unsigned", "none", "none", "unverified", "accepted", DOUBTFUL),
    ("forged_from", "{@evil.example.com : pass}", "fail", "unverified", "declined", DOUBTFUL),
    ("spf_of_another_domain", "none", "pass", "unverified", "declined", DOUBTFUL),
    ("other_attendee", OWN, "pass", "unverified", "declined",
     "It comes from another address than the invitee’s."),
    ("unknown_assistant", OWN, "pass", "unverified", "accepted",
     "It comes from another address than the invitee’s."),
    ("assistant_without_sent_by", OWN, "pass", "unverified", "accepted",
     "It comes from an assistant and does not say so."),
    ("party_crasher", "{@crasher.example.org : pass}", "pass", "unverified", "accepted",
     "Somebody answers who is not invited."),
    ("delegated", OWN, "pass", "unverified", "",
     "Someone else is to come instead: name them on the invitee’s page, or write back."),
    ("counter", OWN, "pass", "unverified", "tentative", "Another time is proposed."),
    ("no_stamp", OWN, "pass", "unverified", "accepted", "It does not say when it was written."),
    ("one_occurrence", OWN, "pass", "unverified", "declined",
     "It says something that is no answer to an invitation."),
    ("after_the_deadline", OWN, "pass", "unverified", "accepted",
     "Answers closed on 01 September 2026."),
    ("unknown_uid", OWN, "pass", "ignored", "accepted", "It is about an event that is not ours."),
    ("other_event", OWN, "pass", "ignored", "accepted",
     "It is about an event to which this person is not invited."),
    ("older_stamp", OWN, "pass", "ignored", "declined",
     "A newer reply of the calendar has been applied already."),
    ("lower_sequence", OWN, "pass", "ignored", "declined",
     "It answers an older version of the event than the one that was sent since."),
    ("withdrawn", OWN, "pass", "ignored", "accepted", "The invitation was withdrawn."),
    ("earlier_than_the_page", OWN, "pass", "ignored", "declined",
     "A later answer was given in another way; that one stands."),
    ("needs_action", OWN, "pass", "ignored", "", "It says that nothing is decided yet."),
    ("seat_declined", OWN, "pass", "applied", "declined", PROVEN),
    ("seat_accepted_again", OWN, "pass", "applied", "accepted", PROVEN),
    ("seat_by_assistant", OWN, "pass", "applied", "declined", PROVEN),
    ("seat_tentative", OWN, "pass", "unverified", "tentative",
     "A seat is taken or declined; it says neither."),
    ("seat_unsigned", "none", "none", "unverified", "declined", DOUBTFUL),
    ("seat_crasher", "{@crasher.example.org : pass}", "pass", "unverified", "accepted",
     "Somebody answers who is not invited."),
    ("seat_given_away", OWN, "pass", "unverified", "accepted", "This seat is no longer open."),
    ("seat_of_another", OWN, "pass", "ignored", "declined",
     "It is about a seat that this person is not asked to take."),
    ("seat_freed", OWN, "pass", "ignored", "accepted",
     "The person is asked for this seat no more."),
    ("seat_earlier_than_the_page", OWN, "pass", "ignored", "declined",
     "A later answer was given in another way; that one stands."),
]  # fmt: skip


@pytest.fixture
def invitation(app):
    """Amina's, whose assistant Paul may answer, and who has another address."""
    event = make_event("AFRICA", name="Regional meeting for Africa")
    make_event("OTHER")
    amina = make_stakeholder("Amina Diallo", "amina@example.org")
    for email, is_assistant, name in (
        ("assistant@example.org", True, "Paul Mbeki"), ("a.diallo@alias.example.net", False, ""),
    ):  # fmt: skip
        save(AnsweringAddress(stakeholder_id=amina.id, email=email, email_key=email, name=name,
                              is_assistant=is_assistant, created_at=NOON))  # fmt: skip
    return make_invitation(amina, event)


@pytest.fixture
def offer(invitation):
    """A seat that Amina took on its page; Ben is known as well."""
    amina = reading().get_one(Stakeholder, invitation.stakeholder_id)
    make_stakeholder("Ben Mwangi", "ben@example.org")
    offer = make_seat_offer(amina)
    answer_seat_offer(offer.id, True, "Gladly", at=NOON - 3 * HOUR)
    return offer


@pytest.fixture
def receive(app, tmp_path, invitation):
    """Let a mail come in as Inbound Parse tells it; gives what became of it."""

    def come(name, dkim=OWN, spf="pass", at=NOON, change=lambda text: text):
        reading().rollback()
        code = reading().scalar(select(Conference.code))
        other = reading().scalar(select(Event.id).where(Event.code == "OTHER"))
        text = (MAILS / f"{name}.eml").read_bytes().decode()
        own = uid_of(code, invitation.event_id)
        seat = reading().scalar(select(func.min(SeatOffer.id))) or 0
        text = text.replace("UID:{SEAT}", f"UID:{seat_uid_of(code, seat)}")
        plain = change(with_uids(text, own, uid_of(code, other)))
        sender = "x@evil.example.com" if "another_domain" in name else "amina@example.org"
        path = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.http"
        envelope = f'{{"to":["calendar@in.example.org"],"from":"{sender}"}}'
        path.write_bytes(form(dkim=dkim, SPF=spf, envelope=envelope, email=plain))
        keep_inbound(path, path.name, 1, 'multipart/form-data; boundary="xYzZY"', at=at)
        read_new_inbound(tmp_path, at=at)
        apply_calendar_replies(at=at)
        return latest()

    return come


def latest():
    reading().rollback()
    return reading().scalars(select(CalendarReply).order_by(CalendarReply.id.desc())).first()


def state_of(invitation):
    reading().rollback()
    return reading().scalar(select(Invitation.state).where(Invitation.id == invitation.id))


def counts():
    reading().rollback()
    return [
        reading().scalar(select(func.count()).select_from(table))
        for table in (Invitation, Stakeholder, Message, Answer, Event)
    ]


def change_invitation(invitation, **columns):
    with transaction() as session:
        row = session.get_one(Invitation, invitation.id)
        for name, value in columns.items():
            setattr(row, name, value)


def seat_stands(offer):
    reading().rollback()
    return reading().scalar(select(SeatOffer.state).where(SeatOffer.id == offer.id))


def prepare(name, invitation, receive, offer):
    """What came before."""
    if name == "seat_freed":
        free_seat(offer.seat_id, by=CONSOLE, at=NOON)
    if name == "seat_given_away":
        answer_seat_offer(offer.id, False, "", at=NOON - 2 * HOUR)
        with transaction() as session:
            session.get_one(SeatOffer, offer.id).sequence = 1
            ben = session.scalars(select(Stakeholder).where(Stakeholder.email_key.like("ben%")))
            session.get_one(Seat, offer.seat_id).holder_id = ben.one().id
    if name == "seat_earlier_than_the_page":
        answer_seat_offer(offer.id, True, "With pleasure", at=NOON - HOUR)
        with transaction() as session:
            session.get_one(SeatOffer, offer.id).sequence = 1
    if name == "older_stamp":
        receive("gmail")
    if name == "lower_sequence":
        change_invitation(invitation, sequence=1)
    if name == "withdrawn":
        change_invitation(invitation, withdrawn_at=NOON)
    if name == "after_the_deadline":
        change_invitation(invitation, reply_by=NOON - HOUR / 2)
    if name == "earlier_than_the_page":
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON - HOUR)


@pytest.mark.parametrize(("name", "dkim", "spf", "verdict", "answer", "why"), TABLE)
def test_the_verdict_on_each_reply(
    name, dkim, spf, verdict, answer, why, invitation, receive, request
):
    """A32 to A36, A38."""
    offer = request.getfixturevalue("offer") if name.startswith("seat") else None
    prepare(name, invitation, receive, offer)
    stands = (lambda: seat_stands(offer)) if offer else (lambda: state_of(invitation))
    before, was = stands(), counts()
    row = receive(name, dkim, spf)
    assert (row.verdict, row.reply or "", row.because) == (verdict, answer, why)
    if verdict == "applied":
        assert stands() == answer
    else:
        assert stands() == before
        assert counts() == was


def test_the_document_shows_this_table():
    lines = [
        f"| {name.replace('_', ' ')} | {dkim} | {spf} | {answer or '–'} | **{verdict}** | {why} |"
        for name, dkim, spf, verdict, answer, why in TABLE
    ]
    assert "\n".join(lines) in DOCUMENT.read_text()


def test_every_mail_stands_in_the_table():
    assert {path.stem for path in MAILS.glob("*.eml")} == {name for name, *_ in TABLE}


def test_an_answer_by_calendar_is_an_answer_like_any_other(invitation, receive):
    """In the history, in the journal, counted, with its comment as the note."""
    receive("exchange")
    answer = reading().scalars(select(Answer)).one()
    assert (answer.channel, answer.reply, answer.given_by) == ("calendar", "declined", "")
    assert answer.note == "Je suis à Kigali cette semaine-là, hélas."
    line = reading().scalars(select(Activity).where(Activity.verb == "answered")).one()
    assert line.detail["channel"] == "calendar"


def test_the_answer_of_an_assistant_is_shown_as_theirs(invitation, receive):
    """A32"""
    receive("thunderbird_sent_by")
    assert reading().scalars(select(Answer.given_by)).one() == "Paul Mbeki"


def test_the_same_mail_again_changes_nothing(invitation, receive):
    receive("gmail")
    receive("gmail", change=lambda text: text.replace("<calendar-1@", "<calendar-2@"))
    assert latest().verdict == Verdict.IGNORED
    assert reading().scalar(select(func.count()).select_from(Answer)) == 1


def test_a_clock_that_goes_ahead_does_not_win_for_ever(invitation, receive):
    receive("gmail", change=lambda text: text.replace("20260901T11", "20990901T11"))
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON + HOUR)
    row = receive("exchange", at=NOON + 3 * HOUR)
    assert row.verdict == Verdict.IGNORED  # written at 11:00, before the answer on the page


def test_what_a_calendar_cannot_say_is_kept(invitation, receive):
    needs = {"needs": {"diet": "no nuts"}, "decide_on": "2026-10-01"}
    answer_invitation(invitation.id, Reply.TENTATIVE, "", at=NOON - 2 * HOUR, particulars=needs)
    receive("gmail")
    reading().rollback()
    kept = reading().get_one(Invitation, invitation.id)
    assert (kept.state, kept.particulars) == ("accepted", {"needs": {"diet": "no nuts"}})


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "ADD", "PUBLISH", "COUNTER"])
def test_nobody_changes_our_event_from_outside(method, invitation, receive):
    """A35: not even whom we invited to it, by its own UID and with a sender who is proven."""

    def whole():
        reading().rollback()
        tables = Event.__table__, Invitation.__table__
        return [sorted(map(repr, reading().execute(select(table)))) for table in tables], counts()

    def change(text):
        moved = text.replace("20261201T07", "20300101T09").replace("SEQUENCE:0", "SEQUENCE:99")
        return moved.replace("REPLY", method)

    before = whole()
    receive("gmail", change=change)
    assert whole() == before


def test_a_hundred_thousand_events_cost_little(invitation, receive):
    """A37"""
    many = "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * 100_000
    row = receive("gmail", change=lambda text: text.replace("BEGIN:VEVENT\r\n", many, 1))
    assert row.verdict == Verdict.IGNORED


def test_a_seat_that_a_calendar_declines_is_free_confirmed_and_not_sent_back_to_it(
    offer, receive, mailer
):
    drain(mailer, now=lambda: NOON - HOUR)
    sent = len(mailer.sent)
    receive("seat_by_assistant")
    receive("seat_by_assistant", change=lambda text: text.replace("<seat-by", "<again-by"))
    assert latest().because == "A newer reply of the calendar has been applied already."
    reading().rollback()
    assert reading().get_one(Seat, offer.seat_id).holder_id is None
    answers = reading().scalars(select(SeatAnswer).order_by(SeatAnswer.id)).all()
    said = [(one.reply, one.channel, one.given_by) for one in answers]
    assert said == [("accepted", "link", ""), ("declined", "calendar", "Paul Mbeki")]
    drain(mailer, now=lambda: NOON)
    (mail,) = mailer.sent[sent:]
    assert (mail.to, mail.attachments) == ("amina@example.org", ())


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_reply_about_a_seat_in_doubt_stands_beside_the_seat(is_taken, offer, receive, client):
    row = receive("seat_unsigned", "none", "none")
    sign_in(client)
    page = client.get("/staff/replies/unverified").text
    assert "Amina Diallo</bdi></a>, co-chair of " in page
    assert "Take it as the answer: declined" in page
    (shown,) = waiting_replies()
    assert (shown.full_name, shown.role, shown.state, shown.can_be_taken) == (
        "Amina Diallo", "co_chair", "accepted", True,
    )  # fmt: skip
    by = Actor.account(make_account().id)
    settle_calendar_reply(row.id, is_taken=is_taken, by=by, at=NOON)
    assert seat_stands(offer) == ("declined" if is_taken else "accepted")


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_person_settles_what_is_in_doubt(is_taken, invitation, receive):
    row = receive("unsigned", "none", "none")
    by = Actor.account(make_account().id)
    settle_calendar_reply(row.id, is_taken=is_taken, by=by, at=NOON)
    assert state_of(invitation) == ("accepted" if is_taken else "silent")
    assert latest().settled_by_id == by.account_id
    with pytest.raises(SettledAlready):
        settle_calendar_reply(row.id, is_taken=True, by=by, at=NOON)


def test_a_stranger_cannot_be_taken_for_an_invitee(invitation, receive):
    """A36"""
    row = receive("party_crasher", "{@crasher.example.org : pass}")
    with pytest.raises(NothingToTake):
        settle_calendar_reply(row.id, is_taken=True, by=Actor.account(make_account().id), at=NOON)
    assert latest().settled_at is None


def test_mails_that_are_no_replies_are_not_judged(invitation, receive):
    """A38: out of office."""

    def away(text):
        return text.replace("METHOD:REPLY", "METHOD:REQUEST").replace(
            "Subject: Accepted", "Subject: Out of office"
        )

    assert receive("unsigned", change=away) is None
    assert reading().scalars(select(InboundMail.kind)).one() == "out_of_office"
