"""Today: what is due and what waits for a decision; a quiet day is said to be one."""

from datetime import timedelta

import pytest

from outreach.models.account import Role
from outreach.models.campaign import CampaignState
from outreach.models.message import MessageState
from outreach.models.step import StepState
from tests.factories import (
    NOON,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_message,
    make_seat_offer,
    make_stakeholder,
    make_target,
    save,
    sign_in,
)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def staff(client):
    sign_in(client, Role.APPROVER)
    return client


def with_step(state, due_at, **columns):
    campaign = make_campaign(state=columns.pop("of", CampaignState.RUNNING), **columns)
    (step,) = campaign.steps
    step.state, step.due_at = state, due_at
    save(step)
    return campaign


def test_a_quiet_day_is_said_to_be_one(staff):
    page = staff.get("/staff/today").text
    assert "Nothing is due today or tomorrow." in page
    assert "A quiet day" in page


def test_steps_of_today_and_tomorrow_are_shown_and_later_ones_not(staff):
    with_step(StepState.WAITING, NOON + timedelta(hours=30), name="Wave of tomorrow")
    with_step(StepState.WAITING, NOON + timedelta(hours=40), name="Wave of later")
    with_step(StepState.WAITING, NOON, name="Wave that is paused", of=CampaignState.PAUSED)
    page = staff.get("/staff/today").text
    assert "The invitation of Wave of tomorrow" in page
    assert "Wave of later" not in page
    assert "The invitation of Wave that is paused" not in page


def test_a_missed_step_asks_for_a_decision(staff):
    with_step(StepState.MISSED, NOON - timedelta(days=2), name="Wave of yesterday")
    page = staff.get("/staff/today").text
    assert "1 thing waits for a decision" in page
    assert "Wave of yesterday" in page


def test_a_held_mail_stands_there_with_its_reason(staff):
    make_message(
        make_stakeholder("Amina Sow"),
        state=MessageState.HELD,
        reason="Nothing stands in the field {title} for this person.",
    )
    page = staff.get("/staff/today").text
    assert "Amina Sow" in page
    assert "Nothing stands in the field" in page


def test_an_approver_sees_what_they_may_approve_and_an_author_that_someone_else_must(client):
    author = make_account(Role.APPROVER)
    make_campaign(name="First wave", author_id=author.id)
    sign_in(client, account=author)
    assert "Your draft; someone else approves it." in client.get("/staff/today").text
    sign_in(client, Role.APPROVER)
    assert "you may approve it" in client.get("/staff/today").text
    sign_in(client, Role.PROMOTER)
    assert "an approver looks at it" in client.get("/staff/today").text


def test_a_paused_campaign_says_why(staff):
    make_campaign(state=CampaignState.PAUSED, paused_because="The provider refuses our key.")
    assert "Paused: The provider refuses our key." in staff.get("/staff/today").text


def test_a_silent_star_and_a_seat_at_risk_are_named(staff, monkeypatch):
    star = make_stakeholder("Amina Sow")
    make_target(make_list(), star, is_star=True)
    make_invitation(star, is_star=True)
    make_seat_offer(make_stakeholder("Björn Å"))
    monkeypatch.setattr("outreach.clock.now", lambda: NOON + timedelta(days=29))
    page = staff.get("/staff/today").text
    assert "Amina Sow" in page
    assert "Björn Å" in page


def test_the_mornings_mail_is_switched_off_and_on(staff):
    assert "Switch the morning’s mail off" in staff.get("/staff/today").text
    assert staff.post("/staff/today/digest", data={"wanted": "0"}).status_code == 303
    assert "Switch the morning’s mail on" in staff.get("/staff/today").text
    staff.post("/staff/today/digest", data={"wanted": "1"})
    assert "comes by mail each morning" in staff.get("/staff/today").text
    sign_in(staff, account=make_account(is_demonstration=True))
    assert "Accounts of the demonstration get no mail" in staff.get("/staff/today").text
