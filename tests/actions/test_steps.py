"""Freezing a step: one row for each person, those left out too, with the reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import (
    approve_campaign,
    change_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from outreach.actions.confirmations import confirm_answers
from outreach.actions.invitations import answer_invitation
from outreach.actions.steps import decide_missed_step, launch_due_steps, launch_step
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.drafting import StepPlan
from outreach.errors import Conflict
from outreach.models.activity import CONSOLE, Activity
from outreach.models.campaign import CampaignList
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, Unit
from outreach.models.step import Anchor, Step, StepKind, StepState
from outreach.queries import reasons
from outreach.queries.campaigns import campaign_summary, outcomes_of
from outreach.signing import AN_APPROVER, SIGN_OFF
from outreach.stops import stop_addresses
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.answers import answer_by_link
from tests.factories import (
    NOON,
    make_campaign,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
    the_event,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
THANKS = StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, "thank_you")


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """P5: after every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


def going(target_list, *steps, at=NOON, **rest):
    """A campaign with these steps that has been scheduled; its id."""
    campaign = make_campaign(target_list)
    change_campaign(campaign.id, plan(target_list, *steps, **rest), by=CONSOLE, at=at)
    approve_campaign(campaign.id, by=CONSOLE, at=at)
    schedule_campaign(campaign.id, by=CONSOLE, at=at)
    return campaign.id


def rows(campaign_id, kind=StepKind.INVITATION):
    """{name: (state, reason)} of a step."""
    reading().rollback()
    found = reading().execute(
        select(Message.name, Message.state, Message.reason)
        .join(Step, Step.id == Message.step_id)
        .where(Message.campaign_id == campaign_id, Step.kind == kind)
    )
    return {name: (state, reason) for name, state, reason in found}


def step_of(campaign_id, kind):
    reading().expire_all()
    wanted = select(Step).where(Step.campaign_id == campaign_id, Step.kind == kind)
    return reading().scalars(wanted.order_by(Step.position)).first()


def invitation_of(person):
    return reading().scalars(select(Invitation).where(Invitation.stakeholder_id == person.id)).one()


def answer(person, reply=Reply.ACCEPTED, at=NOON + DAY):
    reading().rollback()
    answer_invitation(invitation_of(person).id, reply, "", at=at)


def answer_on_the_page(person, reply=Reply.ACCEPTED, at=NOON + DAY):
    """A plain answer, which is noted at once and confirmed by a job."""
    answer_by_link(invitation_of(person), reply, at=at)
    confirm_answers(at=at)


WAITS = (MessageState.WAITING, "")


def left_out(reason):
    return MessageState.LEFT_OUT, reason


def test_someone_on_two_lists_gets_one_row_one_invitation_and_the_group_of_the_first():
    first, second = make_list(), make_list(group="academia", name="Universities")
    person = make_stakeholder("Amina Diallo")
    make_target(first, person)
    make_target(second, person, is_star=True)
    campaign = make_campaign(first)
    save(CampaignList(campaign_id=campaign.id, list_id=second.id))
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    assert campaign_summary(campaign.id)["audience_count"] == 1
    launch_due_steps(at=NOON)
    assert rows(campaign.id) == {"Amina Diallo": (MessageState.HELD, f"{SIGN_OFF}{AN_APPROVER}.")}
    assert campaign_summary(campaign.id)["audience_count"] == 1
    invitation = invitation_of(person)
    assert (invitation.group_id, invitation.is_star) == (first.group_id, True)


def test_everyone_left_out_gets_a_row_with_the_reason():
    """P5."""
    target_list = make_list()
    people = {
        name: make_stakeholder(name, email=email, is_mail_stopped=stopped)
        for name, email, stopped in [
            ("Goes", "", False),
            ("No address", None, False),
            ("Stopped", "", True),
            ("Bounced", "", False),
            ("Answered", "", False),
            ("Withdrawn", "", False),
            ("Suppressed", "", False),
        ]
    }
    for person in people.values():
        make_target(target_list, person)
    with transaction() as session:
        owner = [(people["Suppressed"].email_key, people["Suppressed"].id)]
        stop_addresses(session, owner, "unsubscribed", source="page", at=NOON)
    make_invitation(people["Answered"], state=InvitationState.DECLINED, answered_at=NOON)
    make_invitation(people["Bounced"], state=InvitationState.UNDELIVERABLE)
    make_invitation(people["Withdrawn"], withdrawn_at=NOON)
    campaign_id = going(target_list, INVITATION)
    launch_due_steps(at=NOON)
    assert rows(campaign_id) == {
        "Goes": WAITS,
        "No address": left_out(reasons.NO_ADDRESS),
        "Stopped": left_out(reasons.STOPPED),
        "Bounced": left_out(reasons.UNDELIVERABLE),
        "Answered": left_out(reasons.ANSWERED),
        "Withdrawn": left_out(reasons.WITHDRAWN),
        "Suppressed": left_out(reasons.SUPPRESSED),
    }
    counts = outcomes_of(campaign_id)
    assert (counts["waiting"], counts["left_out"], sum(counts.values())) == (1, 6, 7)


def test_only_those_who_get_the_mail_are_invited():
    target_list = make_list()
    make_target(target_list, make_stakeholder(email=None))
    make_target(target_list)
    going(target_list, INVITATION)
    launch_due_steps(at=NOON)
    assert reading().query(Invitation).count() == 1


def test_reminders_go_to_the_silent_only(mailer):
    """P3, the rule of the field: whoever answered is left in peace."""
    target_list = make_list()
    silent, answered = make_stakeholder("Silent"), make_stakeholder("Answered")
    for person in (silent, answered):
        make_target(target_list, person)
    campaign_id = going(target_list, INVITATION, reminder(14))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    answer(answered)
    launch_due_steps(at=NOON + 16 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {
        "Silent": WAITS,
        "Answered": left_out(reasons.ANSWERED),
    }
    drain(mailer, now=lambda: NOON + 16 * DAY)
    reminded = [mail.name for mail in mailer.sent if mail.subject.startswith("Your answer to")]
    assert reminded == ["Silent"]


def test_someone_who_joins_the_list_later_is_invited_with_the_next_step(mailer):
    """In the words of the invitation: nobody is reminded of what they never got."""
    target_list = make_list()
    make_target(target_list, make_stakeholder("Early"))
    campaign_id = going(target_list, INVITATION, reminder(14))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    make_target(target_list, make_stakeholder("Late"))
    invited = make_stakeholder("Invited elsewhere, later")
    make_target(target_list, invited)
    make_invitation(invited, invited_at=NOON + 16 * DAY + HOUR)
    launch_due_steps(at=NOON + 16 * DAY + 2 * HOUR)
    assert rows(campaign_id, StepKind.REMINDER) == {
        "Early": WAITS,
        "Late": WAITS,
        "Invited elsewhere, later": left_out(reasons.INVITED_LATER),
    }
    drain(mailer, now=lambda: NOON + 16 * DAY + 2 * HOUR)
    subjects = {mail.name: mail.subject for mail in mailer.sent}
    assert subjects["Late"].startswith("Invitation")
    assert subjects["Early"].startswith("Your answer to")


def test_nobody_gets_two_mails_of_one_campaign_within_twenty_hours(mailer):
    target_list = make_list()
    prompt, delayed = make_stakeholder("Prompt"), make_stakeholder("Delayed")
    for person in (prompt, delayed):
        make_target(target_list, person)
    campaign_id = going(target_list, INVITATION, reminder(29))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.name == "Delayed")).one()
        message.changed_at = NOON + 5 * HOUR
    launch_due_steps(at=NOON + DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {
        "Prompt": WAITS,
        "Delayed": left_out(reasons.JUST_WRITTEN),
    }


def test_an_invitation_that_was_kept_back_does_not_arrive_together_with_its_reminder(mailer):
    """Paused for days, then resumed: the invitation goes, and no reminder on its heels."""
    target_list = make_list()
    make_target(target_list, make_stakeholder("Amina"))
    campaign_id = going(target_list, INVITATION, reminder(14))
    launch_due_steps(at=NOON)
    pause_campaign(campaign_id, by=CONSOLE, at=NOON)
    resume_campaign(campaign_id, by=CONSOLE, at=NOON + 16 * DAY)
    launch_due_steps(at=NOON + 16 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {"Amina": left_out(reasons.JUST_WRITTEN)}
    drain(mailer, now=lambda: NOON + 16 * DAY)
    assert len(mailer.sent) == 1


def test_a_step_found_too_late_is_missed_and_asks_a_person():
    """A58."""
    target_list = make_list()
    make_target(target_list)
    campaign_id = going(target_list, INVITATION, reminder(14), reminder(3))
    launch_due_steps(at=NOON)
    due_at = step_of(campaign_id, StepKind.REMINDER).due_at
    launch_due_steps(at=due_at + 13 * HOUR)
    step = step_of(campaign_id, StepKind.REMINDER)
    assert step.state == StepState.MISSED
    assert rows(campaign_id, StepKind.REMINDER) == {}
    launch_due_steps(at=due_at + 14 * HOUR)
    assert reading().query(Activity).where(Activity.verb == "missed_step").count() == 1
    decide_missed_step(step.id, goes=True, by=CONSOLE, at=due_at + 20 * HOUR)
    launch_due_steps(at=due_at + 20 * HOUR)
    assert step_of(campaign_id, StepKind.REMINDER).state == StepState.LAUNCHED
    with pytest.raises(Conflict):
        decide_missed_step(step.id, goes=True, by=CONSOLE, at=due_at + 20 * HOUR)


def test_a_missed_step_that_is_skipped_sends_nothing():
    target_list = make_list()
    make_target(target_list)
    campaign_id = going(target_list, INVITATION, reminder(14))
    launch_due_steps(at=NOON)
    step = step_of(campaign_id, StepKind.REMINDER)
    launch_due_steps(at=step.due_at + 13 * HOUR)
    decide_missed_step(step.id, goes=False, by=CONSOLE, at=step.due_at + 14 * HOUR)
    launch_due_steps(at=step.due_at + 15 * HOUR)
    assert step_of(campaign_id, StepKind.REMINDER).state == StepState.SKIPPED
    assert rows(campaign_id, StepKind.REMINDER) == {}


@pytest.mark.parametrize("gives", [answer, answer_on_the_page])
def test_everyone_who_answers_is_thanked_once_however_often_they_change_their_mind(mailer, gives):
    target_list = make_list()
    person, other = make_stakeholder("Amina"), make_stakeholder("On no list")
    make_target(target_list, person)
    make_target(target_list, make_stakeholder("Silent"))
    campaign_id = going(target_list, INVITATION, THANKS)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    for hour, reply in enumerate((Reply.ACCEPTED, Reply.DECLINED, Reply.ACCEPTED), start=1):
        gives(person, reply, at=NOON + hour * HOUR)
        launch_due_steps(at=NOON + hour * HOUR)
        drain(mailer, now=lambda hour=hour: NOON + hour * HOUR)
    assert list(rows(campaign_id, StepKind.THANK_YOU)) == ["Amina"]
    thanked = [mail for mail in mailer.sent if mail.subject.startswith("We have noted your answer")]
    assert [mail.name for mail in thanked] == ["Amina"]
    assert "you accept" in thanked[0].text
    make_invitation(other)
    gives(other, at=NOON + DAY)
    reading().rollback()
    confirmed = select(Message.name).where(
        Message.step_id.is_(None), Message.state == MessageState.WAITING
    )
    assert reading().scalars(confirmed).all() == ["On no list"]
    assert step_of(campaign_id, StepKind.THANK_YOU).state == StepState.OPEN


def test_a_late_or_doubled_tick_freezes_nothing_twice():
    """A58: two clocks."""
    target_list = make_list()
    make_target(target_list)
    campaign_id = going(target_list, INVITATION)
    step = step_of(campaign_id, StepKind.INVITATION)
    assert launch_step(step.id, at=NOON)
    assert not launch_step(step.id, at=NOON)
    assert launch_due_steps(at=NOON + HOUR) == 0
    assert len(rows(campaign_id)) == 1
    assert not launch_step(10**9, at=NOON)


def test_nothing_is_frozen_before_its_time_nor_while_the_campaign_is_paused():
    target_list = make_list()
    make_target(target_list)
    campaign_id = going(target_list, INVITATION, reminder(14))
    pause_campaign(campaign_id, by=CONSOLE, at=NOON)
    assert launch_due_steps(at=NOON) == 0
    resume_campaign(campaign_id, by=CONSOLE, at=NOON)
    assert launch_due_steps(at=NOON) == 1
    assert rows(campaign_id, StepKind.REMINDER) == {}


def test_the_frozen_rows_are_cut_into_units_of_one_language_and_at_most_the_size():
    target_list = make_list()
    for number in range(5):
        make_target(target_list, make_stakeholder(language="fr" if number < 2 else "en"))
    going(target_list, INVITATION)
    launch_due_steps(at=NOON, unit_size=2)
    reading().rollback()
    units = reading().scalars(select(Unit)).all()
    sizes = sorted(
        (unit.text_id, reading().query(Message).where(Message.unit_id == unit.id).count())
        for unit in units
    )
    assert sorted(size for _, size in sizes) == [1, 2, 2]
    assert len({text_id for text_id, _ in sizes}) == 2


def test_each_person_of_a_vip_campaign_goes_alone():
    target_list = make_list()
    for _ in range(3):
        make_target(target_list)
    going(target_list, INVITATION, is_vip=True)
    launch_due_steps(at=NOON)
    assert reading().query(Unit).count() == 3


def test_merge_fields_are_kept_as_they_were_when_the_audience_was_frozen(mailer):
    target_list = make_list()
    person = make_stakeholder("Amina Diallo", salutation="Excellency")
    make_target(target_list, person)
    going(target_list, INVITATION)
    launch_due_steps(at=NOON)
    with transaction() as session:
        session.merge(person).salutation = "Madam"
    drain(mailer, now=lambda: NOON)
    assert mailer.sent[0].text.startswith("Excellency,")


def test_the_language_is_the_persons_then_the_organisations_then_the_conferences(mailer):
    target_list = make_list()
    organisation = make_organisation()
    with transaction() as session:
        session.merge(organisation).language = "fr"
    for name, language, at_home in [
        ("Own", "fr", None),
        ("House", None, organisation),
        ("Neither", None, None),
        ("Unwritten", "pt", None),
    ]:
        make_target(target_list, make_stakeholder(name, organisation=at_home, language=language))
    going(target_list, INVITATION)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    french = {mail.name for mail in mailer.sent if "Au nom de" in mail.text}
    assert french == {"Own", "House"}
    assert len(mailer.sent) == 4
    assert the_event().conference.language == "en"
