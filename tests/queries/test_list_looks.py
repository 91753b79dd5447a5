"""A page of a long list looks at so many at most: what is found so is whole, whatever is asked."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from outreach.advice.segments import Condition, Rule
from outreach.db import is_postgresql, reading
from outreach.queries import counting, looking
from outreach.queries.counting import Counted, people_counted, targets_counted
from outreach.queries.list_pages import list_page
from outreach.queries.people import people_count
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import SORTS
from outreach.queries.targets import target_count, targets
from tests.factories import (
    NOON,
    make_account,
    make_invitation,
    make_list,
    make_organisation,
    make_organisation_target,
    make_stakeholder,
    make_target,
    the_conference,
)
from tests.queries.plans import plan, work

pytestmark = pytest.mark.usefixtures("app")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
BOTH_WAYS = [sign + sort for sort in SORTS for sign in ("", "-")]


def _wanted(wanted: Any, numbers: range, **columns: Any) -> None:
    """So many more of a list, who stand in every way, by turns."""
    for number in numbers:
        person = make_stakeholder(
            f"Person {number:03}", language=("fr", "en", None)[number % 3],
            gender=("female", "male")[number % 2],
        )  # fmt: skip
        columns["promoted_at"] = NOON if number % 10 == 0 else None
        make_target(
            wanted, person, tier=1 + number % 3, wave=1 + number % 2, is_star=number % 4 == 0,
            decide_on=NOON.date() if number % 5 == 0 else None, is_alternate=number % 5 == 0,
            approved_at=NOON if number % 7 < 3 else None, **columns,
        )  # fmt: skip
        if number % 3 == 0:
            make_invitation(
                person, state=("silent", "accepted", "declined")[number % 4 % 3],
                withdrawn_at=NOON if number % 9 == 0 else None,
            )  # fmt: skip


def test_a_page_of_a_long_list_costs_as_much_in_one_that_is_three_times_as_long(asked, monkeypatch):
    monkeypatch.setattr(looking, "GLANCE", 4)
    monkeypatch.setattr(looking, "LOOK", 12)
    wanted, ground = make_list(), Ground(the_conference().id, NOON)
    rules = [Rule(), Rule.of([Condition("gender", ("other",)), Condition("contacted", ("never",))])]
    rules.append(Rule.of([Condition("star", ("yes",)), Condition("language", ("fr",))]))
    pages = [(sort, rule) for sort in BOTH_WAYS for rule in rules]
    costs: list[dict[Any, int]] = []
    for numbers in (range(40), range(40, 120)):
        _wanted(wanted, numbers)
        costs.append({})
        for sort, rule in pages:
            asked.clear()
            page = targets(wanted.id, rule, ground, sort=sort, limit=3)
            assert len(page.lines) == 3 or page.looked
            assert page.looked <= 4 * looking.LOOK
            costs[-1][sort, rule] = work(list(asked))
    for one in pages:
        assert costs[1][one] <= 1.5 * costs[0][one] + 20, (one, costs[0][one], costs[1][one])


@pytest.mark.parametrize(
    ("sort", "index"),
    [("rank", "ix_targets_list_rank"), ("-rank", "ix_targets_list_rank"),
     ("tier", "ix_targets_tier"), ("star", "ix_targets_star"),
     ("deadline", "ix_targets_deadline"), ("-deadline", "ix_targets_deadline"),
     ("name", "ix_stakeholders_name_key"), ("-name", "ix_stakeholders_name_key"),
     ("status", "ix_targets_list_rank"), ("-status", "ix_invitations_withdrawn")],
)  # fmt: skip
def test_a_page_of_a_long_list_comes_from_an_index(asked, monkeypatch, sort, index):
    monkeypatch.setattr(looking, "GLANCE", 3)
    monkeypatch.setattr(looking, "LOOK", 5)
    wanted = make_list()
    for number in range(6):
        person = make_stakeholder(f"Person {number}")
        make_target(wanted, person, tier=1, decide_on=NOON.date(), is_star=True)
        if sort == "-status":
            make_invitation(person, withdrawn_at=NOON if number < 2 else None)
    asked.clear()
    first = targets(wanted.id, sort=sort, limit=1)
    assert len(targets(wanted.id, sort=sort, after=first.next, limit=1).lines) == 1
    said = [plan(*one) for one in asked if "set_config" not in one[0]]
    assert any(index in one for one in said), said
    walks = said[-3 if sort.endswith("name") else -1 :]
    is_sorted = any("TEMP B-TREE" in one for one in walks)
    assert is_postgresql() or sort.endswith("status") or not is_sorted, said


@pytest.mark.postgres
@pytest.mark.parametrize("question", [targets, targets_counted])
def test_whom_words_mean_is_asked_while_their_index_may_be_used(asked, monkeypatch, question):
    monkeypatch.setattr(looking, "LOOK", 5)
    wanted = make_list()
    _wanted(wanted, range(6))
    asked.clear()
    question(wanted.id, Rule.of([Condition("words", ("person 003",))]), Ground(1, NOON))
    kinds = ["bitmap" if "enable_bitmapscan" in str(one) else one[0] for one in asked]
    gathered = [place for place, one in enumerate(kinds) if "@@" in one and "CASE" not in one]
    assert gathered
    assert max(gathered) < kinds.index("bitmap")


@pytest.fixture
def mixed():
    """Two dozen people and six organisations of a list, what they are by chance."""
    dice, wanted, owner = Random(5), make_list(), make_account()
    _wanted(wanted, range(24), owner_id=owner.id)
    for number in range(6):
        make_organisation_target(
            wanted, make_organisation(f"Person {number:03} Bank"), rank=dice.randrange(30),
            tier=dice.choice((1, 2, 3)), decide_on=dice.choice((NOON.date(), None)),
            approved_at=dice.choice((NOON, None)),
        )  # fmt: skip
    return wanted.id, owner.id


def _conditions(owner_id: int) -> st.SearchStrategy[list[Condition]]:
    values = {
        "language": ("fr", "en"), "gender": ("female", "other"), "tier": ("1", "2"),
        "wave": ("1", "2"), "star": ("yes", "nominated"), "decision": ("approved", "alternate"),
        "answer": ("accepted", "silent", "not_asked"), "owner": (str(owner_id), "nobody"),
        "words": ("person", "bank", "003"), "group": ("development_finance", "media"),
    }  # fmt: skip
    one = st.sampled_from(sorted(values)).flatmap(
        lambda facet: st.builds(
            lambda chosen, is_not: Condition(facet, tuple(chosen), is_not=is_not),
            st.lists(st.sampled_from(values[facet]), min_size=1, max_size=2, unique=True),
            st.booleans(),
        )
    )
    return st.lists(one, max_size=2, unique_by=lambda condition: condition.facet)


@pytest.mark.slow
def test_all_pages_of_a_list_together_are_everyone_who_fits_in_order(mixed, monkeypatch):
    _follow(*mixed, monkeypatch, 100)


def test_pages_of_a_list_that_looked_at_few_are_everyone_who_fits_in_order(mixed, monkeypatch):
    _follow(*mixed, monkeypatch, 15)


def _follow(list_id, owner_id, monkeypatch, examples):
    ground = Ground(the_conference().id, NOON)

    @settings(
        max_examples=examples, deadline=None, phases=PHASES,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(
        _conditions(owner_id), st.sampled_from(BOTH_WAYS), st.booleans(), st.integers(1, 6),
        st.integers(3, 20), st.integers(1, 5),
    )  # fmt: skip
    def follows(conditions, sort, has_organisations, limit, most, glance):
        rule = Rule.of(conditions)

        def page_at(limit=limit, **place):
            return list_page(
                list_id, rule, ground, has_organisations=has_organisations, sort=sort,
                limit=limit, **place,
            )  # fmt: skip

        def keys(page):
            return [(type(line).__name__, line.id) for line in page.lines]

        monkeypatch.setattr(looking, "LOOK", 1_000)
        whole = keys(page_at(1_000))
        if not has_organisations:
            assert len(whole) == target_count(list_id, rule, ground)
        monkeypatch.setattr(looking, "LOOK", most)
        monkeypatch.setattr(looking, "GLANCE", glance)
        there, page = [], page_at()
        for _ in range(500):
            assert len(page.lines) == limit or page.looked or page.next is None
            there += keys(page)
            if page.next is None:
                break
            page = page_at(after=page.next)
        assert there == whole
        there = keys(page)
        while page.previous:
            page = page_at(before=page.previous)
            there = keys(page) + there
        assert there == whole
        reading().rollback()

    follows()


def test_a_page_counts_by_itself_as_far_as_a_limit_and_all_of_few(asked, monkeypatch):
    wanted, ground = make_list(), Ground(the_conference().id, NOON)
    _wanted(wanted, range(12))
    women = Rule.of([Condition("gender", ("female",))])
    assert people_counted(women, ground) == Counted(people_count(women, ground), True)
    counted = targets_counted(wanted.id, women, ground)
    assert (counted.count, counted.is_all) == (target_count(wanted.id, women, ground), True)
    assert counted.genders.female == 6
    monkeypatch.setattr(counting, "COUNTED", 5)
    assert people_counted(women, ground) == Counted(3, False)
    assert people_counted(Rule(), ground) == Counted(5, False)
    assert targets_counted(wanted.id, women, ground) == Counted(3, False)
    assert targets_counted(wanted.id, Rule(), ground) == Counted(12, True)
    few = Rule.of([Condition("words", ("person 003",))])
    assert people_counted(few, ground) == Counted(1, True)
    assert targets_counted(wanted.id, few, ground).genders.total == 1
