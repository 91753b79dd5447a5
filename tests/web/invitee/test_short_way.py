"""The short way to an invitee's page gives what the long way gives, byte for byte."""

import gzip
from collections import Counter
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from outreach import clock
from outreach.actions import invitations
from outreach.actions.confirmations import confirm_answers
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.db import reading
from outreach.models.activity import Activity
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.models.message import Message, Unit
from outreach.models.tally import NUMBERS
from outreach.web.invitee import light, pressed, short_answer
from outreach.web.invitee.door import LONGEST_BODY
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
)

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
PRIVATE = (
    "Cache-Control", "Referrer-Policy", "X-Robots-Tag", "X-Content-Type-Options",
    "Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Content-Type",
)  # fmt: skip


@pytest.fixture
def long_way(app, monkeypatch):
    """Let Flask itself answer; or, once switched off, never: the short way falls back silently."""

    def never(*_):
        raise AssertionError("this was the long way")

    def switch(on):
        monkeypatch.setattr(light, "PATH", light.re.compile(r"\Znever") if on else path)
        monkeypatch.setattr(app.wsgi_app, "long_way", way if on else never)

    path, way = light.PATH, app.wsgi_app.long_way
    return switch


def shapes():
    person = make_stakeholder(
        "Amina <b>Otieno</b> & Söhne", title="H.E. Dr", salutation="Your “Excellency”",
        office="Minister's office", organisation=make_organisation("Bank & <i>Trust</i>"),
        country_code="KE", time_zone="Asia/Tokyo", language="fr",
    )  # fmt: skip
    answered = make_invitation()
    answer_invitation(answered.id, Reply.ACCEPTED, "Gladly", at=NOON - timedelta(days=1))
    plainly, declined = make_invitation(), make_invitation(make_stakeholder("José d’Été"))
    answer_invitation(plainly.id, Reply.ACCEPTED, "", at=NOON - timedelta(days=1))
    reason = {"reason": "travel"}
    answer_invitation(declined.id, Reply.DECLINED, "", at=NOON, particulars=reason)
    taken_back = make_invitation()
    answer_invitation(taken_back.id, Reply.DECLINED, "", at=NOON - timedelta(days=2))
    take_back_answer(taken_back.id, at=NOON - timedelta(days=1))
    busy = make_stakeholder("王小明", language="zh")
    make_invitation(busy, make_event(name="Round table"))
    make_seat_offer(busy)
    return {
        "bare": make_invitation(make_stakeholder("Ana")),
        "full": make_invitation(person),
        "answered": answered,
        "plainly answered": plainly,
        "declined": declined,
        "taken back": taken_back,
        "several": make_invitation(busy),
        "closed": make_invitation(reply_by=NOON),
    }


def test_both_ways_give_the_same_page_in_every_shape_and_language(guest, client, long_way):
    for name, invitation in shapes().items():
        for query in ("", "?language=ar", "?language=zh"):
            path, answers = guest(invitation).path + query, []
            for on in (True, False):
                long_way(on)
                answers += [client.get(path), client.get(path, headers=GZIP)]
            plain, packed, *short = answers
            assert [each.status_code for each in answers] == [200] * 4
            assert gzip.decompress(packed.data) == plain.data
            assert short[0].data == plain.data, (name, query)
            assert gzip.decompress(short[1].data) == plain.data, (name, query)
            for header in PRIVATE:
                assert short[1].headers[header] == packed.headers[header]
            assert "Accept-Encoding" in short[1].headers["Vary"]
            assert short[1].headers["Content-Encoding"] == "gzip"
            assert int(short[1].headers["Content-Length"]) == len(short[1].data)


@pytest.mark.parametrize(
    ("fields", "is_short"),
    [
        ({"answer": "accepted", "note": " À \u202evous\r\n’ ", "given_by": "A\n B"}, True),
        ({"answer": "declined", "reason": "travel"}, True),
        ({"answer": "tentative", "decide_on": "2026-09-30"}, True),
        ({"answer": "tentative", "decide_on": "1999-01-01"}, False),
        ({"answer": "accepted", "note": "x" * 2_001}, False),
        ({"answer": "accepted", "given_by": "x" * 201}, False),
        ({"answer": "accepted", "delegate_name": "x" * 201}, False),
        ({"answer": "delegated"}, False),
        ({"answer": "maybe"}, False),
        ({"answer": "accepted", "nonce": "0.none"}, False),
        ({"answer": "accepted", "note": "x" * LONGEST_BODY}, False),
        ({"answer": "accepted", "sent_as": "text/plain"}, False),
        ({"answer": "accepted", "sent_as": f"{short_answer.FORM}; charset=utf-8"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_both_ways_note_the_same_answer_and_say_the_same(
    guest, long_way, monkeypatch, fields, is_short
):
    noted, found, said = light.noted, [], []
    monkeypatch.setattr(light, "noted", lambda *a: found.append(noted(*a)) or found[-1])
    sent_as = fields.get("sent_as", short_answer.FORM)
    for on in (False, True):
        if on:
            long_way(on)
        invitation = make_invitation(make_stakeholder("Ana"))
        page, before = guest(invitation), counted()
        body = urlencode(page.hidden() | fields)
        answer = page.client.post(f"{page.path}/answer", data=body, content_type=sent_as)
        headers = {name: answer.headers[name] for name in (*PRIVATE, "Content-Length")}
        way_back = answer.data if answer.status_code == 303 else b""
        said.append([
            answer.status, headers, answer.headers.get("Location", "").removeprefix(page.path),
            way_back.replace(page.path.encode(), b""), written(invitation),
            [counted()[state] - before[state] for state in ("silent", "accepted", "declined")],
        ])  # fmt: skip
    assert said[0] == said[1]
    assert [each is not None for each in found] == [is_short]


def counted():
    reading().rollback()
    sums = select(NUMBERS.state, func.sum(NUMBERS.count)).group_by(NUMBERS.state)
    return Counter(dict(reading().execute(sums).all()))


def written(invitation):
    """All that an answer may write about a person, but for keys, once it is confirmed."""
    reading().rollback()
    confirm_answers(at=clock.now())
    messages = Message.stakeholder_id == invitation.stakeholder_id
    is_theirs = {
        Invitation: Invitation.id == invitation.id, Answer: Answer.invitation_id == invitation.id,
        Activity: Activity.stakeholder_id == invitation.stakeholder_id,
        Message: messages,
        Unit: Unit.id.in_(select(Message.unit_id).where(messages)),
    }  # fmt: skip
    rows = []
    for model, condition in is_theirs.items():
        columns = [
            column for column in model.__table__.c
            if not column.name.endswith(("id", "_key")) and column.name != "address"
        ]  # fmt: skip
        for row in reading().execute(select(*columns).where(condition).order_by(model.id)):
            values = row._asdict()
            values.get("detail", {}).pop("invitation_id", None)
            rows.append((model.__name__, values))
    return rows


def test_an_answer_given_between_reading_and_writing_stands(guest, monkeypatch):
    invitation = make_invitation()
    page, look = guest(invitation), short_answer.form_glance

    def slowly(*asked):
        found = look(*asked)
        answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON)
        return found

    monkeypatch.setattr(short_answer, "form_glance", slowly)
    assert page.send(answer="accepted").status_code == 400
    assert [(name, row["reply"]) for name, row in written(invitation) if name == "Answer"] == [
        ("Answer", Reply.DECLINED)
    ]


def test_a_fault_on_the_short_way_is_told_as_one_and_nothing_is_tried_again(
    guest, app, monkeypatch
):
    page, tries = guest(make_invitation()), []

    def broken(*_, **__):
        tries.append("once")
        raise RuntimeError("a bug")

    monkeypatch.setattr(invitations, "answer_at_once", broken)
    monkeypatch.setattr(invitations, "answer_invitation", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    try:
        answer = page.send(answer="accepted")
    finally:
        app.testing = True
    assert answer.status_code == 500
    assert "Something failed on our side" in answer.text
    assert len(tries) == 1


def test_what_fails_before_the_answer_is_noted_goes_the_long_way(guest, monkeypatch):
    page = guest(make_invitation())
    monkeypatch.setattr(short_answer, "form_glance", lambda *_: 1 / 0)
    assert page.send(answer="accepted").status_code == 303


def test_people_who_share_an_event_share_a_mould_and_nothing_else(guest, client):
    pressed._press.cache_clear()
    people = [make_stakeholder(f"Person {letter}", office=letter) for letter in "ABC"]
    paths = [guest(make_invitation(person)).path for person in people]
    texts = [client.get(path).text for path in paths]
    assert pressed._press.cache_info().misses == 1
    for number, text in enumerate(texts):
        assert f"Person {'ABC'[number]}" in text
        assert f"Person {'BCA'[number]}" not in text
        assert paths[number] in text
        assert pressed.OPEN not in text


def test_so_do_those_who_answered_the_same(guest, client):
    pressed._press.cache_clear()
    paths = []
    for day in (1, 2, 3):
        invitation = make_invitation(make_stakeholder(f"Person {day}"))
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON - timedelta(days=day))
        paths.append(guest(invitation).path)
    texts = [client.get(path).text for path in paths]
    assert pressed._press.cache_info().misses == 1
    for number, day in enumerate(("31 August 2026", "30 August 2026", "29 August 2026")):
        assert "Noted on " in texts[number]
        assert [other for other in texts if f", {day}, " in other] == [texts[number]]


@pytest.mark.parametrize(
    "query", ["?language=xx", "?answer=accepted", "?language=fr&x=1", "?language=%66r"]
)
def test_an_unusual_request_goes_the_long_way_and_is_answered(guest, client, query):
    assert client.get(guest(make_invitation()).path + query).status_code == 200


@pytest.mark.parametrize(
    ("accepts", "is_packed"),
    [("", False), ("gzip", True), ("br;q=1.0, GZIP;q=0.2", True), ("gzip;q=0", False),
     ("identity", False), ("x" * 9000, False)],
)  # fmt: skip
def test_a_page_is_compressed_where_that_is_taken(guest, client, accepts, is_packed):
    answer = client.get(guest(make_invitation()).path, headers={"Accept-Encoding": accepts})
    assert ("Content-Encoding" in answer.headers) == is_packed
