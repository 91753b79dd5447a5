"""Many targets of a list changed at once: the count is stated, and each change is taken back."""

import pytest
from sqlalchemy import select

from outreach.actions import target_bulk
from outreach.actions.alternates import mark_alternates
from outreach.actions.target_bulk import Chosen, take_back_targets
from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.errors import Conflict, NotAnApprover, Refusal
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.models.target import Target
from outreach.queries.counting import targets_counted
from outreach.queries.happenings import happenings_of
from outreach.queries.lists import target_list
from outreach.queries.shapes import Ground
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_list,
    make_stakeholder,
    make_target,
    the_conference,
)
from tests.recount import assert_counts_add_up

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}
SEEN = ("stakeholder_id", "tier", "wave", "owner_id", "approved_at", "why", "rank", "decide_on",
        "is_alternate")  # fmt: skip


@pytest.fixture
def wanted():
    """A list of three French readers, one of them a star, and someone else."""
    wanted = make_list("banks", name="Banks")
    for number in range(3):
        person = make_stakeholder(
            f"Person {number}", language="fr", gender=("female", "")[number % 2]
        )
        make_target(
            wanted, person, wave=2, why="Chairs", decide_on=NOON.date(), is_star=number == 0
        )
    make_target(wanted, make_stakeholder("Other", language="en"))
    return wanted


def all_french(wanted, count=3):
    rule = Rule.from_address([("language", "fr")])
    return Chosen(wanted.id, (), rule, Ground(the_conference().id, NOON, wanted.code), count)


def french(chosen):
    return reading().scalars(chosen.targets()).all()


def stands(wanted):
    def ask():
        rows = reading().scalars(select(Target).where(Target.list_id == wanted.id))
        stars = set(reading().scalars(select(Star.target_id)))
        return sorted((*(str(getattr(row, n)) for n in SEEN), row.id in stars) for row in rows)

    return afresh(ask), afresh(target_list, wanted.id).wanted_count


def lines_of(name):
    """What a person's time line says, newest first."""
    person = select(Stakeholder.id).where(Stakeholder.full_name == name)
    return [line.what for line in afresh(happenings_of, reading().scalar(person)).lines]


CHANGES = {
    "tier": (lambda chosen, _: target_bulk.give_tier(chosen, 1, **BY), 3),
    "wave": (lambda chosen, _: target_bulk.give_wave(chosen, 4, **BY), 3),
    "owner": (lambda chosen, owner: target_bulk.give_owner(chosen, owner.id, **BY), 3),
    "alternate": (lambda chosen, _: mark_alternates(chosen.list_id, french(chosen), True, **BY), 3),
    "approve": (lambda chosen, _: target_bulk.approve_targets(chosen, **BY), 3),
    "remove": (lambda chosen, _: target_bulk.remove_many(chosen, **BY), 2),
    "nominate": (lambda chosen, _: target_bulk.nominate_many(chosen, "Opens doors", **BY), 2),
}


@pytest.mark.parametrize("what", CHANGES)
def test_all_who_fit_are_changed_and_everything_is_put_back(wanted, what):
    (change, expected), owner = CHANGES[what], make_account(name="Kofi")
    before = stands(wanted)
    done = change(all_french(wanted), owner)
    after = stands(wanted)
    assert done.count == expected
    assert len(after[0]) == after[1] == (2 if what == "remove" else 4)
    assert after != before
    assert_counts_add_up()
    again = all_french(wanted, count=1 if what == "remove" else 3)
    assert change(again, owner).change_id is None
    assert take_back_targets(done.change_id, **BY) == expected
    assert stands(wanted) == before
    told = lines_of("Person 1")
    assert told[0] == f"Taken back, with others: {told[1].removesuffix(', with others')}"
    assert_counts_add_up()
    with pytest.raises(Conflict):
        take_back_targets(done.change_id, **BY)


def test_what_changed_again_meanwhile_stays(wanted):
    first = target_bulk.give_tier(all_french(wanted), 1, **BY)
    one = reading().scalars(select(Target.id).where(Target.tier == 1).order_by(Target.id)).first()
    target_bulk.give_tier(Chosen(wanted.id, [one]), 3, **BY)
    assert take_back_targets(first.change_id, **BY) == 2
    tiers = afresh(lambda: sorted(reading().scalars(select(Target.tier))))
    assert tiers == [2, 2, 2, 3]
    assert lines_of("Person 1")[0] == "Taken back, for 2 of 3: Tier 1 on Banks"


def test_a_nomination_that_was_decided_meanwhile_stays(wanted):
    done = target_bulk.nominate_many(all_french(wanted), "Opens doors", **BY)
    star = reading().scalars(select(Star)).first()
    star.stage = StarStage.APPROVED
    reading().commit()
    assert take_back_targets(done.change_id, **BY) == 1


def test_others_who_fit_by_now_a_role_that_may_not_and_no_reason_change_nothing(wanted):
    before = stands(wanted)
    promoter = Actor.account(make_account(Role.PROMOTER).id)
    with pytest.raises(Conflict, match="3 by now, not 5"):
        target_bulk.give_tier(all_french(wanted, count=5), 1, **BY)
    with pytest.raises(NotAnApprover):
        target_bulk.approve_targets(all_french(wanted), by=promoter, at=NOON)
    with pytest.raises(Refusal, match="Say why"):
        target_bulk.nominate_many(all_french(wanted), "  ", **BY)
    assert stands(wanted) == before


def test_a_list_counts_women_among_those_who_stated_it_and_says_who_did_not(wanted):
    chosen = all_french(wanted)
    genders = targets_counted(wanted.id, chosen.rule, chosen.ground).genders
    assert (genders.female, genders.stated, genders.unstated) == (2, 2, 1)


@pytest.mark.parametrize("tier", [0, 4, -1])
def test_a_tier_is_one_of_three(wanted, tier):
    with pytest.raises(Refusal, match="A tier is 1, 2 or 3"):
        target_bulk.give_tier(all_french(wanted), tier, **BY)
