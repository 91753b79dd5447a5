"""The outbox: a message leaves once; whatever was committed before a hand-over stops it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.actions.campaigns import (
    approve_campaign,
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from outreach.actions.invitations import answer_invitation
from outreach.actions.messages import cancel_message, hold_message, release_message
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.receipts import keep_receipts
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.attempts import begin
from outreach.delivery.claims import claim_unit, recover_expired
from outreach.delivery.ledger import move_messages
from outreach.delivery.mailer import Accepted, Busy, Refused, Silent
from outreach.delivery.outbox import drain
from outreach.delivery.rate import Rates
from outreach.delivery.recording import back_off, record, sort_outcomes
from outreach.delivery.render import render_unit
from outreach.delivery.settling import settle_unknown
from outreach.errors import Conflict
from outreach.intake.provider_events import Told
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.invitation import Invitation, Reply
from outreach.models.message import LEASE, Attempt, Message, MessageState, Unit, UnitState
from outreach.models.stakeholder import Stakeholder
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.queries.audit import audit
from outreach.stops import stop_addresses
from outreach.tokens import new_key
from tests.delivery.ledgers import HOUR, frozen_campaign, reasons, states
from tests.factories import NOON, make_campaign, make_list, make_stakeholder, make_target
from tests.recount import assert_counts_add_up


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """P5: after every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


def at(moment):
    return lambda: moment


def message_of(name):
    db.session.rollback()
    return db.session.scalars(select(Message).where(Message.name == name)).one()


def campaign_of(campaign):
    db.session.rollback()
    return db.session.get(Campaign, campaign.id)


def test_a_message_leaves_once_however_often_the_outbox_is_drained(mailer):
    """P2."""
    frozen_campaign(4)
    for _ in range(3):
        drain(mailer, now=at(NOON))
    assert sorted(mail.to for mail in mailer.sent) == [f"person.{n}@example.org" for n in range(4)]
    assert states() == {"accepted": 4}


def test_nothing_is_claimed_before_its_time(mailer):
    frozen_campaign(1)
    assert drain(mailer, now=at(NOON - HOUR)).is_empty
    assert states() == {"waiting": 1}


def test_a_pause_after_the_freeze_stops_every_mail_until_it_is_resumed(mailer):
    """P3."""
    campaign = frozen_campaign(2)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON)
    drain(mailer, now=at(NOON))
    assert states() == {"waiting": 2}
    resume_campaign(campaign.id, by=CONSOLE, at=NOON)
    drain(mailer, now=at(NOON))
    assert len(mailer.sent) == 2


def test_a_pause_or_cancel_between_the_claim_and_the_call_stops_the_mail(mailer):
    """P3: the bound is the calls that had begun."""
    campaign = frozen_campaign(2)
    claim = claim_unit("someone", at=NOON)
    rendered = render_unit(claim.unit_id)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON)
    assert begin(claim, rendered, mailer, Rates(), NOON) is None
    db.session.rollback()
    assert db.session.get(Unit, claim.unit_id).state == UnitState.PAUSED
    resume_campaign(campaign.id, by=CONSOLE, at=NOON)
    claim = claim_unit("someone", at=NOON)
    cancel_campaign(campaign.id, by=CONSOLE, at=NOON)
    assert begin(claim, rendered, mailer, Rates(), NOON) is None
    assert states() == {"cancelled": 2}


def test_whoever_answers_unsubscribes_or_is_withdrawn_after_the_freeze_gets_nothing(mailer):
    """P3, A46."""
    frozen_campaign(5)
    who = {number: message_of(f"Person {number}") for number in range(5)}
    answer_invitation(who[0].invitation_id, Reply.DECLINED, "", at=NOON)
    with transaction() as session:
        person = session.get(Stakeholder, who[1].stakeholder_id)
        stop_addresses(
            session, [(person.email_key, person.id)], "unsubscribed", source="page", at=NOON
        )
        session.get(Stakeholder, who[2].stakeholder_id).is_mail_stopped = True
        session.get(Invitation, who[3].invitation_id).withdrawn_at = NOON
    drain(mailer, now=at(NOON))
    asked = [mail.name for mail in mailer.sent if mail.subject.startswith("Invitation")]
    assert asked == ["Person 4"]
    assert reasons("left_out") == {
        "Answered already.": 1,
        "The address is on the list of those we must not write to.": 1,
        "Asked for no more mail.": 1,
        "The invitation was withdrawn.": 1,
    }


def test_nothing_leaves_after_the_reply_by(mailer):
    """P3."""
    frozen_campaign(1)
    drain(mailer, now=at(NOON + timedelta(days=30)))
    assert reasons("left_out") == {"The reply-by has passed.": 1}


def test_under_a_lost_lease_nothing_is_recorded(mailer):
    """P8, A58: a worker that was stopped past its lease and goes on."""
    frozen_campaign(2)
    claim = claim_unit("stale", at=NOON)
    begun = begin(claim, render_unit(claim.unit_id), mailer, Rates(), NOON)
    recover_expired(at=NOON + LEASE + timedelta(seconds=1))
    found = sort_outcomes(dict.fromkeys(begun.ids, Accepted()), begun.ids)
    recorded = record(claim, begun.attempt_id, found, at=NOON + HOUR, mailer_name=mailer.name)
    assert not recorded.is_ours
    assert states() == {"unknown": 2}


def test_a_worker_that_dies_before_the_call_leaves_the_unit_to_the_next_one(mailer):
    """P1: no call had begun, so nothing is unknown."""
    frozen_campaign(2)
    claim_unit("dead", at=NOON)
    drain(mailer, now=at(NOON))
    assert states() == {"waiting": 2}
    drain(mailer, now=at(NOON + LEASE + timedelta(seconds=1)))
    assert states() == {"accepted": 2}


def test_a_busy_provider_is_asked_again_later_and_each_time_later(mailer):
    """A57."""
    frozen_campaign(1)
    mailer.answers = lambda recipient: Busy("450 try later")
    drain(mailer, now=at(NOON))
    unit = db.session.scalars(select(Unit)).one()
    assert NOON < unit.next_at <= NOON + timedelta(seconds=15)
    assert states() == {"waiting": 1}
    mailer.answers = lambda recipient: Accepted()
    assert drain(mailer, now=at(NOON)).messages == 0
    assert drain(mailer, now=at(NOON + timedelta(seconds=15))).messages == 1


def test_the_back_off_doubles_with_jitter_up_to_half_an_hour():
    for tries in range(1, 40):
        longest = min(timedelta(seconds=15) * 2 ** min(tries - 1, 12), timedelta(minutes=30))
        assert longest / 2 <= back_off(tries) <= longest


def test_the_providers_own_word_on_when_to_come_back_is_kept(mailer):
    """A57: 429 with a reset."""
    frozen_campaign(1)
    mailer.answers = lambda recipient: Busy("429", retry_after=timedelta(seconds=77))
    drain(mailer, now=at(NOON))
    assert db.session.scalars(select(Unit.next_at)).one() == NOON + timedelta(seconds=77)


def test_one_who_is_busy_waits_in_a_unit_of_their_own_while_the_others_are_done(mailer):
    frozen_campaign(3)
    mailer.answers = lambda recipient: (
        Busy("452") if recipient.to.name == "Person 1" else Accepted()
    )
    drain(mailer, now=at(NOON))
    assert states() == {"accepted": 2, "waiting": 1}
    mailer.answers = lambda recipient: Accepted()
    drain(mailer, now=at(NOON + HOUR))
    assert states() == {"accepted": 3}
    assert len(mailer.to("person.1@example.org")) == 1


def test_an_odd_busy_answer_is_not_tried_for_ever(mailer):
    frozen_campaign(1)
    mailer.answers = lambda recipient: Busy("471 odd", is_limited=True)
    for number in range(12):
        drain(mailer, now=at(NOON + number * HOUR))
    assert reasons("held") == {"Not taken after 8 tries: 471 odd": 1}


def test_what_a_provider_refuses_is_never_tried_again_and_the_others_go(mailer):
    """A57: 400 for one address."""
    frozen_campaign(3)
    mailer.answers = lambda recipient: (
        Refused("no such user") if recipient.to.name == "Person 1" else Accepted()
    )
    drain(mailer, now=at(NOON))
    drain(mailer, now=at(NOON + HOUR))
    assert states() == {"accepted": 2, "refused": 1}
    assert reasons("refused") == {"no such user": 1}


def test_a_fault_of_our_own_configuration_pauses_the_campaign_and_blames_nobody(mailer):
    """A57: 401 or 403."""
    campaign = frozen_campaign(2)
    mailer.answers = lambda recipient: Refused("401: the key is wrong", is_configuration=True)
    drain(mailer, now=at(NOON))
    paused = campaign_of(campaign)
    assert (paused.state, paused.paused_because) == (CampaignState.PAUSED, "401: the key is wrong")
    assert states() == {"waiting": 2}
    mailer.answers = lambda recipient: Accepted()
    assert drain(mailer, now=at(NOON + HOUR)).messages == 0
    resume_campaign(campaign.id, by=CONSOLE, at=NOON + HOUR)
    drain(mailer, now=at(NOON + 2 * HOUR))
    assert states() == {"accepted": 2}


def test_someone_of_whom_a_field_is_missing_is_held_while_the_others_go(mailer):
    """A12."""
    frozen_campaign(3)
    with transaction() as session:
        for number in (0, 2):
            message = session.scalars(select(Message).where(Message.name == f"Person {number}"))
            row = message.one()
            row.values = row.values | {"office": "Minister"}
        session.execute(
            update(TemplateText)
            .where(
                TemplateText.version_id.in_(
                    select(TemplateVersion.id).join(Template).where(Template.code == "invitation")
                )
            )
            .values(body="Dear {office}, answer here: {rsvp_link}\n")
        )
    drain(mailer, now=at(NOON))
    assert states() == {"accepted": 2, "held": 1}
    assert reasons("held") == {"Nothing stands in the field {office} for this person.": 1}
    assert all("Dear Minister" in mail.text for mail in mailer.sent)


def held_for_office(mailer):
    frozen_campaign(1)
    with transaction() as session:
        session.execute(update(TemplateText).values(body="Dear {office}: {rsvp_link}\n"))
    drain(mailer, now=at(NOON))
    return message_of("Person 0")


def test_a_held_message_that_is_released_goes_with_what_is_known_now(mailer):
    """P1."""
    message = held_for_office(mailer)
    with transaction() as session:
        session.get(Stakeholder, message.stakeholder_id).office = "Governor"
    release_message(message.id, by=CONSOLE, at=NOON)
    assert states() == {"waiting": 1}
    drain(mailer, now=at(NOON))
    assert "Dear Governor" in mailer.sent[0].text
    assert mailer.sent[0].public_id == message.public_id
    assert not message_of("Person 0").possible_double
    with pytest.raises(Conflict, match="not held"):
        release_message(message.id, by=CONSOLE, at=NOON)


def test_a_held_message_that_is_cancelled_never_goes(mailer):
    message = held_for_office(mailer)
    cancel_message(message.id, by=CONSOLE, at=NOON)
    drain(mailer, now=at(NOON + HOUR))
    assert states() == {"cancelled": 1}
    assert not mailer.sent


def test_what_is_released_after_a_silence_is_marked_as_a_possible_double(mailer):
    """P2: every possible double is listed by name."""
    frozen_campaign(1, is_vip=True)
    mailer.answers = lambda recipient: Silent("time-out")
    drain(mailer, now=at(NOON))
    settle_unknown(mailer, at=NOON + HOUR)
    message = message_of("Person 0")
    assert message.state == "held"
    release_message(message.id, by=CONSOLE, at=NOON)
    assert message_of("Person 0").possible_double


def test_nothing_of_a_cancelled_campaign_is_released(mailer):
    message = held_for_office(mailer)
    cancel_campaign(message.campaign_id, by=CONSOLE, at=NOON)
    with pytest.raises(Conflict, match="nothing of it is sent any more"):
        release_message(message.id, by=CONSOLE, at=NOON)
    assert states() == {"held": 1}


def test_what_is_told_or_tried_during_a_call_leaves_each_mail_one_true_outcome(mailer):
    """P2, P5, P7: the provider's word comes before our record; nobody holds what is on its way, and
    whatever has changed a row all the same gives way to what happened."""
    frozen_campaign(4)
    told, held, changed = (message_of(f"Person {number}") for number in range(3))

    def meanwhile(recipient):
        mailer.answers = lambda recipient: Accepted()
        event = Told("delivered", new_key(), told.public_id, happened_at=NOON)
        keep_receipts([event], at=NOON)
        apply_receipts(at=NOON)
        with pytest.raises(Conflict, match="does not wait any more"):
            hold_message(held.id, by=CONSOLE, who="Ana", at=NOON)
        with transaction() as session:
            waits = (Message.id == changed.id, MessageState.WAITING, MessageState.HELD)
            move_messages(session, *waits, at=NOON, reason="Odd.")
        return Accepted()

    mailer.answers = meanwhile
    drain(mailer, now=at(NOON))
    assert states() == {"delivered": 1, "accepted": 3}
    counted = select(Message.attempts_count, Message.attempt_id).distinct()
    assert len(db.session.execute(counted).all()) == 1
    assert audit(NOON).is_sound


def test_every_attempt_is_written_before_the_call_and_closed_after_it(mailer):
    frozen_campaign(2)
    open_during_the_call = []

    def look(recipient):
        open_during_the_call.append(
            db.session.scalar(select(Attempt.result)) == "" and states() == {"handing_over": 2}
        )
        return Accepted()

    mailer.answers = look
    drain(mailer, now=at(NOON))
    db.session.rollback()
    attempt = db.session.scalars(select(Attempt)).one()
    assert open_during_the_call == [True, True]
    assert (attempt.result, attempt.messages_count, attempt.ended_at) == ("accepted", 2, NOON)


def test_no_transaction_is_open_and_no_connection_held_during_a_call(mailer):
    """A57"""
    frozen_campaign(1)
    seen = []

    def look(recipient):
        seen.append((db.session().in_transaction(), db.engine.pool.checkedout()))
        with transaction():
            pass
        return Accepted()

    mailer.answers = look
    drain(mailer, now=at(NOON))
    assert seen == [(False, 0)]


def test_two_people_at_one_address_both_get_their_mail(mailer):
    target_list = make_list()
    for name in ("Minister", "Deputy"):
        make_target(target_list, make_stakeholder(name, "office@example.org"))
    campaign = make_campaign(target_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    drain(mailer, now=at(NOON))
    assert sorted(mail.name for mail in mailer.to("office@example.org")) == ["Deputy", "Minister"]
