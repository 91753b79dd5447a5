"""The addresses that campaigns may send from: kept by administrators, chosen for each campaign."""

import pytest

from outreach import clock
from outreach.actions.campaigns import schedule_campaign
from outreach.actions.senders import add_sender, withdraw_sender
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.errors import Conflict
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign
from outreach.queries.senders import senders
from tests.factories import NOON, sign_in
from tests.web.staff.campaigning import typed

FORM = {"address": "Press@Example.ORG", "is_verified": "y"}


def addresses():
    reading().rollback()
    return [one.address for one in senders()]


@pytest.fixture
def administrator(app):
    client = app.test_client()
    sign_in(client, Role.ADMINISTRATOR)
    return client


def test_an_administrator_puts_an_address_on_the_list_and_takes_it_off(administrator):
    assert administrator.post("/staff/settings/senders", data=FORM).status_code == 303
    assert "Press@example.org" in administrator.get("/staff/settings").text
    again = administrator.post("/staff/settings/senders", data=FORM)
    assert again.status_code == 409
    assert "on the list already" in again.text
    (one,) = senders()
    url = f"/staff/settings/senders/{one.id}/withdraw"
    assert administrator.post(url).status_code == 303
    assert addresses() == []
    assert administrator.post(url).status_code == 404
    administrator.post("/staff/settings/senders", data=FORM)
    assert addresses() == ["Press@example.org"]


def test_nobody_lists_an_address_unseen_and_no_promoter_lists_any(administrator, client):
    unseen = administrator.post("/staff/settings/senders", data={"address": "a@example.org"})
    assert unseen.status_code == 422
    assert "Look it up at the provider first" in unseen.text
    bad = administrator.post("/staff/settings/senders", data=FORM | {"address": "a@b@c"})
    assert bad.status_code == 422
    sign_in(client)
    assert client.post("/staff/settings/senders", data=FORM).status_code == 403
    assert addresses() == []


def test_a_campaign_leaves_from_the_address_that_it_chose(staff, approver, banks, mailer):
    sender_id = add_sender("press@example.org", by=CONSOLE, at=NOON)
    page = staff.get("/staff/campaigns/new").text
    assert "press@example.org" in page
    answer = staff.post("/staff/campaigns/new", data=typed(banks, sender=sender_id))
    assert answer.status_code == 303
    campaign = reading().query(Campaign).order_by(Campaign.id.desc()).first()
    approver.post(f"/staff/campaigns/{campaign.id}/approve")
    with pytest.raises(Conflict, match="1 campaign still sends"):
        withdraw_sender(sender_id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=clock.now())
    launch_due_steps(at=clock.now())
    drain(mailer)
    assert {mail.sender.email for mail in mailer.sent} == {"press@example.org"}
    assert {mail.message_id.rpartition("@")[2] for mail in mailer.sent} == {"example.org>"}
    assert "press@example.org" in staff.get(f"/staff/campaigns/{campaign.id}").text


def test_an_address_that_is_on_no_list_cannot_be_chosen(staff, banks):
    answer = staff.post("/staff/campaigns/new", data=typed(banks, sender=77))
    assert answer.status_code == 422
