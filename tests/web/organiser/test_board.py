"""The board: true numbers, each a link to those behind it; before anything, what comes first."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event

from outreach.db import db
from outreach.models.account import Role
from outreach.models.campaign import CampaignState
from outreach.models.invitation import InvitationState
from tests.factories import (
    NOON,
    make_campaign,
    make_event,
    make_invitation,
    make_list,
    make_seat_offer,
    make_stakeholder,
    make_target,
    sign_in,
)

SELECTS_OF_THE_BOARD = 19
"""However many people there are; the session's own account and conference are among them."""


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def organiser(client):
    sign_in(client, Role.ORGANISER)
    return client


@pytest.fixture
def filled(app):
    """A list with someone in each state and two who are not asked, and a campaign that runs."""
    target_list = make_list()
    for state in InvitationState:
        person = make_stakeholder(f"Person {state}")
        make_target(target_list, person, is_star=state is InvitationState.SILENT)
        make_invitation(person, state=state)
    make_target(target_list)
    make_target(target_list)
    make_campaign(target_list, state=CampaignState.RUNNING)
    return target_list


def numbers(page):
    """{what follows the large number: the number} of the board's head."""
    found = re.findall(
        r'o-number-value">([^<]*)</bdi>\s*<span class="o-number-word">([^<]*)<', page.text
    )
    return {word: value for value, word in found}


def test_nobody_sees_the_board_without_signing_in(client):
    assert client.get("/board").status_code == 302
    assert client.get("/board/people").status_code == 302
    assert client.get("/board/seats").status_code == 302


@pytest.mark.parametrize("address", ["/", "/staff", "/staff/"])
def test_an_address_without_a_page_leads_to_the_board(client, address):
    assert client.get(address).location == "/board"


def test_an_empty_board_says_what_to_do_first_and_ticks_it_off(client):
    sign_in(client, Role.PROMOTER)
    page = client.get("/board").text
    assert page.index("Create a target list") < page.index("Import people")
    assert page.index("Import people") < page.index("Draft a campaign")
    assert "data-done" not in page
    assert 'href="/staff/lists/new"' in page
    target_list = make_list()
    assert client.get("/board").text.count("<li data-done") == 1
    make_target(target_list)
    assert client.get("/board").text.count("<li data-done") == 2
    make_campaign(target_list)
    assert 'class="o-numbers"' in client.get("/board").text


def test_an_organiser_is_shown_no_way_that_is_closed_to_them(organiser, filled):
    for path in ("/board", "/board/people", "/board/seats"):
        page = organiser.get(path)
        assert page.status_code == 200
        assert "/staff/" not in page.text


def test_the_large_numbers_are_true(organiser, filled):
    shown = numbers(organiser.get("/board"))
    assert shown["wanted"] == "8"
    assert shown["invited"] == "6"
    assert shown["accepted"] == "1"
    assert shown["no answer yet"] == "1"
    assert shown["stars answered"] == "0 / 1"
    assert shown["days until answers close"] == "30"


def test_a_star_at_risk_is_named_among_what_needs_a_person(organiser, filled, monkeypatch):
    assert "star at risk" not in organiser.get("/board").text
    later = NOON + timedelta(days=31)
    monkeypatch.setattr("outreach.clock.now", lambda: later)
    page = organiser.get("/board").text
    assert '#stars">star at risk</a>' in page
    assert "answer was due" in page


def test_the_board_says_how_many_of_those_who_come_are_women(organiser, filled):
    for gender in ("female", "male", "", "undisclosed"):
        make_invitation(make_stakeholder(gender=gender), state="accepted", answered_at=NOON)
    said = organiser.get("/board/balance", headers={"HX-Request": "true"}).text
    assert "1 woman, 1 man (50 % women of those who stated it); 3 stated no gender" in said


def test_every_number_leads_to_as_many_people(organiser, filled):
    page = organiser.get("/board").text
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    links = re.findall(r'o-number-cell"><a href="([^"]*)">(\d+)</a>', table)
    assert len(links) == 9
    for address, number in links:
        rows = organiser.get(address.replace("&amp;", "&")).text.count('class="o-row-name"')
        assert rows == int(number), address


def test_the_board_costs_as_many_selects_for_one_as_for_many(organiser, filled):
    def selects():
        said = []

        def note(_connection, _cursor, statement, *_rest):
            said.append(statement)

        sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
        organiser.get("/board")
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
        return [one for one in said if one.lstrip().startswith(("SELECT", "WITH"))]

    few = selects()
    for _ in range(20):
        person = make_stakeholder()
        make_target(filled, person, is_star=True)
        make_invitation(person)
        make_seat_offer(person)
    assert len(few) == len(selects()) == SELECTS_OF_THE_BOARD
    counted = [one for one in few if "count(*)" in one.lower() and "LIMIT" not in one]
    assert not counted


def test_another_event_has_a_board_of_its_own(organiser, filled):
    meeting = make_event(kind="preparatory", name="Meeting for Africa")
    page = organiser.get(f"/board?event={meeting.code}")
    assert "Nobody is wanted at this event yet" in page.text
    assert numbers(page)["wanted"] == "0"
    assert "Meeting for Africa" in organiser.get("/board").text


def test_an_event_that_is_not_there_is_a_404(organiser, filled):
    assert organiser.get("/board?event=NOWHERE").status_code == 404
    assert organiser.get("/board/people?event=NOWHERE").status_code == 404


def test_a_seat_at_risk_stands_on_the_board_and_a_draft_waits_for_approval(organiser, filled):
    make_seat_offer(make_stakeholder("Amina Sow"))
    make_campaign(filled, name="Second wave")
    page = organiser.get("/board").text
    assert "Amina Sow" in page
    assert "Second wave awaits approval" in page
    assert "Seats by track" in page


def test_the_list_behind_seats_can_be_asked_for_those_at_risk(organiser, filled, monkeypatch):
    make_seat_offer(make_stakeholder("Amina Sow"))
    assert "Amina Sow" not in organiser.get("/board/seats?standing=at_risk").text
    monkeypatch.setattr("outreach.clock.now", lambda: NOON + timedelta(days=30))
    assert "Amina Sow" in organiser.get("/board/seats?standing=at_risk").text


def test_names_are_inert_wherever_the_board_shows_them(organiser, filled):
    """Case A14."""
    person = make_stakeholder("<script>alert(1)</script>", office="<img onerror=x>")
    make_target(filled, person, is_star=True)
    make_invitation(person)
    make_seat_offer(person)
    for path in ("/board", "/board/people", "/board/people?star=yes", "/board/seats"):
        page = organiser.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page, path
        assert "<img onerror" not in page


def test_wild_addresses_are_answered_calmly(organiser, filled):
    """Case A50."""
    for query in (
        "state=nonsense",
        "state=%00",
        "group=' OR 1=1",
        "country=%25",
        "q=%25_%5C",
        "after=x",
        "after=eyJh",
        "q=" + "x" * 10_000,
        "star=maybe",
        "group=%00",
    ):
        assert organiser.get(f"/board/people?{query}").status_code in (200, 404), query
    assert organiser.get("/board/seats?standing=%00").status_code == 200
