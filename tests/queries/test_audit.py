"""The audit: silent on a sound ledger, and naming each promise that a row breaks."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from outreach.db import db, transaction
from outreach.models.activity import CONSOLE, Activity
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.heartbeat import Bucket
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.message import Attempt, Message, MessageState, Purpose, Unit, UnitState
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.models.step import Step
from outreach.models.suppression import NewsStop, Suppression, digest_of
from outreach.models.tally import Tally, TallyKind
from outreach.queries.audit import CHECKS, audit, last_audit
from outreach.queries.recounts import RECOUNTS
from tests.factories import NOON, save
from tests.queries.breaking import LATER, broken, change


def test_a_campaign_that_went_out_keeps_every_promise(campaign):
    report = audit(LATER)
    assert report.is_sound
    assert report.messages == 3
    assert {one.promise for one in report.findings} == {f"P{n}" for n in range(1, 9)}


def test_a_message_in_a_unit_that_is_done_is_silently_gone(campaign):
    change(Message, state=MessageState.WAITING)
    assert ("P1", 3) in broken()


def test_someone_who_was_decided_upon_and_never_written_down_is_named(campaign):
    change(Step, to_write=2)
    assert ("P1", 1) in broken()


@pytest.mark.parametrize("state", [UnitState.PAUSED, UnitState.HELD])
def test_a_mail_that_rests_though_nothing_keeps_it_is_named(campaign, state):
    change(Message, state=MessageState.WAITING)
    change(Unit, state=state)
    assert ("P1", 1) in broken()


def test_a_lease_that_ended_long_ago_is_named(campaign):
    change(Unit, state=UnitState.HANDING_OVER, leased_until=NOON)
    assert ("P1", 1) in broken()


def test_held_without_a_reason_is_named(campaign):
    change(Message, state=MessageState.HELD, reason="")
    assert ("P1", 3) in broken()


def test_a_second_try_after_an_unknown_one_must_be_marked(campaign):
    first = Attempt(
        unit_id=db.session.query(Unit.id).scalar(), token=0, mailer="sendgrid", messages_count=3,
        started_at=NOON, ended_at=NOON, result="silent",
    )  # fmt: skip
    with transaction() as session:
        last = session.query(Attempt).one()
        again = {c: getattr(last, c) for c in ("unit_id", "mailer", "messages_count", "started_at")}
        session.delete(last)
        session.add(first)
        session.flush()
        second = Attempt(**again, token=1, ended_at=NOON, result="accepted", id=first.id + 1)
        session.add(second)
        session.execute(update(Message).values(attempts_count=2, attempt_id=second.id))
    assert broken() == {("P2", 3)}
    change(Message, possible_double=True)
    report = audit(LATER)
    assert report.is_sound
    assert sorted(double["name"] for double in report.doubles) == ["Ana 0", "Ana 1", "Ana 2"]


def test_two_blind_retries_are_too_many(campaign):
    change(Attempt, mailer="smtp", result="silent")
    change(Unit, unknown_count=2)
    assert ("P2", 1) in broken()


def test_mail_after_a_cancel_is_named(campaign):
    change(Campaign, state=CampaignState.CANCELLED)
    save(Activity.of("cancelled", CONSOLE, NOON - timedelta(hours=1), campaign_id=campaign.id))
    assert broken() == {("P3", 1)}


def test_mail_during_a_pause_is_named(campaign):
    since = NOON - timedelta(hours=1)
    save(Activity.of("paused", CONSOLE, since, campaign_id=campaign.id))
    assert broken() == {("P3", 1)}
    save(Activity.of("resumed", CONSOLE, NOON, campaign_id=campaign.id))
    assert broken() == set()


@pytest.mark.parametrize("has_changed", [False, True])
def test_mail_to_a_suppressed_address_is_named_and_to_another_one_of_the_person_is_not(
    campaign, has_changed
):
    """The address to which the mail went counts, whatever the person's is by now."""
    of_another = {"address": "Ana.office@example.org"} if has_changed else {}
    change(Message, purpose=Purpose.TO_ASSISTANT if has_changed else Purpose.REMINDER, **of_another)
    for address in ("ana1@example.org", "ana.office@example.org")[: 1 + has_changed]:
        assert broken() == set()
        save(
            Suppression(
                digest=digest_of(address), reason="unsubscribed", source="page",
                since=NOON - timedelta(hours=1),
            )
        )  # fmt: skip
    assert broken() == {("P3", 3 if has_changed else 1)}


@pytest.mark.parametrize(("purpose", "found"), [("promotion", {("P3", 1)}), ("reminder", set())])
def test_news_to_whoever_wanted_none_is_named_and_a_reminder_is_not(campaign, purpose, found):
    change(Message, purpose=Purpose(purpose))
    since = NOON - timedelta(hours=1)
    save(NewsStop(digest=digest_of("ana1@example.org"), source="one-click", since=since))
    assert broken() == found


def test_an_unsubscribe_that_came_during_the_call_breaks_nothing(campaign):
    save(
        Suppression(
            digest=digest_of("ana1@example.org"), reason="unsubscribed", source="page",
            since=NOON - timedelta(seconds=20),
        )
    )  # fmt: skip
    assert broken() == set()


def test_asking_someone_who_had_answered_is_named_and_so_is_an_answer_without_history(campaign):
    change(Invitation, state=InvitationState.ACCEPTED, answered_at=NOON - timedelta(hours=1))
    assert ("P4", 3) in broken()
    ids = db.session.scalars(select(Invitation.id)).all()
    for id_ in ids:
        save(Answer(invitation_id=id_, reply=Reply.ACCEPTED, given_at=NOON - timedelta(hours=1),
                    channel="link"))  # fmt: skip
    assert ("P3", 3) in broken()


def test_two_outcomes_for_one_person_or_none_are_named(campaign):
    change(Message, is_first=False)
    assert ("P5", 3) in broken()


def test_a_wrong_number_on_a_page_is_named_with_the_right_one(campaign):
    change(Tally, count=Tally.count + 1)
    wrong = [one for one in audit(LATER).findings if one.broken]
    assert [one.promise for one in wrong] == ["P5"]
    assert {row["shown"] - row["rows"] for row in wrong[0].examples} == {1}


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (Message, "stakeholder_id"), (Message, "offer_id"), (Invitation, "delegate_id"),
        (Invitation, "delegated_by_id"), (Invitation, "merged_into_id"),
    ],
)  # fmt: skip
def test_what_points_at_nobody_is_named(campaign, model, column):
    change(model, **{column: func.coalesce(getattr(model, column), model.id) + 1_000_000})
    assert any(promise == "P5" and count >= 3 for promise, count in broken())


def test_a_minute_above_the_rate_is_named(campaign):
    save(Bucket(name="sender", tokens=0, refilled_at=NOON, per_second=1, rate_since=NOON))
    change(Attempt, messages_count=5_000)
    assert ("P6", 1) in broken()


def test_a_minute_above_the_rate_of_one_sender_is_named(campaign):
    own = {"tokens": 0, "refilled_at": NOON, "per_second": 1, "rate_since": NOON}
    save(Bucket(name="from team@example.org", **own), Bucket(name="from other@example.org", **own))
    change(Attempt, messages_count=5_000)
    assert ("P6", 1) not in broken()
    change(Attempt, sender="team@example.org")
    assert ("P6", 1) in broken()


def test_a_rate_that_was_switched_off_binds_nobody(campaign):
    since = {"per_second": 1, "rate_since": NOON - timedelta(hours=2)}
    save(Bucket(name="sender", tokens=0, refilled_at=NOON - timedelta(hours=1), **since))
    change(Attempt, messages_count=5_000)
    assert ("P6", 1) not in broken()


def test_an_outcome_without_a_hand_over_is_named(campaign):
    change(Message, state=MessageState.DELIVERED, attempts_count=0)
    assert ("P7", 3) in broken()


def test_what_was_told_and_does_not_show_is_named(campaign):
    mail = db.session.query(Message).order_by(Message.id).first()
    save(
        Receipt(
            public_id=mail.public_id, fingerprint="a" * 64, kind=ReceiptKind.BOUNCE,
            state=ReceiptState.APPLIED, happened_at=NOON, received_at=NOON,
        )
    )  # fmt: skip
    assert broken() == {("P7", 1)}


def test_two_hand_overs_under_one_token_are_named(campaign):
    with transaction() as session:
        last = session.query(Attempt).one()
        columns = ("unit_id", "token", "mailer", "messages_count", "started_at", "ended_at")
        session.add(Attempt(**{name: getattr(last, name) for name in columns}))
    assert broken() == {("P8", 1)}


def test_every_kind_of_number_has_a_recount():
    assert set(RECOUNTS) == set(TallyKind)


def test_every_promise_that_rows_can_show_is_checked():
    assert {promise for promise, _, _ in CHECKS} == {f"P{number}" for number in range(1, 9)}


def test_the_command_prints_json_keeps_it_and_exits_1_where_a_promise_is_broken(app, campaign):
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["outbox", "audit"])
    assert answer.exit_code == 0
    assert '"ok": true' in answer.output
    change(Tally, count=Tally.count + 1)
    answer = runner.invoke(args=["outbox", "audit"])
    assert answer.exit_code == 1
    assert '"ok": false' in answer.output
    last = last_audit()
    assert last is not None
    assert not last.is_sound
