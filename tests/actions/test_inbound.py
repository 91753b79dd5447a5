"""Mail that came in, filed with the person who wrote; what machines write changes no answer."""

from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from outreach.actions import inbound
from outreach.actions.inbound import keep_inbound, put_reply, read_new_inbound
from outreach.actions.receipt_effects import apply_receipts
from outreach.db import reading
from outreach.models.activity import Activity, Actor
from outreach.models.inbound import Desk, InboundKind, InboundMail, InboundState, NotAReply
from outreach.models.invitation import Answer, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.suppression import Suppression
from outreach.models.task import Task
from outreach.queries.activities import sentence
from tests.factories import (
    NOON,
    make_account,
    make_invitation,
    make_message,
    make_stakeholder,
)
from tests.intake.mails import FORM, calendar_mail, form, mail, report

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def ana(app):
    return make_stakeholder("Ana Silva", "ana@example.org")


@pytest.fixture
def bring(app, tmp_path):
    """Keeps a mail and reads it; gives the row."""

    def keep(message, **fields):
        raw = form(email=message if isinstance(message, bytes) else message.as_bytes(), **fields)
        path = tmp_path / f"{sha256(raw).hexdigest()}.http"
        path.write_bytes(raw)
        keep_inbound(path, sha256(raw).hexdigest(), len(raw), FORM, at=NOON)
        read_new_inbound(tmp_path, at=LATER)
        reading().rollback()
        return reading().scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()

    return keep


def verbs():
    reading().rollback()
    return list(reading().scalars(select(Activity.verb).order_by(Activity.id)))


def test_a_reply_lands_on_the_timeline_of_the_person_whose_mail_it_answers(bring, ana):
    message = make_message(ana)
    row = bring(
        mail(From="assistant@example.net", In_Reply_To=f"<{message.public_id}@example.org>")
    )
    assert (row.kind, row.stakeholder_id, row.message_id) == (InboundKind.REPLY, ana.id, message.id)
    assert not row.is_known_sender
    (line,) = reading().scalars(select(Activity))
    assert (line.verb, line.stakeholder_id) == ("replied_by_mail", ana.id)
    assert line.detail == {"inbound_id": row.id}


def test_a_mail_without_reference_belongs_to_whoever_has_the_address(bring, ana):
    row = bring(mail(From="ANA@Example.org"))
    assert (row.stakeholder_id, row.is_known_sender) == (ana.id, True)


def test_where_two_share_an_address_a_person_must_say_whose_it_is(bring, ana):
    make_stakeholder("Bo Silva", "ana@example.org")
    row = bring(mail())
    assert row.stakeholder_id is None
    assert verbs() == []


def test_a_reference_to_a_mail_of_another_house_is_no_reference(bring, ana):
    row = bring(mail(From="x@example.net", In_Reply_To=f"<{'f' * 32}@example.org>"))
    assert (row.stakeholder_id, row.message_id) == (None, None)


def test_out_of_office_is_set_aside_with_its_day_of_return(bring, ana):
    """A38"""
    row = bring(mail("Back on 14 September 2026", "Automatic reply: Invitation"))
    assert (row.kind, row.returns_on) == (InboundKind.OUT_OF_OFFICE, date(2026, 9, 14))
    assert verbs() == ["is_away"]
    said = sentence("is_away", {"returns_on": "2026-09-14"}, None)
    assert said == "Answered that they are away, until 14 September 2026"


MACHINES = {
    "out of office": lambda m: mail("x", "Out of office", In_Reply_To=f"<{m}@example.org>"),
    "report": lambda m: report(original=m),
    "our own": lambda m: mail(Message_ID=f"<{m}@example.org>"),
    "newsletter": lambda m: mail(List_Id="<x.example.org>"),
    "calendar": lambda m: calendar_mail(Auto_Submitted="auto-generated"),
}


@pytest.mark.parametrize("what", MACHINES)
def test_no_machine_changes_an_answer_or_has_a_mail_sent(bring, ana, what):
    """A38"""
    invitation = make_invitation(ana, state=InvitationState.ACCEPTED)
    message = make_message(ana, invitation)
    bring(MACHINES[what](message.public_id))
    apply_receipts(at=LATER)
    reading().rollback()
    assert reading().get(type(invitation), invitation.id).state == InvitationState.ACCEPTED
    assert reading().scalar(select(func.count()).select_from(Message)) == 1
    assert reading().scalar(select(func.count()).select_from(Answer)) == 0


def test_our_own_mail_come_back_is_known(bring, ana):
    """A38"""
    row = bring(mail(Message_ID=f"<{make_message(ana).public_id}@example.org>"))
    assert row.kind is InboundKind.OWN
    assert verbs() == []


def test_a_calendar_reply_is_kept_with_its_calendar_for_later(bring, ana):
    """A38, A35"""
    row = bring(calendar_mail())
    assert (row.kind, row.stakeholder_id) == (InboundKind.CALENDAR, ana.id)
    assert "METHOD:REPLY" in row.calendar


def test_a_report_that_our_mail_failed_counts_as_the_providers_own_event(bring, ana):
    invitation = make_invitation(ana)
    message = make_message(ana, invitation)
    bring(report(original=message.public_id))
    assert apply_receipts(at=LATER) == 1
    reading().rollback()
    assert reading().get(Message, message.id).state == MessageState.BOUNCED
    assert reading().get(type(invitation), invitation.id).state == InvitationState.UNDELIVERABLE
    assert reading().scalar(select(Suppression.reason)) == "bounced"
    assert reading().scalar(select(Task.stakeholder_id)) == ana.id


def test_a_report_on_a_mailbox_that_the_person_forwards_to_says_nothing_of_the_person(bring, ana):
    message = make_message(ana)
    bring(report(original=message.public_id, recipient="elsewhere@example.net"))
    assert apply_receipts(at=LATER) == 0


def test_a_mail_on_which_the_reading_dies_is_tried_three_times_and_stops_no_other(
    bring, ana, monkeypatch
):
    """A37"""
    real = inbound.read_inbound

    def dies(raw, content_type, *, at):
        if b"poison" in raw:
            raise MemoryError
        return real(raw, content_type, at=at)

    monkeypatch.setattr(inbound, "read_inbound", dies)
    with pytest.raises(MemoryError):
        bring(mail("poison"))
    for number in range(3):
        with suppress(MemoryError):
            bring(mail("Fine", Message_ID=f"<{number}@example.org>"))
    reading().rollback()
    first, *others = reading().scalars(select(InboundMail).order_by(InboundMail.id))
    assert (first.state, first.tries_count) == (InboundState.FAILED, 3)
    assert [row.state for row in others] == [InboundState.READ] * 3


def test_the_team_says_who_answers_and_how_far_it_is(bring, ana):
    account = make_account()
    by, row = Actor.account(account.id), bring(mail())
    inbound.assign_reply(row.id, account.id, by=by, at=LATER)
    assert put_reply(row.id, Desk.ANSWERED, by=by, at=LATER)
    assert not put_reply(row.id, Desk.ANSWERED, by=by, at=LATER)
    assert put_reply(row.id, Desk.DONE, by=by, at=LATER)
    assert verbs() == ["replied_by_mail", "assigned_reply", "answered_reply", "closed_reply"]


def test_what_a_machine_wrote_is_not_answered(bring, ana):
    row = bring(mail(subject="Out of office"))
    with pytest.raises(NotAReply):
        put_reply(row.id, Desk.DONE, by=Actor.account(make_account().id), at=LATER)
