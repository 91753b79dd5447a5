"""Questions that staff put on an event's answer form, and what invitees answer to them."""

import re
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from outreach import clock
from outreach.db import reading
from outreach.models.account import Role
from outreach.models.invitation import Invitation
from outreach.models.question import Question
from outreach.queries.questions import answers_of
from outreach.tokens import personal_token
from tests.factories import NOON, make_event, make_invitation, make_stakeholder, sign_in

KIND = {
    "kind": "choice", "text_en": "Which day?\nMonday\nTuesday",
    "text_fr": "Quel jour ?\nlundi\nmardi",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)


def question_on(client, event, **fields):
    answer = client.post(f"/staff/events/{event.id}/questions", data=KIND | fields)
    reading().rollback()
    return answer


def sent(client, invitation, **fields):
    path = f"/i/{personal_token('answer', invitation.link_key)}"
    nonce = re.search(r'name="nonce" value="([^"]+)"', client.get(path).text)[1]
    return client.post(f"{path}/answer", data={"nonce": nonce} | fields)


def test_a_question_is_asked_in_the_readers_language_and_its_answer_is_kept_and_exported(client):
    event = make_event()
    sign_in(client)
    assert question_on(client, event, required_for=["accepted"]).status_code == 303
    question = reading().scalars(select(Question)).one()
    invitation = make_invitation(make_stakeholder("Ana", language="fr"), event)
    page = client.get(f"/i/{personal_token('answer', invitation.link_key)}").text
    assert "Quel jour ?" in page
    assert "mardi" in page
    missing = sent(client, invitation, answer="accepted")
    assert missing.status_code == 422
    assert "Quel jour ?" in missing.text.split("<form")[0]
    answered = sent(client, invitation, answer="accepted", **{f"q{question.id}": "1"})
    assert answered.status_code == 303
    with client.get(f"/staff/events/{event.id}/answers.csv") as file:
        rows = file.text.splitlines()
    assert rows[0].endswith('"Which day?"')
    assert rows[1].startswith('"Ana",')
    assert rows[1].endswith(',"Tuesday"')
    with client.get(f"/staff/events/{event.id}/answers.xlsx") as file:
        book = load_workbook(BytesIO(file.data))
    _, cells = book.active.iter_rows(values_only=True)
    assert (cells[0], *cells[3:5]) == ("Ana", "accepted", "2026-09-01 14:00+02:00")
    assert cells[-1] == "Tuesday"


def test_who_declines_need_not_answer_what_is_required_of_those_who_come(client):
    event = make_event()
    sign_in(client)
    question_on(client, event, required_for=["accepted"])
    assert sent(client, make_invitation(event=event), answer="declined").status_code == 303


def test_who_declines_is_not_asked_what_those_who_come_are(client):
    event = make_event()
    sign_in(client)
    assert (
        question_on(client, event, required_for=["declined"], asked_of="accepted").status_code > 400
    )
    question_on(client, event, required_for=["accepted"], asked_of=["accepted", "tentative"])
    name = f"q{reading().scalars(select(Question.id)).one()}"
    invitation = make_invitation(event=event)
    page = client.get(f"/i/{personal_token('answer', invitation.link_key)}").text
    assert '<fieldset class="asked not-declined not-delegated">' in page
    assert '<span class="muted may may-tentative">' in page
    sent(client, invitation, answer="declined", **{name: "1"})
    reading().rollback()
    assert answers_of(invitation.id) == {}


def test_what_was_answered_is_shown_and_an_undo_brings_it_back(client):
    event = make_event()
    sign_in(client)
    question_on(client, event)
    number = reading().scalars(select(Question.id)).one()
    invitation = make_invitation(event=event)
    path = f"/i/{personal_token('answer', invitation.link_key)}"
    sent(client, invitation, answer="accepted", **{f"q{number}": "1"})
    assert "Which day?</bdi> <b><bdi>Tuesday</bdi></b>" in client.get(path).text
    for change in ({"answer": "accepted"}, {"answer": "declined"}):
        sent(client, invitation, **{f"q{number}": "0"} | change)
        nonce = re.search(r'name="nonce" value="([^"]+)"', client.get(path).text)[1]
        assert client.post(f"{path}/back", data={"nonce": nonce}).status_code == 303
        assert "Which day?</bdi> <b><bdi>Tuesday</bdi></b>" in client.get(path).text
    who = {"delegate_name": "Ben", "delegate_address": "ben@example.org"}
    sent(client, invitation, answer="delegated", **{f"q{number}": "0"} | who)
    reading().rollback()
    assert answers_of(invitation.id) == {number: {"choices": [0]}}


def test_choices_that_do_not_match_between_languages_are_refused(client):
    event = make_event()
    sign_in(client)
    answer = question_on(client, event, text_fr="Quel jour ?\nlundi")
    assert answer.status_code == 422
    assert "same number of choices" in answer.text
    assert question_on(client, event, text_en="").status_code == 422
    assert question_on(client, event, text_en="One?\nonly", text_fr="").status_code == 422


def test_a_question_taken_out_is_asked_no_more(client):
    event = make_event()
    sign_in(client)
    question_on(client, event)
    question = reading().scalars(select(Question)).one()
    url = f"/staff/events/{event.id}/questions/{question.id}/retire"
    assert client.post(url).status_code == 303
    page = client.get(f"/i/{personal_token('answer', make_invitation(event=event).link_key)}").text
    assert "Which day?" not in page


def test_particulars_are_asked_only_where_the_event_asks(client):
    event = make_event()
    invitation = make_invitation(event=event)
    extra = {"attendance": "remote", "party": "2", "needs": ["diet"], "needs_note": "No nuts"}
    sent(client, invitation, answer="accepted", **extra)
    reading().rollback()
    assert reading().scalar(select(Invitation.particulars)) == {}
    sign_in(client)
    url = f"/staff/events/{event.id}/asks"
    form = {"allows_remote": "y", "party_limit": "2", "needs": ["diet", "visa_letter"]}
    assert client.post(url, data=form).status_code == 303
    assert sent(client, invitation, answer="accepted", **extra).status_code == 303
    reading().rollback()
    assert reading().scalar(select(Invitation.particulars)) == {
        "attendance": "remote", "party": 2, "needs": ["diet"], "needs_note": "No nuts",
    }  # fmt: skip
    assert sent(client, invitation, answer="accepted", party="3").status_code == 422


def test_an_organiser_asks_nothing(client):
    sign_in(client, Role.ORGANISER)
    assert client.get(f"/staff/events/{make_event().id}/questions").status_code == 403
