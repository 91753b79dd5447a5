"""Whoever answers on the page is told once how they stand, by a job, whatever happens meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach import jobs
from outreach.actions import confirmations
from outreach.actions.confirmations import AGAIN, confirm_answers
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.models.confirmation import ConfirmationDue
from outreach.models.invitation import Reply
from outreach.models.message import Message, MessageState, Purpose
from tests.answers import answer_by_link
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_message,
    make_stakeholder,
)

pytestmark = pytest.mark.usefixtures("app")
SOON = NOON + timedelta(minutes=1)


def confirmed():
    names = select(Message.name).where(Message.purpose == Purpose.CONFIRMATION)
    return list(afresh(reading().scalars, names.order_by(Message.id)))


def due():
    return afresh(reading().scalar, select(func.count(ConfirmationDue.since)))


def test_several_answers_before_the_job_comes_are_confirmed_by_one_mail():
    ana, bo = (make_invitation(make_stakeholder(name)) for name in ("Ana", "Bo"))
    for minute, reply in enumerate((Reply.ACCEPTED, Reply.DECLINED)):
        answer_by_link(ana, reply, at=NOON + timedelta(minutes=minute))
    answer_by_link(bo, at=NOON)
    assert confirmed() == []
    assert confirm_answers(at=SOON) == 2
    assert confirmed() == ["Ana", "Bo"]
    assert confirm_answers(at=SOON) == 0
    assert due() == 0


SAID = {
    "attendance": "in_person", "days": ["2026-12-01", "2026-12-02"], "party": 2,
    "needs": ["interpretation", "diet"], "needs_note": "No pork, please",
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "It was given by Wanjiru Njeri on 1 September 2026. In person. You come to: Tuesday, 1 "
            "December 2026; Wednesday, 2 December 2026. 2 people come along. You need: "
            "Interpretation. What else you need is noted; your personal page shows it.",
        ),
        ("ar", "الثلاثاء، 1 ديسمبر 2026؛ الأربعاء، 2 ديسمبر 2026."),
        ("zh", "2026年12月1日星期二；2026年12月2日星期三。"),
    ],
)
def test_a_confirmation_says_who_answered_and_what_but_no_need_of_a_personal_kind(
    mailer, language, words
):
    event = make_event(parts_asked="days", party_limit=3, needs_asked=["interpretation", "diet"])
    invitation = make_invitation(make_stakeholder("Amina Otieno", language=language), event)
    answer_invitation(
        invitation.id, Reply.ACCEPTED, "", at=NOON, given_by="Wanjiru Njeri", particulars=SAID
    )
    drain(mailer, now=lambda: SOON)
    (mail,) = mailer.sent
    for part in (mail.text, mail.html):
        assert words in part
        assert "pork" not in part


def test_a_slip_that_is_taken_back_before_the_job_comes_is_not_written_about():
    invitation = make_invitation()
    answer_by_link(invitation, at=NOON)
    take_back_answer(invitation.id, at=SOON)
    assert due() == 0
    assert confirm_answers(at=SOON) == 0
    assert confirmed() == []


def test_an_answer_with_more_to_it_tells_what_was_due_before():
    invitation = make_invitation(make_stakeholder("Ana"))
    answer_by_link(invitation, at=NOON)
    answer_invitation(invitation.id, Reply.TENTATIVE, "Later", at=SOON)
    assert confirm_answers(at=SOON) == 0
    assert confirmed() == ["Ana"]


def test_thanks_that_left_before_the_job_came_are_the_confirmation():
    person = make_stakeholder()
    invitation = make_invitation(person)
    answer_by_link(invitation, at=NOON)
    make_message(
        person, invitation=invitation, purpose=Purpose.THANK_YOU,
        state=MessageState.ACCEPTED, created_at=SOON,
    )  # fmt: skip
    assert confirm_answers(at=SOON) == 1
    assert confirmed() == []


def test_one_that_cannot_be_written_holds_up_no_other_and_is_tried_later(monkeypatch):
    invitations = [make_invitation(make_stakeholder(name)) for name in ("Ana", "Bo", "Chi", "Di")]
    for invitation in invitations:
        answer_by_link(invitation, at=NOON)
    bad, confirm = invitations[1].id, confirmations.confirm

    def fails_for_one(session, invitation, *, at):
        if invitation.id == bad:
            raise ValueError("no such zone")
        confirm(session, invitation, at=at)

    monkeypatch.setattr(confirmations, "confirm", fails_for_one)
    while confirm_answers(at=SOON):
        pass
    assert confirmed() == ["Ana", "Chi", "Di"]
    monkeypatch.undo()
    assert confirm_answers(at=SOON + AGAIN) == 1
    assert confirmed() == ["Ana", "Chi", "Di", "Bo"]


def test_after_a_restore_a_confirmation_that_was_due_is_held_like_all_others():
    answer_by_link(make_invitation(), at=NOON)
    assert jobs.hold_everything().messages == 1
    assert due() == 0
