"""After a restore nothing leaves by itself: what had left is recognised, by evidence."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from outreach.actions.answering_addresses import add_answering_address
from outreach.actions.calendar_changes import tell_of_changes
from outreach.actions.campaigns import resume_campaign
from outreach.actions.copies import copy_to_assistants
from outreach.actions.focal_points import ask_for_delegation, remind_focal_points
from outreach.actions.messages import hold_message, release_message
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.receipts import keep_receipts
from outreach.actions.steps import launch_due_steps
from outreach.anew import write_anew
from outreach.db import db, transaction
from outreach.delivery.file import FileMailer
from outreach.delivery.mailer import Accepted, Silent
from outreach.delivery.outbox import drain
from outreach.delivery.restoring import FOUND, hold_all, reconcile
from outreach.intake.provider_events import Told
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.event import Event
from outreach.models.evidence import MAY_HAVE_LEFT, WRITTEN_ANEW
from outreach.models.invitation import InvitationState
from outreach.models.message import Attempt, Message, Purpose, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step, StepState
from outreach.models.tally import Tally
from outreach.queries.audit import audit
from tests.delivery.ledgers import frozen_campaign, reasons, states
from tests.factories import (
    NOON,
    make_invitation,
    make_organisation,
    make_stakeholder,
    the_event,
)

LATER = NOON + timedelta(minutes=10)


def test_whoever_had_got_it_before_the_crash_does_not_get_it_again(app, tmp_path):
    """The ledger of the backup says "waiting" for all; the mail folder knows better."""
    mailer = FileMailer(tmp_path)
    campaign = frozen_campaign(6)
    drain(mailer, now=lambda: NOON)
    with transaction() as session:  # as the backup, made before the drain, has it
        session.execute(update(Message).values(state="waiting", attempts_count=0, attempt_id=None))
        session.execute(update(Unit).values(state="waiting"))
        session.execute(delete(Attempt))
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
    assert reasons("held") == {MAY_HAVE_LEFT: 3}
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


def event_of(message, kind="delivered"):
    return Told(
        kind=kind, fingerprint="a" * 64, public_id=message.public_id, provider_key=kind,
        happened_at=LATER,
    )  # fmt: skip


def told(message, kind="delivered"):
    keep_receipts([event_of(message, kind)], at=LATER)
    apply_receipts(at=LATER)


def test_what_the_provider_tells_after_a_restore_settles_what_is_held(app, mailer):
    """P7: the hand-over itself stands in no row any more."""
    frozen_campaign(3)
    hold_all(at=LATER)
    first, second, third = db.session.scalars(select(Message).order_by(Message.id)).all()
    told(first)
    release_message(second.id, by=CONSOLE, at=LATER)
    mailer.evidence = dict.fromkeys
    reconcile(mailer, at=LATER, releases_unproven=True)
    told(third, "bounce")
    assert states() == {"delivered": 1, "waiting": 1, "bounced": 1}
    assert db.session.get(Message, second.id).possible_double, "P2: it is named"
    assert audit(LATER).is_sound


def test_what_a_log_has_no_trace_of_is_marked_where_nobody_knew_of_the_call(app, mailer):
    """P2: after a restore as before."""
    frozen_campaign(2)
    mailer.answers = lambda recipient: Silent("time-out")
    drain(mailer, now=lambda: NOON)
    hold_all(at=LATER)
    assert reconcile(mailer, at=LATER).released == 2
    db.session.rollback()
    assert set(db.session.scalars(select(Message.possible_double))) == {True}
    mailer.name = "file"
    hold_all(at=LATER)
    assert reconcile(mailer, at=LATER).held == 2, "no folder shows what another mailer did"


def test_what_a_person_held_before_the_backup_stays_held_unless_it_left_since(app, mailer):
    frozen_campaign(3)
    ids = db.session.scalars(select(Message.id).order_by(Message.id)).all()
    for message_id in ids:
        hold_message(message_id, by=CONSOLE, who="Ana", at=NOON)
    hold_all(at=LATER)
    hold_all(at=LATER)
    went = db.session.get(Message, ids[0]).public_id
    unknown = db.session.get(Message, ids[1]).public_id
    mailer.evidence = lambda ids: {one: {went: True, unknown: None}.get(one, False) for one in ids}
    found = reconcile(mailer, at=LATER, releases_unproven=True)
    assert found.as_dict() == {"accepted": 1, "released": 0, "held": 2}
    assert reasons("held") == {"Held by Ana.": 1, f"Held by Ana. {MAY_HAVE_LEFT}": 1}
    for message_id in ids[1:]:
        release_message(message_id, by=CONSOLE, at=LATER)
    db.session.rollback()
    marks = db.session.scalars(select(Message.possible_double).order_by(Message.id)).all()
    assert marks == [False, True, False]


def test_a_step_that_came_due_since_the_backup_asks_a_person(app):
    campaign = frozen_campaign(2)
    with transaction() as session:
        session.execute(update(Step).values(state=StepState.WAITING, due_at=NOON))
        session.execute(update(Campaign).values(state=CampaignState.SCHEDULED))
    assert hold_all(at=LATER).steps == 1
    db.session.rollback()
    assert db.session.get(Campaign, campaign.id).state is CampaignState.PAUSED
    assert db.session.scalars(select(Step.state)).all() == [StepState.MISSED]


def test_what_jobs_write_anew_is_held_with_the_rest_and_no_folder_proves_it_new(app, tmp_path):
    """P2: the restored database does not know that a reminder, or word of a move, has left."""
    make_invitation(state=InvitationState.ACCEPTED)
    ministry = make_organisation(group="member_state", country="KE")
    ask_for_delegation(
        ministry.id, the_event().id, make_stakeholder().id, authorised_by="letter", by=CONSOLE,
        authorised_on=None, most_members=3, name_by=LATER + timedelta(days=7), at=NOON,
    )  # fmt: skip
    with transaction() as session:
        session.execute(update(Event).values(sequence=Event.sequence + 1))
    write_anew([7], at=LATER)
    assert hold_all(at=LATER).messages == 3
    assert reasons("held") == {MAY_HAVE_LEFT: 1, WRITTEN_ANEW: 2}
    purposes = select(Message.purpose).order_by(Message.purpose)
    anew = db.session.scalars(purposes.where(Message.reason == WRITTEN_ANEW)).all()
    assert anew == [Purpose.FOCAL_POINT, Purpose.MOVED]
    assert (tell_of_changes(at=LATER), remind_focal_points([7], at=LATER)) == (0, 0)
    folder = FileMailer(tmp_path)
    assert reconcile(folder, at=LATER).as_dict() == {"accepted": 0, "released": 1, "held": 2}
    assert reconcile(folder, at=LATER, releases_unproven=True).released == 2
    db.session.rollback()
    assert db.session.scalars(purposes.where(Message.possible_double)).all() == anew


def test_a_copy_of_what_left_before_the_restore_waits_for_a_person(app, mailer):
    """P2: the assistant may have it; of what leaves after the restore they have none."""
    frozen_campaign(2)
    people = db.session.scalars(select(Stakeholder.id).order_by(Stakeholder.id)).all()
    for number, person in enumerate(people):
        add_answering_address(
            person, f"paul.{number}@example.org", is_assistant=True, name="Paul", by=CONSOLE,
            at=NOON,
        )  # fmt: skip
    hold_all(at=LATER)
    first, second = db.session.scalars(select(Message).order_by(Message.id)).all()
    told(first)
    release_message(second.id, by=CONSOLE, at=LATER)
    resume_campaign(first.campaign_id, by=CONSOLE, at=LATER)
    drain(mailer, now=lambda: LATER + timedelta(minutes=1))
    assert copy_to_assistants(at=LATER + timedelta(minutes=2)) == 2
    held, waits = db.session.scalars(
        select(Message).where(Message.purpose == Purpose.COPY).order_by(Message.state)
    )
    assert (held.state, held.reason, held.address) == ("held", WRITTEN_ANEW, "paul.0@example.org")
    assert (waits.state, waits.address) == ("waiting", "paul.1@example.org")
    release_message(held.id, by=CONSOLE, at=LATER)
    drain(mailer, now=lambda: LATER + timedelta(minutes=3))
    assert {mail.to for mail in mailer.sent[1:]} == {"paul.0@example.org", "paul.1@example.org"}
    assert db.session.get(Message, held.id).possible_double
    assert audit(LATER + timedelta(minutes=3)).is_sound


def test_reconciling_heeds_the_events_that_came_while_the_clock_rested(app, mailer, monkeypatch):
    """P2: no second copy where an event, that only the web has kept so far, shows the first."""
    frozen_campaign(2)
    hold_all(at=LATER)
    first = db.session.scalars(select(Message).order_by(Message.id)).first()
    mailer.evidence = dict.fromkeys
    monkeypatch.setattr("outreach.jobs.mailer", lambda: mailer)
    keep_receipts([event_of(first)], at=LATER)
    db.session.remove()
    answer = app.test_cli_runner().invoke(args=["outbox", "reconcile", "--release-unproven"])
    assert '"released": 1' in answer.output
    assert states() == {"delivered": 1, "waiting": 1}


def test_the_commands_speak_json(app):
    frozen_campaign(2)
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["outbox", "hold-all"])
    assert '"messages": 2' in answer.output
    answer = runner.invoke(args=["outbox", "reconcile"])
    assert '"released": 2' in answer.output
