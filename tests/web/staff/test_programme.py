"""The programme's pages: tracks, seats, who is proposed, asked, withdrawn; on the board too."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.db import reading, transaction
from outreach.models.account import Role
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import OfferState, SeatOffer
from outreach.queries.seats import seats
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_seat_offer,
    make_stakeholder,
    make_target,
    sign_in,
    the_conference,
    the_event,
)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def state_of(offer):
    return afresh(reading().scalar, select(SeatOffer.state).where(SeatOffer.id == offer.id))


def test_an_empty_programme_says_what_a_track_is_and_how_to_add_one(staff):
    page = staff.get("/staff/programme").text
    assert "No track yet." in page
    assert 'href="/staff/programme/new"' in page


def test_the_whole_way_from_a_track_to_a_question(staff):
    answer = staff.post(
        "/staff/programme/new",
        data={"name": "Financing the ICT ecosystem", "event_id": the_event().id, "summary": ""},
    )
    assert answer.status_code == 303
    answer = staff.post(answer.location, data={"role": "co_chair", "fill_by": "2026-11-30"})
    assert answer.status_code == 303
    seat_page = answer.location
    (seat,) = afresh(seats, the_conference().id)
    local = seat.fill_by.astimezone(the_event().zone)
    assert (local.date().isoformat(), local.hour, local.minute) == ("2026-11-30", 23, 59)
    person = make_stakeholder("Amina Sow")
    assert "Amina Sow" in staff.get(f"{seat_page}?q=amina").text
    part = staff.get(f"{seat_page}?q=amina", headers={"HX-Request": "true"}).text
    assert "Amina Sow" in part
    assert "<html" not in part
    staff.post(f"{seat_page}/propose", data={"stakeholder_id": person.id, "why": "Knows banks"})
    page = staff.get(seat_page).text
    assert "Knows banks" in page
    (ask,) = re.findall(r'action="([^"]*/ask)"', page)
    assert staff.post(ask).status_code == 303
    message = reading().scalars(select(Message).where(Message.purpose == Purpose.SEAT)).one()
    assert message.address == person.email
    page = staff.get(seat_page).text
    assert "was asked" in page
    assert "/ask" not in page


def test_a_question_to_a_star_waits_and_says_for_whose_signature(staff):
    owner = make_account(name="Olga Owner")
    star = make_stakeholder()
    make_target(stakeholder=star, is_star=True, owner_id=owner.id)
    offer = make_seat_offer(star, is_asked=False)
    seat = f"/staff/seats/{offer.seat_id}"
    staff.post(f"{seat}/offers/{offer.id}/ask")
    assert "Waits for the personal sign-off of Olga Owner; the answer" in staff.get(seat).text
    message_id = afresh(reading().scalar, select(Message.id))
    page = f"/staff/messages/{message_id}"
    assert "held: waits for the personal sign-off of Olga Owner." in staff.get(page).text
    with transaction() as session:
        session.execute(update(Message).values(state=MessageState.ACCEPTED))
    assert staff.post(f"{page}/resend").location == page
    assert "Mail to this star is signed by Olga Owner in person." in staff.get(page).text


def test_what_is_missing_in_a_form_is_said_and_nothing_is_made(staff):
    page = staff.post("/staff/programme/new", data={"name": "", "event_id": the_event().id})
    assert page.status_code == 422
    assert "Give the track a name." in page.text
    offer = make_seat_offer()
    late = {"role": "co_chair", "fill_by": "2020-01-01"}
    page = staff.post(f"/staff/tracks/{offer.seat.track_id}/seats/new", data=late)
    assert page.status_code == 409
    assert "lies in the past" in page.text
    wild = {"role": "king", "fill_by": "soon"}
    page = staff.post(f"/staff/tracks/{offer.seat.track_id}/seats/new", data=wild)
    assert page.status_code == 422


def test_a_proposal_of_nobody_is_refused(staff):
    offer = make_seat_offer()
    for person in ("", "x", "²", "999999", "9" * 30):
        answer = staff.post(
            f"/staff/seats/{offer.seat_id}/propose", data={"stakeholder_id": person}
        )
        assert answer.status_code in (404, 422), person


def test_a_question_can_be_withdrawn_and_a_seat_freed(staff):
    offer = make_seat_offer()
    place = f"/staff/seats/{offer.seat_id}"
    assert staff.post(f"{place}/offers/{offer.id}/withdraw").status_code == 303
    assert state_of(offer) is OfferState.WITHDRAWN
    assert "Withdrawn" in staff.get(place).text
    assert staff.post(f"{place}/free").status_code == 409


def test_an_offer_of_another_seat_is_not_found_there(staff):
    mine, other = make_seat_offer(is_asked=False), make_seat_offer(is_asked=False)
    assert staff.post(f"/staff/seats/{mine.seat_id}/offers/{other.id}/ask").status_code == 404
    assert state_of(other) is OfferState.PROPOSED


def test_a_date_can_be_moved(staff):
    offer = make_seat_offer()
    place = f"/staff/seats/{offer.seat_id}"
    assert staff.post(f"{place}/date", data={"fill_by": "2026-12-24"}).status_code == 303
    assert "24 Dec 2026" in staff.get(place).text
    assert staff.post(f"{place}/date", data={"fill_by": "never"}).status_code == 422


def test_a_seat_close_to_its_date_shows_as_at_risk_everywhere(staff, monkeypatch):
    make_seat_offer(make_stakeholder("Amina Sow"))
    assert "none at risk" in staff.get("/staff/programme").text
    monkeypatch.setattr("outreach.clock.now", lambda: NOON + timedelta(days=27))
    assert "1 at risk" in staff.get("/staff/programme").text
    assert "Amina Sow" in staff.get("/staff/today").text


def test_names_reasons_and_notes_are_inert(staff):
    """Case A14."""
    offer = make_seat_offer(
        make_stakeholder("<script>alert(1)</script>"), why="<img src=x onerror=alert(1)>"
    )
    for path in ("/staff/programme", f"/staff/seats/{offer.seat_id}?q=script"):
        page = staff.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_organisers_read_seats_on_the_board_only(client):
    offer = make_seat_offer()
    sign_in(client, Role.ORGANISER)
    assert client.get("/staff/programme").status_code == 403
    assert client.post(f"/staff/seats/{offer.seat_id}/free").status_code == 403
    assert client.get("/board/seats").status_code == 200
