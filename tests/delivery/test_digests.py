"""The morning's digest to each of the team."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.actions.accounts import want_digest
from outreach.actions.tasks import add_task
from outreach.delivery.digests import send_digests
from outreach.delivery.mailer import Busy, Silent
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.queries.digests import Reader, digest_of_day, readers
from tests.factories import afresh, make_account, make_campaign, make_stakeholder

MORNING = datetime(2026, 9, 1, 7, 10, tzinfo=ZoneInfo("Europe/Zurich"))
TODAY = MORNING.date()


@pytest.fixture
def ana(app):
    return make_account(Role.PROMOTER, "ana@example.org", name="Ana")


def task(owner, what="Ring the ministry", due_on=TODAY):
    add_task(
        what, due_on, owner_id=owner.id, stakeholder_id=make_stakeholder("Zoë *Ng*").id,
        by=CONSOLE, at=MORNING,
    )  # fmt: skip


def test_what_is_due_comes_once_in_the_morning_and_says_where_to_switch_it_off(ana, mailer):
    task(ana)
    task(ana, "Not yet", TODAY + timedelta(days=1))
    for minutes in (0, 10, 60):
        send_digests(mailer, at=MORNING + timedelta(minutes=minutes))
    (mail,) = mailer.sent
    assert (mail.to, mail.subject) == (
        "ana@example.org",
        "1 thing is due for you: 1 September 2026",
    )
    assert "Ring the ministry (Zoë *Ng*), by 1 September" in mail.text
    assert "Not yet" not in mail.text
    assert "/staff/today#morning-mail" in mail.html
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_the_next_morning_tells_again(ana, mailer):
    task(ana)
    for days in (0, 1):
        send_digests(mailer, at=MORNING + timedelta(days=days))
    assert len(mailer.sent) == 2


@pytest.mark.parametrize("hours", [-1, 5, 12])
def test_nothing_goes_outside_the_morning(ana, mailer, hours):
    task(ana)
    assert send_digests(mailer, at=MORNING + timedelta(hours=hours)) == 0


def test_nobody_is_told_that_nothing_is_due(ana, mailer):
    assert send_digests(mailer, at=MORNING) == 0


def test_whoever_switched_it_off_or_left_is_not_told(ana, mailer):
    task(ana)
    want_digest(ana.id, is_wanted=False)
    make_account(Role.PROMOTER, is_disabled=True)
    make_account(Role.ORGANISER)
    assert afresh(readers, TODAY) == []


@pytest.mark.parametrize("outcome", [Busy("later"), Silent("no answer")])
def test_a_call_that_failed_is_not_tried_again_that_day(ana, mailer, outcome):
    task(ana)
    mailer.answers = lambda recipient: outcome
    for _ in range(2):
        send_digests(mailer, at=MORNING)
    mailer.answers = None
    assert send_digests(mailer, at=MORNING) == 0


def test_an_approver_is_told_what_waits_for_approval_but_not_of_their_own(app):
    author = make_account(Role.APPROVER, name="Author")
    make_campaign(name="To the ministers", author_id=author.id)
    other = make_account(Role.APPROVER, name="Other")

    def told(account):
        reader = Reader(account.id, account.name, account.email, account.role)
        return [(part.title, part.lines) for part in digest_of_day(reader, MORNING, TODAY)]

    assert told(other) == [("Campaigns to approve", ["To the ministers"])]
    assert told(author) == []
