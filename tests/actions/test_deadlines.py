"""Dates that move: what is counted from them moves along, at the same hour of the event's zone."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from outreach.actions.campaigns import (
    approve_campaign,
    change_campaign,
    draft_campaign,
    finish_campaigns,
    schedule_campaign,
)
from outreach.actions.conferences import describe_conference, move_conference
from outreach.actions.deadlines import move_reply_by, move_step
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.drafting import StepPlan
from outreach.errors import Conflict, NotFound
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Activity, Actor
from outreach.models.campaign import Campaign, NeedsSecondPerson
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.seat import Seat
from outreach.models.step import Anchor, StepKind, StepState
from outreach.queries.moves import conference_moves, reply_by_move, zone_moves
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.factories import (
    NOON,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_seat_offer,
    make_stakeholder,
    make_target,
    the_conference,
)

DAY = timedelta(days=1)
FRIDAY = 4


def going(*steps, is_approved=True, is_scheduled=True):
    target_list = make_list()
    make_target(target_list, make_stakeholder("Amina"))
    campaign = make_campaign(target_list)
    change_campaign(campaign.id, plan(target_list, *steps), by=CONSOLE, at=NOON)
    if is_approved:
        approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    if is_scheduled:
        schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    return campaign.id


def fresh(campaign_id):
    reading().rollback()
    reading().expire_all()
    return reading().get_one(Campaign, campaign_id)


def due(campaign_id):
    return [step.due_at for step in fresh(campaign_id).steps]


def test_what_is_counted_from_a_reply_by_moves_with_it_and_what_has_gone_stays(app):
    campaign_id = going(INVITATION, reminder(14), reminder(3))
    launch_due_steps(at=NOON)
    own = make_invitation(event=fresh(campaign_id).event, reply_by=NOON + 12 * DAY)
    before, old = due(campaign_id), fresh(campaign_id).reply_by
    shown = reply_by_move(campaign_id, old + 7 * DAY, NOON)
    assert move_reply_by(campaign_id, old + 7 * DAY, by=CONSOLE, at=NOON) == 1
    assert shown.invitations_count == 1
    assert [move.becomes for move in shown.moves[1:]] == due(campaign_id)[1:]
    assert due(campaign_id) == [before[0], before[1] + 7 * DAY, before[2] + 7 * DAY]
    dates = {row.id: row.reply_by for row in reading().query(Invitation)}
    assert dates.pop(own.id) == NOON + 12 * DAY
    assert list(dates.values()) == [old + 7 * DAY]
    assert reading().query(Activity).filter_by(verb="moved_reply_by").count() == 1


def test_a_step_whose_new_time_has_passed_asks_a_person(app):
    campaign_id = going(INVITATION, reminder(14), reminder(3))
    launch_due_steps(at=NOON)
    shown = reply_by_move(campaign_id, NOON + 10 * DAY, NOON)
    assert ["you will be asked" in move.note for move in shown.moves] == [False, True, False]
    move_reply_by(campaign_id, NOON + 10 * DAY, by=CONSOLE, at=NOON)
    assert [step.state for step in fresh(campaign_id).steps] == [
        StepState.LAUNCHED, StepState.MISSED, StepState.WAITING,
    ]  # fmt: skip


def test_another_reply_by_takes_an_approval_away(app):
    """A51."""
    campaign_id = going(INVITATION, reminder(3), is_scheduled=False)
    move_reply_by(campaign_id, NOON + 40 * DAY, by=CONSOLE, at=NOON)
    campaign = fresh(campaign_id)
    assert (campaign.state, campaign.approved_digest) == ("draft", None)


def test_what_is_over_or_would_have_passed_cannot_be_moved(app, mailer):
    campaign_id = going(INVITATION)
    with pytest.raises(Conflict):
        move_reply_by(campaign_id, NOON, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    with pytest.raises(Conflict, match="to come"):
        move_step(fresh(campaign_id).steps[0].id, NOON + DAY, by=CONSOLE, at=NOON)
    drain(mailer, now=lambda: NOON)
    assert finish_campaigns(at=NOON + 60 * DAY) == 1
    assert reply_by_move(campaign_id, NOON + 90 * DAY, NOON + 60 * DAY) is None
    with pytest.raises(Conflict, match="finished"):
        move_reply_by(campaign_id, NOON + 90 * DAY, by=CONSOLE, at=NOON + 60 * DAY)
    with pytest.raises(NotFound):
        move_reply_by(10**9, NOON + DAY, by=CONSOLE, at=NOON)
    with pytest.raises(NotFound):
        move_step(10**9, NOON + DAY, by=CONSOLE, at=NOON)


def test_a_step_may_be_counted_from_the_opening_at_an_hour_and_on_working_days_only(app):
    campaign_id = going(INVITATION, is_scheduled=False, is_approved=False)
    event = fresh(campaign_id).event
    opens_on = event.starts_at.astimezone(event.zone).date()
    reply_by = event.starts_at - 5 * DAY
    days = 8 + opens_on.weekday()  # a Sunday
    step = StepPlan(
        StepKind.REMINDER, Anchor.OPENING, "reminder", days_before=days, hour=9,
        working_days_only=True,
    )  # fmt: skip
    lists = [entry.list for entry in fresh(campaign_id).lists]
    wished = plan(lists[0], INVITATION, step, reply_by=reply_by)
    at = reply_by - 60 * DAY
    change_campaign(campaign_id, wished, by=CONSOLE, at=at)
    approve_campaign(campaign_id, by=CONSOLE, at=at)
    schedule_campaign(campaign_id, by=CONSOLE, at=at)
    local = due(campaign_id)[1].astimezone(event.zone)
    assert (local.hour, local.weekday()) == (9, 4)
    assert (opens_on - local.date()).days == days + 2


@pytest.mark.parametrize(("days", "why"), [(-1, "has passed"), (31, "after the reply-by")])
def test_a_step_is_moved_only_to_where_it_makes_sense(app, days, why):
    campaign_id = going(INVITATION, reminder(14))
    step = fresh(campaign_id).steps[1]
    with pytest.raises(Conflict, match=why):
        move_step(step.id, NOON + days * DAY, by=CONSOLE, at=NOON)
    move_step(step.id, NOON + 5 * DAY, by=CONSOLE, at=NOON)
    assert fresh(campaign_id).is_as_approved  # it goes on: whoever moved it may approve it
    move_reply_by(campaign_id, NOON + 50 * DAY, by=CONSOLE, at=NOON)
    assert due(campaign_id)[1] == NOON + 5 * DAY


def test_every_open_deadline_moves_along_with_the_conference(app):
    """Rule 3 of the field: by as many days, the hour of the event's zone kept."""
    campaign_id = going(INVITATION, reminder(3))
    launch_due_steps(at=NOON)
    invited = make_invitation(event=fresh(campaign_id).event, reply_by=NOON + 12 * DAY)
    closed = make_invitation(event=fresh(campaign_id).event, reply_by=NOON - DAY)
    offer = make_seat_offer()
    conference, old = the_conference(), fresh(campaign_id).reply_by
    seat_by, step_at = NOON + 40 * DAY, due(campaign_id)[1]
    days = 10 * DAY
    shown = {move.what: move for move in conference_moves(conference.id, days, NOON)}
    move_conference(conference.id, conference.opens_on + days, by=CONSOLE, at=NOON)
    campaign = fresh(campaign_id)
    zone = campaign.event.zone

    def later(at):
        return at.astimezone(zone) + days

    assert campaign.reply_by == later(old) == shown["Reply-by"].becomes
    assert due(campaign_id)[1] == later(step_at) == shown["Reminder"].becomes
    assert reading().get_one(Invitation, invited.id).reply_by == later(NOON + 12 * DAY)
    assert reading().get_one(Invitation, closed.id).reply_by == NOON - DAY
    assert reading().get_one(Seat, offer.seat_id).fill_by == later(seat_by)
    assert "Answers of 2 invitations" in shown
    assert any(what.startswith("A seat of") for what in shown)


def place(**changes):
    """What describes the conference now, but for some of it."""
    (event,) = (one for one in reading().scalars(select(Event)) if one.kind == "conference")
    one = event.conference
    now = {
        "name": one.name, "city": one.city, "country_code": one.country_code, "venue": event.venue,
        "time_zone": one.time_zone, "host": one.host, "reply_to": one.reply_to,
    }  # fmt: skip
    return now | changes


def test_deadlines_keep_their_hour_when_the_conference_changes_its_time_zone(app):
    campaign_id = going(INVITATION, reminder(3))
    launch_due_steps(at=NOON)
    invited = make_invitation(event=fresh(campaign_id).event)
    conference, zone = the_conference(), ZoneInfo("Asia/Kathmandu")
    before = [*due(campaign_id)[1:], fresh(campaign_id).reply_by, invited.reply_by]
    wall = [at.astimezone(ZoneInfo(conference.time_zone)).replace(tzinfo=zone) for at in before]
    country = conference.country_code
    shown = {move.what: move for move in zone_moves(conference.id, zone.key, country, NOON)}
    assert (shown["Reminder"].becomes, shown["Reply-by"].becomes) == (wall[0], wall[1])
    assert "Answers of 2 invitations" in shown
    assert [*due(campaign_id)[1:], fresh(campaign_id).reply_by] == before[:2]
    wished = place(time_zone=zone.key)
    describe_conference(conference.id, **wished, by=CONSOLE, at=NOON)
    moved = fresh(campaign_id)
    answered_by = reading().get_one(Invitation, invited.id).reply_by
    assert [moved.steps[1].due_at, moved.reply_by, answered_by] == wall
    assert moved.is_as_approved
    assert zone_moves(conference.id, zone.key, country, NOON) == []
    wished = place(name="Elsewhere", time_zone="Europe/Zurich")
    describe_conference(conference.id, **wished, by=CONSOLE, at=NOON)
    assert fresh(campaign_id).has_lapsed
    # No date that moves afterwards approves what else has changed.
    move_conference(conference.id, conference.opens_on + DAY, by=CONSOLE, at=NOON)
    move_reply_by(campaign_id, NOON + 50 * DAY, by=CONSOLE, at=NOON)
    move_step(fresh(campaign_id).steps[1].id, NOON + 5 * DAY, by=CONSOLE, at=NOON)
    assert fresh(campaign_id).has_lapsed


def test_another_country_has_other_days_off(app):
    campaign_id = going(INVITATION, replace(reminder(5), working_days_only=True))
    conference, step_at = the_conference(), due(campaign_id)[1]
    assert step_at.weekday() == FRIDAY
    (shown,) = zone_moves(conference.id, conference.time_zone, "EG", NOON)
    assert (shown.what, shown.was, shown.becomes) == ("Reminder", step_at, step_at - DAY)
    describe_conference(conference.id, **place(country_code="EG"), by=CONSOLE, at=NOON)
    assert due(campaign_id)[1] == step_at - DAY
    assert fresh(campaign_id).has_lapsed


def test_what_would_have_passed_already_keeps_its_date(app):
    campaign_id = going(INVITATION, reminder(3))
    conference, old = the_conference(), fresh(campaign_id).reply_by
    shown = conference_moves(conference.id, -40 * DAY, NOON)
    assert ["would have passed" in move.note for move in shown if move.what == "Reply-by"] == [True]
    move_conference(conference.id, conference.opens_on - 40 * DAY, by=CONSOLE, at=NOON)
    assert fresh(campaign_id).reply_by == old


def test_the_author_of_a_campaign_at_work_moves_none_of_its_times(app):
    """Case A51: the times were approved by another, and so is their change."""
    author = Actor.account(make_account(Role.APPROVER).id)
    other = Actor.account(make_account(Role.APPROVER).id)
    target_list = make_list()
    make_target(target_list)
    campaign_id = draft_campaign(plan(target_list), by=author, at=NOON)
    move_reply_by(campaign_id, NOON + 41 * DAY, by=author, at=NOON)
    approve_campaign(campaign_id, by=other, at=NOON)
    schedule_campaign(campaign_id, by=author, at=NOON)
    for move in (
        lambda by: move_reply_by(campaign_id, NOON + 42 * DAY, by=by, at=NOON),
        lambda by: move_step(fresh(campaign_id).steps[1].id, NOON + 9 * DAY, by=by, at=NOON),
    ):
        with pytest.raises(NeedsSecondPerson):
            move(author)
        move(other)
