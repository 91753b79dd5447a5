"""Answers on paper: written down with their proof, and taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions import recorded_answers as recorded
from outreach.actions.invitations import answer_invitation
from outreach.actions.recorded_answers import (
    Paper,
    take_back_recorded_answer,
    take_back_recorded_seat_answer,
    write_down_answer,
    write_down_seat_answer,
)
from outreach.actions.seat_answers import NoSeatAnswer, answer_seat_offer, take_back_seat_answer
from outreach.db import reading
from outreach.intake.proofs import LARGEST, UnfitProof
from outreach.models.activity import Activity, Actor
from outreach.models.invitation import Answer, AnswersClosed, Invitation, Reply
from outreach.models.message import Message, Purpose
from outreach.models.proof import Proof, Way
from outreach.models.seat import OfferClosed, Seat, SeatAnswer, SeatOffer
from tests.factories import NOON, afresh, make_account, make_invitation, make_seat_offer
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)
PDF = b"%PDF-1.7\n..."


@pytest.fixture
def by(app):
    return Actor.account(make_account(name="Zoë").id)


def note_down(invitation, by, reply=Reply.DECLINED, **more):
    values = {"way": Way.NOTE_VERBALE, "came_on": NOON.date(), "by": by, "at": NOON} | more
    return write_down_answer(invitation.id, reply, "With regret", **values)


def stands(invitation):
    return afresh(lambda: reading().get_one(Invitation, invitation.id).state)


def test_it_counts_like_an_answer_on_the_page_and_keeps_its_proof(by, tmp_path):
    invitation = make_invitation()
    paper = Paper(PDF, "../../letter.exe")
    answer_id = note_down(
        invitation, by, reference="NV/17", given_by="The mission", paper=paper, folder=tmp_path
    )
    proof = reading().scalars(select(Proof)).one()
    answer = reading().get_one(Answer, answer_id)
    assert stands(invitation) == "declined"
    assert (answer.channel, answer.given_by) == ("letter", "The mission")
    assert (proof.answer_id, proof.way, proof.reference) == (answer_id, "note_verbale", "NV/17")
    assert (proof.account_id, proof.came_on) == (by.account_id, NOON.date())
    line = reading().scalars(select(Activity).where(Activity.verb == "recorded_answer")).one()
    assert line.account_id == by.account_id
    assert_counts_add_up()


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (Reply.ACCEPTED, {"needs": ["accessibility"]}),
        (Reply.TENTATIVE, {"needs": ["accessibility"], "decide_on": "2026-10-01"}),
        (Reply.DECLINED, {}),
    ],
)
def test_what_a_letter_does_not_speak_of_holds_on(by, reply, kept):
    invitation = make_invitation()
    said = {"needs": ["accessibility"], "decide_on": "2026-10-01"}
    answer_invitation(invitation.id, Reply.TENTATIVE, "", at=NOON - DAY, particulars=said)
    note_down(invitation, by, reply)
    assert afresh(lambda: reading().get_one(Invitation, invitation.id).particulars) == kept


def test_a_file_is_kept_under_a_name_of_ours_and_by_what_it_holds(by, tmp_path):
    """A10"""
    note_down(make_invitation(), by, paper=Paper(PDF, "../../x.html"), folder=tmp_path)
    (kept,) = tmp_path.iterdir()
    assert (kept.suffix, len(kept.stem)) == (".pdf", 32)
    assert kept.read_bytes() == PDF
    assert kept.stat().st_mode & 0o777 == 0o600
    assert reading().scalars(select(Proof.media_type)).one() == "application/pdf"


@pytest.mark.parametrize(
    "content", [b"<html><script>", b"", b"PK\x03\x04", b"%PDF-" + b"x" * LARGEST]
)
def test_what_is_no_paper_is_refused_and_nothing_is_kept(content, by, tmp_path):
    """A10"""
    invitation = make_invitation()
    with pytest.raises(UnfitProof):
        note_down(invitation, by, paper=Paper(content, "letter.pdf"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert stands(invitation) == "silent"


def test_a_refused_answer_leaves_no_file(by, tmp_path):
    invitation = make_invitation(reply_by=NOON - 3 * DAY)
    with pytest.raises(AnswersClosed):
        note_down(invitation, by, paper=Paper(PDF, "x.pdf"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_letter_that_came_in_time_counts_when_it_is_written_down_later(by):
    invitation = make_invitation(reply_by=NOON - DAY)
    note_down(invitation, by, came_on=NOON.date() - 3 * DAY)
    assert stands(invitation) == "declined"


def test_nothing_comes_tomorrow(by):
    with pytest.raises(recorded.CameLater):
        note_down(make_invitation(), by, came_on=NOON.date() + DAY)


def test_the_same_answer_is_not_recorded_twice(by):
    invitation = make_invitation()
    note_down(invitation, by)
    with pytest.raises(recorded.SameAnswer):
        note_down(invitation, by)


def test_the_last_one_is_taken_back_and_what_stood_before_stands_again(by):
    invitation = make_invitation()
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON - DAY)
    answer_id = note_down(invitation, by)
    take_back_recorded_answer(answer_id, by=by, at=NOON)
    assert stands(invitation) == "accepted"
    assert len(reading().scalars(select(Answer)).all()) == 3
    assert_counts_add_up()


def test_one_that_is_not_the_last_stays(by):
    invitation = make_invitation()
    answer_id = note_down(invitation, by)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    with pytest.raises(recorded.NotTheLast):
        take_back_recorded_answer(answer_id, by=by, at=NOON)
    assert stands(invitation) == "accepted"


def note_down_seat(offer, by, is_yes=True, **more):
    values = {"way": Way.NOTE_VERBALE, "came_on": NOON.date(), "by": by, "at": NOON} | more
    return write_down_seat_answer(offer.id, is_yes, "Gladly", **values)


def seat_stands(offer):
    """(how the offer stands, who sits there)"""
    kept = afresh(lambda: reading().get_one(SeatOffer, offer.id))
    return kept.state, reading().get_one(Seat, kept.seat_id).holder_id


def test_about_a_seat_it_counts_like_an_answer_by_link_and_keeps_its_proof(by, tmp_path):
    offer = make_seat_offer()
    paper = Paper(PDF, "note.pdf")
    answer_id = note_down_seat(offer, by, given_by="The mission", paper=paper, folder=tmp_path)
    assert seat_stands(offer) == ("accepted", offer.stakeholder_id)
    answer = reading().get_one(SeatAnswer, answer_id)
    assert (answer.channel, answer.given_by, answer.reply) == ("letter", "The mission", "accepted")
    proof = reading().scalars(select(Proof)).one()
    assert (proof.seat_answer_id, proof.answer_id, proof.account_id) == (
        answer_id, None, by.account_id,
    )  # fmt: skip
    assert (tmp_path / proof.stored_name).read_bytes() == PDF
    line = reading().scalars(select(Activity).where(Activity.verb == "recorded_seat_answer")).one()
    assert (line.account_id, line.detail["reply"]) == (by.account_id, "accepted")
    told = reading().scalars(select(Message).where(Message.purpose == Purpose.SEAT_ANSWER)).one()
    assert told.stakeholder_id == offer.stakeholder_id
    with pytest.raises(NoSeatAnswer):
        take_back_seat_answer(offer.id, at=NOON)


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [({"came_on": NOON.date() + DAY}, recorded.CameLater), ({}, OfferClosed),
     ({"paper": Paper(b"<html>", "x.pdf")}, UnfitProof)],
)  # fmt: skip
def test_a_refused_answer_about_a_seat_leaves_nothing(by, tmp_path, spoil, refusal):
    offer = make_seat_offer(is_asked=bool(spoil))
    before = seat_stands(offer)
    with pytest.raises(refusal):
        note_down_seat(offer, by, folder=tmp_path, **({"paper": Paper(PDF, "x.pdf")} | spoil))
    assert seat_stands(offer) == before
    assert list(tmp_path.iterdir()) == []


def test_about_a_seat_too_only_the_last_is_taken_back_and_none_is_recorded_twice(by):
    offer = make_seat_offer()
    answer_seat_offer(offer.id, False, "", at=NOON - DAY)
    first = note_down_seat(offer, by)
    with pytest.raises(recorded.SameAnswer):
        note_down_seat(offer, by)
    take_back_recorded_seat_answer(first, by=by, at=NOON)
    assert seat_stands(offer) == ("declined", None)
    with pytest.raises(recorded.NotTheLast):
        take_back_recorded_seat_answer(first, by=by, at=NOON)
