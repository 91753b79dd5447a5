"""Links that came into wrong hands: every kind is replaced, and what hangs on it closed (A23)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach import clock
from outreach.actions.answering_addresses import add_answering_address
from outreach.actions.copies import copy_to_assistants
from outreach.actions.feeds import renew_feed
from outreach.actions.focal_points import ask_for_delegation
from outreach.actions.invitations import answer_invitation
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE, Activity
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation, Reply
from outreach.models.message import Message, Purpose
from outreach.models.seat import OfferState, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.tokens import personal_token
from tests.factories import (
    NOON,
    make_invitation,
    make_message,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    sign_in,
)

PATHS = {"i": "answer", "s": "seat", "d": "delegation", "f": "feed", "a": "assistant",
         "u": "unsubscribe"}  # fmt: skip


@pytest.fixture
def staff(client, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    sign_in(client)
    return client


@pytest.fixture
def zoe(app):
    """Invited, asked to a seat, a focal point; with an assistant, a feed, and mails that left."""
    ministry = make_organisation("Ministry", group="member_state", country="KE")
    person = make_stakeholder("Zoë Ångström", "zoe@example.org", organisation=ministry)
    invitation = make_invitation(person)
    make_seat_offer(person)
    ask_for_delegation(
        ministry.id, invitation.event_id, person.id, authorised_by="Letter 4", authorised_on=None,
        most_members=3, name_by=NOON + timedelta(days=20), by=CONSOLE, at=NOON,
    )  # fmt: skip
    renew_feed(person.id, at=NOON)
    add_answering_address(
        person.id, "paul@example.org", is_assistant=True, name="Paul", by=CONSOLE, at=NOON
    )
    make_message(person, invitation)
    make_message(person, invitation, purpose=Purpose.COPY, address="paul@example.org")
    return person


def links():
    """{kind: path} of the person, as the database stands."""
    reading().rollback()
    keys = {
        "i": select(Invitation.link_key), "s": select(SeatOffer.link_key),
        "d": select(Delegation.link_key), "f": select(Stakeholder.feed_key),
        "a": select(Message.public_id).where(Message.purpose == Purpose.COPY),
        "u": select(Message.public_id).where(Message.purpose == Purpose.INVITATION),
    }  # fmt: skip
    return {
        letter: f"/{letter}/{personal_token(PATHS[letter], key)}" + ".ics" * (letter == "f")
        for letter, statement in keys.items()
        if (key := reading().scalar(statement))
    }


def replace(staff, person, **fields):
    path = f"/staff/stakeholders/{person.id}/links"
    return staff.post(path, data=fields, follow_redirects=True)


def test_every_kind_of_link_is_closed_at_once_and_meets_the_page_of_any_wrong_one(staff, zoe):
    answer_invitation(reading().scalar(select(Invitation.id)), Reply.ACCEPTED, "", at=NOON)
    old = links()
    assert {staff.get(path).status_code for path in old.values()} == {200}
    page = replace(staff, zoe, copies="y", feed="y", mails="y")
    assert "open nothing any more; no mail tells them of it" in page.text
    never = staff.get("/i/nothing").data
    for path in old.values():
        gone = staff.get(path)
        assert (gone.status_code, gone.data) == (404, never), path
    new = links()
    assert [new[letter] != old[letter] for letter in "isd"] == [True] * 3
    assert {staff.get(new[letter]).status_code for letter in "isd"} == {200}
    assert "You accept" in staff.get(new["i"]).text
    line = reading().scalars(select(Activity).where(Activity.verb == "renewed_link")).one()
    counts = {name: line.detail[name] for name in ("copies", "feeds", "mails")}
    assert counts == {"copies": 1, "feeds": 1, "mails": 1}


def test_what_is_not_ticked_stays(staff, zoe):
    old = links()
    replace(staff, zoe)
    assert [staff.get(old[letter]).status_code for letter in "isdfau"] == [404] * 3 + [200] * 3


def test_the_page_says_what_opens_and_offers_to_close_it(staff, zoe):
    page = staff.get(f"/staff/stakeholders/{zoe.id}/links").text
    assert "3 pages open" in page
    for words in ("1 copy that Paul got", "Stop their calendar feed", "1 mail that left stops"):
        assert words in page
    offered = re.findall(r'<option[^>]* value="([a-z]+)-\d+"', page)
    assert offered == ["invitation", "seat", "delegation"]
    nobody = make_stakeholder("Nobody")
    assert "Nothing to replace" in staff.get(f"/staff/stakeholders/{nobody.id}/links").text


@pytest.mark.parametrize(
    ("kind", "table", "letter"),
    [("invitation", Invitation, "i"), ("seat", SeatOffer, "s"), ("delegation", Delegation, "d")],
)
def test_a_mail_brings_the_new_link_of_any_page_and_the_assistant_a_copy(
    staff, zoe, mailer, kind, table, letter
):
    about = f"{kind}-{reading().scalar(select(table.id))}"
    page = replace(staff, zoe, is_told="y", about=about, copies="y")
    assert "a mail brings them the new one" in page.text
    later = NOON + timedelta(minutes=5)
    drain(mailer, now=lambda: later)
    mails = [mail for mail in mailer.sent if mail.subject.startswith("A new personal link")]
    assert [mail.to for mail in mails] == ["zoe@example.org"]
    assert links()[letter] in mails[0].text
    copy_to_assistants(at=later)
    drain(mailer, now=lambda: later)
    copies = [mail for mail in mailer.sent if mail.to == "paul@example.org"]
    last = copies[-1]
    assert last.subject == mails[0].subject
    (path,) = set(re.findall(r"/[a-z]/[\w-]{43}", last.text))
    assert path.startswith("/a/")
    assert staff.get(path).status_code == 200


@pytest.mark.parametrize("state", [OfferState.PROPOSED, OfferState.WITHDRAWN])
def test_no_mail_brings_a_link_to_a_seat_that_is_not_offered(staff, zoe, state):
    offer_id = reading().scalar(select(SeatOffer.id))
    with transaction() as session:
        session.get_one(SeatOffer, offer_id).state = state
    old = links()
    page = replace(staff, zoe, is_told="y", about=f"seat-{offer_id}")
    assert "This page is no more" in page.text
    assert links() == old


def test_new_links_that_no_mail_could_bring_are_not_made(staff, app):
    invitation = make_invitation(make_stakeholder("Zoë", email=None))
    person = reading().get_one(Stakeholder, invitation.stakeholder_id)
    old = links()["i"]
    page = replace(staff, person, is_told="y", about=f"invitation-{invitation.id}")
    assert "No mail may go to this person" in page.text
    assert "This page is no more" in replace(staff, person, is_told="y", about="seat-1").text
    assert staff.get(old).status_code == 200
