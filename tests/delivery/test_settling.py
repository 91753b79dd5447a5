"""The unknown is settled by evidence: found, tried once more and marked, or held for a person."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import cancel_campaign
from outreach.actions.invitations import answer_invitation
from outreach.actions.merges import merge_stakeholders
from outreach.actions.messages import go_on_for_person, resend_message, stop_for_person
from outreach.actions.stars import decide_star, nominate_star
from outreach.db import db, transaction
from outreach.delivery.file import FileMailer
from outreach.delivery.mailer import Accepted, Busy, Refused, Silent
from outreach.delivery.outbox import drain
from outreach.delivery.settling import GRACE, settle_unknown
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.invitation import Reply
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.reasons import ANSWERED, MERGED, NO_ADDRESS
from outreach.signing import AN_APPROVER, SIGN_OFF
from tests.delivery.ledgers import HOUR, frozen_campaign, reasons, states
from tests.factories import NOON, make_account, make_stakeholder
from tests.recount import assert_counts_add_up

AFTER = NOON + GRACE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """P5: after every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


def silence(mailer, people=2, *, arrived=False, **columns):
    """A campaign of which nobody knows whether it went out."""
    campaign = frozen_campaign(people, **columns)
    mailer.answers = lambda recipient: Silent("time-out")
    mailer.keeps_silent_mail = arrived
    drain(mailer, now=lambda: NOON)
    assert states() == {"unknown": people}
    return campaign


def doubles():
    db.session.rollback()
    return db.session.scalars(select(Message.possible_double)).all()


def test_nothing_is_settled_before_the_provider_had_time_to_tell(mailer):
    silence(mailer)
    assert settle_unknown(mailer, at=NOON + GRACE - timedelta(seconds=1)) == 0
    assert states() == {"unknown": 2}


def test_what_evidence_finds_is_accepted_and_never_sent_again(mailer):
    """P2."""
    silence(mailer, arrived=True)
    assert settle_unknown(mailer, at=AFTER) == 1
    assert states() == {"accepted": 2}
    drain(mailer, now=lambda: AFTER + HOUR)
    assert len(mailer.sent) == 2
    assert not any(doubles())


def test_what_left_no_trace_is_tried_once_more_and_listed_as_a_possible_double(mailer):
    """P2."""
    silence(mailer)
    settle_unknown(mailer, at=AFTER)
    assert states() == {"waiting": 2}
    assert all(doubles())
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: AFTER + HOUR)
    assert states() == {"accepted": 2}
    assert len({key for key, _ in mailer.calls}) == 1, "a provider that knows keys sends it once"


def test_unknown_a_second_time_is_held_for_a_person(mailer):
    """P1, P2."""
    silence(mailer)
    settle_unknown(mailer, at=AFTER)
    drain(mailer, now=lambda: AFTER + HOUR)
    assert states() == {"unknown": 2}
    settle_unknown(mailer, at=AFTER + 2 * HOUR)
    assert states() == {"held": 2}
    assert all(reason.startswith("Unknown twice") for reason in reasons("held"))


def test_unknown_in_a_campaign_for_very_important_people_is_held_at_once(mailer):
    silence(mailer, is_vip=True)
    settle_unknown(mailer, at=AFTER)
    assert states() == {"held": 2}
    assert all("for VIPs" in reason for reason in reasons("held"))


def answer(message):
    answer_invitation(message.invitation_id, Reply.ACCEPTED, "", at=NOON)


def stop(message, at=NOON):
    stop_for_person(message.campaign_id, message.stakeholder_id, by=CONSOLE, at=at)


def merge(message):
    kept = make_stakeholder("Person Nought", "nought@example.org")
    merge_stakeholders(kept.id, message.stakeholder_id, {}, by=CONSOLE, at=NOON)


def make_star(message):
    promoter, approver = (make_account(role).id for role in (Role.PROMOTER, Role.APPROVER))
    theirs = Target.stakeholder_id == message.stakeholder_id
    target_id = db.session.scalars(select(Target.id).where(theirs)).one()
    nominate_star(target_id, "Chairs the bank", by=Actor.account(promoter), at=NOON)
    decide_star(target_id, True, by=Actor.account(approver), at=NOON)


def first_of_two() -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).order_by(Message.id)).first()


def test_what_another_mailer_did_is_not_looked_for_where_it_cannot_be(mailer, mail_folder):
    """P2: MAILER was changed meanwhile; no folder shows what went by mail."""
    silence(mailer, arrived=True)
    settle_unknown(FileMailer(mail_folder), at=NOON)
    assert states() == {"unknown": 2}
    settle_unknown(FileMailer(mail_folder), at=AFTER)
    assert states() == {"waiting": 2}
    assert all(doubles())


@pytest.mark.parametrize(
    ("decide", "state", "reason"),
    [
        (answer, "left_out", ANSWERED),
        (stop, "left_out", EXCLUDED),
        (merge, "left_out", MERGED),
        (make_star, "held", f"{SIGN_OFF}{AN_APPROVER}."),
    ],
)
@pytest.mark.parametrize("is_busy", [False, True])
def test_what_was_decided_of_someone_in_the_meantime_is_found_before_the_next_try(
    mailer, decide, state, reason, is_busy
):
    """P3: while the answer is unknown, and within a call of which a part is to be tried again."""
    frozen_campaign(2)
    first = first_of_two()
    before = [lambda: decide(first_of_two())] if is_busy else []

    def answers(recipient):
        while before:
            before.pop()()
        is_first = recipient.to.name == "Person 0"
        return (Busy("later") if is_busy else Silent("time-out")) if is_first else Accepted()

    mailer.answers = answers
    drain(mailer, now=lambda: NOON)
    if not is_busy:
        decide(first)
        settle_unknown(mailer, at=AFTER)
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: AFTER + HOUR)
    assert reasons(state) == {reason: 1}


def test_an_address_that_was_corrected_meanwhile_is_the_one_that_is_tried_next(mailer):
    """And what comes back from the first one says nothing of the second."""
    silence(mailer, people=2)
    first, second = db.session.scalars(select(Message).order_by(Message.id)).all()
    with transaction() as session:
        session.get_one(Stakeholder, first.stakeholder_id).email = "right@example.org"
        session.get_one(Stakeholder, second.stakeholder_id).email = None
    settle_unknown(mailer, at=AFTER)
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: AFTER + HOUR)
    assert [mail.to for mail in mailer.sent] == ["right@example.org"]
    assert reasons("left_out") == {NO_ADDRESS: 1}


def test_who_is_written_to_by_hand_though_stopped_gets_it_in_any_try_until_stopped_again(mailer):
    """P3: what a person lets go is a decision of its own, and a later one stops it."""
    frozen_campaign(2)
    mailer.answers = lambda recipient: Refused("no such box")
    drain(mailer, now=lambda: NOON)
    for message in db.session.scalars(select(Message).order_by(Message.id)).all():
        stop(message)
        resend_message(message.id, by=CONSOLE, at=NOON + HOUR)
    mailer.answers = lambda recipient: Silent("time-out")
    drain(mailer, now=lambda: NOON + HOUR)
    again = first_of_two()
    go_on_for_person(again.campaign_id, again.stakeholder_id, by=CONSOLE, at=NOON + HOUR)
    stop(again, at=NOON + 2 * HOUR)
    settle_unknown(mailer, at=AFTER + HOUR)
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: AFTER + 2 * HOUR)
    assert reasons("left_out") == {EXCLUDED: 1}
    assert [mail.name for mail in mailer.sent] == ["Person 1"]


def test_what_is_unknown_of_a_cancelled_campaign_is_not_sent_again(mailer):
    """P3."""
    campaign = silence(mailer)
    cancel_campaign(campaign.id, by=CONSOLE, at=NOON)
    settle_unknown(mailer, at=AFTER)
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=lambda: AFTER + HOUR)
    assert states() == {"cancelled": 2}
    assert not mailer.sent


def test_the_file_is_certain_evidence_at_once(mailer, mail_folder):
    """P2: with the file mailer exactly once, always."""
    mailer.name = "file"
    silence(mailer, people=2)
    files = FileMailer(mail_folder)
    first = db.session.scalars(select(Message).order_by(Message.id)).first()
    files.path(first.public_id).write_text("Subject: it went\n\n")
    settle_unknown(files, at=NOON)
    assert states() == {"accepted": 1, "waiting": 1}
    assert not any(doubles())
    drain(files, now=lambda: NOON)
    assert states() == {"accepted": 2}
    assert len(list(mail_folder.glob("*.eml"))) == 2
