"""The replies page: what people wrote back, shown as text, taken and closed."""

import re
from html import unescape

import pytest

from outreach.db import reading
from outreach.models.inbound import Desk, InboundKind, InboundMail, InboundState
from tests.factories import NOON, make_account, make_stakeholder, save, sign_in
from tests.intake.mails import FORM


@pytest.fixture
def colleague(client):
    return sign_in(client, account=make_account(name="Zoé Promoter"))


def make_inbound(number=1, **columns):
    values = {
        "stored_name": f"{number}.http",
        "content_type": FORM,
        "digest": str(number),
        "bytes_count": 1,
        "received_at": NOON,
        "state": InboundState.READ,
        "kind": InboundKind.REPLY,
        "sender": "ana@example.org",
        "subject": "Re: Invitation",
        "text": "I shall come.",
        "mail_id": "<abc@example.org>",
    }
    row = InboundMail(**values | columns)
    save(row)
    return row


def test_an_empty_page_says_what_will_be_here(client, colleague):
    assert "Nothing here" in client.get("/staff/replies").text


def test_replies_are_listed_with_who_wrote_and_who_answers(client, colleague):
    person = make_stakeholder("Ana Silva", "ana@example.org")
    make_inbound(1, stakeholder_id=person.id, assignee_id=colleague.id)
    make_inbound(2, desk=Desk.DONE, subject="Closed already")
    make_inbound(3, kind=InboundKind.OUT_OF_OFFICE, subject="Away")
    page = client.get("/staff/replies").text
    assert "Ana Silva" in page
    assert "Zoé Promoter" in page
    assert "Closed already" not in page
    assert "Away" not in page
    assert "Closed already" in client.get("/staff/replies?desk=done").text
    assert "Away" in client.get("/staff/replies?kind=out_of_office").text
    assert "Ana Silva" in client.get("/staff/replies?mine=yes").text


def test_long_lists_go_on_where_the_page_ends(client, colleague):
    for number in range(55):
        make_inbound(number, subject=f"Number {number:02}")
    first = client.get("/staff/replies").text
    assert "Number 54" in first
    assert "Number 04" not in first
    (following,) = re.findall(r'href="([^"]+)">Next<', first)
    assert "Number 04" in client.get(unescape(following)).text


def test_a_mail_is_shown_as_text_whatever_it_holds(client, colleague):
    """A14"""
    evil = "<script>alert(1)</script>"
    row = make_inbound(subject=evil, text=evil, sender_name=evil, calendar=evil, dkim=evil)
    for path in ("/staff/replies", f"/staff/replies/{row.id}"):
        page = client.get(path).text
        assert evil not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_reply_is_assigned_answered_and_done(client, colleague):
    row = make_inbound()
    assert "Answer by mail" in client.get(f"/staff/replies/{row.id}").text
    for path, fields in (
        ("assign", {"account": str(colleague.id)}),
        ("desk", {"desk": "answered"}),
        ("desk", {"desk": "done"}),
    ):
        assert client.post(f"/staff/replies/{row.id}/{path}", data=fields).status_code == 303
    reading().rollback()
    kept = reading().get(InboundMail, row.id)
    assert (kept.assignee_id, kept.desk) == (colleague.id, Desk.DONE)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("desk", {"desk": "burnt"}, 400),
        ("desk", {}, 400),
        ("assign", {"account": "99999"}, 404),
    ],
)
def test_what_the_page_does_not_offer_is_refused(client, colleague, path, fields, status):
    row = make_inbound()
    assert client.post(f"/staff/replies/{row.id}/{path}", data=fields).status_code == status


def test_a_mail_that_does_not_exist_is_not_found(client, colleague):
    assert client.get("/staff/replies/77").status_code == 404
    assert client.post("/staff/replies/77/desk", data={"desk": "done"}).status_code == 404


def test_what_could_not_be_read_is_named(client, colleague):
    make_inbound(state=InboundState.FAILED, kind=None, problem="It is no form of several parts.")
    page = client.get("/staff/replies").text
    assert "It is no form of several parts." in page
