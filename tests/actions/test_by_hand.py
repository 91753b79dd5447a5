"""A mail, a person, a step in someone's hands: held, released, sent again, stopped, put first."""

from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest
from sqlalchemy import select

from outreach.actions.batches import (
    hold_step,
    put_step_before,
    put_step_first,
    release_step,
)
from outreach.actions.campaigns import cancel_campaign, pause_campaign, resume_campaign
from outreach.actions.messages import (
    go_on_for_person,
    hold_message,
    release_message,
    resend_message,
    stop_for_person,
)
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.delivery.mailer import Refused
from outreach.delivery.outbox import drain
from outreach.errors import Conflict
from outreach.models.activity import CONSOLE
from outreach.models.message import Message, MessageState
from outreach.models.step import Anchor, StepKind
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.campaigns import campaign_summary
from outreach.queries.outbox import outbox
from tests.actions.test_campaigns import INVITATION, reminder
from tests.actions.test_steps import HOUR, THANKS, WAITS, answer, going, left_out, rows, step_of
from tests.factories import NOON, make_list, make_stakeholder, make_target
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """P5: after every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


@pytest.fixture
def campaign_id(app):
    target_list = make_list()
    for name in ("Amina", "Bo"):
        make_target(target_list, make_stakeholder(name))
    id_ = going(target_list, INVITATION, reminder(14))
    launch_due_steps(at=NOON)
    return id_


def mail_to(name):
    reading().rollback()
    reading().expire_all()
    statement = select(Message).where(Message.name == name).order_by(Message.id.desc())
    return reading().scalars(statement).first()


def send(mailer, at=NOON):
    drain(mailer, now=lambda: at)
    names = [mail.name for mail in mailer.sent]
    mailer.sent.clear()
    return names


def test_a_held_mail_waits_for_its_release_while_the_others_go(campaign_id, mailer):
    hold_message(mail_to("Amina").id, by=CONSOLE, who="Ruth", at=NOON)
    assert send(mailer) == ["Bo"]
    held = mail_to("Amina")
    assert (held.state, held.reason) == (MessageState.HELD, "Held by Ruth.")
    release_message(held.id, by=CONSOLE, at=NOON + HOUR)
    assert send(mailer, NOON + HOUR) == ["Amina"]
    with pytest.raises(Conflict, match="does not wait any more"):
        hold_message(held.id, by=CONSOLE, who="Ruth", at=NOON + HOUR)


def test_a_mail_sent_again_carries_the_same_link_and_counts_nobody_twice(campaign_id, mailer):
    drain(mailer, now=lambda: NOON)
    first = next(mail for mail in mailer.sent if mail.name == "Amina")
    mailer.sent.clear()
    original = mail_to("Amina")
    with pytest.raises(Conflict, match="less than 20 hours"):
        resend_message(original.id, by=CONSOLE, at=NOON + HOUR)
    resend_message(original.id, by=CONSOLE, at=NOON + DAY)
    drain(mailer, now=lambda: NOON + DAY)
    (again,) = mailer.sent
    links = {part for part in again.text.split() if "/i/" in part}
    assert links
    assert links == {part for part in first.text.split() if "/i/" in part}
    assert mail_to("Amina").public_id != original.public_id
    assert campaign_summary(campaign_id)["audience_count"] == 2


def test_what_was_refused_may_be_sent_again_at_once_and_what_waits_may_not(campaign_id, mailer):
    with pytest.raises(Conflict, match="has not left yet"):
        resend_message(mail_to("Amina").id, by=CONSOLE, at=NOON)
    mailer.answers = lambda recipient: Refused("no such box")
    drain(mailer, now=lambda: NOON)
    resend_message(mail_to("Amina").id, by=CONSOLE, at=NOON + HOUR)
    cancel_campaign(campaign_id, by=CONSOLE, at=NOON + HOUR)
    assert mail_to("Amina").state is MessageState.CANCELLED


def test_stopped_for_one_person_the_campaign_goes_on_for_the_others(campaign_id, mailer):
    amina = mail_to("Amina").stakeholder_id
    stop_for_person(campaign_id, amina, by=CONSOLE, at=NOON)
    assert send(mailer) == ["Bo"]
    assert mail_to("Amina").state is MessageState.CANCELLED
    launch_due_steps(at=NOON + 16 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {
        "Amina": left_out(EXCLUDED), "Bo": WAITS,
    }  # fmt: skip
    with pytest.raises(Conflict, match="already"):
        stop_for_person(campaign_id, amina, by=CONSOLE, at=NOON)
    go_on_for_person(campaign_id, amina, by=CONSOLE, at=NOON)


def test_a_held_step_leaves_only_when_it_is_released_whatever_its_campaign_does(
    campaign_id, mailer
):
    step = step_of(campaign_id, StepKind.INVITATION)
    hold_step(step.id, by=CONSOLE, at=NOON)
    pause_campaign(campaign_id, by=CONSOLE, at=NOON)
    resume_campaign(campaign_id, by=CONSOLE, at=NOON)
    assert send(mailer) == []
    reading().rollback()
    (departure,) = outbox().departures
    assert (departure.is_held, departure.next_at, departure.messages_count) == (True, None, 2)
    release_step(step.id, by=CONSOLE, at=NOON + HOUR)
    assert sorted(send(mailer, NOON + HOUR)) == ["Amina", "Bo"]


def test_a_step_held_over_its_hour_goes_when_it_is_released(campaign_id, mailer):
    send(mailer)
    step = step_of(campaign_id, StepKind.REMINDER)
    hold_step(step.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON + 17 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {}
    release_step(step.id, by=CONSOLE, at=NOON + 17 * DAY)
    launch_due_steps(at=NOON + 17 * DAY)
    assert rows(campaign_id, StepKind.REMINDER) == {"Amina": WAITS, "Bo": WAITS}


def test_a_step_put_first_leaves_before_what_was_due_earlier(campaign_id, mailer):
    other = make_list(name="Ministers")
    make_target(other, make_stakeholder("Chen"))
    later = going(other, INVITATION, at=NOON + HOUR)
    launch_due_steps(at=NOON + HOUR)
    put_step_first(step_of(later, StepKind.INVITATION).id, by=CONSOLE, at=NOON + HOUR)
    first, *rest = send(mailer, NOON + HOUR)
    assert (first, sorted(rest)) == ("Chen", ["Amina", "Bo"])
    with pytest.raises(Conflict, match="nothing to put first"):
        put_step_first(step_of(later, StepKind.INVITATION).id, by=CONSOLE, at=NOON + HOUR)
    reading().rollback()
    (coming,) = outbox(until=NOON + 17 * DAY).coming
    assert (coming.kind, coming.most, coming.follows) == ("reminder", 2, False)


def test_what_is_to_come_names_steps_that_each_person_joins_in_their_own_time(app, mailer):
    target_list, amina = make_list(), make_stakeholder("Amina")
    for person in (amina, make_stakeholder("Bo"), make_stakeholder("Chen")):
        make_target(target_list, person)
    nudge = replace(reminder(14), anchor=Anchor.INVITATION, days_before=-2)
    id_ = going(target_list, INVITATION, THANKS, nudge)
    launch_due_steps(at=NOON)
    send(mailer)
    assert [(one.kind, one.days_before, one.due_at, one.most) for one in coming()] == [
        ("thank_you", None, None, 3), ("reminder", -2, None, 3)
    ]  # fmt: skip
    answer(amina, at=NOON + HOUR)
    launch_due_steps(at=NOON + HOUR)
    assert [one.most for one in coming()] == [2, 3]
    pause_campaign(id_, by=CONSOLE, at=NOON + HOUR)
    assert coming() == []


def coming():
    """What is to come within a day, of what each person joins in their own time alone."""
    return sorted(outbox(until=NOON + DAY).coming, key=lambda one: one.kind != "thank_you")


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [
        ("Chen", "Amina", ["Chen", "Amina", "Dora"]),
        ("Dora", "Amina", ["Dora", "Amina", "Chen"]),
        ("Dora", "Chen", ["Amina", "Dora", "Chen"]),
        ("Amina", "Dora", ["Chen", "Amina", "Dora"]),
        ("Amina", None, ["Chen", "Dora", "Amina"]),
    ],
)
def test_what_is_due_leaves_in_any_order_that_a_person_gives_it(
    campaign_id, mailer, moved, before, order
):
    """Also where all of it came due in one instant, and the instant is now."""
    steps = {"Amina": step_of(campaign_id, StepKind.INVITATION).id}
    for name in ("Chen", "Dora"):
        other = make_list(name=f"List of {name}")
        make_target(other, make_stakeholder(name))
        steps[name] = step_of(going(other, INVITATION), StepKind.INVITATION).id
    launch_due_steps(at=NOON)
    put_step_before(steps[moved], before and steps[before], by=CONSOLE, at=NOON)
    reading().rollback()
    shown = {step_id: name for name, step_id in steps.items()}
    assert [shown[one.step_id] for one in outbox().due(NOON)] == order
    sent = ["Amina" if name == "Bo" else name for name in send(mailer)]  # who go in one call
    assert [name for name, _ in groupby(sent)] == order
