"""A second campaign of an event: who was invited is invited again only if it says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import cancel_campaign
from outreach.actions.merges import merge_stakeholders
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.campaign import NotReady
from outreach.models.message import Message, MessageState
from outreach.models.step import StepKind
from outreach.queries.dry_run import dry_run
from outreach.queries.invited_before import invited_before
from outreach.queries.invited_elsewhere import INVITED
from tests.actions.test_campaigns import INVITATION, reminder
from tests.actions.test_steps import DAY, going, rows
from tests.factories import NOON, afresh, make_list, make_stakeholder, make_target
from tests.recount import assert_counts_add_up

WAITS = (MessageState.WAITING, "")
LEFT_OUT = (MessageState.LEFT_OUT, INVITED)
SECOND = NOON + 2 * DAY


@pytest.fixture
def ana(app):
    return make_stakeholder("Ana", "ana@example.org")


@pytest.fixture
def lists(ana):
    """Ana is on both; Ben on the second alone."""
    first, second = make_list(name="First"), make_list(name="Second")
    make_target(first, ana)
    make_target(second, ana)
    make_target(second, make_stakeholder("Ben", "ben@example.org"))
    return first, second


def launched(target_list, *steps, at, **rest):
    campaign_id = going(target_list, *(steps or (INVITATION,)), at=at, **rest)
    launch_due_steps(at=at)
    return campaign_id


def agreed(campaign_id, at):
    """What is shown before is what came."""
    (run,) = [run for run in afresh(dry_run, campaign_id, at) if run.kind == "invitation"]
    names = {row.stakeholder_id: row.name for row in reading().scalars(select(Message))}
    return {names.get(id_, "Ben"): reason for id_, reason in run.people.items()}


def test_who_was_invited_is_left_out_and_the_page_says_by_whom_and_when(lists, mailer):
    one = launched(lists[0], at=NOON)
    drain(mailer, now=lambda: NOON)
    campaign_id = going(lists[1], INVITATION, reminder(3), at=SECOND)
    (before,) = afresh(invited_before, campaign_id, SECOND)
    assert (before.campaign_id, before.count, before.first_at) == (one, 1, NOON)
    assert agreed(campaign_id, SECOND) == {"Ana": INVITED, "Ben": ""}
    launch_due_steps(at=SECOND)
    assert rows(campaign_id) == {"Ana": LEFT_OUT, "Ben": WAITS}
    drain(mailer, now=lambda: SECOND)
    assert [mail.to for mail in mailer.sent] == ["ana@example.org", "ben@example.org"]
    assert_counts_add_up()


def test_it_writes_to_them_again_where_the_campaign_says_so_which_is_part_of_what_is_approved(
    lists, mailer
):
    launched(lists[0], at=NOON)
    drain(mailer, now=lambda: NOON)
    campaign_id = going(lists[1], INVITATION, at=SECOND, asks_again=True)
    assert [one.count for one in afresh(invited_before, campaign_id, SECOND)] == [1]
    assert agreed(campaign_id, SECOND) == {"Ana": "", "Ben": ""}
    launch_due_steps(at=SECOND)
    assert rows(campaign_id) == {"Ana": WAITS, "Ben": WAITS}


def test_only_the_campaign_that_invited_somebody_reminds_them_while_it_is_at_work(lists, mailer):
    one = launched(lists[0], INVITATION, reminder(14), at=NOON)
    two = launched(lists[1], INVITATION, reminder(14), at=SECOND)
    due = NOON + timedelta(days=16)
    drain(mailer, now=lambda: SECOND)
    launch_due_steps(at=due)
    assert rows(one, StepKind.REMINDER) == {"Ana": WAITS}
    assert rows(two, StepKind.REMINDER) == {"Ana": LEFT_OUT, "Ben": WAITS}


def test_who_got_nothing_of_a_cancelled_campaign_is_invited_by_the_next(lists, mailer):
    cancel_campaign(launched(lists[0], at=NOON), by=CONSOLE, at=NOON)
    assert rows(launched(lists[1], at=SECOND)) == {"Ana": WAITS, "Ben": WAITS}


def test_somebody_who_was_made_one_with_who_was_invited_is_not_invited_again(lists, ana, mailer):
    launched(lists[0], at=NOON)
    drain(mailer, now=lambda: NOON)
    kept = make_stakeholder("Anna", "anna@example.org")
    merge_stakeholders(kept.id, ana.id, {}, by=CONSOLE, at=NOON)
    assert rows(launched(lists[1], at=SECOND))["Anna"] == LEFT_OUT


def test_a_campaign_of_which_all_were_invited_says_so_before_it_is_approved(lists, mailer):
    launched(lists[0], at=NOON)
    with pytest.raises(NotReady, match="Everyone in its audience would be left out"):
        going(lists[0], INVITATION, at=SECOND)
