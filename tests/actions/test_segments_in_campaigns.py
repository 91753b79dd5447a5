"""A campaign's audience by segments and exclusions: everyone once, each with a true outcome."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import approve_campaign, draft_campaign, schedule_campaign
from outreach.actions.deadlines import move_reply_by
from outreach.actions.invitations import answer_invitation
from outreach.actions.segments import change_segment, drop_segment, save_segment
from outreach.actions.steps import launch_due_steps
from outreach.advice.segments import Condition, Rule
from outreach.db import reading, transaction
from outreach.delivery.outbox import drain
from outreach.drafting import StepPlan
from outreach.errors import Conflict, NotFound
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.allotment import Allotment, Placement
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.invitation import Invitation, Reply
from outreach.models.message import Message, Purpose
from outreach.models.step import Anchor, StepKind
from outreach.models.target import Target, TargetList
from outreach.queries.audience_looks import Wish, look
from outreach.queries.audience_members import NO_PLACE, WAITS
from outreach.queries.campaigns import outcomes_of
from outreach.queries.dry_run import dry_run
from outreach.queries.reasons import NO_ADDRESS
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.factories import (
    NOON,
    make_account,
    make_event,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
    save,
)
from tests.recount import assert_counts_add_up

DAY = timedelta(days=1)
NEWS = StepPlan(StepKind.PROMOTION, Anchor.START, "promotion")
THANKS = StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, "thank_you")


@pytest.fixture(autouse=True)
def counts_add_up(app):
    """After every one of these tests, every summary row can be recounted."""
    yield
    assert_counts_add_up()


@pytest.fixture
def banks(app):
    return make_list()


@pytest.fixture
def meeting(app):
    return make_event(code="RPM-X")


@pytest.fixture
def came(meeting):
    """Three who accepted the regional meeting, one of whom has no address."""
    people = [
        make_stakeholder("Amina"),
        make_stakeholder("Bo"),
        make_stakeholder("Chan", email=None),
    ]
    for person in people:
        make_invitation(person, meeting, state="accepted", answered_at=NOON - DAY)
    make_invitation(make_stakeholder("Said no"), meeting, state="declined", answered_at=NOON - DAY)
    return people


def segment(*conditions, name="Came to the meeting, not asked yet"):
    return save_segment(name, Rule.of(conditions), is_shared=True, by=CONSOLE, at=NOON)


def came_and_not_asked():
    return segment(Condition("answer", ("accepted",), "RPM-X"), Condition("answer", ("not_asked",)))


def going(target_list, *steps, at=NOON, **rest):
    id_ = draft_campaign(plan(target_list, *steps, **rest), by=CONSOLE, at=at)
    approve_campaign(id_, by=CONSOLE, at=at)
    schedule_campaign(id_, by=CONSOLE, at=at)
    return id_


def outcomes(campaign_id, kind):
    rows = reading().execute(
        select(Message.name, Message.reason)
        .where(Message.campaign_id == campaign_id, Message.purpose == kind)
        .order_by(Message.name)
    )
    return dict(tuple(row) for row in rows)


def test_who_accepted_the_meeting_and_was_not_asked_yet_is_invited_wanted_and_reminded(
    banks, came, mailer
):
    """The invitation ends "not asked yet", and yet the reminder is for the same people."""
    places = Allotment(
        event_id=banks.event_id, group_id=banks.group_id, places=9, created_at=NOON
    )  # fmt: skip
    save(places)
    with transaction() as session:
        session.get_one(TargetList, banks.id).allotment_id = places.id
    make_target(banks, make_stakeholder("Dora"))
    id_ = going(
        banks, INVITATION, reminder(14), THANKS, segment_ids=[came_and_not_asked()],
        newcomers_list_id=banks.id,
    )  # fmt: skip
    assert outcomes_of(id_, NOON)["waiting"] == 4
    foreseen = {run.kind: sorted(run.people.values()) for run in dry_run(id_, NOON)}
    launch_due_steps(at=NOON)
    assert outcomes(id_, Purpose.INVITATION) == {
        "Amina": "", "Bo": "", "Chan": NO_ADDRESS, "Dora": ""
    }  # fmt: skip
    wanted = select(Target.stakeholder_id).where(Target.list_id == banks.id)
    assert len(reading().scalars(wanted).all()) == 3, "Chan was not asked"
    assert len(reading().scalars(select(Placement.id)).all()) == 3
    drain(mailer, now=lambda: NOON)
    amina = select(Invitation).where(
        Invitation.stakeholder_id == came[0].id, Invitation.event_id == banks.event_id
    )
    answer_invitation(reading().scalar(amina).id, Reply.ACCEPTED, "", at=NOON + DAY)
    launch_due_steps(at=NOON + DAY)
    assert outcomes(id_, Purpose.THANK_YOU) == {"Amina": ""}
    assert not outcomes(None, Purpose.CONFIRMATION), "the thanks are the confirmation"
    launch_due_steps(at=NOON + 16 * DAY)
    reminded = outcomes(id_, Purpose.REMINDER)
    assert [name for name, reason in reminded.items() if not reason] == ["Bo", "Dora"]
    assert len(reminded) == 3, "Chan’s row is that of an invitation still"
    assert foreseen["reminder"].count("") == 3
    of_dora = select(Message.invitation_id).where(Message.name == "Dora").limit(1)
    answer_invitation(reading().scalar(of_dora), Reply.DECLINED, "", at=NOON + 16 * DAY)
    launch_due_steps(at=NOON + 16 * DAY)
    assert outcomes(id_, Purpose.THANK_YOU) == {"Amina": "", "Dora": ""}
    assert not outcomes(None, Purpose.CONFIRMATION), "for whoever came by a list, too"
    moved = move_reply_by(id_, NOON + 31 * DAY, by=CONSOLE, at=NOON + 16 * DAY)
    assert moved == 3, "all whom it invited"


def test_nobody_is_invited_past_a_list_and_no_alternate_before_a_place_is_free(banks, came):
    make_target(make_list(name="Others"), came[1], is_alternate=True)
    wish = Wish(banks.event_id, [], None, [came_and_not_asked()], [], [], None, False, invites=True)
    assert dict(look(wish, NOON).left_out) == {NO_PLACE: 1, WAITS: 1, NO_ADDRESS: 1}


def test_news_goes_to_a_segment_on_no_list_less_whom_the_team_leaves_out(banks, came):
    make_stakeholder("Excluded", country_code="CH")
    listed = make_stakeholder("On the list", country_code="CH")
    make_target(banks, listed)
    make_stakeholder("Reached", country_code="CH")
    make_stakeholder("Elsewhere", country_code="FR")
    swiss = segment(Condition("country", ("CH",)), name="Swiss")
    apart = segment(Condition("words", ("Excluded",)), name="Apart")
    id_ = going(
        banks, NEWS, list_ids=[], segment_ids=[swiss], left_out_list_ids=[banks.id],
        left_out_segment_ids=[apart],
    )  # fmt: skip
    launch_due_steps(at=NOON)
    assert outcomes(id_, Purpose.PROMOTION) == {
        "Excluded": "Left out by the team: in the segment “Apart”.",
        "On the list": f"Left out by the team: on the list “{banks.name}”.",
        "Reached": "",
    }
    invited = select(Invitation.id).where(Invitation.event_id == banks.event_id)
    assert reading().scalar(invited) is None


def test_leaving_out_who_was_asked_keeps_no_reminder_back(banks, came, mailer):
    everyone = segment(Condition("answer", ("accepted",), "RPM-X"), name="All")
    asked = segment(Condition("answer", ("silent", "answered")), name="Asked")
    make_invitation(came[1])
    id_ = going(
        banks, INVITATION, reminder(14), list_ids=[], segment_ids=[everyone],
        left_out_segment_ids=[asked], newcomers_list_id=banks.id,
    )  # fmt: skip
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    launch_due_steps(at=NOON + 16 * DAY)
    why = "Left out by the team: in the segment “Asked”."
    assert outcomes(id_, Purpose.INVITATION)["Bo"] == why
    assert outcomes(id_, Purpose.REMINDER) == {"Amina": "", "Bo": why}


def test_a_changed_rule_stops_what_was_approved_and_a_segment_in_use_stays(banks, came):
    """Case A51."""
    used = came_and_not_asked()
    id_ = going(
        banks, INVITATION, list_ids=[], segment_ids=[used], newcomers_list_id=banks.id
    )  # fmt: skip
    with pytest.raises(Conflict, match="is for this segment"):
        drop_segment(used, by=CONSOLE, at=NOON)
    change_segment(used, rule=Rule.of([Condition("country", ("CH",))]), by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    assert reading().get(Campaign, id_).state is CampaignState.PAUSED
    mine = Actor.account(make_account(Role.PROMOTER).id)
    hidden = save_segment("Mine", Rule.of([Condition("country", ("CH",))]), by=CONSOLE, at=NOON)
    with pytest.raises(NotFound):
        draft_campaign(plan(banks, NEWS, segment_ids=[hidden]), by=mine, at=NOON)
