"""Campaigns: drafted by one, approved by another, set going only as they were approved."""

from datetime import timedelta

import pytest

from outreach.actions.campaigns import (
    approve_campaign,
    ask_for_approval,
    cancel_campaign,
    change_campaign,
    draft_campaign,
    finish_campaigns,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from outreach.actions.steps import launch_due_steps
from outreach.actions.templates import Wording, create_template, write_version
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.drafting import NothingToSend, Plan, StepPlan
from outreach.errors import Conflict
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.allotment import Allotment
from outreach.models.campaign import (
    LAST_WORD,
    Campaign,
    CampaignState,
    NeedsSecondPerson,
    NotReady,
    WrongState,
)
from outreach.models.step import Anchor, Step, StepKind
from outreach.queries.campaign_pages import campaign_page
from outreach.queries.planned_steps import planned_steps
from outreach.queries.templates import templates
from tests.factories import (
    NOON,
    make_account,
    make_event,
    make_list,
    make_stakeholder,
    make_target,
    save,
    the_event,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)
INVITATION = StepPlan(StepKind.INVITATION, Anchor.START, "invitation")


def reminder(days):
    return StepPlan(StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=days)


def plan(target_list, *steps, reply_by=NOON + 30 * DAY, **rest):
    values = {
        "name": "Invitations",
        "event_id": target_list.event_id,
        "list_ids": [target_list.id],
        "reply_by": reply_by,
        "steps": steps or (INVITATION, reminder(14), reminder(3)),
        "sender_name": "The Secretariat",
        "sender_address": "invitations@example.org",
    }
    return Plan(**values | rest)


@pytest.fixture
def banks(app):
    target_list = make_list()
    make_target(target_list)
    return target_list


@pytest.fixture
def author(app):
    return Actor.account(make_account(Role.APPROVER).id)


@pytest.fixture
def approver(app):
    return Actor.account(make_account(Role.APPROVER).id)


@pytest.fixture
def draft(banks, author):
    return draft_campaign(plan(banks), by=author, at=NOON)


def state(campaign_id):
    reading().expire_all()
    return reading().get(Campaign, campaign_id).state


def test_author_and_approver_are_two_people(draft, author, approver):
    """A51."""
    with pytest.raises(NeedsSecondPerson):
        approve_campaign(draft, by=author, at=NOON)
    assert state(draft) == CampaignState.DRAFT
    approve_campaign(draft, by=approver, at=NOON)
    assert state(draft) == CampaignState.APPROVED


def test_nothing_is_scheduled_that_was_not_approved(draft, author):
    """A51."""
    with pytest.raises(WrongState, match="A campaign that is draft cannot be scheduled"):
        schedule_campaign(draft, by=author, at=NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"reply_by": NOON + 31 * DAY},
        {"name": "Others"},
        {"sender_name": "Somebody else"},
        {"is_vip": True},
        {"steps": (INVITATION, reminder(7))},
    ],
)
def test_a_change_takes_the_approval_away(draft, banks, author, approver, changed):
    """A51."""
    approve_campaign(draft, by=approver, at=NOON)
    steps = changed.pop("steps", ())
    change_campaign(draft, plan(banks, *steps, **changed), by=author, at=NOON)
    page = campaign_page(draft)
    assert (page.state, page.approver, page.approved_at) == ("draft", None, None)
    with pytest.raises(WrongState):
        schedule_campaign(draft, by=author, at=NOON)


def test_what_slips_past_the_form_after_the_approval_is_refused_at_scheduling(draft, approver):
    """A51: a time edited in the table itself voids the approval too."""
    approve_campaign(draft, by=approver, at=NOON)
    with transaction() as session:
        session.get(Campaign, draft).steps[1].days_before = 5
    with pytest.raises(Conflict, match="Something changed after the approval"):
        schedule_campaign(draft, by=approver, at=NOON)


def test_a_template_written_anew_after_the_approval_changes_nothing_that_was_approved(
    draft, author, approver
):
    """A51: the campaign has pinned its version."""
    approve_campaign(draft, by=approver, at=NOON)
    letter = next(one for one in templates() if one.code == "invitation")
    texts = [Wording("en", "Another subject", "Other words: {rsvp_link}\n")]
    write_version(letter.id, letter.name, texts, seen=letter.version, by=author, at=NOON)
    schedule_campaign(draft, by=author, at=NOON)
    pinned = reading().get(Campaign, draft).steps[0].version
    assert pinned.number == letter.version


def test_a_reply_by_that_has_passed_is_refused(draft, banks, author, approver):
    with pytest.raises(Conflict, match="The reply-by lies in the past"):
        draft_campaign(plan(banks, reply_by=NOON), by=author, at=NOON)
    approve_campaign(draft, by=approver, at=NOON)
    with pytest.raises(Conflict, match="The reply-by has passed"):
        schedule_campaign(draft, by=author, at=NOON + 31 * DAY)
    assert state(draft) == CampaignState.APPROVED


def test_everything_that_is_wrong_is_said_at_once(author, approver):
    """No recipients, a step in the past, one after the reply-by, a letter without a language."""
    texts = [Wording("fr", "Invitation", "Bonjour {full_name} {rsvp_link}\n")]
    create_template("Only French", "invitation", texts, by=author, at=NOON)
    target_list = make_list()
    wished = plan(
        target_list,
        StepPlan(StepKind.INVITATION, Anchor.START, "only_french"),
        reminder(40),
        StepPlan(StepKind.LAST_CALL, Anchor.FIXED, "reminder", fixed_at=NOON + 31 * DAY),
    )
    campaign_id = draft_campaign(wished, by=author, at=NOON)
    with pytest.raises(NotReady) as refused:
        ask_for_approval(campaign_id, by=author, at=NOON)
    assert [
        any(words in problem for problem in refused.value.problems)
        for words in ("hold nobody yet", "Step 2 (reminder) was due", "Step 3 (last call) would go")
    ] == [True, True, True]
    make_target(target_list, make_stakeholder("Reads English", language="en"))
    with pytest.raises(NotReady, match=r"“Only French” has no text .* 1 person"):
        approve_campaign(campaign_id, by=approver, at=NOON)


def test_what_changes_on_the_way_pauses_the_campaign_until_somebody_else_approves_it(
    draft, author, approver
):
    """A51: the letters would say something else of the event than what was approved."""
    approve_campaign(draft, by=approver, at=NOON)
    schedule_campaign(draft, by=author, at=NOON)
    with transaction() as session:
        session.get(Campaign, draft).event.name = "Another conference"
    launch_due_steps(at=NOON)
    assert state(draft) == CampaignState.PAUSED
    with pytest.raises(Conflict, match="approved again"):
        resume_campaign(draft, by=author, at=NOON)
    with pytest.raises(NeedsSecondPerson):
        approve_campaign(draft, by=author, at=NOON)
    approve_campaign(draft, by=approver, at=NOON)
    resume_campaign(draft, by=author, at=NOON)
    launch_due_steps(at=NOON)
    assert state(draft) == CampaignState.RUNNING


def give_places(banks, places):
    where = {"event_id": banks.event_id, "group_id": banks.group_id, "created_at": NOON}
    save(allotment := Allotment(places=places, **where))
    with transaction() as session:
        session.merge(banks).allotment_id = allotment.id


def test_a_wave_goes_when_so_many_places_are_free_or_at_its_date(banks, author, approver):
    give_places(banks, 2)
    waves = {}
    for name, places in (("few", 2), ("many", 3)):
        step = StepPlan(
            StepKind.INVITATION, Anchor.PLACES, "invitation", places_count=places,
            fixed_at=NOON + 5 * DAY,
        )  # fmt: skip
        waves[name] = draft_campaign(plan(banks, step), by=author, at=NOON)
        approve_campaign(waves[name], by=approver, at=NOON)
        schedule_campaign(waves[name], by=author, at=NOON)
    launch_due_steps(at=NOON + DAY)
    assert (state(waves["few"]), state(waves["many"])) == ("running", "scheduled")
    launch_due_steps(at=NOON + 5 * DAY)
    assert state(waves["many"]) == "running"


def test_a_wave_that_waits_for_places_goes_after_the_one_before_and_asks_for_what_is_left(
    banks, author, approver
):
    """Places that are free only because wave 1 is still to go are nobody's yet."""
    give_places(banks, 3)
    make_target(banks, wave=2)
    make_target(banks, wave=3)
    waves = {}
    for wave in (3, 2, 1):
        anchor = Anchor.PLACES if wave > 1 else Anchor.FIXED
        step = StepPlan(
            StepKind.INVITATION, anchor, "invitation", places_count=2 if wave > 1 else None,
            fixed_at=NOON + (9 if wave > 1 else 2) * DAY,
        )  # fmt: skip
        waves[wave] = draft_campaign(plan(banks, step, wave=wave), by=author, at=NOON)
        approve_campaign(waves[wave], by=approver, at=NOON)
        schedule_campaign(waves[wave], by=author, at=NOON)

    def gone(at):
        launch_due_steps(at=at)
        return [wave for wave, id_ in waves.items() if state(id_) == "running"]

    assert gone(NOON + DAY) == []
    assert gone(NOON + 2 * DAY) == [1]
    assert gone(NOON + 2 * DAY) == [2, 1], "two places are left, and the next wave asks for them"
    assert gone(NOON + 3 * DAY) == [2, 1]
    assert gone(NOON + 9 * DAY) == [3, 2, 1]


def test_lists_that_hold_nobody_are_refused_before_anything_is_approved(author, approver):
    campaign_id = draft_campaign(plan(make_list()), by=author, at=NOON)
    for act in (ask_for_approval, approve_campaign):
        with pytest.raises(NotReady, match="hold nobody yet"):
            act(campaign_id, by=approver, at=NOON)


def test_an_audience_that_shrinks_to_nothing_is_refused_at_scheduling(author, approver):
    target_list = make_list()
    make_target(target_list, make_stakeholder(email=None))
    campaign_id = draft_campaign(plan(target_list), by=author, at=NOON)
    approve_campaign(campaign_id, by=approver, at=NOON)
    with pytest.raises(NotReady, match="Everyone in its audience would be left out"):
        schedule_campaign(campaign_id, by=author, at=NOON)
    assert state(campaign_id) == CampaignState.APPROVED


def test_a_campaign_without_lists_or_steps_or_with_a_foreign_list_is_refused(banks, author):
    with pytest.raises(NothingToSend, match="at least one target list"):
        draft_campaign(plan(banks, list_ids=[]), by=author, at=NOON)
    nothing = Plan("x", banks.event_id, [banks.id], NOON + DAY, (), "S", "s@example.org")
    with pytest.raises(NothingToSend, match="at least one step"):
        draft_campaign(nothing, by=author, at=NOON)
    elsewhere = plan(banks, event_id=make_event().id)
    with pytest.raises(Conflict, match="“Development banks” is for another event"):
        draft_campaign(elsewhere, by=author, at=NOON)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((INVITATION, reminder(40)), r"Step 2 \(reminder\) was due on .* which has passed"),
        (
            (StepPlan(StepKind.INVITATION, Anchor.FIXED, "invitation", fixed_at=NOON + 31 * DAY),),
            r"Step 1 \(invitation\) would go after the reply-by",
        ),
        (
            (StepPlan(StepKind.INVITATION, Anchor.FIXED, "invitation", fixed_at=NOON - DAY),),
            r"Step 1 \(invitation\) was due on 31 August 2026 at 14:00",
        ),
        (
            (
                StepPlan(StepKind.INVITATION, Anchor.FIXED, "invitation", fixed_at=NOON + 16 * DAY),
                reminder(14),
            ),
            r"Step 2 \(reminder\) would go before the invitation or less than 20 hours after it",
        ),
    ],
)
def test_a_step_at_an_impossible_time_is_named_before_the_approval(
    banks, author, approver, steps, words
):
    campaign_id = draft_campaign(plan(banks, *steps), by=author, at=NOON)
    with pytest.raises(Conflict, match=words):
        ask_for_approval(campaign_id, by=author, at=NOON)
    with pytest.raises(Conflict, match=words):
        approve_campaign(campaign_id, by=approver, at=NOON)
    assert state(campaign_id) == CampaignState.DRAFT


def test_a_request_for_approval_stands_until_the_draft_is_changed(draft, banks, author):
    ask_for_approval(draft, by=author, at=NOON)
    assert campaign_page(draft).asked_at == NOON
    change_campaign(draft, plan(banks, name="Better"), by=author, at=NOON + DAY)
    assert campaign_page(draft).asked_at is None


def test_days_before_the_reply_by_are_counted_on_the_events_own_calendar(author, approver):
    """The clocks go back in Geneva on 25 October 2026: six in the evening stays six."""
    target_list = make_list()
    make_target(target_list)
    reply_by = NOON.replace(month=11, day=1, hour=17)
    campaign_id = draft_campaign(
        plan(target_list, INVITATION, reminder(14), reply_by=reply_by), by=author, at=NOON
    )
    approve_campaign(campaign_id, by=approver, at=NOON)
    schedule_campaign(campaign_id, by=author, at=NOON)
    due_at = reading().get(Campaign, campaign_id).steps[1].due_at
    assert due_at == NOON.replace(month=10, day=18, hour=16)


def test_pausing_and_resuming_leave_everyone_where_they_were(draft, author, approver, mailer):
    approve_campaign(draft, by=approver, at=NOON)
    schedule_campaign(draft, by=author, at=NOON)
    launch_due_steps(at=NOON)
    pause_campaign(draft, by=author, at=NOON)
    assert drain(mailer, now=lambda: NOON).messages == 0
    resume_campaign(draft, by=author, at=NOON)
    assert state(draft) == CampaignState.RUNNING
    assert drain(mailer, now=lambda: NOON).messages == 1
    assert_counts_add_up()


def test_cancelling_shows_everyone_who_waited_as_cancelled(draft, author, approver, mailer):
    """P3, P5."""
    approve_campaign(draft, by=approver, at=NOON)
    schedule_campaign(draft, by=author, at=NOON)
    launch_due_steps(at=NOON)
    cancel_campaign(draft, by=author, at=NOON)
    assert drain(mailer, now=lambda: NOON).messages == 0
    assert launch_due_steps(at=NOON + 20 * DAY) == 0
    assert_counts_add_up()
    with pytest.raises(WrongState):
        cancel_campaign(draft, by=author, at=NOON)
    with pytest.raises(WrongState):
        resume_campaign(draft, by=author, at=NOON)


def test_a_campaign_closes_after_its_reply_by_once_nothing_is_left_to_send(
    draft, author, approver, mailer
):
    approve_campaign(draft, by=approver, at=NOON)
    schedule_campaign(draft, by=author, at=NOON)
    launch_due_steps(at=NOON)
    end = NOON + 30 * DAY
    assert finish_campaigns(at=end + LAST_WORD) == 0
    drain(mailer, now=lambda: NOON)
    assert finish_campaigns(at=end) == 0
    assert finish_campaigns(at=end + LAST_WORD) == 1
    assert state(draft) == CampaignState.FINISHED


def test_a_change_takes_the_latest_letters_and_its_own_steps(draft, banks, author):
    thanks = StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, "thank_you")
    change_campaign(draft, plan(banks, INVITATION, reminder(7), thanks), by=author, at=NOON)
    assert [(step.kind, step.days_before) for step in planned_steps(draft)] == [
        (StepKind.INVITATION, None),
        (StepKind.REMINDER, 7),
        (StepKind.THANK_YOU, None),
    ]
    assert reading().query(Step).count() == 3


def test_the_operators_console_may_draft_and_approve(banks):
    campaign_id = draft_campaign(plan(banks), by=CONSOLE, at=NOON)
    approve_campaign(campaign_id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign_id, by=CONSOLE, at=NOON)
    assert state(campaign_id) == CampaignState.SCHEDULED
    assert the_event().id == banks.event_id
