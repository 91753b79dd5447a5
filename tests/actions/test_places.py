"""Places of an allotment: freed once, given once, in order; waited for; promoted by rank."""

from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from outreach.actions.allotments import (
    NobodyToAsk,
    approve_alternate,
    change_allotment,
)
from outreach.actions.allotments import create_allotment as make_places
from outreach.actions.alternates import (
    mark_alternates,
    move_alternate,
    promote_alternates,
    set_wave,
)
from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.delegation_members import Named, name_member, take_out_member
from outreach.actions.delegations import send_someone
from outreach.actions.focal_points import ask_for_delegation
from outreach.actions.invitations import answer_at_once, answer_invitation
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.errors import Conflict
from outreach.models.activity import CONSOLE
from outreach.models.allotment import Placement, PlacementState, VacancyState
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.delegation import DelegationMember
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.step import Anchor
from outreach.placing import admit
from outreach.queries.audience_members import audience_count
from outreach.queries.invitations import form_glance
from outreach.queries.waves import called_by_places
from tests.actions.grounds import DAY, Ground
from tests.actions.test_invitations import at_once
from tests.factories import (
    NOON,
    make_campaign,
    make_event,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
)
from tests.recount import assert_counts_add_up


def test_a_decline_frees_exactly_one_place_for_the_first_alternate_by_rank(app):
    ground = Ground(2, asked=2, alternates=3)
    first, _ = ground.invitations()
    alternates = ground.eligible()
    move_alternate(ground.list.id, alternates[2].id, 1, by=CONSOLE, at=NOON)
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON)
    assert ground.promoted() == [alternates[2].stakeholder_id]
    (vacancy,) = ground.vacancies()
    assert (vacancy.why, vacancy.state) == ("declined", VacancyState.FILLED)
    assert ground.states() == {"asked": 2, "away": 1}
    (mail,) = ground.rows(Message, Message.stakeholder_id == alternates[2].stakeholder_id)
    assert (mail.purpose, mail.state) == (Purpose.INVITATION, MessageState.WAITING)
    assert ground.rows(Invitation, Invitation.id == mail.invitation_id)[0].reply_by == (
        NOON + 10 * DAY
    )
    assert_counts_add_up()


def test_who_sends_someone_settles_the_places_before_anything_is_counted(app):
    """Two who did so in another order could wait for each other's rows without an end."""
    ground = Ground(2, asked=2)
    asked = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        send_someone(ground.invitations()[0].id, "Ben", "ben@example.org", "", at=NOON)
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)
    (counted,) = [number for number, one in enumerate(asked) if "INTO tallies" in one]
    settled = [number for number, one in enumerate(asked) if "FROM allotments" in one]
    assert 0 < max(settled) < counted
    assert_counts_add_up()


def test_who_is_named_for_a_delegation_takes_a_place_of_the_group_as_everybody_does(app):
    """Also where the places are said after they were named, and again after they were taken out."""
    organisation = make_organisation("Bank of Kenya", group="development_finance", country="KE")
    event = make_event()
    delegation_id = ask_for_delegation(
        organisation.id, event.id, make_stakeholder(organisation=organisation).id,
        authorised_by="Letter", authorised_on=None, most_members=9, name_by=NOON + 30 * DAY,
        by=CONSOLE, at=NOON,
    )  # fmt: skip
    names = [Named(name, f"{name}@example.org") for name in ("ada", "ben", "cyn", "dan")]
    name_member(delegation_id, names[0], at=NOON)
    ground = Ground(2, alternates=1, event=event)
    for each in names[1:]:
        name_member(delegation_id, each, at=NOON)
    assert ground.states() == {"asked": 4}
    for invitation in ground.invitations()[:3]:
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert ground.states() == {"taken": 2, "waiting": 1, "asked": 1}
    first, *_, last = ground.rows(DelegationMember)
    for member in (last, first):
        take_out_member(delegation_id, member.id, at=NOON)
    promote_alternates(at=NOON)
    assert ground.states() == {"taken": 2, "away": 2}
    name_member(delegation_id, names[3], at=NOON)
    answer_invitation(last.invitation_id, Reply.ACCEPTED, "", at=NOON)
    assert ground.states() == {"taken": 2, "waiting": 1, "away": 1}
    assert ground.promoted() == []
    assert_counts_add_up()


def test_a_changed_mind_that_comes_back_waits_when_its_place_has_gone(app):
    """And leaving again frees nothing a second time."""
    ground = Ground(1, asked=1, alternates=3)
    (first,) = ground.invitations()
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON)
    answer_invitation(first.id, Reply.ACCEPTED, "", at=NOON + DAY)
    assert ground.states() == {"asked": 1, "waiting": 1}
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON + 2 * DAY)
    assert len(ground.promoted()) == 1
    answer_invitation(first.id, Reply.ACCEPTED, "", at=NOON + 3 * DAY)
    alternate = ground.invitations()[1]
    answer_invitation(alternate.id, Reply.DECLINED, "", at=NOON + 4 * DAY)
    assert ground.states() == {"taken": 1, "away": 1}
    assert len(ground.promoted()) == 1


def test_who_comes_back_in_time_has_the_place_again_and_nobody_is_asked_for_it(app):
    ground = Ground(1, asked=1, is_automatic=False, alternates=1)
    (first,) = ground.invitations()
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON)
    (vacancy,) = ground.vacancies()
    answer_invitation(first.id, Reply.ACCEPTED, "", at=NOON + DAY)
    with pytest.raises(NobodyToAsk, match="has been given"):
        approve_alternate(vacancy.id, by=CONSOLE, at=NOON + DAY)
    assert ground.states() == {"taken": 1}


def test_where_a_person_decides_one_click_asks_one_and_a_second_click_nobody(app):
    ground = Ground(1, asked=1, alternates=2, is_automatic=False)
    (first,) = ground.invitations()
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON)
    assert ground.promoted() == []
    (vacancy,) = ground.vacancies()
    approve_alternate(vacancy.id, by=CONSOLE, at=NOON)
    with pytest.raises(NobodyToAsk):
        approve_alternate(vacancy.id, by=CONSOLE, at=NOON)
    assert len(ground.promoted()) == 1


def test_a_place_that_waits_for_a_click_calls_no_wave_while_an_alternate_could_be_asked(app):
    ground = Ground(1, asked=1, alternates=1, is_automatic=False)
    answer_invitation(ground.invitations()[0].id, Reply.DECLINED, "", at=NOON)
    campaign = make_campaign(ground.list, state=CampaignState.SCHEDULED, scheduled_at=NOON)
    with transaction() as session:
        step = session.get_one(Campaign, campaign.id).steps[0]
        step.anchor, step.places_count, step.due_at = Anchor.PLACES, 1, NOON + 9 * DAY
    assert called_by_places(NOON) == []
    (alternate,) = ground.eligible()
    mark_alternates(ground.list.id, [alternate.id], False, by=CONSOLE, at=NOON)
    assert called_by_places(NOON) == [step.id]


def test_a_bounce_and_a_reply_by_that_passed_free_a_place_each(app):
    ground = Ground(2, asked=2, alternates=3)
    first, _ = ground.invitations()
    ground.bounce(first.id, NOON)
    assert len(ground.promoted()) == 1
    promote_alternates(at=NOON + 21 * DAY)
    assert [row.why for row in ground.vacancies()] == ["bounced", "lapsed", "lapsed"]
    assert len(ground.promoted()) == 3
    assert_counts_add_up()


def test_who_answered_while_they_were_given_a_place_is_settled_by_the_next_tick(app):
    """On PostgreSQL an answer in one statement does not see a place that is not committed yet."""
    ground = Ground(2, asked=3)
    for invitation, state in zip(ground.invitations(), ("accepted", "declined", "tentative"),
                                 strict=True):  # fmt: skip
        with transaction() as session:
            session.get_one(Invitation, invitation.id).state = InvitationState(state)
    promote_alternates(at=NOON)
    assert ground.states() == {"taken": 1, "away": 1, "asked": 1}


@pytest.mark.postgres
def test_an_answer_while_someone_is_given_a_place_ends_with_the_place(app):
    ground, person = Ground(2), make_stakeholder(created_at=NOON)
    make_target(ground.list, person)
    invitation = make_invitation(person, ground.event)
    link_key, id_ = invitation.link_key, invitation.id
    db.session.rollback()

    def answer():
        with app.app_context():
            asked = form_glance(link_key)
            return answer_at_once(
                asked, Reply.ACCEPTED, "", at=NOON, seen=0, particulars={}
            ) or answer_invitation(id_, Reply.ACCEPTED, "", at=NOON)

    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            admit(session, ground.event.id, NOON)
            coming = other.submit(answer)
            wait([coming], timeout=1)
        assert coming.result()
    promote_alternates(at=NOON)
    assert ground.states() == {"taken": 1}
    assert_counts_add_up()


def test_acceptances_beyond_the_places_wait_and_get_them_in_their_order(app):
    ground = Ground(1, asked=3, alternates=1)
    invitations = ground.invitations()
    for hour, invitation in enumerate(invitations):
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON + hour * DAY)
    assert ground.states() == {"taken": 1, "waiting": 2}
    answer_invitation(invitations[0].id, Reply.DECLINED, "", at=NOON + 4 * DAY)
    standing = {row.invitation_id: row.state for row in ground.rows(Placement)}
    assert standing[invitations[1].id] is PlacementState.TAKEN
    assert ground.promoted() == []


def test_nobody_is_asked_so_late_that_no_answer_fits(app):
    ground = Ground(1, asked=1, alternates=1)
    (first,) = ground.invitations()
    with transaction() as session:
        session.get_one(Invitation, first.id).reply_by = NOON + 55 * DAY
    db.session.rollback()
    answer_invitation(first.id, Reply.DECLINED, "", at=NOON + 52 * DAY)
    assert ground.promoted() == []
    with pytest.raises(NobodyToAsk, match="too late"):
        approve_alternate(ground.vacancies()[0].id, by=CONSOLE, at=NOON + 52 * DAY)


def test_places_can_not_be_fewer_than_those_taken(app):
    ground = Ground(2, asked=2)
    for invitation in ground.invitations():
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    with pytest.raises(Conflict, match="2 places are taken"):
        change_allotment(
            ground.allotment_id,
            places=1,
            is_automatic=True,
            answer_days=10,
            closing_days=7,
            by=CONSOLE,
            at=NOON,
        )


def test_declines_at_once_promote_one_alternate_each(app):
    """Two declines at the same moment, a tick of the clock and a click: never one too many."""
    ground = Ground(4, asked=4, alternates=8)
    calls = [
        partial(answer_invitation, invitation.id, Reply.DECLINED, "", at=NOON)
        for invitation in ground.invitations()
    ]
    db.session.rollback()
    assert at_once(app, [*calls, partial(promote_alternates, at=NOON)]) == []
    assert ground.states() == {"asked": 4, "away": 4}
    assert len(set(ground.promoted())) == 4
    assert len(ground.vacancies()) == 4
    assert_counts_add_up()


def test_an_alternate_gets_no_mail_of_a_campaign_before_the_promotion(app):
    target_list = make_list()
    make_target(target_list)
    target = make_target(target_list)
    campaign = make_campaign(target_list)
    assert audience_count(campaign.id, NOON) == 2
    mark_alternates(target_list.id, [target.id], True, by=CONSOLE, at=NOON)
    assert audience_count(campaign.id, NOON) == 1


def test_a_campaign_gives_those_it_invites_their_places(app):
    target_list = make_list()
    target = make_target(target_list)
    allotment_id = make_places(target_list.event_id, target_list.group_id, 5, by=CONSOLE, at=NOON)
    campaign = make_campaign(target_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    db.session.rollback()
    (row,) = db.session.scalars(select(Placement).where(Placement.allotment_id == allotment_id))
    assert row.state is PlacementState.ASKED
    assert row.invitation.stakeholder_id == target.stakeholder_id


def test_a_campaign_of_a_wave_reaches_that_wave_only(app):
    target_list = make_list()
    make_target(target_list)
    wave_two = make_target(target_list, make_stakeholder("Second"))
    set_wave(target_list.id, [wave_two.id], 2, by=CONSOLE, at=NOON)
    campaign = make_campaign(target_list)
    before = db.session.get(Campaign, campaign.id).digest()
    with transaction() as session:
        (entry,) = session.scalars(
            select(CampaignList).where(CampaignList.campaign_id == campaign.id)
        )
        entry.wave = 2
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get(Campaign, campaign.id).digest() != before
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    db.session.rollback()
    sent = db.session.scalars(select(Message.name).where(Message.campaign_id == campaign.id))
    assert list(sent) == ["Second"]
    assert audience_count(campaign.id, NOON) == 1
