"""The invitees' door: what opens it, what does not, and what its pages tell to others."""

import re
import statistics
import time
from base64 import b64encode
from hashlib import sha256
from secrets import token_urlsafe

import pytest

from outreach.actions.answering_addresses import add_answering_address
from outreach.db import reading
from outreach.errors import Refusal
from outreach.models.activity import CONSOLE
from outreach.models.message import Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.tokens import new_key, personal_token
from outreach.web.invitee import invitation as pages
from outreach.web.invitee import light, pressed
from tests.factories import NOON, make_invitation, make_message, make_seat_offer

LETTERS = {"i": "answer", "s": "seat", "u": "unsubscribe"}


def wrong_tokens(good: str, purpose: str, key: str) -> list[str]:
    """Random, cut, of another case, with something after it, of another purpose, of nobody."""
    other = "seat" if purpose == "answer" else "answer"
    return [
        token_urlsafe(32), good[:-1], good[1:], f"{good}A", f"{good}%00", f"{good}=", f" {good}",
        good.swapcase(), good[:-1] + ("A" if good[-1] != "A" else "B"), "1", "a" * 5000, "..%2f..",
        "é" * 43, personal_token(other, key), personal_token("feed", key),
        personal_token(f"form {purpose} 0", key), personal_token(purpose, new_key()),
    ]  # fmt: skip


@pytest.mark.parametrize("letter", LETTERS)
def test_every_wrong_token_meets_the_same_page(client, letter):
    """A23"""
    rows = {"i": make_invitation(), "s": make_seat_offer(), "u": make_message()}
    row, purpose = rows[letter], LETTERS[letter]
    key = row.public_id if letter == "u" else row.link_key
    good = personal_token(purpose, key)
    assert client.get(f"/{letter}/{good}").status_code == 200
    texts = set()
    for token in wrong_tokens(good, purpose, key):
        answer = client.get(f"/{letter}/{token}")
        assert answer.status_code == 404, token
        assert client.post(f"/{letter}/{token}/answer").status_code in (404, 405)
        texts.add(answer.text)
    assert client.get(f"/{letter}/{good}/more").status_code == 404
    assert len(texts) == 1
    assert "@" not in re.sub(r"<style.*?</style>", "", texts.pop(), flags=re.DOTALL)


def test_a_link_opens_nothing_of_another_kind(client):
    """A23"""
    key = make_invitation().link_key
    for letter, purpose in LETTERS.items():
        status = client.get(f"/{letter}/{personal_token(purpose, key)}").status_code
        assert status == (200 if letter == "i" else 404)


def test_the_time_of_a_refusal_tells_nothing(client):
    """A23: no token that is not ours reaches the database, however close to a good one it is."""
    good = personal_token("answer", make_invitation().link_key)
    near = good[:-2] + ("AA" if good[-2:] != "AA" else "BA")
    spans = {near: [], token_urlsafe(32): [], "1": []}
    for _ in range(60):
        for token, taken in spans.items():
            began = time.thread_time()
            assert client.get(f"/i/{token}").status_code == 404
            taken.append(time.thread_time() - began)
    medians = sorted(map(statistics.median, spans.values()))
    assert medians[-1] < 2 * medians[0]


def test_every_page_of_a_link_keeps_itself_to_itself(client):
    """A24"""
    invitation, offer, message = make_invitation(), make_seat_offer(), make_message()
    copy = make_message(
        reading().get_one(Stakeholder, invitation.stakeholder_id), invitation,
        purpose=Purpose.COPY, address="paul@example.org",
    )  # fmt: skip
    add_answering_address(
        copy.stakeholder_id, copy.address, is_assistant=True, name="", by=CONSOLE, at=NOON
    )
    answer = personal_token("answer", invitation.link_key)
    addresses = [
        f"/i/{answer}", f"/i/{answer}/event.ics", f"/i/{answer}/answer", "/i/none", "/i/a/b/c",
        f"/s/{personal_token('seat', offer.link_key)}",
        f"/u/{personal_token('unsubscribe', message.public_id)}", "/u/none", "/s/none",
        f"/a/{personal_token('assistant', copy.public_id)}", "/a/none", "/d/none", "/f/none",
        "/p/none",
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        headers = answer.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "Set-Cookie" not in headers
        if answer.mimetype == "text/html" and answer.status_code != 302:
            (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
            named = b64encode(sha256(style.encode()).digest()).decode()
            assert f"'sha256-{named}'" in policy
            assert not re.findall(r'(?:src|action)="(?:https?:)?//', answer.text)
            # A map is fetched by nobody who does not follow it, and learns no referrer.
            links = re.findall(r'<a [^>]*href="(?:https?:)?//[^>]*>', answer.text)
            assert all('rel="noreferrer noopener"' in link for link in links)
            assert not re.findall(r'<link [^>]*href="(?:https?:)?//', answer.text)
    assert client.get("/robots.txt").status_code == 404


def test_the_forms_need_no_cookie_and_no_csrf_token(client, csrf, guest):
    assert guest(make_invitation()).send(answer="accepted").status_code == 303
    message = guest(make_message(), "unsubscribe")
    assert client.post(message.path, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_fault_is_told_without_naming_anyone(app, guest, monkeypatch, caplog):
    """A24: neither on the page nor in the log stands who it was, or their link."""
    page = guest(make_invitation())

    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(pages, "invitation_view", broken)
    monkeypatch.setattr(light, "invitation_view", broken)
    monkeypatch.setattr(pressed, "invitation_view", broken)
    pressed._press.cache_clear()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    try:
        answer = page.open()
    finally:
        app.testing = True
    assert answer.status_code == 500
    assert "Something failed on our side" in answer.text
    assert "Person" not in answer.text
    assert page.path not in answer.text
    assert "Exception on /i/<token>" in caplog.text
    assert page.path.removeprefix("/i/") not in caplog.text


def test_a_refusal_of_any_kind_stays_within_the_door(client, guest, monkeypatch):
    page = guest(make_invitation())

    def refuse(*_, **__):
        raise Refusal("The reason in words.")

    for verb in ("answer_at_once", "answer_invitation"):
        monkeypatch.setattr(pages.invitations, verb, refuse)
    answer = page.send(answer="accepted")
    assert answer.status_code == 422
    assert "The reason in words." in answer.text
    assert "<script" not in answer.text
