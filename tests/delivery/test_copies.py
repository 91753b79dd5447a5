"""An assistant gets a copy of what the minister gets, and may answer."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach import clock
from outreach.actions.answering_addresses import add_answering_address, remove_answering_address
from outreach.actions.copies import copy_to_assistants
from outreach.actions.focal_points import ask_for_delegation
from outreach.actions.merges import merge_stakeholders
from outreach.actions.seat_asking import ask_for_seat
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE, Activity
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.queries.answers import answers_given
from outreach.queries.calendar_replies import answering_addresses
from outreach.queries.delegation_members import members_of
from outreach.queries.seat_offers import seat_answers_given
from outreach.stops import stop_addresses
from outreach.tokens import personal_token
from tests.delivery.ledgers import frozen_campaign, states
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_message,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    the_event,
)
from tests.recount import assert_counts_add_up

SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def minister(app):
    """Someone with an assistant, to whom an invitation has been frozen."""
    frozen_campaign(1)
    person = reading().scalars(select(Stakeholder)).one()
    add_answering_address(
        person.id, "paul@example.org", is_assistant=True, name="Paul", by=CONSOLE,
        at=NOON - timedelta(days=1),
    )  # fmt: skip
    return person


def copies():
    reading().rollback()
    return reading().scalars(select(Message).where(Message.purpose == Purpose.COPY)).all()


def leave(mailer, at=SOON):
    drain(mailer, now=lambda: at)


def test_what_the_minister_gets_the_assistant_gets_once_and_it_counts_for_nobody(minister, mailer):
    assert copy_to_assistants(at=SOON) == 0, "nothing has left yet"
    leave(mailer)
    assert [copy_to_assistants(at=SOON) for _ in range(2)] == [1, 0]
    leave(mailer)
    leave(mailer)
    original, copy = mailer.sent
    assert (original.to, copy.to) == (minister.email, "paul@example.org")
    assert copy.subject == original.subject
    assert f"This is a copy of what {minister.full_name} was sent" in copy.text
    assert "/a/" in copy.text
    assert "/i/" in original.text
    assert "/i/" not in copy.text
    assert_counts_add_up()
    assert copy_to_assistants(at=SOON) == 0, "a copy is not copied"


def test_an_assistant_answers_by_their_own_link_under_their_own_name(minister, mailer, client):
    """A23: it gives away no link of the minister's, and ends when the assistant is taken off."""
    leave(mailer)
    copy_to_assistants(at=SOON)
    leave(mailer)
    with transaction() as session:
        session.execute(update(Invitation).values(reply_by=datetime(2999, 1, 1, tzinfo=UTC)))
    path = re.search(r"/a/[\w-]{43}", mailer.sent[-1].text)[0]

    def send(below, **said):
        nonce = re.search(r'name="nonce" value="([^"]+)"', client.get(path).text)[1]
        return client.post(path + below, data={"nonce": nonce, **said}).status_code

    page = client.get(path).text
    assert minister.full_name in page
    assert "This link is yours, <bdi>Paul</bdi>" in page
    assert "/i/" not in page
    assert 'name="given_by"' not in page
    assert client.get(f"{path}/event.ics").status_code == 200
    assert send("/answer", answer="accepted", given_by=minister.full_name) == 303
    assert "Answered by <bdi>Paul</bdi>" in client.get(path).text
    assert send("/answer", answer="declined", given_by="") == 303
    assert send("/back") == 303
    reading().rollback()
    given = answers_given(copies()[0].invitation_id)
    assert [(one.reply, one.given_by) for one in given] == [
        ("accepted", "Paul"), ("declined", "Paul"), ("accepted", "Paul"),
    ]  # fmt: skip
    assert send("/answer") == 400, "without a choice"
    remove_answering_address(answering_addresses(minister.id)[0].id, by=CONSOLE, at=SOON)
    for below in ("", "/answer", "/event.ics", "/letter", "/calendar"):
        assert client.get(path + below).status_code == 404, below


def test_an_assistant_goes_on_to_what_they_have_a_copy_of_and_to_nothing_else(minister, client):
    invitation = reading().scalars(select(Invitation)).one()
    rest = [make_invitation(minister, make_event(name=name)) for name in ("Copied", "Not copied")]
    with transaction() as session:
        session.execute(update(Invitation).values(reply_by=datetime(2999, 1, 1, tzinfo=UTC)))
    first, second = (
        make_message(minister, each, purpose=Purpose.COPY, address="paul@example.org")
        for each in (invitation, rest[0])
    )
    page = client.get(f"/a/{personal_token('assistant', first.public_id)}").text
    theirs = personal_token("assistant", second.public_id)
    assert re.findall(r'href="(/[aisd]/[^"/]+)"', page) == [f"/a/{theirs}"]
    assert "Not copied" in page


def test_a_merge_keeps_the_link_of_the_assistant_of_who_goes(minister, client):
    """Both had been invited: the invitation that stands is the one that opens."""
    other = make_stakeholder("The Minister", "minister@example.net")
    event = reading().get_one(Event, reading().scalar(select(Invitation.event_id)))
    invitation = make_invitation(other, event)
    add_answering_address(
        other.id, "ida@example.org", is_assistant=True, name="Ida", by=CONSOLE, at=NOON
    )
    copy = make_message(other, invitation, purpose=Purpose.COPY, address="ida@example.org")
    merge_stakeholders(minister.id, other.id, {}, by=CONSOLE, at=NOON)
    page = client.get(f"/a/{personal_token('assistant', copy.public_id)}")
    assert page.status_code == 200
    assert "This link is yours, <bdi>Ida</bdi>" in page.text


def test_one_who_was_taken_off_or_wants_no_mail_gets_no_copy(minister, mailer):
    leave(mailer)
    copy_to_assistants(at=SOON)
    with transaction() as session:
        stop_addresses(
            session, [("paul@example.org", None)], "unsubscribed", source="page", at=SOON
        )
    leave(mailer)
    assert [mail.to for mail in mailer.sent] == [minister.email]
    assert states() == {"accepted": 1, "left_out": 1}


def test_who_came_later_gets_no_copy_of_what_went_before(minister, mailer):
    leave(mailer)
    add_answering_address(
        minister.id, "late@example.org", is_assistant=True, name="", by=CONSOLE, at=SOON
    )
    add_answering_address(
        minister.id, "own@example.org", is_assistant=False, name="", by=CONSOLE, at=NOON
    )
    copy_to_assistants(at=SOON)
    assert [copy.address for copy in copies()] == ["paul@example.org"]


def assistant_of(person):
    add_answering_address(
        person.id, "paul@example.org", is_assistant=True, name="Paul", by=CONSOLE,
        at=NOON - timedelta(days=1),
    )  # fmt: skip


def copied(mailer, client, own: str):
    """The path of the copy of what has just been asked, and what sends a form of its page."""
    leave(mailer)
    assert [copy_to_assistants(at=SOON) for _ in range(2)] == [1, 0]
    leave(mailer)
    original, copy = mailer.sent
    assert own in original.text
    assert not re.search(r"/[isd]/[\w-]{43}", copy.text), "no link of the person's own"
    assert copy.text.count(original.text.splitlines()[0]) == 1
    path = re.search(r"/a/[\w-]{43}", copy.text)[0]

    def send(below, **said):
        page = client.get(path).text
        assert "This link is yours, <bdi>Paul</bdi>" in page
        assert not re.search(r"/[isd]/[\w-]{43}", page)
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
        return client.post(path + below, data={"nonce": nonce, **said}).status_code

    return path, send


def test_the_question_of_a_seat_is_copied_and_answered_under_the_assistants_name(
    app, mailer, client
):
    person = make_stakeholder("The Minister", "minister@example.org")
    make_invitation(person)  # another thing that is asked, to which the assistant has no link
    assistant_of(person)
    offer = make_seat_offer(person, is_asked=False)
    ask_for_seat(offer.id, by=CONSOLE, at=NOON)
    path, send = copied(mailer, client, "/s/")
    assert send("/answer", answer="accepted") == 303
    assert "Answered by <bdi>Paul</bdi>" in client.get(path).text
    assert send("/back") == 303
    assert send("/members", member_name="Ana", member_address="ana@example.org") == 404
    given = afresh(seat_answers_given, offer.id)
    assert [(one.channel, one.given_by) for one in given] == [("undo", "Paul"), ("link", "Paul")]
    leave(mailer, clock.now())
    assert copy_to_assistants(at=clock.now()) == 1, "of the mail that says how it stands"
    remove_answering_address(answering_addresses(person.id)[0].id, by=CONSOLE, at=SOON)
    assert client.get(path).status_code == 404


def test_a_focal_points_mail_is_copied_and_the_assistant_names_in_their_place(app, mailer, client):
    ministry = make_organisation("Ministry", group="member_state", country="KE")
    focal = make_stakeholder("Amina Otieno", "amina@example.org", ministry)
    assistant_of(focal)
    id_ = ask_for_delegation(
        ministry.id, the_event().id, focal.id, authorised_by="Letter 4", authorised_on=None,
        most_members=3, name_by=NOON + timedelta(days=20), by=CONSOLE, at=NOON,
    )  # fmt: skip
    with transaction() as session:
        session.execute(update(Delegation).values(name_by=datetime(2999, 1, 1, tzinfo=UTC)))
    path, send = copied(mailer, client, "/d/")
    assert send("/members", member_name="Zoë", member_address="z@example.org", role="head") == 303
    (member,) = afresh(members_of, id_)
    assert f'/members/{member.id}"' not in client.get(path).text, "only they answer for them"
    assert send("/complete") == 303
    assert send(f"/members/{member.id}/out") == 303
    assert send("/answer", answer="accepted") == 404
    for below in ("/event.ics", "/letter"):
        assert client.get(path + below).status_code == 404
    reading().rollback()
    lines = reading().scalars(select(Activity).where(Activity.organisation_id == ministry.id))
    said = {line.verb for line in lines if line.detail.get("given_by") == "Paul"}
    assert said == {"named_member", "completed_delegation", "took_out_member"}
