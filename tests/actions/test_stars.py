"""Stars: two people for each, a card that follows the answer, tasks for late dates, sign-off."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.calendar_changes import withdraw_invitation
from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.invitations import answer_invitation
from outreach.actions.merges import merge_stakeholders
from outreach.actions.messages import release_message
from outreach.actions.seat_asking import ask_for_seat
from outreach.actions.stars import (
    decide_star,
    escalate_stars,
    move_star,
    nominate_star,
    plan_star,
)
from outreach.actions.steps import launch_due_steps
from outreach.actions.target_bulk import Chosen, give_owner, take_back_targets
from outreach.actions.target_edits import edit_target
from outreach.db import db
from outreach.delivery.outbox import drain
from outreach.errors import Conflict, NotAllowed, NotAnApprover, Refusal
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.invitation import Reply
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import OwnNomination
from outreach.models.target import Target, TargetList
from outreach.models.task import Task
from outreach.models.wish import Wish
from outreach.queries.digests import Reader, digest_of_day
from outreach.queries.lists import target_list
from outreach.queries.stars import nominees, star_card
from outreach.starring import OwnerOfStar
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_seat_offer,
    make_stakeholder,
    make_target,
    the_event,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)


def team():
    """(a promoter, an approver)"""
    return tuple(Actor.account(make_account(role).id) for role in (Role.PROMOTER, Role.APPROVER))


def a_star(owner=None):
    """Someone who came to the short list by the two of them."""
    promoter, approver = team()
    target = make_target(make_list(), make_stakeholder())
    nominate_star(target.id, "Chairs the bank", by=promoter, at=NOON)
    decide_star(target.id, True, by=approver, at=NOON)
    if owner is not None:
        plan_star(
            target.id,
            owner_id=owner.id,
            next_step="Call the office",
            next_on=(NOON + 3 * DAY).date(),
            by=approver,
            at=NOON,
        )
    return target, approver


def test_whoever_nominates_does_not_approve_and_only_an_approver_does(app):
    promoter, approver = team()
    target = make_target()
    with pytest.raises(Refusal, match="Say why"):
        nominate_star(target.id, " ", by=approver, at=NOON)
    nominate_star(target.id, "Chairs the bank", by=approver, at=NOON)
    with pytest.raises(OwnNomination):
        decide_star(target.id, True, by=approver, at=NOON)
    with pytest.raises(NotAnApprover):
        decide_star(target.id, True, by=promoter, at=NOON)
    assert not db.session.get(Target, target.id).is_star
    decide_star(target.id, True, by=team()[1], at=NOON)
    assert afresh(target_list, target.list_id).star_count == 1
    with pytest.raises(Conflict):
        nominate_star(target.id, "Again", by=promoter, at=NOON)


def test_a_rejection_says_why_and_the_person_can_be_nominated_anew(app):
    promoter, approver = team()
    target = make_target()
    nominate_star(target.id, "Famous", by=promoter, at=NOON)
    with pytest.raises(Refusal, match="why not"):
        decide_star(target.id, False, by=approver, at=NOON)
    decide_star(target.id, False, "Famous for something else", by=approver, at=NOON)
    assert afresh(star_card, target.id).decision == "Famous for something else"
    person = db.session.get(Stakeholder, target.stakeholder_id)
    invitation = make_invitation(person, the_event())
    answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON)
    assert afresh(star_card, target.id).column == "rejected"
    nominate_star(target.id, "Leads a fund now", by=promoter, at=NOON + DAY)
    assert afresh(star_card, target.id).column == "nominated", "whatever was answered"


def test_a_card_follows_the_answer_on_record_and_else_the_hand(app):
    target, approver = a_star()
    assert afresh(star_card, target.id).column == "approved"
    assert move_star(target.id, "talking", by=approver, at=NOON) == "approved"
    assert move_star(target.id, "talking", by=approver, at=NOON) is None
    with pytest.raises(Conflict, match="in the meantime"):
        move_star(target.id, "approved", was="asked", by=approver, at=NOON)
    assert afresh(star_card, target.id).column == "talking"
    star = db.session.get(Stakeholder, target.stakeholder_id)
    invitation = make_invitation(star, the_event())
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert afresh(star_card, target.id).column == "accepted"
    with pytest.raises(Conflict, match="answer on record"):
        move_star(target.id, "declined", by=approver, at=NOON)


def test_a_star_of_old_stands_among_the_approved_and_is_taken_off_by_an_approver_with_a_reason(app):
    promoter, approver = team()
    person = make_stakeholder()
    target = make_target(stakeholder=person, is_star=True)
    invitation = make_invitation(person, the_event(), is_star=True)
    assert afresh(star_card, target.id).stage is None
    move_star(target.id, "talking", by=promoter, at=NOON)
    assert afresh(star_card, target.id).column == "talking"
    with pytest.raises(NotAnApprover):
        decide_star(target.id, False, "Left the bank", by=promoter, at=NOON)
    with pytest.raises(Refusal, match="why not"):
        decide_star(target.id, False, by=approver, at=NOON)
    decide_star(target.id, False, "Left the bank", by=approver, at=NOON)
    assert afresh(target_list, target.list_id).star_count == 0
    assert not db.session.get(type(invitation), invitation.id).is_star
    nominate_star(target.id, "Came back", by=promoter, at=NOON)
    with pytest.raises(Conflict, match="approver decides"):
        move_star(target.id, "approved", by=promoter, at=NOON)


def test_whatever_writes_to_a_star_waits_for_the_signature_but_what_confirms_their_answer(
    app, mailer
):
    owner = make_account(name="Olga Owner")
    target, approver = a_star(owner)
    star = db.session.get(Stakeholder, target.stakeholder_id)
    invitation = make_invitation(star, the_event())
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    drain(mailer, now=lambda: NOON)
    withdraw_invitation(invitation.id, by=approver, at=NOON)
    offer = make_seat_offer(db.session.get(Stakeholder, target.stakeholder_id), is_asked=False)
    ask_for_seat(offer.id, by=approver, at=NOON)
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    held = db.session.scalars(select(Message).order_by(Message.id)).all()
    assert [(one.purpose.value, one.state.value) for one in held] == [
        ("confirmation", "accepted"),
        ("withdrawn", "held"),
        ("seat", "held"),
    ]
    reader = Reader(owner.id, owner.name, owner.email, owner.role)
    (part,) = afresh(digest_of_day, reader, NOON, NOON.date())
    assert (part.title, len(part.lines)) == ("Mails to stars that wait for your signature", 1)
    with pytest.raises(NotAllowed, match="signed by Olga Owner"):
        release_message(held[2].id, by=approver, at=NOON)
    release_message(held[2].id, by=Actor.account(owner.id), at=NOON)
    drain(mailer, now=lambda: NOON)
    assert len(mailer.sent) == 2


def test_what_was_written_before_someone_became_a_star_waits_for_the_signature_too(app, mailer):
    _, approver = team()
    target = make_target(make_list(), make_stakeholder())
    campaign = make_campaign(db.session.get(TargetList, target.list_id))
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    nominate_star(target.id, "Chairs the bank", by=CONSOLE, at=NOON)
    decide_star(target.id, True, by=approver, at=NOON)
    drain(mailer, now=lambda: NOON)
    assert mailer.sent == []
    assert_counts_add_up()


def test_who_can_be_nominated_is_found_by_name(app):
    target = make_target(stakeholder=make_stakeholder("Amina Diallo"))
    assert [found[:2] for found in nominees([the_event().id], "diallo")] == [
        (target.id, "Amina Diallo")
    ]
    assert [one[1] for one in nominees([the_event().id], "Dialo  AMINA")] == ["Amina Diallo"]
    assert nominees([the_event().id], "- -") == []
    nominate_star(target.id, "Why not", by=CONSOLE, at=NOON)
    assert afresh(nominees, [the_event().id], "diallo") == []


def test_a_date_that_passed_goes_to_the_owner_and_two_days_later_to_the_approver(app):
    owner = make_account(name="Olga Owner")
    _, approver = a_star(owner)
    assert escalate_stars(at=NOON + 3 * DAY) == 0
    assert [escalate_stars(at=NOON + 4 * DAY) for _ in range(2)] == [1, 0]
    assert escalate_stars(at=NOON + 6 * DAY) == 1
    tasks = db.session.scalars(select(Task).order_by(Task.id)).all()
    assert [task.owner_id for task in tasks] == [owner.id, approver.account_id]
    assert "Call the office was due on 4 September 2026" in tasks[0].what
    late = NOON + 6 * DAY
    reader = Reader(owner.id, owner.name, owner.email, owner.role)
    told = [part.title for part in afresh(digest_of_day, reader, late, late.date())]
    assert told == ["To do"], "the star and its task are one thing"


@pytest.mark.parametrize("has_owner", [True, False])
def test_a_mail_to_a_star_waits_for_its_owner_or_an_approver_and_goes_when_they_sign(
    app, mailer, has_owner
):
    owner = make_account(name="Olga Owner")
    target, approver = a_star(owner if has_owner else None)
    signer, other = (Actor.account(owner.id), approver)
    if not has_owner:
        signer, other = other, signer
    who = "Olga Owner" if has_owner else "an approver"
    star_list = db.session.get(TargetList, target.list_id)
    second = make_target(star_list, make_stakeholder())
    nominate_star(second.id, "Chairs another bank", by=CONSOLE, at=NOON)
    decide_star(second.id, True, by=approver, at=NOON)
    whose = owner.id if has_owner else None
    plan_star(second.id, owner_id=whose, next_step="", next_on=None, by=approver, at=NOON)
    person = make_stakeholder()
    make_target(star_list, person)
    campaign = make_campaign(star_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    assert [email.to for email in mailer.sent] == [person.email]
    db.session.rollback()
    message = db.session.scalars(
        select(Message).where(Message.stakeholder_id == target.stakeholder_id)
    ).one()
    assert (message.state, message.reason) == (
        MessageState.HELD,
        f"Waits for the personal sign-off of {who}.",
    )
    with pytest.raises(NotAllowed, match=f"signed by {who}"):
        release_message(message.id, by=other, at=NOON)
    release_message(message.id, by=signer, at=NOON)
    drain(mailer, now=lambda: NOON)
    assert len(mailer.sent) == 2
    assert_counts_add_up()


def test_lists_know_nothing_of_those_who_are_only_nominated(app):
    target = make_target(make_list())
    nominate_star(target.id, "Why not", by=CONSOLE, at=NOON)
    assert afresh(target_list, target.list_id).star_count == 0


def plan(target, owner_id, by):
    plan_star(target.id, owner_id=owner_id, next_step="", next_on=None, by=by, at=NOON)


def edit(target, owner_id, by):
    wish = Wish(2, target.rank, 1, "", owner_id, None)
    now = db.session.get(Target, target.id, populate_existing=True)
    edit_target(target.list_id, target.id, wish, seen=now.mark, by=by, at=NOON)


def give(target, owner_id, by):
    if give_owner(Chosen(target.list_id, [target.id]), owner_id, by=by, at=NOON).change_id is None:
        raise OwnerOfStar


@pytest.mark.parametrize("way", [plan, edit, give])
@pytest.mark.parametrize("has_owner", [True, False])
def test_nobody_makes_themselves_the_owner_of_a_star_and_signs(app, way, has_owner):
    owner, other = make_account(), make_account()
    target, approver = a_star(owner if has_owner else None)

    def whose():
        return afresh(db.session.get, Target, target.id).owner_id

    with pytest.raises(OwnerOfStar):
        way(target, other.id, Actor.account(other.id))
    assert whose() == (owner.id if has_owner else None)
    if has_owner:
        way(target, other.id, Actor.account(owner.id))
        with pytest.raises(OwnerOfStar):
            way(target, owner.id, Actor.account(owner.id))
    else:
        way(target, other.id, approver)
    assert whose() == other.id


def test_what_gave_a_star_another_owner_is_not_taken_back_by_whoever_lost_it(app):
    owner, other = make_account(), make_account()
    target, approver = a_star(owner)
    change = give_owner(Chosen(target.list_id, [target.id]), other.id, by=approver, at=NOON)
    take_back_targets(change.change_id, by=Actor.account(owner.id), at=NOON)
    assert afresh(db.session.get, Target, target.id).owner_id == other.id


def test_anyone_names_an_owner_before_the_approval_and_who_approves_has_seen_that(app):
    promoter, approver = team()
    target = make_target(make_list())
    nominate_star(target.id, "Chairs the bank", by=promoter, at=NOON)
    seen = star_card(target.id).mark
    plan(target, promoter.account_id, promoter)
    with pytest.raises(Conflict, match="The owner was changed"):
        decide_star(target.id, True, seen=seen, by=approver, at=NOON)
    decide_star(target.id, True, seen=afresh(star_card, target.id).mark, by=approver, at=NOON)
    assert afresh(db.session.get, Target, target.id).is_star


def test_a_merge_makes_nobody_the_owner_of_a_star(app):
    target, _ = a_star()
    twin = make_target(db.session.get(TargetList, target.list_id), owner_id=make_account().id)
    merge_stakeholders(twin.stakeholder_id, target.stakeholder_id, {}, by=CONSOLE, at=NOON)
    whole = afresh(db.session.get, Target, twin.id)
    assert (whole.is_star, whole.owner_id) == (True, None)
