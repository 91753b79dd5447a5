"""Two people made one, and two again: everything that acts moves, and all of it can be undone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.actions.allotments import change_allotment
from outreach.actions.invitations import answer_invitation
from outreach.actions.merges import LooksTheSame, merge_stakeholders, undo_merge
from outreach.db import reading, transaction
from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE
from outreach.models.allotment import Placement
from outreach.models.answering_address import AnsweringAddress
from outreach.models.base import Base
from outreach.models.duplicate import Merge, MergeUndone
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, Unit, UnitState
from outreach.models.seat import OfferState, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.target import Target
from outreach.models.task import Task, TaskKind
from outreach.queries.audit import audit
from outreach.queries.feeds import feed_of
from outreach.queries.given_on import places_given_on
from outreach.queries.invitations import invitation_page
from outreach.queries.stakeholders import invitations_of, mails_of, stakeholders
from outreach.signing import AN_APPROVER, SIGN_OFF
from outreach.tokens import new_key
from tests.actions.test_places import Ground
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_invitation,
    make_list,
    make_message,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    make_target,
    save,
    the_event,
)
from tests.recount import assert_counts_add_up

LATER = NOON + timedelta(hours=1)
JOURNALS = ("activities", "merges", "duplicates", "tallies", "tally_parts", "alembic_version")


def everything():
    """Every row of every table that a merge and its undo must leave alike."""
    reading().rollback()
    return {
        table.name: sorted(repr(tuple(row)) for row in reading().execute(select(table)))
        for table in Base.metadata.sorted_tables
        if table.name not in JOURNALS
    }


def now(model, id_):
    reading().rollback()
    return reading().get(model, id_)


def merge(kept, gone, choices=None, **named):
    return merge_stakeholders(kept.id, gone.id, choices or {}, by=CONSOLE, at=LATER, **named)


@pytest.fixture
def two(app):
    """One person known twice."""
    bank = make_organisation()
    kept = make_stakeholder("Ana Silva", "ana@example.org", bank, notes="Speaks French")
    gone = make_stakeholder(
        "SILVA Ana Maria", "a.silva@example.org", office="Governor", notes="Met in Kigali"
    )
    return kept, gone


def test_the_fuller_side_of_each_field_stands_unless_someone_chooses(two):
    kept, gone = two
    merge(kept, gone, {"full_name": "kept"})
    row = now(Stakeholder, kept.id)
    assert (row.full_name, row.office, row.organisation_id) == (
        "Ana Silva",
        "Governor",
        kept.organisation_id,
    )
    assert row.notes == "Speaks French\nMet in Kigali"
    assert row.email == "ana@example.org"


def test_who_is_gone_is_in_no_list_and_has_no_address(two):
    kept, gone = two
    merge(kept, gone)
    assert [line.id for line in stakeholders("silva").lines] == [kept.id]
    assert (now(Stakeholder, gone.id).email_key, now(Stakeholder, gone.id).merged_into_id) == (
        None,
        kept.id,
    )


def test_answers_from_the_other_address_still_count(two):
    kept, gone = two
    merge(kept, gone, {"email": "gone"})
    reading().rollback()
    found = reading().scalars(
        select(AnsweringAddress).where(AnsweringAddress.stakeholder_id == kept.id)
    )
    assert [row.email_key for row in found] == ["ana@example.org"]


def test_targets_on_one_list_become_one_with_the_best_tier_and_the_star(two):
    kept, gone = two
    wanted, other = make_list(), make_list()
    make_target(wanted, kept, tier=2)
    theirs = make_target(wanted, gone, tier=1, is_star=True, why="Signs the cheques")
    make_target(other, gone, is_star=True)
    task = Task(
        stakeholder_id=gone.id,
        target_id=theirs.id,
        kind=TaskKind.BY_HAND,
        what="Call",
        due_on=NOON.date(),
        created_at=NOON,
    )
    save(task)
    merge(kept, gone)
    reading().rollback()
    rows = reading().scalars(select(Target).order_by(Target.id)).all()
    assert [(row.stakeholder_id, row.tier, row.is_star) for row in rows] == [
        (kept.id, 1, True),
        (kept.id, 2, True),
    ]
    assert (now(Task, task.id).stakeholder_id, now(Task, task.id).target_id) == (
        kept.id,
        rows[0].id,
    )
    assert_counts_add_up()


@pytest.mark.parametrize("is_kept_later", [True, False])
def test_of_two_invitations_the_later_answer_counts_and_both_links_open_it(two, is_kept_later):
    kept, gone = two
    early, late = NOON, NOON + timedelta(minutes=5)
    first = make_invitation(kept, state="accepted", answered_at=late if is_kept_later else early)
    second = make_invitation(gone, state="declined", answered_at=early if is_kept_later else late)
    wins = first if is_kept_later else second
    merge(kept, gone)
    reading().rollback()
    assert {invitation_page(row.link_key).id for row in (first, second)} == {wins.id}
    assert now(Invitation, wins.id).stakeholder_id == kept.id
    assert [(row.id, row.is_withdrawn) for row in invitations_of(kept.id)] == [(wins.id, False)]
    assert_counts_add_up()
    broken = [finding.what for finding in audit(LATER).findings if finding.broken]
    assert broken == [
        "Every answer that is given is shown, and what is shown is the last of its history."
    ]  # not of a factory


def test_an_invitation_that_only_the_other_had_moves_with_its_link(two):
    kept, gone = two
    theirs = make_invitation(gone)
    merge(kept, gone)
    assert invitation_page(theirs.link_key).stakeholder_id == kept.id
    assert_counts_add_up()


def test_mails_stay_and_are_shown_on_the_kept_person_and_waiting_ones_are_left_out(two):
    kept, gone = two
    sent = make_message(gone)
    waiting = make_message(gone, state=MessageState.WAITING)
    make_message(kept)
    merge(kept, gone)
    row = now(Message, waiting.id)
    assert (row.state, row.reason) == (MessageState.LEFT_OUT, "merged")
    assert {sent.id, waiting.id} < {mail.id for mail in mails_of(kept.id)}


def test_the_feeds_of_both_show_what_the_one_person_comes_to(app):
    kept, gone = (make_stakeholder("Bo Li", feed_key=new_key()) for _ in range(2))
    make_invitation(gone, state="accepted", answered_at=NOON)
    merge(kept, gone)
    assert [len(feed_of(row.feed_key).events) for row in (kept, gone)] == [1, 1]


def test_the_stricter_opt_out_holds(two):
    kept, gone = two
    save(
        Suppression(
            digest=digest_of("a.silva@example.org"),
            reason="unsubscribed",
            source="page",
            since=NOON,
            stakeholder_id=gone.id,
        )
    )
    merge(kept, gone)
    reading().rollback()
    digests = set(reading().scalars(select(Suppression.digest)))
    assert digest_of("ana@example.org") in digests


def test_mail_that_one_had_stopped_is_stopped_for_both(app):
    kept, gone = make_stakeholder("Bo Li"), make_stakeholder("Li Bo", is_mail_stopped=True)
    merge(kept, gone)
    assert now(Stakeholder, kept.id).is_mail_stopped


def test_seats_go_along_and_one_seat_is_asked_for_once(two):
    kept, gone = two
    theirs = make_seat_offer(gone)
    proposed = SeatOffer(
        seat_id=theirs.seat_id, stakeholder_id=kept.id, state=OfferState.PROPOSED,
        link_key=new_key(), proposed_at=NOON,
    )  # fmt: skip
    save(proposed)
    merge(kept, gone)
    assert now(SeatOffer, theirs.id).stakeholder_id == kept.id
    assert now(SeatOffer, theirs.id).state is OfferState.ASKED
    assert now(SeatOffer, proposed.id).state is OfferState.WITHDRAWN


def test_a_merge_and_its_undo_leave_the_same_rows(two):
    kept, gone = two
    wanted = make_list()
    make_target(wanted, kept)
    make_target(wanted, gone, tier=1, is_star=True, decide_on=NOON.date())
    make_target(stakeholder=gone)
    make_invitation(kept, state=InvitationState.ACCEPTED, answered_at=NOON)
    make_invitation(gone, state=InvitationState.DECLINED, answered_at=LATER)
    make_seat_offer(gone)
    make_message(gone)
    save(
        Suppression(
            digest=digest_of("a.silva@example.org"),
            reason="complained",
            source="provider",
            since=NOON,
            stakeholder_id=gone.id,
        )
    )
    before = everything()
    merge_id = merge(kept, gone)
    assert everything() != before
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    assert everything() == before
    assert_counts_add_up()


def test_a_number_that_was_given_out_again_confuses_nobody(two):
    """SQLite gives the highest number out again; the task must not end at another's target."""
    kept, gone = two
    wanted = make_list()
    make_target(wanted, kept)
    theirs = make_target(wanted, gone)
    task = Task(
        stakeholder_id=gone.id, target_id=theirs.id, kind=TaskKind.BY_HAND, what="Call",
        due_on=NOON.date(), created_at=NOON,
    )  # fmt: skip
    save(task)
    merge_id = merge(kept, gone)
    make_target()
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    assert now(Target, now(Task, task.id).target_id).stakeholder_id == gone.id
    assert_counts_add_up()


def test_a_mail_whose_turn_is_still_to_come_waits_again_after_the_undo(two):
    kept, gone = two
    unit = Unit(
        text_id=1,
        event_id=the_event().id,
        purpose="invitation",
        state=UnitState.WAITING,
        next_at=LATER,
    )
    save(unit)
    coming = make_message(gone, state=MessageState.WAITING, unit_id=unit.id)
    own = make_message(kept, state=MessageState.WAITING, unit_id=unit.id)
    merge_id = merge(kept, gone, {"email": "gone"})
    assert now(Message, own.id).address == "a.silva@example.org", "the address that is kept"
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    assert now(Message, coming.id).state is MessageState.WAITING
    assert now(Message, own.id).address == "ana@example.org"


def test_what_was_corrected_after_the_merge_stays_when_it_is_undone(two):
    kept, gone = two
    merge_id = merge(kept, gone)
    with transaction() as session:
        session.get_one(Stakeholder, kept.id).office = "President"
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    assert now(Stakeholder, kept.id).office == "President"
    assert now(Stakeholder, kept.id).notes == "Speaks French"


def test_a_merge_is_undone_once_and_the_latest_first(two):
    kept, gone = two
    third = make_stakeholder("A. Silva")
    first = merge(kept, gone)
    second = merge(third, kept)
    with pytest.raises(Conflict):
        undo_merge(first, by=CONSOLE, at=LATER)
    undo_merge(second, by=CONSOLE, at=LATER)
    undo_merge(first, by=CONSOLE, at=LATER)
    with pytest.raises(MergeUndone):
        undo_merge(first, by=CONSOLE, at=LATER)


def test_addresses_that_look_the_same_are_never_merged_in_passing(app):
    """A09: the second a of the other address is Cyrillic."""
    kept = make_stakeholder("Ana Silva", "ana@example.org")
    gone = make_stakeholder("Ana Silva", "an\u0430@example.org")
    with pytest.raises(LooksTheSame):
        merge(kept, gone)
    assert reading().scalar(select(func.count()).select_from(Merge)) == 0
    assert merge(kept, gone, is_confirmed=True)


def test_nobody_is_merged_with_themselves_nor_twice_nor_unseen(two):
    kept, gone = two
    with pytest.raises(Refusal):
        merge(kept, kept)
    with pytest.raises(Conflict):
        merge(kept, gone, seen_at=(NOON, NOON - timedelta(days=1)))
    merge(kept, gone, seen_at=(NOON, NOON))
    with pytest.raises(Conflict):
        merge(kept, gone)


def test_someone_sent_in_the_place_of_another_is_another(two):
    kept, gone = two
    own = make_invitation(kept, state=InvitationState.DELEGATED)
    make_invitation(gone, delegated_by_id=own.id)
    with pytest.raises(Conflict):
        merge(kept, gone)
    assert_counts_add_up()


def test_what_waits_for_someone_who_becomes_a_star_by_a_merge_is_signed_first(two):
    kept, gone = two
    make_target(make_list(), gone, is_star=True)
    invitation = make_invitation(kept)
    waiting = make_message(kept, invitation, state=MessageState.WAITING)
    merge(kept, gone)
    assert now(Invitation, invitation.id).is_star
    held = now(Message, waiting.id)
    assert (held.state, held.reason) == (MessageState.HELD, f"{SIGN_OFF}{AN_APPROVER}.")


@pytest.mark.parametrize("room", [0, 1])
def test_who_was_asked_for_the_place_that_a_merge_freed_keeps_it_when_that_is_undone(app, room):
    """Never more than there are; who has none is named before, and a task says so after."""
    ground = Ground(2, asked=2, alternates=1)
    two = [one.stakeholder_id for one in ground.invitations()]
    owner_id = make_account(name="Olga Owner").id
    with transaction() as session:
        for target in session.scalars(select(Target).where(~Target.is_alternate)):
            target.owner_id = owner_id
    for invitation in ground.invitations():
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    merge_id = merge_stakeholders(*two, {}, by=CONSOLE, at=LATER)
    (asked,) = [one for one in ground.invitations() if one.stakeholder_id not in two]
    alternate_id, alternate = asked.id, now(Stakeholder, asked.stakeholder_id).full_name
    if room:
        rules = {"is_automatic": True, "answer_days": 10, "closing_days": 7}
        change_allotment(ground.allotment_id, places=3, **rules, by=CONSOLE, at=LATER)
    (told,) = afresh(places_given_on, merge_id, LATER)
    assert (told.has_place, told.owner, told.other) == (bool(room), "Olga Owner", alternate)
    undo_merge(merge_id, by=CONSOLE, at=LATER)
    states = {one.invitation_id: one.state.value for one in ground.rows(Placement)}
    assert states.pop(alternate_id) == "asked", "nobody is asked to stay away again"
    assert sorted(states.values()) == ["taken", "taken" if room else "waiting"]
    tasks = [(one.owner_id, one.stakeholder_id, one.kind) for one in ground.rows(Task)]
    assert tasks == ([] if room else [(owner_id, told.stakeholder_id, TaskKind.PLACE)])
    assert_counts_add_up()


def test_an_undo_takes_no_place_from_whoever_came_to_it_meanwhile(app):
    ground = Ground(2, asked=2)
    two = [one.stakeholder_id for one in ground.invitations()]
    for invitation in ground.invitations():
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    merge_id = merge_stakeholders(*two, {}, by=CONSOLE, at=LATER)
    late = ground.ask(LATER + timedelta(hours=1)).id
    answer_invitation(late, Reply.ACCEPTED, "", at=LATER + timedelta(hours=2))
    undo_merge(merge_id, by=CONSOLE, at=LATER + timedelta(hours=3))
    states = {one.invitation_id: one.state.value for one in ground.rows(Placement)}
    assert states.pop(late) == "taken"
    assert sorted(states.values()) == ["taken", "waiting"]
    assert_counts_add_up()
