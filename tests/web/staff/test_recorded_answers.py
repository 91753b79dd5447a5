"""The pages on which staff record answers and settle calendar replies."""

from io import BytesIO

import pytest
from sqlalchemy import select

from outreach import clock
from outreach.db import reading
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.models.seat import SeatAnswer
from outreach.queries.calendar_replies import answering_addresses
from outreach.queries.seats import seat as seat_line
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_seat_offer,
    make_stakeholder,
    save,
    sign_in,
)


@pytest.fixture
def staff(client, monkeypatch, app, tmp_path):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    app.config["INSTANCE_DIR"] = str(tmp_path)
    sign_in(client)
    return client


def fields(**more):
    return {"reply": "declined", "way": "letter", "came_on": "2026-08-30"} | more


def state_of(invitation):
    return afresh(lambda: reading().get_one(Invitation, invitation.id).state)


def test_an_answer_is_recorded_with_its_paper_and_taken_back(staff):
    invitation = make_invitation(make_stakeholder("Amina"))
    address = f"/staff/invitations/{invitation.id}/answer"
    assert address in staff.get(f"/staff/stakeholders/{invitation.stakeholder_id}").text
    answer = staff.post(address, data=fields(paper=(BytesIO(b"%PDF-1.7"), "<img onerror=x>.pdf")))
    assert answer.status_code == 303
    page = staff.get(address).text
    assert state_of(invitation) == "declined"
    assert "<img onerror" not in page
    answer_id = reading().scalar(select(Answer.id))
    paper = staff.get(f"/staff/answers/{answer_id}/paper")
    assert (paper.mimetype, paper.data) == ("application/pdf", b"%PDF-1.7")
    assert paper.headers["Content-Disposition"].startswith("attachment")
    paper.close()
    staff.post(f"/staff/invitations/{invitation.id}/answers/{answer_id}/undo")
    assert state_of(invitation) == "silent"


def test_an_answer_about_a_seat_is_recorded_with_its_paper_and_taken_back(staff):
    offer, other = make_seat_offer(make_stakeholder("Amina")), make_seat_offer()
    place = f"/staff/seats/{offer.seat_id}"
    address = f"{place}/offers/{offer.id}/answer"
    assert address in staff.get(place).text
    assert staff.post(address, data=fields(reply="tentative")).status_code == 422
    assert staff.get(f"{place}/offers/{other.id}/answer").status_code == 404
    paper = (BytesIO(b"%PDF-1.7"), "<img onerror=x>.pdf")
    sent = fields(reply="accepted", given_by="The mission", paper=paper)
    assert staff.post(address, data=sent).status_code == 303
    page = staff.get(address).text
    for words in ("Letter of", "The mission", "/undo"):
        assert words in page
    assert "<img onerror" not in page
    assert afresh(seat_line, offer.seat_id).holder_id == offer.stakeholder_id
    assert (
        "Answer about the seat recorded: accepted"
        in staff.get(f"/staff/stakeholders/{offer.stakeholder_id}").text
    )
    answer_id = reading().scalar(select(SeatAnswer.id))
    with staff.get(f"/staff/seat-answers/{answer_id}/paper") as kept:
        assert (kept.mimetype, kept.data) == ("application/pdf", b"%PDF-1.7")
    undo = f"/offers/{{}}/answers/{answer_id}/undo"
    assert staff.post(f"/staff/seats/{other.seat_id}{undo.format(other.id)}").status_code == 404
    assert staff.post(f"{place}{undo.format(offer.id)}").status_code == 303
    assert afresh(seat_line, offer.seat_id).asked.id == offer.id


@pytest.mark.parametrize(
    "more",
    [{"reply": "maybe"}, {"came_on": ""}, {"came_on": "2026-09-05"}, {"way": "owl"},
     {"paper": (BytesIO(b"<html>"), "letter.pdf")}],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_recorded(staff, more):
    invitation = make_invitation()
    answer = staff.post(f"/staff/invitations/{invitation.id}/answer", data=fields(**more))
    assert answer.status_code == 422
    assert "o-errors" in answer.text
    assert state_of(invitation) == "silent"


@pytest.fixture
def in_doubt(app):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    mail = InboundMail(
        stored_name="x", content_type="x", digest="x", bytes_count=1, received_at=NOON,
        sender="eve@example.org", sender_name="<script>alert(1)</script>", dkim="none",
    )  # fmt: skip
    save(mail)
    save(CalendarReply(
        inbound_id=mail.id, invitation_id=invitation.id, event_id=invitation.event_id,
        verdict=Verdict.UNVERIFIED, because="It is not proven.", reply=Reply.ACCEPTED,
        attendee="amina@example.org", received_at=NOON, stamped_at=NOON,
    ))  # fmt: skip
    return invitation


@pytest.mark.parametrize(
    ("do", "state"), [("take", "accepted"), ("ignore", "silent"), ("", "silent")]
)
def test_a_reply_in_doubt_stands_beside_what_we_have_until_someone_settles_it(
    staff, in_doubt, do, state
):
    """A14, A32"""
    page = staff.get("/staff/replies/unverified").text
    for words in ("What came", "What we have", "eve@example.org"):
        assert words in page
    assert "<script>alert" not in page
    reply_id = reading().scalar(select(CalendarReply.id))
    assert staff.post(f"/staff/replies/unverified/{reply_id}", data={"do": do}).status_code == 303
    assert state_of(in_doubt) == state
    assert "No calendar reply is in doubt" in staff.get("/staff/replies/unverified").text


def test_an_assistant_is_noted_once_and_taken_off_again(staff):
    person = make_stakeholder("Amina", "amina@example.org")
    address = f"/staff/stakeholders/{person.id}/addresses"
    assert address in staff.get(f"/staff/stakeholders/{person.id}").text
    paul = {"email": "Paul@Example.org", "whose": "assistant", "name": "Paul"}
    assert staff.post(address, data=paul).status_code == 303
    assert staff.post(address, data=paul).status_code == 409
    assert staff.post(address, data=paul | {"email": "amina@example.org"}).status_code == 409
    assert staff.post(address, data=paul | {"email": "a@b@c"}).status_code == 422
    (line,) = afresh(answering_addresses, person.id)
    assert (line.email, line.name, line.is_assistant) == ("Paul@example.org", "Paul", True)
    staff.post(f"/staff/addresses/{line.id}/remove")
    assert afresh(answering_addresses, person.id) == []
