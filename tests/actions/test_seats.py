"""Seats: someone is proposed, asked once by mail, answers, is withdrawn; the seat is free again."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.actions.calendar_changes import tell_of_changes
from outreach.actions.seat_answers import NoSeatAnswer, answer_seat_offer, take_back_seat_answer
from outreach.actions.seat_asking import CannotBeAsked, ask_for_seat
from outreach.actions.seats import (
    add_seat,
    free_seat,
    move_seat_date,
    propose_for_seat,
    withdraw_offer,
)
from outreach.actions.suppressions import suppress_address
from outreach.actions.tracks import create_track
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.errors import Conflict, NotFound
from outreach.models.activity import CONSOLE, Activity
from outreach.models.event import Event
from outreach.models.message import Message, MessageState, Unit
from outreach.models.seat import OfferClosed, OfferState, SeatRole, SeatStanding
from outreach.models.template import TemplateText
from outreach.queries.seats import seat as seat_line
from tests.factories import NOON, afresh, make_organisation, make_stakeholder, save, the_event

DONE = {"by": CONSOLE, "at": NOON}
FILL_BY = NOON + timedelta(days=40)


@pytest.fixture
def seat_id(app):
    track_id = create_track(the_event().id, "Financing the ICT ecosystem", **DONE)
    return add_seat(track_id, SeatRole.CO_CHAIR, FILL_BY, **DONE)


def asked(seat_id, name="Amina Sow", **columns):
    person = make_stakeholder(name, **columns)
    offer_id = propose_for_seat(seat_id, person.id, "Knows everyone", **DONE)
    ask_for_seat(offer_id, **DONE)
    return offer_id


def standing(seat_id, at=NOON):
    return afresh(seat_line, seat_id).standing(at)


def test_a_seat_goes_from_open_to_filled(seat_id):
    assert standing(seat_id) is SeatStanding.OPEN
    offer_id = propose_for_seat(seat_id, make_stakeholder("Amina Sow").id, "", **DONE)
    assert standing(seat_id) is SeatStanding.PROPOSED
    ask_for_seat(offer_id, **DONE)
    assert standing(seat_id) is SeatStanding.ASKED
    answer_seat_offer(offer_id, True, "Gladly", at=NOON)
    assert standing(seat_id) is SeatStanding.FILLED
    assert afresh(seat_line, seat_id).holder.name == "Amina Sow"


def test_a_seat_without_a_yes_is_at_risk_from_14_days_before_its_date_and_after_it(seat_id):
    asked(seat_id)
    assert standing(seat_id, FILL_BY - timedelta(days=14, minutes=1)) is SeatStanding.ASKED
    assert standing(seat_id, FILL_BY - timedelta(days=14)) is SeatStanding.AT_RISK
    assert standing(seat_id, FILL_BY + timedelta(days=1)) is SeatStanding.AT_RISK


def test_a_filled_seat_is_never_at_risk(seat_id):
    answer_seat_offer(asked(seat_id), True, "", at=NOON)
    assert standing(seat_id, FILL_BY + timedelta(days=1)) is SeatStanding.FILLED


def test_the_question_leaves_once_with_the_persons_own_link(seat_id, mailer):
    offer_id = asked(seat_id)
    with pytest.raises(Conflict):
        ask_for_seat(offer_id, **DONE)
    drain(mailer, now=lambda: NOON)
    drain(mailer, now=lambda: NOON)
    (letter,) = mailer.sent
    assert "co-chair" in letter.subject.lower()
    assert "Financing the ICT ecosystem" in letter.text
    assert "/s/" in letter.text


def test_the_question_is_asked_in_the_language_of_the_person_then_of_the_organisation(seat_id):
    bank = make_organisation("Banque des Lacs")
    bank.language = "fr"
    save(bank)
    cases = (("fr", None, "fr"), ("zz", bank, "fr"), (None, None, "en"))
    for own, organisation, expected in cases:
        offer_id = asked(seat_id, "Amina Sow", language=own, organisation=organisation)
        language = reading().scalar(
            select(TemplateText.language)
            .join(Message, Message.text_id == TemplateText.id)
            .where(Message.offer_id == offer_id)
        )
        assert language == expected
        withdraw_offer(offer_id, **DONE)


def test_a_person_without_an_address_cannot_be_asked_and_nothing_is_written(seat_id):
    person = make_stakeholder("Amina Sow", email=None)
    offer_id = propose_for_seat(seat_id, person.id, "", **DONE)
    with pytest.raises(CannotBeAsked, match="No address"):
        ask_for_seat(offer_id, **DONE)
    assert standing(seat_id) is SeatStanding.PROPOSED
    assert reading().scalar(select(func.count()).select_from(Unit)) == 0


def test_a_person_who_wants_no_mail_is_not_asked_by_mail(seat_id):
    stopped = make_stakeholder("Amina Sow", is_mail_stopped=True)
    offer_id = propose_for_seat(seat_id, stopped.id, "", **DONE)
    with pytest.raises(CannotBeAsked, match="no more mail"):
        ask_for_seat(offer_id, **DONE)


def test_an_address_that_must_not_be_written_to_is_not_asked(seat_id):
    person = make_stakeholder("Amina Sow", email="amina@example.org")
    suppress_address("amina@example.org", "The address is dead.", **DONE)
    offer_id = propose_for_seat(seat_id, person.id, "", **DONE)
    with pytest.raises(CannotBeAsked, match="must not write"):
        ask_for_seat(offer_id, **DONE)


def test_one_person_at_a_time_is_asked_for_a_seat(seat_id):
    asked(seat_id)
    second = propose_for_seat(seat_id, make_stakeholder("Björn Å").id, "", **DONE)
    with pytest.raises(Conflict, match="Someone else"):
        ask_for_seat(second, **DONE)


def test_a_person_is_proposed_once_and_again_after_a_no(seat_id):
    offer_id = asked(seat_id)
    person_id = afresh(seat_line, seat_id).asked.stakeholder_id
    with pytest.raises(Conflict, match="already"):
        propose_for_seat(seat_id, person_id, "", **DONE)
    answer_seat_offer(offer_id, False, "I travel that week", at=NOON)
    propose_for_seat(seat_id, person_id, "", **DONE)
    states = [offer.state for offer in afresh(seat_line, seat_id).offers]
    assert states == [OfferState.PROPOSED, OfferState.DECLINED]


def test_a_withdrawn_question_does_not_leave_and_takes_no_answer(seat_id, mailer):
    offer_id = asked(seat_id)
    withdraw_offer(offer_id, **DONE)
    drain(mailer, now=lambda: NOON)
    assert mailer.sent == []
    state = reading().scalar(select(Message.state).where(Message.offer_id == offer_id))
    assert state is MessageState.LEFT_OUT
    with pytest.raises(OfferClosed):
        answer_seat_offer(offer_id, True, "", at=NOON)


def test_a_freed_seat_can_be_offered_to_someone_else(seat_id):
    answer_seat_offer(asked(seat_id), True, "", at=NOON)
    with pytest.raises(Conflict, match="filled"):
        propose_for_seat(seat_id, make_stakeholder().id, "", **DONE)
    free_seat(seat_id, **DONE)
    assert standing(seat_id) is SeatStanding.OPEN
    with pytest.raises(Conflict, match="Nobody"):
        free_seat(seat_id, **DONE)
    asked(seat_id, "Björn Å")
    assert standing(seat_id) is SeatStanding.ASKED


def told(mailer):
    """What the person read of the seat since the last time, and (METHOD, SEQUENCE) of the entry."""
    mailer.sent.clear()
    drain(mailer, now=lambda: NOON)
    (letter,) = mailer.sent
    calendar = [a.content.decode() for a in letter.attachments]
    entry = [
        (re.search(r"METHOD:(\w+)", text)[1], int(re.search(r"SEQUENCE:(\d+)", text)[1]))
        for text in calendar
    ]
    return letter.text, entry


def test_every_answer_about_a_seat_is_confirmed_and_put_right_in_the_calendar(seat_id, mailer):
    offer_id = asked(seat_id)
    drain(mailer, now=lambda: NOON)

    def tells(words, entry):
        text, found = told(mailer)
        assert f"stands as follows: {words}" in text.replace("*", "")
        assert found == entry

    answer_seat_offer(offer_id, False, "", at=NOON)
    tells("you decline", [])
    answer_seat_offer(offer_id, True, "", at=NOON)
    tells("you accept", [("REQUEST", 2)])
    take_back_seat_answer(offer_id, at=NOON)
    tells("you decline", [("CANCEL", 3)])
    with pytest.raises(NoSeatAnswer):
        take_back_seat_answer(offer_id, at=NOON)
    answer_seat_offer(offer_id, True, "", at=NOON)
    tells("you accept", [("REQUEST", 4)])
    with transaction() as session:
        event = session.get_one(Event, the_event().id)
        event.sequence += 1
    assert [tell_of_changes(at=NOON) for _ in range(2)] == [1, 0]
    tells("you accept", [("REQUEST", 5)])
    free_seat(seat_id, **DONE)
    tells("you are no longer asked to take this seat", [("CANCEL", 6)])


def test_the_only_answer_taken_back_leaves_the_person_asked(seat_id, mailer):
    offer_id = asked(seat_id)
    answer_seat_offer(offer_id, True, "Gladly", at=NOON)
    take_back_seat_answer(offer_id, at=NOON)
    assert standing(seat_id) is SeatStanding.ASKED
    drain(mailer, now=lambda: NOON)
    assert [letter.subject[:12] for letter in mailer.sent][-1] == "How it stand"
    assert len(mailer.sent) == 2, "two changes before the mail leaves are one mail"


def test_a_date_in_the_past_is_refused_and_a_late_question_too(seat_id):
    with pytest.raises(Conflict, match="past"):
        move_seat_date(seat_id, NOON - timedelta(days=1), **DONE)
    offer_id = propose_for_seat(seat_id, make_stakeholder().id, "", **DONE)
    late = FILL_BY + timedelta(hours=1)
    with pytest.raises(Conflict, match="later one"):
        ask_for_seat(offer_id, by=CONSOLE, at=late)
    move_seat_date(seat_id, FILL_BY + timedelta(days=30), by=CONSOLE, at=late)
    ask_for_seat(offer_id, by=CONSOLE, at=late)


def test_everything_that_happens_to_a_seat_is_in_the_journal(seat_id):
    offer_id = asked(seat_id)
    withdraw_offer(offer_id, **DONE)
    verbs = reading().scalars(select(Activity.verb).order_by(Activity.id)).all()
    assert verbs[-4:] == ["added_seat", "proposed_for_seat", "asked_for_seat", "withdrew_offer"]


def test_what_is_not_there_is_said_so(app):
    with pytest.raises(NotFound):
        add_seat(10_000, SeatRole.SPEAKER, FILL_BY, **DONE)
    for act in (ask_for_seat, withdraw_offer, free_seat):
        with pytest.raises(NotFound):
            act(10_000, **DONE)
    with pytest.raises(NotFound):
        propose_for_seat(10_000, 1, "", **DONE)
