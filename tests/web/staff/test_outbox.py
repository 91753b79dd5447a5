"""The outbox page: what is to leave, what a person must look at, what left last."""

import re
from html import unescape

import pytest
from sqlalchemy import event, update

from outreach.actions.campaigns import pause_campaign
from outreach.db import db, transaction
from outreach.delivery.mailer import Silent
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.template import TemplateText
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, sign_in


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def words(answer):
    page = answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_an_empty_outbox_says_so(staff):
    page = words(staff.get("/staff/outbox"))
    assert "Nothing waits to leave." in page
    assert "No mail has left yet." in page


def test_what_is_to_leave_stands_by_campaign_with_its_count(staff):
    campaign = frozen_campaign(3)
    page = words(staff.get("/staff/outbox"))
    assert "3 mails are to leave" in page
    assert re.search(r"Invitations to the banks Invitation → Running 3 1 now", page)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON)
    assert "when it is resumed" in words(staff.get("/staff/outbox"))


def test_what_is_held_stands_first_with_its_reason(staff, mailer):
    """P1."""
    frozen_campaign(2)
    with transaction() as session:
        session.execute(update(TemplateText).values(body="{office} {rsvp_link}\n"))
    drain(mailer, now=lambda: NOON)
    page = words(staff.get("/staff/outbox"))
    assert "2 are held for you" in page
    assert page.count("Nothing stands in the field {office} for this person.") == 2
    assert page.index("Held: a person must look") < page.index("To leave")


def test_what_is_unknown_is_listed_by_name(staff, mailer):
    """P2."""
    frozen_campaign(1)
    mailer.answers = lambda recipient: Silent("time-out")
    drain(mailer, now=lambda: NOON)
    page = words(staff.get("/staff/outbox"))
    assert "1 is being settled" in page
    assert "Person 0" in page


def test_the_last_mails_stand_at_the_end(staff, mailer):
    frozen_campaign(60)
    drain(mailer, now=lambda: NOON)
    page = words(staff.get("/staff/outbox"))
    assert page.count("With the provider") == 50


@pytest.mark.parametrize("people", [4, 400])
def test_the_page_asks_the_database_as_often_for_4_as_for_400(staff, people):
    frozen_campaign(people)
    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    staff.get("/staff/outbox")
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.startswith("SELECT")]) == 16


def test_a_step_is_held_and_released_from_the_page(staff, mailer):
    frozen_campaign(2)
    page = staff.get("/staff/outbox").get_data(as_text=True)
    action = re.search(r'action="(/staff/outbox/\d+)"', page)[1]
    told = words(staff.post(action, data={"do": "hold"}, follow_redirects=True))
    assert "Held: nothing of this step leaves until somebody releases it." in told
    drain(mailer, now=lambda: NOON)
    assert mailer.sent == []
    staff.post(action, data={"do": "release"})
    drain(mailer, now=lambda: NOON)
    assert len(mailer.sent) == 2


def test_mailings_are_put_in_another_order_by_the_buttons_of_their_rows(staff):
    campaigns = [
        frozen_campaign(1, domain=f"{name}.example.org", name=name)
        for name in ("one", "two", "three")
    ]
    step = {campaign.name: campaign.steps[0].id for campaign in campaigns}

    def order():
        page = words(staff.get("/staff/outbox"))
        return sorted(step, key=lambda name: page.index(f" {name} Invitation →"))

    def press(name, wish):
        staff.post(f"/staff/outbox/{step[name]}", data={"do": wish})
        return order()

    assert order() == ["one", "two", "three"]
    assert press("three", f"before:{step['two']}") == ["one", "three", "two"]
    assert press("one", "before:") == ["three", "two", "one"]
    assert press("two", "first") == ["two", "three", "one"]
