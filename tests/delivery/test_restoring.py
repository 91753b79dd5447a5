"""After a restore nothing leaves by itself: what had left is recognised, by evidence."""

from datetime import timedelta

from sqlalchemy import select, update

from outreach.actions.campaigns import resume_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.file import FileMailer
from outreach.delivery.mailer import Accepted
from outreach.delivery.outbox import drain
from outreach.delivery.restoring import FOUND, HELD, hold_all, reconcile
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import Message, Unit
from outreach.models.step import Step, StepState
from outreach.models.tally import Tally
from outreach.queries.audit import audit
from tests.delivery.ledgers import frozen_campaign, reasons, states
from tests.factories import NOON

LATER = NOON + timedelta(minutes=10)


def test_whoever_had_got_it_before_the_crash_does_not_get_it_again(app, tmp_path):
    """The ledger of the backup says "waiting" for all; the mail folder knows better."""
    mailer = FileMailer(tmp_path)
    campaign = frozen_campaign(6)
    drain(mailer, now=lambda: NOON)
    with transaction() as session:  # as the backup, made before the drain, has it
        session.execute(update(Message).values(state="waiting", attempts_count=0, attempt_id=None))
        session.execute(update(Unit).values(state="waiting"))
        sent = Tally.state == "accepted"
        session.execute(update(Tally).where(sent).values(count=0))
        session.execute(update(Tally).where(Tally.state == "waiting").values(count=6))
    for path in sorted(tmp_path.glob("*.eml"))[:2]:
        path.unlink()  # these two never left

    held = hold_all(at=LATER)
    assert (held.messages, held.campaigns) == (6, 1)
    assert states() == {"held": 6}
    drain(mailer, now=lambda: LATER)
    assert launch_due_steps(at=LATER) == 0
    assert len(list(tmp_path.glob("*.eml"))) == 4

    found = reconcile(mailer, at=LATER)
    assert found.as_dict() == {"accepted": 4, "released": 2, "held": 0}
    assert reasons("accepted") == {FOUND: 4}
    drain(mailer, now=lambda: LATER)
    assert len(list(tmp_path.glob("*.eml"))) == 4, "the campaign is still paused"

    resume_campaign(campaign.id, by=CONSOLE, at=LATER)
    drain(mailer, now=lambda: LATER)
    assert states() == {"accepted": 6}
    assert len(list(tmp_path.glob("*.eml"))) == 6
    assert audit(LATER).is_sound


def test_without_evidence_it_stays_held_until_a_person_takes_it_upon_themselves(app, mailer):
    frozen_campaign(3)
    hold_all(at=LATER)
    mailer.evidence = dict.fromkeys
    assert reconcile(mailer, at=LATER).as_dict() == {"accepted": 0, "released": 0, "held": 3}
    assert reasons("held") == {HELD: 3}
    found = reconcile(mailer, at=LATER, releases_unproven=True)
    assert found.released == 3
    db.session.rollback()
    assert set(db.session.scalars(select(Message.possible_double))) == {True}
    assert audit(LATER).is_sound


def test_what_is_released_late_leaves_a_unit_alone_that_is_on_its_way(app, mailer):
    """P2: `outbox reconcile` may be run again, also while the outbox is at work."""
    campaign = frozen_campaign(3)
    hold_all(at=LATER)
    released = db.session.scalars(select(Message.public_id).order_by(Message.id).limit(2)).all()
    mailer.evidence = lambda ids: {one: False if one in released else None for one in ids}
    assert reconcile(mailer, at=LATER).as_dict() == {"accepted": 0, "released": 2, "held": 1}
    resume_campaign(campaign.id, by=CONSOLE, at=LATER)
    runs = []

    def meanwhile(recipient):
        if not runs:
            runs.append(reconcile(mailer, at=LATER, releases_unproven=True).released)
        return Accepted()

    mailer.answers = meanwhile
    drain(mailer, now=lambda: LATER)
    assert runs == [1]
    assert (len(mailer.sent), states()) == (3, {"accepted": 3})
    db.session.rollback()
    assert [*db.session.scalars(select(Message.possible_double).order_by(Message.id))] == [
        False, False, True,
    ]  # fmt: skip
    assert audit(LATER).is_sound


def test_a_step_that_came_due_since_the_backup_asks_a_person(app):
    campaign = frozen_campaign(2)
    with transaction() as session:
        session.execute(update(Step).values(state=StepState.WAITING, due_at=NOON))
        session.execute(update(Campaign).values(state=CampaignState.SCHEDULED))
    assert hold_all(at=LATER).steps == 1
    db.session.rollback()
    assert db.session.get(Campaign, campaign.id).state is CampaignState.PAUSED
    assert db.session.scalars(select(Step.state)).all() == [StepState.MISSED]


def test_the_commands_speak_json(app):
    frozen_campaign(2)
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["outbox", "hold-all"])
    assert '"messages": 2' in answer.output
    answer = runner.invoke(args=["outbox", "reconcile"])
    assert '"released": 2' in answer.output
