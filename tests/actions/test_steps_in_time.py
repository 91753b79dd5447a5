"""Steps at each recipient's own hour, steps that people join one by one, steps for some answers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import pause_campaign, resume_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.delivery.quiet import MORNING_COMES
from outreach.drafting import StepPlan
from outreach.models.activity import CONSOLE
from outreach.models.answering_address import AnsweringAddress
from outreach.models.invitation import InvitationState, Reply
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.models.step import Anchor, Audience, Step, StepKind
from outreach.queries import reasons
from outreach.stops import stop_addresses
from tests.actions.test_campaigns import INVITATION, reminder
from tests.actions.test_steps import HOUR, WAITS, answer, going, left_out, rows
from tests.factories import (
    NOON,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
    the_conference,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)
LOCAL = StepPlan(
    StepKind.REMINDER, Anchor.REPLY_BY, "reminder", days_before=14, hour=9, is_local=True
)  # fmt: skip


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """P5: after every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


def live(mailer, *instants):
    """{name: [when each mail left]} after the clock has ticked at these instants."""
    left = {}
    for now in instants:
        launch_due_steps(at=now)
        drain(mailer, now=lambda now=now: now)
        for mail in mailer.sent:
            left.setdefault(mail.name, []).append(now)
        mailer.sent.clear()
    return left


def crowd(*countries):
    target_list = make_list()
    for country in countries:
        make_target(target_list, make_stakeholder(country or "Nowhere", country_code=country))
    return target_list


def test_each_person_gets_it_at_nine_in_their_own_morning(mailer):
    """One freezing of the audience; the units wait for each zone's hour."""
    target_list = crowd("NZ", "NP", "CH", "US", None)
    going(target_list, INVITATION, LOCAL)
    day = NOON.replace(hour=0) + 16 * DAY  # the clocks of New Zealand are at +12
    hours = [-6, -3.25, -3, 3, 3.25, 6.75, 7, 12.75, 13, 24]
    left = live(mailer, NOON, *[day + hour * HOUR for hour in hours])
    left = {name: times[1:] for name, times in left.items()}
    assert left == {
        "NZ": [day - 3 * HOUR],
        "NP": [day + 3.25 * HOUR],
        "CH": [day + 7 * HOUR],
        "US": [day + 13 * HOUR],
        "Nowhere": [day + 7 * HOUR],
    }
    frozen_at = reading().scalars(
        select(Message.created_at).join(Step, Step.id == Message.step_id)
        .where(Step.kind == StepKind.REMINDER).distinct()
    )  # fmt: skip
    assert len(frozen_at.all()) == 1


def test_the_country_of_the_organisation_holds_for_whoever_has_none(mailer):
    target_list = make_list()
    house = make_organisation(country="JP")
    make_target(target_list, make_stakeholder("Yuki", organisation=house))
    going(target_list, INVITATION, LOCAL)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    launch_due_steps(at=NOON + 15.4 * DAY)
    waiting = select(Unit.next_at).where(Unit.purpose == Purpose.REMINDER)
    assert reading().scalars(waiting).all() == [NOON + 15.5 * DAY]  # midnight UTC: nine in Tokyo


def test_an_answer_in_the_east_stops_what_waits_for_the_morning_in_the_west(mailer):
    """P3."""
    target_list = make_list()
    make_target(target_list, person := make_stakeholder("Amina", country_code="US"))
    campaign_id = going(target_list, INVITATION, LOCAL)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    launch_due_steps(at=NOON + 15.5 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {"Amina": WAITS}
    answer(person, at=NOON + 15.6 * DAY)
    live(mailer, NOON + 18 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {"Amina": left_out(reasons.ANSWERED)}


def test_what_was_kept_back_for_days_does_not_leave_together_with_the_next_step(mailer):
    """Two steps frozen, each to wait for the west; then a pause over both of their hours."""
    target_list = crowd("US")
    later = StepPlan(
        StepKind.LAST_CALL, Anchor.REPLY_BY, "reminder", days_before=12, hour=9, is_local=True
    )
    campaign_id = going(target_list, INVITATION, LOCAL, later)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    launch_due_steps(at=NOON + 15.4 * DAY)
    with transaction() as session:
        unit = session.scalars(select(Unit).order_by(Unit.id.desc())).first()
        unit.next_at = NOON + 15.45 * DAY
    pause_campaign(campaign_id, by=CONSOLE, at=NOON + 15.4 * DAY)
    with transaction() as session:
        step = session.scalars(select(Step).where(Step.kind == StepKind.LAST_CALL)).one()
        step.due_at = NOON + 15.5 * DAY
    resume_campaign(campaign_id, by=CONSOLE, at=NOON + 18 * DAY)
    drain(mailer, now=lambda: NOON + 18 * DAY + 2 * HOUR)  # day there
    mailer.sent.clear()
    launch_due_steps(at=NOON + 15.9 * DAY)
    drain(mailer, now=lambda: NOON + 18.1 * DAY)
    assert mailer.sent == []
    assert rows(campaign_id, StepKind.LAST_CALL) == {"US": left_out(reasons.JUST_WRITTEN)}


def test_what_became_late_goes_in_their_morning(mailer):
    """A provider that was down until it was evening in Africa, and day in America."""
    target_list = crowd("KE", "US")
    campaign_id = going(target_list, INVITATION, LOCAL)
    live(mailer, NOON)
    launch_due_steps(at=NOON + 15.4 * DAY)
    evening = NOON + 16 * DAY + 7 * HOUR
    assert live(mailer, evening) == {"US": [evening]}
    assert rows(campaign_id, StepKind.REMINDER)["KE"] == ("waiting", MORNING_COMES)
    morning = NOON + 17 * DAY - 6 * HOUR
    assert live(mailer, morning - HOUR) == {}
    assert live(mailer, morning) == {"KE": [morning]}


def test_what_became_late_in_the_last_night_before_the_reply_by_goes_at_once(mailer):
    step = replace(LOCAL, days_before=1)
    going(crowd("KE"), INVITATION, step, reply_by=NOON + 30 * DAY - 7 * HOUR)  # eight there
    live(mailer, NOON)
    launch_due_steps(at=NOON + 28.4 * DAY)
    night = NOON + 29 * DAY + 7 * HOUR
    assert live(mailer, night) == {"KE": [night]}


def test_what_comes_after_the_reply_by_is_no_more_sent_at_night(mailer):
    target_list = crowd("KE")
    practical = StepPlan(
        StepKind.PRACTICAL, Anchor.REPLY_BY, "practical", days_before=-2, hour=9, is_local=True,
        audience=Audience.EVERYONE,
    )  # fmt: skip
    campaign_id = going(target_list, INVITATION, practical)
    live(mailer, NOON)
    launch_due_steps(at=NOON + 31.7 * DAY)
    assert live(mailer, NOON + 32 * DAY + 7 * HOUR) == {}
    assert rows(campaign_id, StepKind.PRACTICAL) == {"KE": (MessageState.WAITING, MORNING_COMES)}
    morning = NOON + 33 * DAY - 6 * HOUR
    assert live(mailer, morning) == {"KE": [morning]}


def personal(anchor, days=3, kind=StepKind.REMINDER, **rest):
    return StepPlan(kind, anchor, "reminder", days_before=-days, hour=9, **rest)


def test_days_after_the_invitation_are_counted_for_each_person(mailer):
    target_list = make_list()
    make_target(target_list, make_stakeholder("Early"))
    make_target(target_list, later := make_stakeholder("Asked by hand", country_code="JP"))
    campaign_id = going(target_list, INVITATION, personal(Anchor.INVITATION, is_local=True))
    make_invitation(later, invited_at=NOON + DAY)
    there, here = NOON + 3.5 * DAY, NOON + 3 * DAY - 5 * HOUR
    left = live(
        mailer, NOON, here - HOUR, here - HOUR / 6, here, there - HOUR, there - HOUR / 6, there
    )  # fmt: skip
    assert left["Early"] == [NOON, NOON + 3 * DAY - 5 * HOUR]  # 07:00 UTC: nine in Geneva
    assert left["Asked by hand"] == [NOON, NOON + 3.5 * DAY]  # midnight UTC: nine in Tokyo
    assert sorted(rows(campaign_id, StepKind.REMINDER)) == ["Asked by hand", "Early"]


def test_days_after_the_last_contact_begin_anew_with_every_mail(mailer):
    target_list = make_list()
    make_target(target_list, make_stakeholder("Silent"))
    make_target(target_list, person := make_stakeholder("Answers"))
    going(target_list, INVITATION, reminder(27), personal(Anchor.LAST_CONTACT, 5))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    mailer.sent.clear()
    reminded_at, five_after = NOON + 3 * DAY, NOON + 8 * DAY - 5 * HOUR
    left = live(mailer, NOON + HOUR, reminded_at)
    answer(person, at=NOON + 4 * DAY)
    after = live(mailer, NOON + 5 * DAY, five_after - HOUR, five_after)
    left = {name: left[name] + after[name] for name in left}
    assert left["Silent"] == [reminded_at, five_after]
    assert left["Answers"] == [reminded_at, NOON + 5 * DAY]  # the last is the confirmation


def test_somebody_found_days_late_waits_for_a_person(mailer):
    target_list = make_list()
    make_target(target_list, make_stakeholder("Amina"))
    campaign_id = going(target_list, INVITATION, personal(Anchor.INVITATION))
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    launch_due_steps(at=NOON + 6 * DAY)
    ((state, reason),) = rows(campaign_id, StepKind.REMINDER).values()
    assert state is MessageState.HELD
    assert "more than a day" in reason


def test_we_miss_you_follows_a_decline_and_no_other_answer(mailer):
    target_list = make_list()
    people = {name: make_stakeholder(name) for name in ("No", "Yes", "Silent")}
    for person in people.values():
        make_target(target_list, person)
    step = personal(Anchor.ANSWER, 2, StepKind.MISS_YOU)
    campaign_id = going(target_list, INVITATION, step)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    answer(people["No"], Reply.DECLINED, at=NOON + HOUR)
    answer(people["Yes"], Reply.ACCEPTED, at=NOON + HOUR)
    live(mailer, NOON + 2 * HOUR, NOON + 2 * DAY - 6 * HOUR, NOON + 2 * DAY - 5 * HOUR)
    assert list(rows(campaign_id, StepKind.MISS_YOU)) == ["No"]


@pytest.mark.parametrize("audience", [
    Audience.ACCEPTED, Audience.DECLINED, Audience.TENTATIVE, Audience.DELEGATED, Audience.ANSWERED,
])  # fmt: skip
def test_a_step_reaches_those_whose_answer_it_is_for_after_the_reply_by_too(mailer, audience):
    target_list = make_list()
    for state in InvitationState:
        make_target(target_list, person := make_stakeholder(state.value))
        answered_at = NOON if state not in ("silent", "undeliverable") else None
        make_invitation(person, state=state, answered_at=answered_at, invited_at=NOON - 9 * DAY)
    step = StepPlan(
        StepKind.PRACTICAL, Anchor.OPENING, "reminder", days_before=7, audience=audience
    )
    campaign_id = going(target_list, INVITATION, step)
    opens_at = reading().query(Step).first().campaign.event.starts_at
    launch_due_steps(at=NOON)
    launch_due_steps(at=opens_at - 7 * DAY)
    found = rows(campaign_id, StepKind.PRACTICAL)
    gets_it = {name for name, row in found.items() if row == WAITS}
    others = {"accepted", "declined", "tentative", "delegated"}
    assert gets_it == (others if audience is Audience.ANSWERED else {audience.value})
    assert found["silent"] == left_out(reasons.NOT_ANSWERED)
    assert found["undeliverable"] == left_out(reasons.UNDELIVERABLE)
    for name in others - gets_it:
        assert found[name] == left_out(reasons.OTHER_ANSWER)


def test_a_bounced_address_is_told_to_the_assistant(mailer):
    target_list = make_list()
    people = {name: make_stakeholder(name) for name in ("Assisted", "Stopped", "Alone", "Reached")}
    for person in people.values():
        make_target(target_list, person)
    for name, address in (("Assisted", "Office@example.net"), ("Stopped", "BÜRO@example.net")):
        save(AnsweringAddress(
            stakeholder_id=people[name].id, email=address, is_assistant=True,
            email_key=address.lower(), created_at=NOON,
        ))  # fmt: skip
    for name in ("Assisted", "Stopped", "Alone"):
        make_invitation(people[name], state=InvitationState.UNDELIVERABLE)
    step = StepPlan(StepKind.TO_ASSISTANT, Anchor.REPLY_BY, "reminder", days_before=10)
    campaign_id = going(target_list, INVITATION, step)
    launch_due_steps(at=NOON)
    launch_due_steps(at=NOON + 20 * DAY)
    with transaction() as session:
        stop_addresses(session, [("büro@example.net", None)], "bounced", source="page", at=NOON)
    drain(mailer, now=lambda: NOON + 20 * DAY)
    to = [(mail.to, mail.name) for mail in mailer.sent if mail.name != "Reached"]
    assert rows(campaign_id, StepKind.TO_ASSISTANT)["Stopped"] == left_out(reasons.SUPPRESSED)
    assert to == [("Office@example.net", "Assisted")]
    assert rows(campaign_id, StepKind.TO_ASSISTANT)["Alone"] == left_out(reasons.NO_ASSISTANT)
    assert rows(campaign_id, StepKind.TO_ASSISTANT)["Reached"] == left_out(reasons.NOT_BOUNCED)


def test_a_cap_over_all_campaigns_spares_whoever_has_had_enough(mailer):
    with transaction() as session:
        conference = session.merge(the_conference())
        conference.cap_mails, conference.cap_days = 1, 7
    first = make_list()
    second = make_list(name="Ministers")
    make_target(first, person := make_stakeholder("Often"))
    make_target(second, person)
    make_target(second, make_stakeholder("Once"))
    going(first, INVITATION)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    campaign_id = going(second, INVITATION, at=NOON + HOUR, asks_again=True)
    launch_due_steps(at=NOON + 2 * HOUR)
    assert rows(campaign_id)["Once"] == WAITS
    assert rows(campaign_id)["Often"] == left_out(reasons.CAPPED)
