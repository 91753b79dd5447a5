"""The dry run says what is then really sent, person by person."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import (
    approve_campaign,
    change_campaign,
    pause_campaign,
    schedule_campaign,
)
from outreach.actions.invitations import answer_invitation
from outreach.actions.steps import launch_due_steps
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.drafting import StepPlan
from outreach.errors import Refusal
from outreach.models.activity import CONSOLE
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, Unit
from outreach.models.step import Anchor, Step, StepKind
from outreach.queries.dry_run import Answers, dry_run, people_of_run
from outreach.queries.foreseen import GOES
from outreach.queries.reasons import JUST_WRITTEN, NO_ADDRESS, NOT_INVITED
from outreach.stops import stop_addresses
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.factories import (
    NOON,
    afresh,
    make_campaign,
    make_event,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
THANKS = StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, "thank_you")


def going(target_list, *steps, **rest):
    campaign = make_campaign(target_list)
    change_campaign(campaign.id, plan(target_list, *steps, **rest), by=CONSOLE, at=NOON)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    return campaign.id


def promised(campaign_id, at, answers=Answers.NOBODY):
    """{(step, name)} of every mail that the dry run foresees."""
    runs = afresh(dry_run, campaign_id, at, answers)
    return {
        (run.step_id, person.name)
        for person in people_of_run(runs, limit=10_000)
        for run, reason, _ in person.mails
        if reason == GOES
    }


def sent(campaign_id):
    """{(step, name)} of every mail of the campaign that went out."""
    reading().rollback()
    rows = reading().query(Message.step_id, Message.name, Message.state)
    return {
        (step_id, name)
        for step_id, name, state in rows.filter(Message.campaign_id == campaign_id)
        if state == MessageState.ACCEPTED
    }


def live_through(campaign_id, mailer, start, days, every=6 * HOUR):
    """Let the time pass: the clock ticks, the outbox is drained."""
    now = start
    while now <= start + days * DAY:
        launch_due_steps(at=now)
        drain(mailer, now=lambda now=now: now)
        now += every


@pytest.fixture
def crowd(app):
    """A list with everyone who makes a difference."""
    target_list = make_list()
    people = {
        name: make_stakeholder(name, email=email, is_mail_stopped=stopped)
        for name, email, stopped in [
            ("Silent one", "", False), ("Silent two", "", False), ("No address", None, False),
            ("Stopped", "", True), ("Bounced", "", False), ("Answered", "", False),
            ("Withdrawn", "", False), ("Suppressed", "", False), ("Asked before", "", False),
            ("Asked this morning", "", False),
        ]
    }  # fmt: skip
    for person in people.values():
        make_target(target_list, person)
    with transaction() as session:
        owner = [(people["Suppressed"].email_key, people["Suppressed"].id)]
        stop_addresses(session, owner, "unsubscribed", source="page", at=NOON)
    make_invitation(people["Answered"], state=InvitationState.ACCEPTED, answered_at=NOON + HOUR)
    make_invitation(people["Bounced"], state=InvitationState.UNDELIVERABLE)
    make_invitation(people["Withdrawn"], withdrawn_at=NOON)
    make_invitation(people["Asked before"], invited_at=NOON - 9 * DAY)
    make_invitation(people["Asked this morning"], invited_at=NOON - HOUR)
    return target_list


@pytest.mark.parametrize(
    "steps",
    [
        (INVITATION, reminder(14), reminder(3)),
        (INVITATION, reminder(29), reminder(28), reminder(3), THANKS),
        (StepPlan(StepKind.INVITATION, Anchor.FIXED, "invitation", fixed_at=NOON + 2 * DAY),
         StepPlan(StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=7, hour=9,
                  working_days_only=True)),
    ],
)  # fmt: skip
def test_what_the_dry_run_says_is_what_is_then_sent_person_by_person(crowd, mailer, steps):
    campaign_id = going(crowd, *steps)
    foreseen = promised(campaign_id, NOON)
    assert len({name for _, name in foreseen}) >= 4
    live_through(campaign_id, mailer, NOON, 31)
    assert sent(campaign_id) == foreseen
    assert len(mailer.sent) == len(foreseen)


LOCAL = StepPlan(
    StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=14, hour=9, is_local=True,
    working_days_only=True,
)  # fmt: skip
LATER = StepPlan(StepKind.LAST_CALL, Anchor.REPLY_BY, "reminder", days_before=4, hour=9)
OWN = StepPlan(StepKind.REMINDER, Anchor.INVITATION, "reminder", days_before=-6, hour=9)
QUIET = StepPlan(StepKind.REMINDER, Anchor.LAST_CONTACT, "reminder", days_before=-5, hour=9)
MISSED = StepPlan(StepKind.MISS_YOU, Anchor.ANSWER, "thank_you", days_before=-2, hour=9)
COMING = StepPlan(StepKind.PRACTICAL, Anchor.OPENING, "thank_you", days_before=10)


def next_instant(now, *others, with_mornings):
    """When something may happen next: a unit, a step with a date, a morning, one of the others."""
    reading().rollback()
    units = reading().scalars(select(Unit.next_at).where(Unit.state == "waiting"))
    steps = reading().scalars(select(Step.due_at).where(Step.anchor.in_(("reply_by", "opening"))))
    mornings = [NOON + n * DAY - 5 * HOUR for n in range(32)] if with_mornings else []
    return min((at for at in (*units, *steps, *mornings, *others) if at and at > now), default=None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [(INVITATION, LOCAL, LATER, THANKS), (INVITATION, OWN, MISSED, COMING), (INVITATION, QUIET)],
)
def test_if_people_answer_as_last_time_it_is_what_is_then_sent_person_by_person(app, mailer, steps):
    """They live all over the world, and do what they did when they were asked to a meeting."""
    target_list, meeting = make_list(), make_event()
    habits = {}
    for number, (country, state, days) in enumerate([
        ("CH", "accepted", 1), ("NZ", "declined", 5), ("US", "tentative", 17), ("IN", None, 0),
        ("EG", "accepted", 16), ("BR", "declined", 26), (None, "delegated", 40), ("NP", None, 0),
    ]):  # fmt: skip
        person = make_stakeholder(f"Person {number} of {country}", country_code=country)
        make_target(target_list, person)
        if state is not None:
            then = NOON - 400 * DAY
            make_invitation(
                person, meeting, state=state, invited_at=then, answered_at=then + days * DAY
            )
            habits[person.id] = (timedelta(days=days), state)
    campaign_id = going(target_list, *steps)
    foreseen = promised(campaign_id, NOON, Answers.LAST_TIME)
    assert foreseen != promised(campaign_id, NOON)
    answers_at = {NOON + delay: id_ for id_, (delay, _) in habits.items()}
    now = NOON
    while now is not None:
        if now in answers_at:
            whose = {"stakeholder_id": answers_at[now], "event_id": target_list.event_id}
            own = afresh(reading().query(Invitation).filter_by, **whose).one()
            with suppress(Refusal):
                answer_invitation(own.id, Reply(habits[answers_at[now]][1]), "", at=now)
        launch_due_steps(at=now)
        drain(mailer, now=lambda now=now: now)
        now = next_instant(
            now, *answers_at, with_mornings=any(one in steps for one in (OWN, QUIET))
        )
    assert sent(campaign_id) == foreseen


def test_it_is_right_too_when_asked_in_the_middle(crowd, mailer):
    """Some mails have left, some wait, someone joined the list late."""
    campaign_id = going(crowd, INVITATION, reminder(14), reminder(3))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    before = sent(campaign_id)
    make_target(crowd, make_stakeholder("Late"))  # and is invited with the next step
    middle = NOON + 16 * DAY + 6 * HOUR
    launch_due_steps(at=middle)  # frozen, and not yet handed over
    foreseen = promised(campaign_id, middle)
    assert len([name for _, name in foreseen if name == "Late"]) == 2
    live_through(campaign_id, mailer, middle, 15)
    assert sent(campaign_id) - before == foreseen


def test_two_steps_closer_than_twenty_hours_write_to_nobody_the_second_time(app):
    target_list = make_list()
    person = make_stakeholder("Amina")
    make_target(target_list, person)
    campaign_id = going(target_list, INVITATION, reminder(14), reminder(3))
    with transaction() as session:
        first, second = (
            session.query(Step).filter_by(campaign_id=campaign_id, kind="reminder").order_by("id")
        )
        second.due_at = first.due_at + 19 * HOUR
    _, first, second = afresh(dry_run, campaign_id, NOON)
    assert (first.people[person.id], second.people[person.id]) == (GOES, JUST_WRITTEN)


def test_a_draft_is_read_as_if_it_were_scheduled_now(app):
    target_list = make_list()
    make_target(target_list, make_stakeholder("Reached"))
    make_target(target_list, make_stakeholder("Not reached", email=None))
    campaign = make_campaign(target_list)
    change_campaign(campaign.id, plan(target_list), by=CONSOLE, at=NOON)
    runs = afresh(dry_run, campaign.id, NOON)
    assert [(run.kind, run.count) for run in runs] == [
        ("invitation", 1), ("reminder", 1), ("reminder", 1),
    ]  # fmt: skip
    assert runs[0].left_out == [(NO_ADDRESS, 1)]
    assert reading().query(Message).count() == 0


def test_those_whom_no_step_invites_are_not_reminded(app):
    target_list = make_list()
    make_target(target_list, later := make_stakeholder("Later"))
    only = StepPlan(StepKind.REMINDER, Anchor.LAST_CONTACT, "reminder", days_before=-3)
    practical = StepPlan(StepKind.PRACTICAL, Anchor.REPLY_BY, "reminder", days_before=1)
    campaign = make_campaign(target_list)
    change_campaign(campaign.id, plan(target_list, only, practical), by=CONSOLE, at=NOON)
    *_, last = afresh(dry_run, campaign.id, NOON)
    assert last.people[later.id] == NOT_INVITED


def test_a_paused_campaign_is_read_as_if_it_went_on_and_one_that_is_over_sends_nothing(app):
    target_list = make_list()
    make_target(target_list)
    campaign_id = going(target_list, INVITATION)
    launch_due_steps(at=NOON)
    pause_campaign(campaign_id, by=CONSOLE, at=NOON)
    (waiting,) = afresh(dry_run, campaign_id, NOON)
    assert (waiting.is_written, waiting.count) == (True, 1)
    assert afresh(dry_run, 10**9, NOON) == []
