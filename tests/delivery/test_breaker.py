"""The circuit breaker: a provider that is down is left alone, and found again."""

from datetime import timedelta

from sqlalchemy import func, select

from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.breaker import Permit, note_answer, permit
from outreach.delivery.mailer import Accepted, Busy, Silent
from outreach.delivery.outbox import drain
from outreach.models.breaker import OPENS_AFTER, Breaker, rest
from outreach.models.campaign import Campaign
from outreach.models.message import Attempt
from outreach.queries.rates import pace
from tests.delivery.ledgers import frozen_campaign, states
from tests.factories import NOON

DOWN = Busy("503", is_provider_down=True)


def attempts() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Attempt))


def many_units(mailer, people: int = 8) -> None:
    """A campaign in units of one, so that each call is a unit."""
    frozen_campaign(people, is_vip=True)


def test_after_three_answers_that_it_is_down_nothing_more_is_spent_on_it(app, mailer):
    many_units(mailer)
    mailer.answers = lambda recipient: DOWN
    drained = drain(mailer, now=lambda: NOON)
    assert drained.is_empty
    assert attempts() == OPENS_AFTER
    drain(mailer, now=lambda: NOON + timedelta(seconds=1))
    assert attempts() == OPENS_AFTER
    assert states() == {"waiting": 8}


def test_one_worker_probes_and_a_probe_that_fails_lets_it_rest_longer(app, mailer):
    many_units(mailer)
    mailer.answers = lambda recipient: DOWN
    drain(mailer, now=lambda: NOON)
    drain(mailer, now=lambda: NOON + timedelta(seconds=11))
    assert attempts() == OPENS_AFTER + 1
    breaker = db.session.get(Breaker, mailer.name)
    assert breaker.probe_at >= NOON + timedelta(seconds=11 + 15)
    assert breaker.opened_at == NOON


def test_a_probe_is_given_to_one_worker_only(app, mailer):
    with transaction() as session:
        for _ in range(OPENS_AFTER):
            note_answer(session, "smtp", is_down=True, reason="503", at=NOON)
    later = NOON + timedelta(minutes=1)
    assert permit("smtp", at=NOON) is Permit.NOTHING
    assert permit("smtp", at=later) is Permit.ONE
    assert permit("smtp", at=later) is Permit.NOTHING
    assert permit("sendgrid", at=NOON) is Permit.ALL


def test_a_probe_that_is_answered_closes_it_and_all_goes_on(app, mailer):
    many_units(mailer)
    mailer.answers = lambda recipient: DOWN
    drain(mailer, now=lambda: NOON)
    mailer.answers = lambda recipient: Accepted("again")
    drain(mailer, now=lambda: NOON + timedelta(minutes=2))
    assert states() == {"accepted": 8}
    assert len(mailer.sent) == 8
    assert db.session.get(Breaker, mailer.name).opened_at is None


def test_an_answer_between_two_faults_starts_the_count_anew(app, mailer):
    for is_down in (True, True, False, True, True):
        with transaction() as session:
            note_answer(session, "smtp", is_down=is_down, reason="", at=NOON)
    assert permit("smtp", at=NOON) is Permit.ALL


def test_a_provider_that_says_when_to_come_again_is_left_alone_by_all_until_then(app, mailer):
    """A57: 429 counts all of our calls; a thousand units would each be told the same."""
    many_units(mailer)
    mailer.answers = lambda recipient: Busy("429", retry_after=timedelta(seconds=9))
    drain(mailer, now=lambda: NOON)
    assert attempts() == 1
    assert permit(mailer.name, at=NOON) is Permit.ALL, "it is not down"
    campaign_id = db.session.scalars(select(Campaign.id)).one()
    rests_until = NOON + timedelta(seconds=9)
    assert pace(campaign_id, NOON) == (0.0, rests_until, None, rests_until), "the page says so"
    mailer.answers = lambda recipient: Accepted()
    assert drain(mailer, now=lambda: NOON + timedelta(seconds=8)).is_empty
    drain(mailer, now=lambda: NOON + timedelta(seconds=9))
    assert states() == {"accepted": 8}


def test_one_mailbox_that_is_busy_keeps_nobody_else_waiting(app, mailer):
    many_units(mailer)
    mailer.answers = lambda recipient: Busy("452")
    drain(mailer, now=lambda: NOON)
    assert attempts() == 8
    assert permit(mailer.name, at=NOON) is Permit.ALL


def test_rests_double_and_end_at_five_minutes():
    assert timedelta(seconds=7.5) <= rest(0) <= timedelta(seconds=10)
    assert timedelta(seconds=15) <= rest(1) <= timedelta(seconds=20)
    assert timedelta(minutes=3.75) <= rest(50) <= timedelta(minutes=5)


def test_launching_goes_on_while_it_is_open(app, mailer):
    many_units(mailer, people=3)
    mailer.answers = lambda recipient: DOWN
    drain(mailer, now=lambda: NOON)
    assert launch_due_steps(at=NOON + timedelta(seconds=1)) == 0


def test_a_provider_of_whose_calls_nobody_knows_is_left_alone_too(app, mailer):
    """A57: a page as answer, a redirect, a reset: each further mail would be unknown."""
    many_units(mailer)
    mailer.answers = lambda recipient: Silent("SendGrid answered 200.")
    drain(mailer, now=lambda: NOON)
    assert states() == {"unknown": OPENS_AFTER, "waiting": 8 - OPENS_AFTER}
    assert db.session.get(Breaker, mailer.name).reason == "SendGrid answered 200."
    db.session.rollback()
    drain(mailer, now=lambda: NOON + timedelta(seconds=11))
    assert attempts() == OPENS_AFTER + 1, "a probe without an answer does not close it"
    assert db.session.get(Breaker, mailer.name).opened_at == NOON


def test_a_provider_that_was_down_is_tried_with_one_mail_of_a_unit(app, mailer):
    frozen_campaign(5)
    with transaction() as session:
        for _ in range(OPENS_AFTER):
            note_answer(session, mailer.name, is_down=True, reason="503", at=NOON)
    mailer.answers = lambda recipient: Silent("time-out")
    drain(mailer, now=lambda: NOON + timedelta(seconds=11))
    assert states() == {"unknown": 1, "waiting": 4}
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: NOON + timedelta(seconds=40))
    assert states() == {"unknown": 1, "accepted": 4}
    assert [len(people) for _, people in mailer.calls] == [1, 1, 3]


def test_one_mail_without_an_answer_among_others_is_no_fault_of_the_provider(app, mailer):
    frozen_campaign(3)
    mailer.answers = lambda recipient: (
        Silent("cut off") if recipient.to.email.startswith("person.1@") else Accepted()
    )
    drain(mailer, now=lambda: NOON)
    assert db.session.get(Breaker, mailer.name) is None
