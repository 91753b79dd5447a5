"""A page looks at so many people at most: what is found so is whole, whatever is asked."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.advice.segments import Condition, Rule
from outreach.db import reading, transaction
from outreach.models.kind import StakeholderKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries import looking
from outreach.queries.keyset import ordered
from outreach.queries.people import SORTS, order_of, people
from outreach.queries.segments import conditions_of
from outreach.queries.shapes import IS_KEPT, Ground
from tests.factories import (
    NOON,
    make_account,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
    the_conference,
)

pytestmark = pytest.mark.usefixtures("app")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Nothing is made smaller: what one example costs is many pages."""
NAMES = ("Ana", "Ana", "Ana", "Bo", "Bo", "Chi", "Dua Bank", "Eva")


@pytest.fixture
def crowd():
    """Thirty people of few names, countries and languages, what they are by chance."""
    dice = Random(11)
    offices = [make_organisation(name) for name in ("Bank", "Office")]
    offices += [make_organisation("Ministry", group="member_state", country="KE")]
    offices[1].language, offices[2].language = "fr", "en"
    for office in offices:
        save(office)
    owner, banks, tag = make_account(), make_list("banks"), Tag(name="a", name_key="a")
    save(tag)
    more: list[Any] = []
    merged: list[int] = []
    for number in range(30):
        person = make_stakeholder(
            dice.choice(NAMES), country_code=dice.choice(("KE", "FR", "DE", None)),
            language=dice.choice(("fr", "en", None)), gender=dice.choice(("female", "male")),
            organisation=dice.choice((*offices, None, None)),
            owner_id=dice.choice((owner.id, None)),
        )  # fmt: skip
        if number % 3 == 0:
            make_target(banks, person, tier=dice.choice((1, 2)), wave=dice.choice((1, 2)))
        if number % 4 == 0:
            make_invitation(person, state=dice.choice(("silent", "accepted")))
        if number % 5 < 2:
            more.append(StakeholderTag(stakeholder_id=person.id, tag_id=tag.id))
        if number % 7 < 3:
            more.append(StakeholderKind(stakeholder_id=person.id, kind="problem_owner"))
        if number % 10 == 9:
            merged.append(person.id)
    save(*more)
    with transaction() as session:
        for id_ in merged:
            session.get_one(Stakeholder, id_).merged_into_id = id_ - 1
    return owner.id


def _conditions(owner_id: int) -> st.SearchStrategy[list[Condition]]:
    values = {
        "country": ("KE", "FR", "DE", "US"), "language": ("fr", "en", "ru"), "tag": ("a", "gone"),
        "gender": ("female", "unstated"), "kind": ("problem_owner", "fund_owner"),
        "group": ("member_state", "media"), "region": ("AFR", "EUR"), "tier": ("1", "2"),
        "wave": ("1", "2"), "list": ("banks",), "owner": (str(owner_id), "nobody"),
        "answer": ("silent", "not_asked"), "contacted": ("never", "ever"),
        "words": ("ana", "bank", "eva"),
    }  # fmt: skip
    one = st.sampled_from(sorted(values)).flatmap(
        lambda facet: st.builds(
            lambda chosen, is_not: Condition(facet, tuple(chosen), is_not=is_not),
            st.lists(st.sampled_from(values[facet]), min_size=1, max_size=2, unique=True),
            st.booleans(),
        )
    )
    return st.lists(one, max_size=3, unique_by=lambda condition: condition.facet)


_WORDS = st.sampled_from([sign + name for name in SORTS for sign in ("", "-")])
_SORTS = st.lists(_WORDS, min_size=1, max_size=3).map(",".join)


@pytest.mark.slow
def test_all_pages_together_are_everyone_who_fits_in_order(crowd, monkeypatch):
    _follow(crowd, monkeypatch, 100)


def test_pages_that_looked_at_few_are_everyone_who_fits_in_order(crowd, monkeypatch):
    _follow(crowd, monkeypatch, 12)


def _follow(owner_id, monkeypatch, examples):
    ground = Ground(the_conference().id, NOON)

    @settings(
        max_examples=examples, deadline=None, phases=PHASES,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(_conditions(owner_id), _SORTS, st.integers(1, 6), st.integers(4, 20), st.integers(1, 5))
    def follows(conditions, sort, limit, most, glance):
        monkeypatch.setattr(looking, "LOOK", most)
        monkeypatch.setattr(looking, "GLANCE", min(glance, most))
        rule = Rule.of(conditions)
        wanted = select(Stakeholder.id).where(IS_KEPT, *conditions_of(rule, ground))
        whole = list(reading().scalars(ordered(wanted, order_of(sort), None)))
        there, page = [], people(rule, ground, sort=sort, limit=limit)
        for _ in range(200):
            assert len(page.lines) == limit or page.looked or page.next is None
            there += [line.id for line in page.lines]
            if page.next is None:
                break
            page = people(rule, ground, sort=sort, after=page.next, limit=limit)
        assert there == whole
        there = [line.id for line in page.lines]
        while page.previous:
            page = people(rule, ground, sort=sort, before=page.previous, limit=limit)
            there = [line.id for line in page.lines] + there
        assert there == whole
        reading().rollback()

    follows()
