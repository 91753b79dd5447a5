"""A crowd: decided in one transaction, written down in parts, whatever comes between them."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from outreach import freezing
from outreach.actions import steps
from outreach.actions.campaigns import (
    approve_campaign,
    cancel_campaign,
    finish_campaigns,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from outreach.actions.merges import merge_stakeholders
from outreach.actions.messages import stop_for_person
from outreach.actions.stars import decide_star, nominate_star
from outreach.actions.steps import launch_due_steps, launch_step, write_audience
from outreach.anew import write_anew
from outreach.db import db, reading, transaction
from outreach.delivery.outbox import drain
from outreach.delivery.restoring import hold_all
from outreach.gathering import CANCELLED
from outreach.models.activity import CONSOLE
from outreach.models.audience_member import AudienceMember
from outreach.models.campaign import Campaign
from outreach.models.evidence import WRITTEN_ANEW
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step
from outreach.models.tally import Tally, TallyKind, TallyPart
from outreach.models.target import Target
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.audit import audit
from outreach.queries.campaigns import steps_of
from outreach.queries.invited_elsewhere import INVITED
from tests.delivery.ledgers import reasons, states
from tests.factories import (
    NOON,
    make_campaign,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
)
from tests.recount import assert_counts_add_up

PART = 3
PEOPLE = 8
LATER = NOON + timedelta(minutes=20)


@pytest.fixture(autouse=True)
def counts_add_up(app, monkeypatch):
    """Four people are a crowd; and P5 holds after every one of these tests."""
    monkeypatch.setattr("outreach.gathering.CROWD", PART)
    yield
    assert_counts_add_up()
    report = audit(LATER)
    assert report.is_sound, [one for one in report.findings if one.broken]


@pytest.fixture
def people(app) -> list[Stakeholder]:
    """Eight, of two languages; the last has no address."""
    return [
        make_stakeholder(
            f"Ana {number}",
            f"ana{number}@example.org" if number < PEOPLE - 1 else None,
            language=("en", "fr")[number % 2],
        )
        for number in range(PEOPLE)
    ]


@pytest.fixture
def campaign(people) -> Campaign:
    """A campaign for them that is due."""
    target_list = make_list()
    for person in people:
        make_target(target_list, person)
    campaign = make_campaign(target_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    return campaign


def step_of(campaign: Campaign) -> int:
    return db.session.scalars(select(Step.id).where(Step.campaign_id == campaign.id)).one()


def decide(campaign: Campaign) -> int:
    """Nobody is written down yet; the id of the step."""
    step_id = step_of(campaign)
    assert launch_step(step_id, at=NOON)
    return step_id


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def write_a_part(step_id: int) -> None:
    turns = iter((True, False))
    assert write_audience(step_id, at=NOON, keeps_going=lambda: next(turns)) == PART


def test_everyone_is_decided_at_once_and_written_down_in_parts(campaign, mailer):
    step_id = decide(campaign)
    assert (count(AudienceMember), count(Message), count(Invitation)) == (PEOPLE, 0, 0)
    assert [one.to_write for one in steps_of(campaign.id)] == [PEOPLE]

    write_a_part(step_id)
    assert (count(AudienceMember), count(Message)) == (PEOPLE - PART, PART)
    assert_counts_add_up()
    assert audit(NOON).is_sound
    drain(mailer, now=lambda: NOON)
    assert states()["accepted"] == PART, "the first mails leave meanwhile"

    assert launch_due_steps(at=NOON) == 0
    assert (count(AudienceMember), count(Message), count(Invitation)) == (0, PEOPLE, PEOPLE - 1)
    assert [one.to_write for one in steps_of(campaign.id)] == [0]
    drain(mailer, now=lambda: NOON)
    assert states() == {"accepted": PEOPLE - 1, "left_out": 1}


def test_it_becomes_the_same_as_in_one_transaction(campaign, monkeypatch):
    launch_due_steps(at=NOON, unit_size=2)
    rows = select(
        Stakeholder.full_name, Message.state, Message.reason, Message.address, Message.values,
        Message.is_first, Message.text_id, Message.group_id, Message.purpose,
        (Message.unit_id.is_(None)).label("alone"), Invitation.reply_by, Invitation.state,
    ).select_from(Message).join(Stakeholder, Stakeholder.id == Message.stakeholder_id).outerjoin(
        Invitation, Invitation.id == Message.invitation_id
    ).order_by(Stakeholder.full_name)  # fmt: skip
    in_parts = db.session.execute(rows).all()
    in_units = select(func.count()).select_from(Message).group_by(Message.unit_id)
    assert max(db.session.scalars(in_units.where(Message.unit_id.is_not(None)))) <= 2
    with transaction() as session:
        step = session.scalars(select(Step)).one()
        step.state, step.launched_at = "waiting", None
        for model in (Message, Unit, Invitation):
            session.execute(delete(model))
        for table in (Tally, TallyPart):
            session.execute(delete(table).where(table.kind != TallyKind.LIST_TARGETS))
    monkeypatch.setattr("outreach.gathering.CROWD", 1_000)
    launch_due_steps(at=NOON, unit_size=2)
    assert db.session.execute(rows).all() == in_parts


def test_a_part_that_fails_is_written_by_the_next_who_comes(campaign, monkeypatch):
    whole, calls = freezing.write_next, []

    def breaks(*arguments):
        calls.append(1)
        count = whole(*arguments)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return count

    monkeypatch.setattr(steps, "write_next", breaks)
    with pytest.raises(OSError, match="disk"):
        launch_due_steps(at=NOON)
    assert count(Message) == PART
    assert_counts_add_up()
    launch_due_steps(at=LATER)
    assert count(Message) == PEOPLE


def test_whoever_pauses_or_cancels_meanwhile_is_heeded(campaign, mailer):
    step_id = decide(campaign)
    write_a_part(step_id)
    pause_campaign(campaign.id, by=CONSOLE, at=NOON)
    write_a_part(step_id)
    assert set(db.session.scalars(select(Unit.state))) == {"paused"}
    drain(mailer, now=lambda: NOON)
    assert "accepted" not in states()
    resume_campaign(campaign.id, by=CONSOLE, at=NOON)
    cancel_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    assert count(Message) == PEOPLE
    assert states()["left_out"] + states()["cancelled"] == PEOPLE
    assert reasons("left_out")[CANCELLED] >= 1
    assert drain(mailer, now=lambda: LATER).messages == 0


def test_who_was_invited_merged_or_lost_their_address_meanwhile_is_looked_at_once_more(
    campaign, people
):
    step_id = decide(campaign)
    make_invitation(people[0])
    merge_stakeholders(people[1].id, people[2].id, {}, by=CONSOLE, at=NOON)
    with transaction() as session:
        session.execute(
            update(Stakeholder).where(Stakeholder.id == people[3].id).values(email=None)
        )
    write_audience(step_id, at=NOON)
    assert count(Invitation) == PEOPLE - 3
    found = dict(db.session.execute(select(Message.stakeholder_id, Message.reason)).all())
    assert found[people[0].id] == INVITED
    assert (found[people[2].id], found[people[3].id]) == ("merged", "No address is known.")


def test_for_whom_a_campaign_is_stopped_meanwhile_gets_nothing(campaign, people, mailer):
    step_id = decide(campaign)
    stop_for_person(campaign.id, people[4].id, by=CONSOLE, at=NOON)
    write_audience(step_id, at=NOON)
    assert reasons("left_out")[EXCLUDED] == 1
    drain(mailer, now=lambda: NOON)
    assert "ana4@example.org" not in {mail.to for mail in mailer.sent}


def test_who_becomes_a_star_meanwhile_is_one_in_their_invitation_too(campaign, people):
    step_id = decide(campaign)
    theirs = select(Target.id).where(Target.stakeholder_id == people[4].id)
    target_id = db.session.scalars(theirs).one()
    nominate_star(target_id, "Leads the group.", by=CONSOLE, at=NOON)
    decide_star(target_id, True, by=CONSOLE, at=NOON)
    write_audience(step_id, at=NOON)
    stars = select(Invitation.stakeholder_id).where(Invitation.is_star)
    assert list(db.session.scalars(stars)) == [people[4].id]
    assert states()["held"] == 1


def test_a_reminder_of_the_same_hour_waits_until_everyone_is_invited(campaign, monkeypatch):
    step_id = step_of(campaign)
    with transaction() as session:
        first = session.get_one(Step, step_id)
        session.add(
            Step(
                campaign_id=campaign.id, position=2, kind="reminder", anchor="fixed", fixed_at=NOON,
                audience="silent", version_id=first.version_id, due_at=NOON,
            )
        )  # fmt: skip
        session.flush()
        session.get_one(Campaign, campaign.id).keep_approval(had_lapsed=False)
    whole = steps.write_next
    monkeypatch.setattr(steps, "write_next", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        launch_due_steps(at=NOON)
    assert (count(AudienceMember), count(Message)) == (PEOPLE, 0)
    monkeypatch.setattr(steps, "write_next", whole)
    launch_due_steps(at=NOON)
    assert count(Message) == 2 * PEOPLE


@pytest.mark.postgres
def test_who_pauses_waits_for_the_decision_and_for_a_part_but_no_mail_does(campaign, monkeypatch):
    found = []

    def looking(whole):
        def look(*arguments):
            with db.engine.connect() as other:
                for strength in ("SHARE", "KEY SHARE", "UPDATE"):
                    try:
                        other.execute(text(f"SELECT FROM campaigns FOR {strength} NOWAIT"))
                        found.append(strength)
                    except DBAPIError:
                        other.rollback()
            return whole(*arguments)

        return look

    monkeypatch.setattr(steps, "freeze", looking(steps.freeze))
    monkeypatch.setattr(steps, "write_next", looking(steps.write_next))
    step_id = decide(campaign)
    write_a_part(step_id)
    assert found == ["SHARE", "KEY SHARE"] * 2
    write_audience(step_id, at=NOON)


def test_a_campaign_is_not_over_while_somebody_is_still_to_be_written_down(campaign):
    step_id = decide(campaign)
    with transaction() as session:
        session.execute(update(Campaign).values(reply_by=NOON - timedelta(days=90)))
    assert finish_campaigns(at=NOON) == 0
    with transaction() as session:
        session.execute(update(Campaign).values(reply_by=NOON + timedelta(days=30)))
    write_audience(step_id, at=NOON)


def test_after_a_restore_the_rest_is_written_down_and_held(campaign):
    write_a_part(decide(campaign))
    write_anew((), at=LATER)
    hold_all(at=LATER)
    assert count(AudienceMember) == 0
    assert states() == {"held": PEOPLE - 1, "left_out": 1}
    assert reasons("held")[WRITTEN_ANEW] == PEOPLE - PART - 1
    reading().rollback()
