"""An assistant gets a copy of what the minister gets, and may answer."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.actions.answering_addresses import add_answering_address, remove_answering_address
from outreach.actions.copies import copy_to_assistants
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.queries.calendar_replies import answering_addresses
from outreach.queries.invitations import answers_given
from outreach.stops import stop_addresses
from tests.delivery.ledgers import frozen_campaign, states
from tests.factories import NOON
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


def test_the_link_of_a_copy_opens_the_ministers_page_and_says_who_answers(minister, mailer, client):
    leave(mailer)
    copy_to_assistants(at=SOON)
    leave(mailer)
    with transaction() as session:
        session.execute(update(Invitation).values(reply_by=datetime(2999, 1, 1, tzinfo=UTC)))
    path = re.search(r"/a/[\w-]{43}", mailer.sent[-1].text)[0]
    page = client.get(path).get_data(as_text=True)
    assert minister.full_name in page
    assert 'name="given_by"' in page
    assert 'value="Paul"' in page
    action = re.search(r'action="(/i/[\w-]{43}/answer)"', page)[1]
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    said = {"answer": "accepted", "nonce": nonce, "given_by": "Paul"}
    assert client.post(action, data=said).status_code == 303
    reading().rollback()
    (given,) = answers_given(copies()[0].invitation_id)
    assert (given.reply, given.given_by) == ("accepted", "Paul")
    remove_answering_address(answering_addresses(minister.id)[0].id, by=CONSOLE, at=SOON)
    assert client.get(path).status_code == 404, "the link of one who was taken off opens nothing"


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
