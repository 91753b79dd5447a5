"""An invitee's page: what it says, and the answer that it takes."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from threading import Barrier, Thread
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPErrorProcessor, build_opener

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from outreach.db import Glance, db, reading, transaction
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.tally import NUMBERS, TallyKind
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
)


def state_of(invitation):
    reading().rollback()
    return reading().scalar(select(Invitation.state).where(Invitation.id == invitation.id))


def replies(invitation):
    reading().rollback()
    rows = reading().scalars(
        select(Answer.reply).where(Answer.invitation_id == invitation.id).order_by(Answer.id)
    )
    return list(rows)


def without_bdi(text):
    """A name stands apart, so that its direction does not turn the sentence."""
    return re.sub(r"</?bdi[^>]*>", "", text)


def minister(**columns):
    return make_stakeholder(
        "Amina Wanjiru Otieno",
        title="Dr",
        salutation="Your Excellency",
        office="Minister of Digital Affairs",
        organisation=make_organisation("Ministry"),
        **columns,
    )


def test_the_page_says_who_invites_whom_to_what_when_where_and_until_when(guest):
    event = make_event(
        name="Regional meeting for Africa",
        venue="Palace of Meetings",
        city="Kigali",
        country_code="RW",
        time_zone="Africa/Kigali",
        starts_at=datetime(2026, 12, 1, 7, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 16, tzinfo=UTC),
    )
    text = without_bdi(guest(make_invitation(minister(), event)).open().text)
    for words in (
        "Dr Amina Wanjiru Otieno", "Your Excellency", "Minister of Digital Affairs", "Ministry",
        "The Conference Secretariat invites you to the Regional meeting for Africa",
        "It prepares the World Development Conference",
        "1–3 December 2026", "Opens on Tuesday at 09:00, Kigali (UTC+2)",
        "Opens on Tuesday at 07:00, UTC",
        "Palace of Meetings, Kigali, Rwanda",
        "Thursday, 1 October 2026, 14:00 (Kigali, UTC+2)", "in 30 days",
    ):  # fmt: skip
        assert words in text


def test_the_title_in_the_history_of_a_browser_names_nobody(guest):
    """A24"""
    text = guest(make_invitation(minister())).open().text
    title = text[text.index("<title>") : text.index("</title>")]
    assert title == "<title>Invitation: World Development Conference"


@pytest.mark.parametrize("reply", list(Reply))
def test_an_answer_is_noted_counted_and_shown(guest, reply):
    invitation = make_invitation(minister())
    sent = guest(invitation).send(answer=reply.value, note="With Ms Otieno,\nher adviser.")
    assert sent.status_code == 303
    assert sent.location == guest(invitation).path
    assert state_of(invitation) == reply.value
    shown = guest(invitation).open().text
    assert "Noted on Tuesday, 1 September 2026, 14:00 (Geneva, UTC+2)." in shown
    assert "With Ms Otieno,\nher adviser." in shown
    counts = dict(
        reading()
        .execute(
            select(NUMBERS.state, func.sum(NUMBERS.count))
            .where(NUMBERS.kind == TallyKind.EVENT_INVITATIONS)
            .group_by(NUMBERS.state)
        )
        .all()
    )
    assert counts == {"silent": 0, reply.value: 1}


def test_a_mind_can_be_changed_until_the_reply_by_and_the_answers_are_shown(guest):
    invitation = make_invitation()
    for reply in ("tentative", "declined", "accepted"):
        assert guest(invitation).send(answer=reply).status_code == 303
    assert replies(invitation) == [Reply.TENTATIVE, Reply.DECLINED, Reply.ACCEPTED]
    text = guest(invitation).open().text
    history = text[text.index("Your answers so far") :]
    places = [history.index(w) for w in ("You accept", "You decline", "You cannot say yet")]
    assert places == sorted(places)


def test_who_answered_for_the_invitee_is_shown(guest):
    invitation = make_invitation(state=InvitationState.ACCEPTED, answered_at=NOON)
    with transaction() as session:
        for given_by in ("", "The Embassy in Bern"):
            session.add(
                Answer(
                    invitation_id=invitation.id,
                    reply=Reply.ACCEPTED,
                    given_at=NOON,
                    channel="letter",
                    given_by=given_by,
                )
            )
    assert "given by <bdi>The Embassy in Bern</bdi>" in guest(invitation).open().text


def test_whom_an_address_belongs_to_is_told_to_nobody(guest):
    make_invitation(make_stakeholder("Mimoza Gjokaj", "m@example.org"))
    invitation = make_invitation()
    sent = guest(invitation).send(
        answer="delegated", delegate_name="Someone", delegate_address="m@example.org"
    )
    assert sent.status_code == 303
    page = guest(invitation).open().text
    assert "<bdi>Someone</bdi> has the invitation now" in page
    assert "Gjokaj" not in page


def test_without_a_choice_nothing_is_noted_and_the_note_is_kept_on_the_page(guest, tables):
    """A19"""
    invitation = make_invitation()
    before = tables()
    sent = guest(invitation).send(note="I wrote this at length")
    assert sent.status_code == 400
    assert "Choose one of the answers." in sent.text
    assert "I wrote this at length" in sent.text
    perhaps = guest(invitation).send(answer="perhaps")
    assert perhaps.status_code == 400
    assert "Choose one of the answers." in perhaps.text
    assert tables() == before


def test_a_form_of_another_link_or_of_none_is_refused(guest, tables, client):
    """A19"""
    invitation, other = make_invitation(), make_invitation()
    before = tables()
    page = guest(invitation)
    for nonce in ("", guest(other).hidden()["nonce"], "0.x", "²." + "A" * 43, "9" * 5000 + ".x"):
        sent = page.send(answer="accepted", nonce=nonce)
        assert sent.status_code == 400
        assert "was not opened from this page" in sent.text
    assert client.post(f"{page.path}/answer", data={"answer": "accepted"}).status_code == 400
    assert tables() == before


def test_whose_answer_it_is_says_the_link_and_nothing_else_of_the_form(guest):
    """A23, A49: and of an answer that comes twice, the first counts."""
    invitation, other = make_invitation(), make_invitation()
    theirs = {"id": other.id, "invitation_id": other.id, "token": guest(other).path[3:]}
    more = {"state": "declined", "link_key": other.link_key, "answer": ["accepted", "declined"]}
    assert guest(invitation).send(**theirs, **more).status_code == 303
    assert (replies(invitation), replies(other)) == ([Reply.ACCEPTED], [])


def test_a_page_that_was_open_too_long_shows_how_it_stands_and_changes_nothing(guest):
    """A19"""
    invitation = make_invitation()
    old = guest(invitation).hidden()
    guest(invitation).send(answer="accepted")
    late = guest(invitation).send(answer="declined", **old)
    assert late.status_code == 400
    assert "Another answer came in while this page was open" in late.text
    assert "You accept" in late.text
    assert replies(invitation) == [Reply.ACCEPTED]


def test_the_same_answer_sent_three_times_is_one_answer(guest, client):
    """A20"""
    invitation = make_invitation()
    page = guest(invitation)
    fields = {**page.hidden(), "answer": "accepted", "note": "Gladly"}
    pages = []
    for _ in range(3):
        sent = client.post(f"{page.path}/answer", data=fields, follow_redirects=True)
        assert sent.status_code == 200
        pages.append(sent.text[sent.text.index("<main>") :])
    assert replies(invitation) == [Reply.ACCEPTED]
    assert pages[0] == pages[1] == pages[2]
    count = reading().scalar(
        select(func.sum(NUMBERS.count)).where(
            NUMBERS.kind == TallyKind.EVENT_INVITATIONS, NUMBERS.state == "accepted"
        )
    )
    assert count == 1


class NoRedirects(HTTPErrorProcessor):
    def http_response(self, request, response):
        return response


def test_fifty_people_at_one_link_at_once_leave_one_answer_and_no_fault(live, guest):
    """A21"""
    invitation = make_invitation()
    page = guest(invitation)
    nonce = page.hidden()["nonce"]
    start, statuses = Barrier(50), []

    def send(reply):
        body = urlencode({"answer": reply, "nonce": nonce}).encode()
        start.wait()
        try:
            opener = build_opener(NoRedirects)
            with opener.open(f"{live}{page.path}/answer", body, timeout=60) as answer:
                statuses.append(answer.status)
        except HTTPError as error:
            statuses.append(error.code)

    threads = [Thread(target=send, args=(list(Reply)[n % 4].value,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {303, 400}
    assert len(statuses) == 50
    (only,) = replies(invitation)
    assert state_of(invitation) == only.value
    total = reading().scalar(
        select(func.sum(NUMBERS.count)).where(NUMBERS.kind == TallyKind.EVENT_INVITATIONS)
    )
    assert total == 1


def test_after_the_reply_by_the_page_says_so_and_whom_to_write_to(guest, tables):
    """A22"""
    invitation = make_invitation(minister())
    fields = guest(invitation).hidden()
    with transaction() as session:
        session.get_one(Invitation, invitation.id).reply_by = NOON
    before = tables()
    shown = guest(invitation).open().text
    assert "Answers were taken until Tuesday, 1 September 2026, 14:00 (Geneva, UTC+2)." in shown
    assert "mailto:secretariat@outreach.example.org" in shown
    assert "<form" not in shown
    sent = guest(invitation).send(answer="accepted", **fields)
    assert sent.status_code == 410
    assert "Answers were taken until Tuesday, 1 September 2026, 14:00" in sent.text
    assert "Amina" not in sent.text
    assert tables() == before


def test_a_withdrawn_invitation_says_nothing_of_the_person(guest, tables):
    """A22"""
    invitation = make_invitation(minister(), withdrawn_at=NOON)
    before = tables()
    page = guest(invitation)
    nonce = guest(make_invitation()).hidden()["nonce"]
    before = tables()
    for answer in (
        page.open(),
        page.client.get(f"{page.path}/event.ics"),
        page.client.post(f"{page.path}/answer", data={"answer": "accepted", "nonce": nonce}),
    ):
        assert answer.status_code == 410
        assert "no longer open" in answer.text
        assert "Amina" not in answer.text
    assert tables() == before


def test_nothing_changes_by_looking(guest, tables, client):
    """A18"""
    invitation = make_invitation(minister())
    path = guest(invitation).path
    before = tables()
    for _ in range(100):
        for address in (path, f"{path}/answer", f"{path}/event.ics", f"{path}?answer=accepted"):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert client.open(address, method=method).status_code < 400
    assert tables() == before
    assert 'method="get"' not in guest(invitation).open().text.lower()


def test_nothing_changes_by_following_every_link_from_page_to_page(guest, tables, client):
    """A18"""
    person = minister()
    other, offer = make_invitation(person, make_event()), make_seat_offer(person)
    path = guest(make_invitation(person)).path
    before = tables()
    seen, ahead = set(), [path]
    while ahead:
        address = ahead.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        seen.add(address)
        if answer.mimetype == "text/html":
            links = [unescape(link) for link in re.findall(r'href="([/?][^"]*)"', answer.text)]
            links = [urljoin(address, link).partition("#")[0] for link in links]
            ahead += [link for link in links if link not in seen]
    assert {f"{path}/calendar", f"{path}/event.ics", f"{path}?language=ar"} <= seen
    assert {guest(other).path, guest(offer, "seat").path} <= seen
    assert tables() == before


def test_a_page_is_two_questions_at_most(guest, monkeypatch):
    page = guest(make_invitation())
    asked, seen = [], []

    def count(_connection, _cursor, statement, *_):
        asked.extend([statement] if statement.startswith("SELECT") else [])

    row = Glance.row
    monkeypatch.setattr(
        Glance, "row", lambda self, **values: asked.append("SELECT") or row(self, **values)
    )
    sql_event.listen(db.engine, "before_cursor_execute", count)
    try:
        for reply in ("accepted", "declined", "accepted"):
            asked.clear()
            page.open()
            seen.append(len(asked))
            page.send(answer=reply)
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", count)
    assert seen == [1, 1, 2]


def test_an_address_that_bounced_can_still_be_answered_from(guest):
    invitation = make_invitation(state=InvitationState.UNDELIVERABLE)
    assert guest(invitation).send(answer="accepted").status_code == 303
    assert state_of(invitation) == "accepted"


def test_hours_say_another_day_where_it_is_another_day_in_utc(guest):
    event = make_event(
        city="Auckland",
        country_code="NZ",
        time_zone="Pacific/Auckland",
        starts_at=datetime(2026, 11, 2, 20, tzinfo=UTC),
        ends_at=datetime(2026, 11, 3, 4, tzinfo=UTC),
    )
    text = guest(make_invitation(event=event)).open().text
    assert "Tuesday, 09:00–17:00, Auckland (UTC+13)" in text
    assert "Monday, 20:00–04:00, UTC" in text
    person = make_stakeholder(country_code="US", time_zone="America/Denver")
    text = guest(make_invitation(person, event)).open().text
    assert "Monday, 13:00–21:00, Denver (UTC−7)" in text


def test_an_answer_counts_until_the_very_reply_by(guest):
    invitation = make_invitation(reply_by=NOON + timedelta(microseconds=1))
    assert guest(invitation).send(answer="accepted").status_code == 303
