"""The door: the first arrival stands, however often and late it is told."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.actions.attendance import OtherEvent, check_in, take_back_arrival
from outreach.db import reading
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.attendance import Attendance
from outreach.queries.attendance import (
    at_the_door,
    counts_by_group,
    found_at_the_door,
    latest_arrivals,
)
from outreach.queries.happenings import happenings_of
from outreach.tokens import new_key
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_event,
    make_invitation,
    make_organisation,
    make_stakeholder,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def by(app):
    return Actor.account(make_account().id)


def come(invitation, by, came_at=NOON, at=NOON):
    return check_in(
        invitation.event_id, by=by, came_at=came_at, at=at, link_key=invitation.link_key
    )


def test_who_shows_a_code_is_in_once_with_the_first_time(by):
    invitation = make_invitation()
    assert come(invitation, by) == (invitation.id, True)
    assert come(invitation, by, NOON + MINUTE, NOON + MINUTE) == (invitation.id, False)
    assert afresh(at_the_door, invitation.id).came_at == NOON
    assert reading().scalar(select(func.count()).select_from(Activity)) == 1


def test_what_was_noted_without_a_network_keeps_its_time_and_never_lies_ahead(by):
    early, ahead = make_invitation(), make_invitation()
    come(early, by, NOON - 30 * MINUTE)
    come(ahead, by, NOON + 30 * MINUTE)
    assert afresh(at_the_door, early.id).came_at == NOON - 30 * MINUTE
    assert at_the_door(ahead.id).came_at == NOON


def test_a_code_of_another_event_lets_nobody_in(by):
    invitation = make_invitation()
    with pytest.raises(OtherEvent):
        check_in(make_event().id, by=by, came_at=NOON, at=NOON, link_key=invitation.link_key)
    with pytest.raises(NotFound):
        check_in(invitation.event_id, by=by, came_at=NOON, at=NOON, link_key=new_key())
    assert reading().scalar(select(func.count()).select_from(Attendance)) == 0


def test_a_mistake_is_taken_back_and_an_old_queue_does_not_bring_it_again(by):
    invitation = make_invitation()
    come(invitation, by)
    assert take_back_arrival(invitation.id, by=by, at=NOON + MINUTE)
    assert not take_back_arrival(invitation.id, by=by, at=NOON + MINUTE)
    assert come(invitation, by, NOON, NOON + 2 * MINUTE) == (invitation.id, False)
    assert afresh(at_the_door, invitation.id).came_at is None
    assert come(invitation, by, NOON + 3 * MINUTE, NOON + 3 * MINUTE) == (invitation.id, True)


def test_people_are_found_by_letters_of_their_name_or_organisation(by):
    bank = make_organisation("Bank of the Lakes")
    zoe = make_invitation(make_stakeholder("Zoë Ångström", organisation=bank))
    other = make_invitation(make_stakeholder("Paul"), make_event())
    assert [one.full_name for one in found_at_the_door(zoe.event_id, "angst ZOE")] == [
        "Zoë Ångström"
    ]
    assert [one.invitation_id for one in found_at_the_door(zoe.event_id, "lakes")] == [zoe.id]
    assert found_at_the_door(zoe.event_id, "paul") == []
    assert found_at_the_door(other.event_id, "%") == []
    assert found_at_the_door(other.event_id, " ") == []


def test_counts_are_by_group_of_those_who_accepted_and_those_who_are_in(by):
    ins = [make_invitation(state="accepted") for _ in range(3)]
    make_invitation(group="member_state", state="accepted")
    for invitation in ins[:2]:
        come(invitation, by)
    counts = {one.in_count: one.accepted_count for one in counts_by_group(ins[0].event_id)}
    assert counts == {0: 1, 2: 3}
    assert len(latest_arrivals(ins[0].event_id)) == 2


def test_attendance_stands_on_the_timeline(by):
    invitation = make_invitation()
    come(invitation, by)
    (line,) = happenings_of(invitation.stakeholder_id, kind="programme").lines
    assert line.what.startswith("Came to ")
