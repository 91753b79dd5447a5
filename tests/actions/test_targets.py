"""Targets: starred, given a tier, taken off; every change can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.stars import decide_star, nominate_star
from outreach.actions.targets import IsStar, TooLate, remove_targets, take_back
from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.errors import NotFound
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.invitation import Invitation
from outreach.models.target import Target
from outreach.queries.lists import target_list
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import SORTS
from outreach.queries.targets import targets
from tests.factories import (
    NOON,
    make_account,
    make_event,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    the_event,
)

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}


def numbers(wanted):
    line = target_list(wanted.id)
    return line.wanted_count, line.star_count


def recount(wanted):
    reading().rollback()
    rows = reading().scalars(select(Target.is_star).where(Target.list_id == wanted.id)).all()
    return len(rows), sum(rows)


def test_only_people_of_this_list_are_changed():
    wanted, elsewhere = make_list(), make_target()
    assert remove_targets(wanted.id, [elsewhere.id], **BY) is None
    assert reading().get(Target, elsewhere.id) is not None


def test_who_was_taken_off_a_list_comes_back_to_the_same_place():
    wanted = make_list()
    first = make_target(wanted, tier=1, why="Chairs the board", decide_on=NOON.date())
    make_target(wanted)
    before = targets(wanted.id).lines[0]
    line = remove_targets(wanted.id, [first.id], **BY)
    assert numbers(wanted) == recount(wanted) == (1, 0)
    take_back(wanted.id, line, **BY)
    after = targets(wanted.id).lines[0]
    assert (after.name, after.tier, after.why) == (before.name, 1, "Chairs the board")
    assert numbers(wanted) == recount(wanted) == (2, 0)


def test_taking_back_twice_does_no_harm():
    wanted = make_list()
    target = make_target(wanted)
    line = remove_targets(wanted.id, [target.id], **BY)
    take_back(wanted.id, line, **BY)
    take_back(wanted.id, line, **BY)
    assert numbers(wanted) == recount(wanted) == (1, 0)


def test_a_star_and_who_is_nominated_stay_on_their_list_and_so_do_those_ticked_with_them():
    wanted = make_list()
    star, nominated, other = (
        make_target(wanted, is_star=True),
        make_target(wanted),
        make_target(wanted),
    )
    nominate_star(nominated.id, "Speaks for the small islands", **BY)
    for one in (star, nominated):
        with pytest.raises(IsStar):
            remove_targets(wanted.id, [other.id, one.id], **BY)
    assert numbers(wanted) == recount(wanted) == (3, 1)


def test_a_change_of_another_list_or_of_yesterday_is_not_taken_back():
    wanted, other = make_list(), make_list()
    line = remove_targets(wanted.id, [make_target(wanted).id], **BY)
    with pytest.raises(NotFound):
        take_back(other.id, line, **BY)
    with pytest.raises(TooLate):
        take_back(wanted.id, line, by=CONSOLE, at=NOON + timedelta(days=1))


def test_an_invitation_is_a_stars_as_long_as_any_list_of_its_event_says_so():
    person, event = make_stakeholder(), make_event()
    banks, agencies = make_list(event=event), make_list(event=event)
    one = make_target(banks, person, is_star=True)
    other = make_target(agencies, person, is_star=True)
    invitation = make_invitation(person, event, is_star=True)

    def is_star():
        reading().rollback()
        return reading().get(Invitation, invitation.id).is_star

    decider = Actor.account(make_account(Role.APPROVER).id)
    decide_star(one.id, is_star=False, why="Retired", by=decider, at=NOON)
    assert is_star()
    decide_star(other.id, is_star=False, why="Retired", by=decider, at=NOON)
    assert not is_star()


@pytest.fixture
def mixed():
    """Seven people of a list who stand differently in everything that orders it."""
    wanted, event = make_list(), the_event()
    for number in range(7):
        person = make_stakeholder(f"Name {number % 3}", language=("fr", None)[number % 2])
        make_target(
            wanted, person, is_star=number % 2 == 0, tier=1 + number % 3, rank=number % 4,
            decide_on=NOON.date() if number % 3 else None, is_alternate=number == 6,
            approved_at=NOON if number == 5 else None,
        )  # fmt: skip
        if number in (1, 2, 3):
            make_invitation(person, event, state=("accepted", "silent", "declined")[number % 3])
    return wanted


@pytest.mark.parametrize(("words", "look"), [("", 2), ("", 6), ("language=fr", 1), ("q=name", 6)])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_a_list_hold_everyone_once_both_ways_in_every_order(
    mixed, monkeypatch, sort, words, look
):
    rule = Rule.from_address([tuple(words.split("="))] if words else [])
    ground = Ground(the_event().conference_id, NOON)
    for order in (sort, f"-{sort}"):
        monkeypatch.setattr("outreach.queries.looking.LOOK", 7)
        whole = targets(mixed.id, rule, ground, sort=order).lines
        monkeypatch.setattr("outreach.queries.looking.LOOK", look)  # as if the list were long
        assert len({line.id for line in whole}) == len(whole) == (4 if "fr" in words else 7)
        pages, place = [], {}
        while place is not None:
            page = targets(mixed.id, rule, ground, sort=order, limit=3, **place)
            pages.append(page)
            place = {"after": page.next} if page.next else None
        assert [line for page in pages for line in page.lines] == whole
        there, page = [], pages[-1]
        while page.previous:
            page = targets(mixed.id, rule, ground, sort=order, before=page.previous, limit=3)
            there = [*page.lines, *there]
        assert [*there, *pages[-1].lines] == whole


def test_an_order_says_who_comes_first(mixed):
    def shown(sort, name):
        return [getattr(line, name) for line in targets(mixed.id, sort=sort).lines]

    assert shown("tier", "tier") == sorted(shown("rank", "tier"))
    assert shown("star", "is_star") == [True] * 4 + [False] * 3
    assert shown("deadline", "decide_on")[-3:] == shown("-deadline", "decide_on")[-3:] == [None] * 3
    assert [state and state.value for state in shown("status", "state")] == [
        None, None, None, None, "silent", "accepted", "declined",
    ]  # fmt: skip
    assert shown("status", "is_alternate")[2:4] == [True, False]


@pytest.mark.parametrize("after", ["x", "W10", "eyJhIjoxfQ", "WyJhIiwxXQ", "WzEsIm4iXQ", "é"])
def test_a_place_that_anyone_made_up_begins_at_the_start(after):
    target = make_target()
    assert [line.id for line in targets(target.list_id, after=after).lines] == [target.id]


def test_a_list_is_searched_by_name_organisation_and_address_whatever_the_accents():
    wanted = make_list()
    zoe = make_target(wanted, make_stakeholder("Zoë Łukasiewicz", "zoe@example.org"))
    bank = make_organisation("Banque de l’Équateur")
    ana = make_target(wanted, make_stakeholder("Ana Paz", "paz@example.net", bank))

    def found(words):
        rule = Rule.from_address([("q", words)])
        return [line.id for line in targets(wanted.id, rule, Ground(1, NOON)).lines]

    assert found("ZOE lukas") == [zoe.id]
    assert found("equateur ana") == [ana.id]
    assert found("paz@example") == [ana.id]
    assert found("%") == found("_") == []
    assert found("  ") == [zoe.id, ana.id]
