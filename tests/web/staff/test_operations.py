"""The operators' page: what waits, who is down, what is held and why, whether the promises hold."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach import clock
from outreach.actions.confirmations import confirm_answers
from outreach.actions.messages import hold_message
from outreach.db import db, transaction
from outreach.delivery.mailer import Accepted, Busy, Silent, Unfit
from outreach.delivery.outbox import drain
from outreach.jobs import Job, audit_now, job_named, run_job
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.breaker import Breaker
from outreach.models.message import Message
from outreach.models.tally import Tally
from outreach.queries.operations import operations
from tests.answers import answer_by_link
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, make_invitation, sign_in


def page(client) -> str:
    sign_in(client, Role.PROMOTER)
    answer = client.get("/staff/operations")
    assert answer.status_code == 200
    return answer.text


def test_on_the_first_day_it_says_what_will_be_here(app, client):
    text = page(client)
    assert "Nothing waits; the outbox is empty." in text
    assert "No audit has run yet" in text
    assert "No clock has ticked" in text


def test_a_provider_that_is_down_is_the_first_thing_said(app, client, mailer):
    campaign = frozen_campaign(5, is_vip=True)
    mailer.answers = lambda recipient: Busy("503", is_provider_down=True)
    drain(mailer, now=lambda: NOON)
    text = page(client)
    its_own = client.get(f"/staff/campaigns/{campaign.id}").text
    assert "Mailbox is down: nothing leaves until it answers" in its_own
    assert "Mailbox is down; nothing is handed over until it answers." in text
    assert "Mailbox: open" in text


def test_what_waits_for_its_time_is_no_empty_outbox(app, client, mailer, monkeypatch):
    campaign = frozen_campaign(2)
    mailer.answers = lambda recipient: Busy("429", retry_after=timedelta(minutes=9))
    drain(mailer, now=lambda: NOON)
    after, before = "Mailbox asked to be left alone", "Nothing is due; 1 unit waits"
    for minutes, told in ((1, after), (-9, before)):
        monkeypatch.setattr("outreach.clock.now", lambda m=minutes: NOON + timedelta(minutes=m))
        if minutes < 0:
            with transaction() as session:
                session.execute(update(Breaker).values(rests_until=None))
        assert told in page(client)
        own = client.get(f"/staff/campaigns/{campaign.id}").text
        assert ("left alone; the next mail leaves in 8 minutes. You" in own) is (minutes > 0)
        app.config["SENDER_RATE"] = 1
        own = client.get(f"/staff/campaigns/{campaign.id}").text
        assert ("in 8 minutes, then at 1 a second done by Tue" in own) is (minutes > 0)
        app.config["SENDER_RATE"] = 0


def test_mails_of_which_nobody_knows_are_counted_of_campaigns_or_not(app, mailer):
    frozen_campaign(2)
    answer_by_link(make_invitation())
    confirm_answers(at=NOON)
    mailer.answers = lambda recipient: Silent("cut off")
    drain(mailer, now=lambda: NOON)
    assert operations(NOON).unknown_count == 3


def test_held_mails_are_counted_by_reason_of_campaigns_or_not(app, client, mailer):
    frozen_campaign(3)
    mailer.answers = lambda recipient: (
        Unfit("A line break.") if recipient.to.email.startswith("person.1@") else Accepted("")
    )
    drain(mailer, now=lambda: NOON)
    text = page(client)
    assert "<b>1</b> held: A line break." in text
    assert "Nothing waits to leave; 1 is held for a person." in text
    answer_by_link(make_invitation())
    confirm_answers(at=NOON)
    single = db.session.scalar(select(Message.id).where(Message.step_id.is_(None)))
    hold_message(single, by=CONSOLE, who="Ada", at=NOON)
    assert operations(NOON).held == [("A line break.", 1), ("Held by Ada.", 1)]
    assert operations(NOON).held_count == 2


def test_the_audit_and_the_ticks_are_shown(app, client, mailer):
    frozen_campaign(2)
    drain(mailer, now=lambda: NOON)
    assert operations(NOON + timedelta(minutes=1)).answers == [("mailbox", "accepted", 1, 2)]
    run_job(job_named("finish-campaigns"))
    audit_now()
    text = page(client)
    assert "Every promise is kept" in text
    assert "finish-campaigns" in text


def test_a_broken_promise_is_said_above_all_else(app, client):
    frozen_campaign(2)
    with transaction() as session:
        session.execute(update(Tally).values(count=Tally.count + 1))
    audit_now()
    assert "A promise is broken: look at the audit below." in page(client)


def test_a_clock_that_stands_still_is_said_above_all_else(app, client, monkeypatch):
    frozen_campaign(2)
    run_job(job_named("finish-campaigns"))
    assert "The clock ticks" in page(client)
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr("outreach.clock.now", lambda: later)
    text = page(client)
    assert "The clock stands still: nothing is sent or read until it runs again." in text
    assert "units are leaving" not in text


def test_a_job_that_fails_is_named_with_what_went_wrong(app, client):
    def fails():
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        run_job(Job("finish-campaigns", timedelta(minutes=1), fails))
    text = page(client)
    assert "1 job of the clock fails: look at the clock below." in text
    assert text.count("ValueError: no such thing") == 2


def test_mails_that_a_provider_did_not_take_are_no_rate(app, mailer):
    frozen_campaign(6)
    mailer.answers = lambda recipient: Busy("503", is_provider_down=True)
    drain(mailer, now=lambda: NOON)
    assert operations(NOON).per_second == 0
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: NOON + timedelta(minutes=1))
    assert operations(NOON + timedelta(minutes=1)).per_second == 0.01


def test_organisers_do_not_see_it(app, client):
    sign_in(client, Role.ORGANISER)
    assert client.get("/staff/operations").status_code == 403
