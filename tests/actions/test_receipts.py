"""What the provider tells of a mail: the state by rule, and what follows for the person."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from outreach.actions.invitations import answer_invitation
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.receipts import keep_receipts, look_again_at_parked
from outreach.db import reading, transaction
from outreach.intake.provider_events import Told
from outreach.models.activity import Activity
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, counted_as
from outreach.models.receipt import Receipt, ReceiptState
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.tally import Tally, TallyKind
from outreach.models.task import Task
from outreach.tally import add_to_tallies
from outreach.tokens import new_key
from tests.factories import (
    NOON,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_message,
    make_stakeholder,
    make_target,
)

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _database(app):
    """Every test here has one."""


def told(message, kind, **fields):
    values = {
        "public_id": getattr(message, "public_id", message),
        "kind": kind,
        "fingerprint": new_key(),
        "happened_at": NOON + timedelta(minutes=5),
    }
    return Told(**values | {"is_hard": kind == "bounce"} | fields)


def tell(*events, at=LATER):
    keep_receipts(events, at=at)
    return apply_receipts(at=at)


def now(row):
    reading().rollback()
    return reading().get(type(row), row.id)


def one_of(campaign, state=MessageState.ACCEPTED, person=None, **columns):
    """A message of a campaign, counted."""
    message = make_message(
        person,
        campaign_id=campaign.id,
        step_id=campaign.steps[0].id,
        state=state,
        is_first=True,
        attempts_count=1,
        **columns,
    )
    with transaction() as session:
        add_to_tallies(
            session,
            {
                (TallyKind.STEP_MESSAGES, campaign.steps[0].id, 0, counted_as(state)): 1,
                (TallyKind.CAMPAIGN_PEOPLE, campaign.id, 0, counted_as(state)): 1,
            },
        )
    return message


def numbers(kind):
    reading().rollback()
    statement = select(Tally.state, Tally.count).where(Tally.kind == kind, Tally.count != 0)
    return dict(reading().execute(statement).all())


def suppressions():
    reading().rollback()
    rows = reading().execute(select(Suppression.digest, Suppression.reason, Suppression.source))
    return [tuple(row) for row in rows]


RULES = [
    (["processed", "delivered"], "delivered"),
    (["delivered", "bounce"], "bounced"),
    (["processed", "deferred", "blocked"], "bounced"),
    (["delivered", "open", "click", "open"], "delivered"),
    (["processed", "open"], "delivered"),
    (["dropped", "delivered"], "delivered"),
    (["processed", "dropped"], "dropped"),
    (["bounce", "spamreport", "delivered"], "complained"),
    (["deferred"], "accepted"),
    (["delivered", "unsubscribe"], "delivered"),
]


@pytest.mark.parametrize(("kinds", "state"), RULES, ids=str)
def test_the_state_follows_from_what_was_told_and_not_from_the_order(kinds, state):
    """A43"""
    orders = list(permutations(kinds))[:6]
    together = [make_message() for _ in orders]
    one_by_one = [make_message() for _ in orders]
    tell(*(told(m, kind) for m, order in zip(together, orders, strict=True) for kind in order))
    for place in range(len(kinds)):
        tell(*(told(m, o[place]) for m, o in zip(one_by_one, orders, strict=True)))
    assert {now(message).state for message in together + one_by_one} == {state}


def test_a_machine_that_opens_shows_that_it_arrived_and_nothing_more():
    """A43"""
    message = make_message()
    tell(told(message, "open", is_machine=True))
    assert now(message).state == "delivered"
    assert not list(reading().scalars(select(Activity.verb)))


UNSURE = ["handing_over", "unknown", "waiting", "held", "cancelled", "left_out", "refused"]


@pytest.mark.parametrize("state", UNSURE)
@pytest.mark.parametrize(
    ("kind", "becomes"), [("processed", "accepted"), ("delivered", "delivered")]
)
def test_an_event_that_comes_before_our_own_record_settles_the_mail(state, kind, becomes):
    """A45"""
    campaign = make_campaign()
    message = one_of(campaign, MessageState(state))
    assert tell(told(message, kind)) == 1
    assert now(message).state == becomes
    assert numbers(TallyKind.STEP_MESSAGES) == {becomes: 1}
    assert ("Settled" in now(message).reason) == (state != "handing_over")


def test_an_event_of_a_message_that_we_do_not_know_waits_for_it():
    """A45"""
    m = new_key()
    tell(told(m, "delivered"))
    assert reading().scalar(select(Receipt.state)) == ReceiptState.PARKED
    assert look_again_at_parked(at=LATER) == 0
    message = make_message(public_id=m, state=MessageState.UNKNOWN)
    assert look_again_at_parked(at=LATER) == 1
    assert apply_receipts(at=LATER) == 1
    assert now(message).state == "delivered"
    assert reading().scalar(select(Receipt.state)) == ReceiptState.APPLIED


def test_an_event_of_a_message_that_never_was_ours_is_set_aside_after_three_days():
    """A44"""
    tell(told(new_key(), "delivered"))
    look_again_at_parked(at=LATER + timedelta(days=4))
    reading().rollback()
    assert reading().scalar(select(Receipt.state)) == ReceiptState.QUARANTINED
    assert apply_receipts(at=LATER) == 0


def test_every_count_follows_its_message():
    campaign = make_campaign()
    messages = [one_of(campaign, MessageState.ACCEPTED) for _ in range(6)]
    kinds = ["delivered", "delivered", "bounce", "blocked", "spamreport", "processed"]
    tell(*(told(message, kind) for message, kind in zip(messages, kinds, strict=True)))
    expected = {"accepted": 1, "delivered": 2, "bounced": 2, "complained": 1}
    assert numbers(TallyKind.STEP_MESSAGES) == expected
    assert numbers(TallyKind.CAMPAIGN_PEOPLE) == expected


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("bounce", "bounced"),
        ("spamreport", "complained"),
        ("unsubscribe", "unsubscribed"),
        ("group_unsubscribe", "unsubscribed"),
        ("blocked", None),
        ("deferred", None),
        ("dropped", None),
        ("open", None),
    ],
)
def test_what_stops_an_address_and_what_does_not(kind, reason):
    """A46"""
    message = make_message(make_stakeholder(email="Kim.Lee@Example.org"))
    tell(told(message, kind))
    digest = digest_of("kim.lee@example.org")
    assert suppressions() == ([(digest, reason, "provider")] if reason else [])
    assert "kim" not in repr(suppressions()).lower()


def test_a_soft_bounce_stops_nothing():
    """A46"""
    message = make_message()
    tell(told(message, "bounce", is_hard=False))
    assert now(message).state == "bounced"
    assert suppressions() == []


@pytest.mark.parametrize("order", list(permutations(["bounce", "unsubscribe", "spamreport"])))
def test_the_stronger_reason_stays_whichever_came_first(order):
    """A46"""
    message = make_message()
    for kind in order:
        tell(told(message, kind))
    assert [reason for _, reason, _ in suppressions()] == ["complained"]


def test_a_hard_bounce_makes_a_silent_invitation_undeliverable_and_a_task_for_the_owner():
    owner = make_account()
    person = make_stakeholder("Ana Silva")
    target_list = make_list()
    make_target(make_list(), person)
    target = make_target(target_list, person, owner_id=owner.id)
    invitation = make_invitation(person)
    message = make_message(person, invitation)
    other = make_message(person, invitation)
    tell(told(message, "bounce", detail="550 5.1.1 no such mailbox"))
    tell(told(other, "bounce"))
    assert now(invitation).state == "undeliverable"
    assert numbers(TallyKind.EVENT_INVITATIONS) == {"undeliverable": 1}
    assert now(message).reason == "550 5.1.1 no such mailbox"
    (task,) = reading().scalars(select(Task))
    assert (task.owner_id, task.target_id, task.stakeholder_id) == (owner.id, target.id, person.id)
    assert task.what.startswith("Find another address for Ana Silva")
    assert task.due_on == (LATER + timedelta(days=2)).date()
    assert [line.verb for line in reading().scalars(select(Activity))] == ["bounced", "bounced"]


def test_an_answer_is_never_undone_by_a_bounce():
    person = make_stakeholder()
    invitation = make_invitation(person)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    tell(told(make_message(person, invitation), "bounce"))
    assert now(invitation).state == InvitationState.ACCEPTED


def test_a_bounce_of_an_address_that_was_replaced_leaves_the_invitation_open():
    person = make_stakeholder(email="old@example.org")
    invitation = make_invitation(person)
    message = make_message(person, invitation)
    with transaction() as session:
        row = session.get_one(Stakeholder, person.id)
        row.email = row.email_key = "new@example.org"
    tell(told(message, "bounce"))
    assert now(invitation).state == InvitationState.SILENT
    assert [digest for digest, _, _ in suppressions()] == [digest_of("old@example.org")]


def test_what_comes_back_from_a_first_address_stops_that_one_and_not_the_present_one():
    """P7: the mail was tried again at another one; the provider's event is of the first try."""
    person = make_stakeholder(email="new@example.org")
    invitation = make_invitation(person)
    message = make_message(person, invitation, address="new@example.org", attempts_count=2)
    old = digest_of("old@example.org")
    tell(told(message, "delivered"), told(message, "bounce", address_digest=old))
    assert now(invitation).state == InvitationState.SILENT
    assert now(message).state is MessageState.DELIVERED
    assert [digest for digest, _, _ in suppressions()] == [old]


def test_a_thousand_events_of_a_hundred_messages_are_applied_in_parts():
    messages = [make_message() for _ in range(20)]
    keep_receipts([told(m, "open") for m in messages for _ in range(20)], at=LATER)
    assert [apply_receipts(at=LATER, limit=150) for _ in range(4)] == [150, 150, 100, 0]
    assert set(reading().scalars(select(Receipt.state))) == {ReceiptState.APPLIED}
    assert set(reading().scalars(select(Message.state))) == {MessageState.DELIVERED}
    assert reading().scalars(select(Invitation)).all() == []
