"""What the table of people costs: how many SELECTs, and by which index they come."""

import re

import pytest

from outreach.advice.segments import Condition, Rule
from outreach.db import is_postgresql
from outreach.queries.people import people
from outreach.queries.search import people_named
from outreach.queries.shapes import Ground
from tests.factories import (
    NOON,
    make_organisation,
    make_stakeholder,
    the_conference,
)
from tests.queries.plans import plan

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    ("sort", "index"),
    [("name", "ix_stakeholders_name_key"), ("-name", "ix_stakeholders_name_key"),
     ("added", "pk_stakeholders")],
)  # fmt: skip
def test_every_order_comes_from_an_index_and_costs_one_select(asked, sort, index):
    for number in range(4):
        make_stakeholder(f"Person {number}", country_code="KE", language="fr")
    ground = Ground(the_conference().id, NOON)
    first = people(Rule(), ground, sort=sort, limit=2)
    asked.clear()
    people(Rule(), ground, sort=sort, after=first.next, limit=2)
    assert len(asked) == 1
    said = plan(*asked[0])
    assert index in said or (sort == "added" and "PRIMARY KEY" in said), said
    assert "TEMP B-TREE FOR ORDER BY" not in said


@pytest.mark.parametrize(
    ("sort", "index"),
    [("country", "ix_stakeholders_country"), ("country,-name", "ix_stakeholders_country"),
     ("-country,name", "ix_stakeholders_country"), ("-language", "ix_stakeholders_language"),
     ("language,-name", "ix_stakeholders_language")],
)  # fmt: skip
def test_what_many_share_is_walked_group_by_group_each_from_an_index(asked, sort, index):
    for country in ("FR", "FR", "FR", "FR", None, "DE", "KE", "KE", "KE"):
        make_stakeholder("Same" if country == "KE" else None, country_code=country, language="fr")
        make_stakeholder("Ana", country_code="KE", language=country)
    ground = Ground(the_conference().id, NOON)
    whole = [line.id for line in people(Rule(), ground, sort=sort).lines]
    assert len(whole) == 18
    place, there = None, []
    while place or not there:
        asked.clear()
        page = people(Rule(), ground, sort=sort, after=place, limit=4)
        assert len(asked) <= 4
        for question in asked:
            said = plan(*question)
            assert index in said, said
            few = " IN (" in question[0]  # whole groups of fewer people than a page has room for
            assert few or is_postgresql() or "TEMP B-TREE FOR ORDER BY" not in said, said
        place = page.next
        there += [line.id for line in page.lines]
    assert there == whole


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [("stakeholders", "external_id", "ix_stakeholders_external_id"),
     ("stakeholders", "merged_into_id", "ix_stakeholders_merged_into_id"),
     ("activities", "campaign_id", "ix_activities_campaign")],
)  # fmt: skip
def test_what_few_rows_have_is_found_by_an_index_of_those_few(table, column, index):
    assert index in plan(f"SELECT id FROM {table} WHERE {column} IN ('7', '8')", ())


def test_two_conditions_cost_the_same_questions_however_many_people_there_are(asked):
    rule = Rule.of([Condition("language", ("fr",)), Condition("country", ("KE",))])
    ground = Ground(the_conference().id, NOON)
    counts = []
    for _ in range(2):
        for _ in range(3):
            make_stakeholder(language="fr", country_code="KE")
        asked.clear()
        people(rule, ground)
        counts.append(len(asked))
    settings = 1 if is_postgresql() else 0
    assert counts == [3 + settings] * 2


@pytest.mark.parametrize("sort", ["name", "-name", "country", "country,-name", "-language,country"])
def test_a_page_that_nobody_fits_looks_at_so_many_by_an_index_however_many_there_are(
    asked, monkeypatch, sort
):
    monkeypatch.setattr("outreach.queries.looking.GLANCE", 2)
    monkeypatch.setattr("outreach.queries.looking.LOOK", 6)
    rule = Rule.of([Condition("gender", ("other",)), Condition("contacted", ("never",))])
    ground, counts = Ground(the_conference().id, NOON), []
    for _ in range(2):
        for number in range(24):
            make_stakeholder(
                country_code="FKE"[number % 3] + "R", language=("fr", "en")[number % 2]
            )
        asked.clear()
        page = people(rule, ground, sort=sort)
        assert not page.lines
        assert 6 <= page.looked <= 8
        counts.append(len(asked))
        for question in asked:
            if "set_config" not in question[0]:
                assert not re.search(r"(SCAN|Seq Scan on) stakeholders(?! USING)", plan(*question))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "sort", ["country,-name", "-country", "language,-country", "-country,name"]
)
def test_those_who_fit_come_group_by_group_in_the_same_order(monkeypatch, sort):
    other = make_stakeholder("Person 1", country_code="KE", language="fr")
    for number, country in enumerate(("FR", None, "KE", "KE", None, "FR", "KE")):
        make_stakeholder(f"Person {number % 3}", country_code=country, gender="female")
    rule, ground = Rule.of([Condition("gender", ("female",))]), Ground(the_conference().id, NOON)
    whole = [line.id for line in people(Rule(), ground, sort=sort).lines]
    monkeypatch.setattr("outreach.queries.looking.GLANCE", 3)
    monkeypatch.setattr("outreach.queries.looking.LOOK", 5)
    place, there = None, []
    while place or not there:
        page = people(rule, ground, sort=sort, after=place, limit=2)
        place = page.next
        there += [line.id for line in page.lines]
    assert there == [id_ for id_ in whole if id_ != other.id]


@pytest.mark.parametrize("sort", ["country,-name", "-country,name", "country", "name"])
def test_those_of_some_countries_come_in_the_same_order_from_their_groups(asked, monkeypatch, sort):
    office = make_organisation("Bank", country="KE")
    for number, country in enumerate(("FR", None, "KE", "KE", "DE", "FR", "KE", "DE", None)):
        name = f"Person {number % 3} {number}"
        make_stakeholder(name, country_code=country, organisation=office if number > 7 else None)
    rule = Rule.of([Condition("country", ("KE", "FR"))])
    ground = Ground(the_conference().id, NOON)
    everyone = [(line.id, line.country_code, line.organisation)
                for line in people(Rule(), ground, sort=sort).lines]  # fmt: skip
    whole = [id_ for id_, country, office in everyone if country in ("KE", "FR") or office]
    monkeypatch.setattr("outreach.queries.looking.GLANCE", 2)
    monkeypatch.setattr("outreach.queries.looking.LOOK", 3)
    place, there = None, []
    while place or not there:
        asked.clear()
        page = people(rule, ground, sort=sort, after=place, limit=2)
        sorts = "TEMP B-TREE FOR ORDER BY" in plan(*asked[-1])
        assert is_postgresql() or sort == "name" or not sorts
        place = page.next
        there += [line.id for line in page.lines]
    assert there == whole
    assert len(whole) == 6


def test_the_nearest_name_comes_first_while_one_types():
    make_stakeholder("Ana Pazos", organisation=make_organisation("Bank"))
    make_stakeholder("Ana Paz")
    make_stakeholder("Diana Paz")
    assert people_named("ana paz")[0].name == "Ana Paz"
    assert {found.name for found in people_named("ana pzaos")} == {"Ana Pazos"}
    assert [found.hint for found in people_named("pazos bank")] == ["Bank"]
