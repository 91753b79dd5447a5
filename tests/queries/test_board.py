"""The questions of the board: the numbers add up, come from summary rows, and cost a fixed number
of SELECTs."""

from datetime import timedelta

import pytest

from outreach.actions.stars import decide_star, nominate_star
from outreach.models.activity import CONSOLE
from outreach.models.invitation import InvitationState
from outreach.models.star import Star, StarStage
from outreach.queries.board import (
    first_steps,
    group_standings,
    recent_answers,
    stars,
    together,
)
from outreach.queries.board_lists import Choice, people
from outreach.queries.tiles import administration_tiles
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_list,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    make_target,
    save,
    the_conference,
    the_event,
)

STATES = tuple(InvitationState)


@pytest.fixture
def event(app):
    return the_event()


@pytest.fixture
def banks(app):
    """Someone in each state, two more who are wanted only."""
    target_list = make_list()
    for state in STATES:
        person = make_stakeholder()
        make_target(target_list, person)
        make_invitation(person, state=state)
    make_target(target_list)
    make_target(target_list)
    return target_list


def test_invited_is_the_sum_of_its_states_and_wanted_that_of_invited_and_not_asked(event, banks):
    (standing,) = group_standings(event.id)
    assert standing.invited == sum(standing.counts.values()) == len(STATES)
    assert all(standing.counts[state] == 1 for state in STATES)
    assert standing.wanted == standing.invited + standing.not_asked == len(STATES) + 2


def test_all_groups_together_are_the_sum_of_the_groups(event, banks):
    youth = make_list(group="youth", name="Youth")
    make_target(youth)
    make_invitation(group="academia", state=InvitationState.DECLINED)
    standings = group_standings(event.id)
    whole = together(standings)
    assert len(standings) == 3
    assert whole.wanted == sum(one.wanted for one in standings)
    assert whole.invited == sum(one.invited for one in standings)
    assert whole.counts["declined"] == 2


def test_another_event_has_numbers_of_its_own(banks, event):
    assert group_standings(make_event().id) == []
    assert group_standings(event.id)


@pytest.mark.parametrize("state", STATES)
def test_the_list_behind_a_number_holds_as_many_people(event, banks, state):
    lines = people(Choice(event.id, "development_finance", state)).lines
    assert [line.state for line in lines] == [state]


def test_the_lists_behind_wanted_not_asked_and_answered_agree_with_the_board(event, banks):
    (standing,) = group_standings(event.id)
    assert len(people(Choice(event.id, state="wanted")).lines) == standing.wanted
    assert len(people(Choice(event.id, state="not_asked")).lines) == standing.not_asked
    assert len(people(Choice(event.id, state="answered")).lines) == standing.answered
    assert len(people(Choice(event.id)).lines) == standing.invited


def test_pages_of_people_follow_each_other_without_gap_or_double(event):
    invited = [make_invitation().stakeholder_id for _ in range(7)]
    seen, after = [], None
    while True:
        page = people(Choice(event.id), after, limit=3)
        seen += [line.stakeholder_id for line in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == invited


def test_people_are_found_by_country_and_by_name(event):
    bank = make_organisation("Banque des Lacs", country="KE")
    make_invitation(make_stakeholder("Amina Sow", organisation=bank))
    make_invitation(make_stakeholder("Björn Åkesson"))
    assert [line.name for line in people(Choice(event.id, country="KE")).lines] == ["Amina Sow"]
    assert [line.name for line in people(Choice(event.id, words="bjorn")).lines] == [
        "Björn Åkesson"
    ]


def test_a_star_of_two_lists_is_shown_once(event):
    person = make_stakeholder("Amina Sow")
    make_target(make_list(), person, is_star=True)
    make_target(make_list(group="youth"), person, is_star=True)
    assert [star.name for star in stars(event.id, NOON)] == ["Amina Sow"]
    assert len(people(Choice(event.id, is_star=True)).lines) == 1


def test_stars_who_have_not_answered_come_first(event):
    target_list = make_list()
    for name, state in (("Zoe", "silent"), ("Abel", "accepted"), ("Bao", None)):
        person = make_stakeholder(name)
        make_target(target_list, person, is_star=True)
        if state:
            make_invitation(person, state=InvitationState(state))
    assert [star.name for star in stars(event.id, NOON)] == ["Bao", "Zoe", "Abel"]


def test_stars_whose_date_has_passed_while_we_wait_are_at_risk_and_come_first(event):
    target_list = make_list()
    late, answered = NOON - timedelta(days=1), NOON - timedelta(days=9)
    for name, state, reply_by, next_on in (
        ("Abel", "silent", NOON + timedelta(days=3), None),
        ("Bao", "accepted", late, late.date()),
        ("Cai", "silent", late, None),
        ("Dev", "tentative", NOON + timedelta(days=3), late.date()),
        ("Eve", None, None, late.date()),
        ("Fay", None, None, NOON.date()),
    ):
        person = make_stakeholder(name)
        target = make_target(target_list, person, is_star=True)
        save(
            Star(
                target_id=target.id, stage=StarStage.APPROVED, stage_at=answered, reason="Chairs",
                nominated_at=answered, next_on=next_on, next_step="Ring" if next_on else "",
            )
        )  # fmt: skip
        if state:
            make_invitation(
                person, state=InvitationState(state), reply_by=reply_by,
                invited_at=answered,
            )  # fmt: skip
    found = stars(event.id, NOON)
    assert [star.name for star in found if star.is_at_risk(NOON)] == ["Eve", "Cai", "Dev"]
    assert [star.name for star in found[3:]] == ["Fay", "Abel", "Bao"]


def test_marking_a_star_shows_at_once(event):
    target = make_target(make_list())
    nominate_star(target.id, "Chairs the bank", by=CONSOLE, at=NOON)
    decide_star(target.id, True, by=CONSOLE, at=NOON)
    assert len(afresh(stars, event.id, NOON)) == 1
    assert afresh(group_standings, event.id)[0].stars == 1


def test_the_tile_of_a_state_shows_the_one_of_its_administration_who_is_furthest(event):
    ministry = make_organisation("Ministry of Kenya", group="member_state", country="KE")
    for state in (InvitationState.SILENT, InvitationState.ACCEPTED, InvitationState.DECLINED):
        make_invitation(make_stakeholder(organisation=ministry), group="member_state", state=state)
    bank = make_organisation("Bank of France", country="FR")
    make_invitation(make_stakeholder(organisation=bank), state=InvitationState.ACCEPTED)
    regions = administration_tiles(the_conference().id, event.id)
    tiles = {tile.country_code: tile.state for region in regions for tile in region.tiles}
    assert len(tiles) == 194
    assert tiles["KE"] == "accepted"
    assert tiles["FR"] == "not_asked"  # a bank is no administration
    assert sum(region.accepted for region in regions) == 1


def test_the_tile_of_namibia_is_called_na(event):
    regions = administration_tiles(the_conference().id, event.id)
    assert "NA" in {tile.country_code for region in regions for tile in region.tiles}


def test_recent_answers_are_those_of_a_week(event):
    for days in (1, 6, 8):
        make_invitation(state=InvitationState.ACCEPTED, answered_at=NOON - timedelta(days=days))
    assert recent_answers(event.id, NOON) == {"accepted": 2}


def test_the_first_steps_tick_off_one_by_one(app):
    assert not first_steps().has_list
    target_list = make_list()
    steps = afresh(first_steps)
    assert (steps.has_list, steps.has_people, steps.has_campaign) == (True, False, False)
    make_target(target_list)
    assert afresh(first_steps).has_people
    assert not afresh(first_steps).are_done


def test_a_seat_offer_is_no_invitation(event):
    make_seat_offer()
    assert group_standings(event.id) == []
