"""Named people, whose answers someone of the team confirms."""

import pytest
from sqlalchemy import select

from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.actions.recorded_answers import write_down_answer
from outreach.actions.vips import NothingToConfirm, confirm_answer, name_vip, unname_vip
from outreach.db import reading
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.invitation import Invitation, Reply
from outreach.models.proof import Way
from outreach.queries.vips import may_be_vips, unconfirmed_answers, vips
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_campaign,
    make_event,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
)


@pytest.fixture
def by(app):
    return Actor.account(make_account().id)


@pytest.fixture
def minister(by):
    """Asked in a campaign that names her."""
    target_list = make_list()
    person = make_stakeholder("Amina Otieno")
    make_target(target_list, person, is_star=True)
    make_target(target_list, make_stakeholder("Zoë"))
    campaign = make_campaign(target_list)
    assert [one.full_name for one in may_be_vips(campaign.id, "")] == ["Amina Otieno"]
    name_vip(campaign.id, person.id, by=by, at=NOON)
    name_vip(campaign.id, person.id, by=by, at=NOON)
    assert [one.full_name for one in vips(campaign.id)] == ["Amina Otieno"]
    invitation = make_invitation(person)
    invitation.campaign_id = campaign.id
    return invitation


def waiting():
    return afresh(lambda: [(one.full_name, one.state.value) for one in unconfirmed_answers()])


def test_an_answer_counts_at_once_and_waits_until_someone_confirms_it(minister, by):
    answer_invitation(minister.id, Reply.ACCEPTED, "", at=NOON)
    assert waiting() == [("Amina Otieno", "accepted")]
    confirm_answer(minister.id, by=by, at=NOON)
    assert waiting() == []
    assert (
        reading().scalar(select(Activity.verb).order_by(Activity.id.desc())) == "confirmed_answer"
    )
    with pytest.raises(NothingToConfirm):
        confirm_answer(minister.id, by=by, at=NOON)


def test_a_change_after_the_confirmation_waits_again_and_one_taken_back_to_nothing_does_not(
    minister, by
):
    answer_invitation(minister.id, Reply.ACCEPTED, "", at=NOON)
    confirm_answer(minister.id, by=by, at=NOON)
    answer_invitation(minister.id, Reply.DECLINED, "", at=NOON)
    assert waiting() == [("Amina Otieno", "declined")]
    take_back_answer(minister.id, at=NOON)
    assert waiting() == [("Amina Otieno", "accepted")]


def test_what_the_team_writes_down_is_confirmed_by_that(minister, by):
    answer_invitation(minister.id, Reply.ACCEPTED, "", at=NOON)
    write_down_answer(
        minister.id, Reply.DECLINED, "", way=Way.PHONE, came_on=NOON.date(), by=by, at=NOON
    )
    assert waiting() == []


def test_others_and_other_events_do_not_wait(minister, by):
    answer_invitation(make_invitation().id, Reply.ACCEPTED, "", at=NOON)
    same_person = reading().get_one(Invitation, minister.id).stakeholder
    answer_invitation(make_invitation(same_person, make_event()).id, Reply.ACCEPTED, "", at=NOON)
    assert waiting() == []
    unname_vip(minister.campaign_id, minister.stakeholder_id, by=by, at=NOON)
    answer_invitation(minister.id, Reply.ACCEPTED, "", at=NOON)
    assert waiting() == []


def test_only_people_of_the_campaign_are_named(minister, by):
    with pytest.raises(NotFound):
        name_vip(minister.campaign_id, make_stakeholder("Nobody").id, by=by, at=NOON)
