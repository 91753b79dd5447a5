"""Organisations of a list are asked through their focal points: from the list, and by campaigns."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.delegation_members import Named, name_member
from outreach.actions.focal_points import ask_wanted, withdraw_delegation, withdraw_group
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE, Activity
from outreach.models.campaign import NotReady
from outreach.models.delegation import Delegation
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import StepKind
from outreach.models.suppression import Suppression, digest_of
from outreach.queries.audience_looks import Wish, look
from outreach.queries.audit import audit
from outreach.queries.board import group_standings
from outreach.queries.campaigns import campaign_summary
from outreach.queries.organisation_targets import organisation_lines
from outreach.queries.organisations_reached import organisations_reached
from tests.factories import (
    NOON,
    afresh,
    make_campaign,
    make_list,
    make_organisation,
    make_organisation_target,
    make_stakeholder,
    make_target,
    save,
    the_conference,
    the_event,
)
from tests.recount import assert_counts_add_up

BY_CONSOLE = {"by": CONSOLE, "at": NOON}
NAME_BY = NOON + timedelta(days=30)


def body_on(wanted, name, *, person=True, **columns):
    """An organisation on a list, with a focal point on record."""
    body = make_organisation(name, group="member_state")
    target = make_organisation_target(wanted, body, **columns)
    if person:
        focal = make_stakeholder(f"Focal point of {name}", organisation=body)
        save(
            FocalPoint(
                conference_id=the_conference().id, organisation_id=body.id,
                stakeholder_id=focal.id, authorised_by="Note verbale 4",
                authorised_on=NOON.date(), recorded_at=NOON,
            )
        )  # fmt: skip
    return target


@pytest.fixture
def wanted(app):
    """A list with one person, one organisation that can be asked, and one that cannot."""
    wanted = make_list(group="member_state")
    make_target(wanted, make_stakeholder("Ada"))
    body_on(wanted, "Ministry of Trade", most_members=3)
    body_on(wanted, "Ministry of Silence", person=False)
    return wanted


def focal_point():
    return (
        reading()
        .scalars(select(Stakeholder).join(FocalPoint, FocalPoint.stakeholder_id == Stakeholder.id))
        .one()
    )


def states(list_id):
    return {one.name: one.state(NOON) for one in afresh(organisation_lines, list_id)}


def run(campaign, at=NOON):
    approve_campaign(campaign.id, by=CONSOLE, at=at)
    schedule_campaign(campaign.id, by=CONSOLE, at=at)
    launch_due_steps(at=at)


def asked_by_mail():
    return reading().scalar(
        select(func.count()).where(Message.purpose == Purpose.FOCAL_POINT)
    )  # fmt: skip


def test_all_of_a_list_who_can_be_asked_are_asked_once_each_for_as_many_as_it_says(wanted):
    with pytest.raises(Conflict, match="1 focal points can be asked by now, not 2"):
        ask_wanted(wanted.id, said_count=2, name_by=NAME_BY, **BY_CONSOLE)
    line, count = ask_wanted(wanted.id, said_count=1, name_by=NAME_BY, **BY_CONSOLE)
    assert count == 1
    delegation = reading().scalars(select(Delegation)).one()
    assert (delegation.most_members, delegation.authorised_by) == (3, "Note verbale 4")
    assert states(wanted.id) == {"Ministry of Trade": "asked", "Ministry of Silence": "wanted"}
    with pytest.raises(Refusal):
        ask_wanted(wanted.id, said_count=0, name_by=NAME_BY, **BY_CONSOLE)
    withdraw_group(line, **BY_CONSOLE)
    assert states(wanted.id)["Ministry of Trade"] == "wanted"


def test_the_invitation_asks_focal_points_who_get_no_invitation_and_no_place_themselves(
    wanted, mailer
):
    campaign = make_campaign(wanted)
    before = afresh(organisations_reached, campaign.id)
    assert [one.name for one in before.ready] == ["Ministry of Trade"]
    assert [(why, len(lines)) for why, lines in before.left_out] == [("no focal point yet", 1)]
    run(campaign)
    drain(mailer, now=lambda: NOON)
    assert len(mailer.sent) == 2
    assert reading().scalar(select(func.count(Invitation.id))) == 1, "Ada's alone"
    delegation = reading().scalars(select(Delegation)).one()
    assert delegation.name_by == campaign.reply_by
    assert campaign_summary(campaign.id)["audience_count"] == 1
    of_group = [one for one in group_standings(the_event().id) if one.code == "member_state"]
    assert [(one.wanted, one.invited) for one in of_group] == [(1, 1)], "the board counts people"
    line = reading().scalars(select(Activity).where(Activity.verb == "asked_organisations")).one()
    assert line.detail == {"count": 1, "left_out": {"no focal point yet": 1}}
    name_member(delegation.id, Named("Ben", "ben@example.org"), at=NOON)
    assert states(wanted.id)["Ministry of Trade"] == "naming"
    after = afresh(organisations_reached, campaign.id)
    assert ([one.name for one in after.asked], after.ready) == (["Ministry of Trade"], [])
    assert_counts_add_up()
    assert audit(NOON).is_sound


def test_a_second_campaign_asks_nobody_twice_nor_whom_the_team_asks_no_more(wanted):
    run(make_campaign(wanted))
    run(make_campaign(wanted, name="Once more", asks_again=True))
    assert asked_by_mail() == 1
    withdraw_delegation(reading().scalars(select(Delegation.id)).one(), **BY_CONSOLE)
    campaign = make_campaign(wanted, name="And again", asks_again=True)
    run(campaign)
    assert asked_by_mail() == 1
    reasons = {why for why, _ in afresh(organisations_reached, campaign.id).left_out}
    assert reasons == {"no focal point yet", "its focal point is asked no more"}


def test_a_campaign_of_one_wave_asks_the_organisations_of_that_wave(wanted):
    body_on(wanted, "Ministry of Later", wave=2)
    make_target(wanted, make_stakeholder(), wave=2)
    campaign = make_campaign(wanted)
    campaign.lists[0].wave = 2
    save(campaign)
    run(campaign)
    assert states(wanted.id)["Ministry of Later"] == "asked"
    assert states(wanted.id)["Ministry of Trade"] == "wanted"


def test_a_list_of_organisations_alone_is_a_campaign_and_one_that_asks_nobody_is_none(app):
    wanted = make_list(group="member_state")
    body_on(wanted, "Ministry of Trade")
    run(make_campaign(wanted))
    assert states(wanted.id) == {"Ministry of Trade": "asked"}
    other = make_list(group="member_state")
    make_organisation_target(other, make_organisation("No group"))
    campaign = make_campaign(other)
    approve_campaign(campaign.id, **BY_CONSOLE)
    with pytest.raises(NotReady, match="Everyone in its audience would be left out"):
        schedule_campaign(campaign.id, **BY_CONSOLE)


def test_a_focal_point_whom_no_mail_may_reach_keeps_nobodys_letter_back(wanted):
    campaign = make_campaign(wanted)
    digest = digest_of(focal_point().email_key)
    save(Suppression(digest=digest, reason="bounced", source="x", since=NOON))
    left_out = [why for why, _ in afresh(organisations_reached, campaign.id).left_out]
    assert "no mail can go to its focal point" in left_out
    run(campaign)
    assert asked_by_mail() == 0
    assert reading().scalar(select(func.count(Invitation.id))) == 1


def test_news_goes_to_the_focal_points_of_a_lists_organisations_too_each_once(wanted, mailer):
    make_target(wanted, focal_point())
    body_on(wanted, "Ministry of More")
    run(make_campaign(wanted, kind=StepKind.PROMOTION))
    drain(mailer, now=lambda: NOON)
    names = sorted(email.to for email in mailer.sent)
    assert len(names) == 3
    assert len(set(names)) == 3
    assert reading().scalar(select(func.count(Invitation.id))) == 0
    assert_counts_add_up()


def test_the_form_of_a_campaign_counts_organisations_before_there_is_one(wanted):
    wish = Wish(the_event().id, [wanted.id], None, [], [], [], None, False, True)
    seen = look(wish, NOON)
    assert (seen.count, len(seen.organisations.ready)) == (1, 1)
    nobody = Wish(the_event().id, [wanted.id], None, [], [wanted.id], [], None, False, True)
    assert not look(nobody, NOON).organisations.count
