"""The page of a person who is asked to take a seat."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.db import reading, transaction
from outreach.models.activity import Activity
from outreach.models.seat import Seat, SeatOffer
from tests.factories import NOON, make_seat_offer, make_stakeholder


def holder_of(offer):
    reading().rollback()
    return reading().scalar(select(Seat.holder_id).where(Seat.id == offer.seat_id))


def verbs():
    return list(reading().scalars(select(Activity.verb).order_by(Activity.id)))


def test_the_page_names_the_seat_and_not_what_the_team_thinks(guest):
    offer = make_seat_offer(make_stakeholder("Ana Silva"), why="Rich uncle at the bank")
    text = guest(offer, "seat").open().text
    for words in ("Ana Silva", "co-chair of the track “<bdi>How to finance it all</bdi>”",
                  "in 40 days", "World Development Conference"):  # fmt: skip
        assert words in text
    assert "uncle" not in text


def test_a_yes_fills_the_seat_and_a_changed_mind_frees_it(guest):
    offer = make_seat_offer()
    assert guest(offer, "seat").send(answer="accepted", note="Gladly").status_code == 303
    assert holder_of(offer) == offer.stakeholder_id
    shown = guest(offer, "seat").open().text
    assert "You take the seat" in shown
    assert "Gladly" in shown
    assert guest(offer, "seat").send(answer="declined").status_code == 303
    assert holder_of(offer) is None
    assert verbs() == ["took_seat", "declined_seat"]


def test_a_mis_click_is_taken_back_and_the_history_shown(guest, client):
    offer = make_seat_offer()
    page = guest(offer, "seat")
    page.send(answer="accepted", note="Gladly")
    page.send(answer="declined")
    stale = page.hidden()
    assert client.post(f"{page.path}/back", data=page.hidden()).status_code == 303
    assert holder_of(offer) == offer.stakeholder_id
    shown = page.open().text
    for words in ("You take the seat", "Gladly", "You took the change back", "Your answers so far"):
        assert words in shown
    assert "Take this back" not in shown
    for fields, status in ((stale, 400), ({"nonce": "0.x"}, 400), (page.hidden(), 400)):
        assert client.post(f"{page.path}/back", data=fields).status_code == status
    assert client.get(f"{page.path}/back").status_code == 302


def test_the_same_answer_sent_three_times_is_one_answer(guest, client):
    """A20"""
    page = guest(make_seat_offer(), "seat")
    fields = {**page.hidden(), "answer": "accepted"}
    for _ in range(3):
        assert client.post(f"{page.path}/answer", data=fields).status_code == 303
    assert verbs() == ["took_seat"]


def test_a_page_that_was_open_too_long_changes_nothing(guest):
    """A19"""
    offer = make_seat_offer()
    old = guest(offer, "seat").hidden()
    guest(offer, "seat").send(answer="declined")
    late = guest(offer, "seat").send(answer="accepted", **old)
    assert late.status_code == 400
    assert "Another answer came in" in late.text
    assert holder_of(offer) is None


@pytest.mark.parametrize(
    "fields", [{}, {"answer": "tentative"}, {"answer": "accepted", "nonce": "0.x"}]
)
def test_a_form_without_a_choice_or_from_elsewhere_is_refused(guest, tables, fields):
    """A19"""
    offer = make_seat_offer()
    before = tables()
    assert guest(offer, "seat").send(**fields).status_code == 400
    assert tables() == before


def test_a_seat_that_went_to_someone_else_is_closed_and_names_nobody(guest, tables):
    """A22"""
    offer = make_seat_offer(make_stakeholder("Ana Silva"))
    fields = guest(offer, "seat").hidden()
    other = make_stakeholder()
    with transaction() as session:
        session.get_one(Seat, offer.seat_id).holder_id = other.id
    before = tables()
    page = guest(offer, "seat")
    for answer in (page.open(), page.send(answer="accepted", **fields)):
        assert answer.status_code == 410
        assert "no longer open" in answer.text
        assert "Ana" not in answer.text
    assert tables() == before


def test_a_question_that_was_taken_back_is_closed(guest):
    """A22"""
    offer = make_seat_offer()
    with transaction() as session:
        session.get_one(SeatOffer, offer.id).withdraw(NOON)
    assert guest(offer, "seat").open().status_code == 410


def test_a_link_that_was_never_sent_opens_nothing(guest):
    assert guest(make_seat_offer(is_asked=False), "seat").open().status_code == 404


def test_a_date_that_passed_leaves_the_question_open(guest):
    offer = make_seat_offer()
    with transaction() as session:
        session.get_one(Seat, offer.seat_id).fill_by = NOON - timedelta(days=1)
    assert "you can still answer" in guest(offer, "seat").open().text
    assert guest(offer, "seat").send(answer="accepted").status_code == 303


def test_nothing_changes_by_looking(guest, tables, client):
    """A18"""
    page = guest(make_seat_offer(), "seat")
    before = tables()
    for _ in range(100):
        for path in (page.path, f"{page.path}/answer"):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert client.open(path, method=method).status_code < 400
    assert tables() == before
