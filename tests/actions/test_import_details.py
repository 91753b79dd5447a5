"""What stands beside a person's row comes with a file, and goes again with it."""

import csv

import pytest
from sqlalchemy import func, select

from outreach.actions.imports import import_file, take_back_import
from outreach.db import reading
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.models.answering_address import AnsweringAddress
from outreach.models.custom_field import CustomField, CustomKind, CustomValue
from outreach.models.phone import Phone
from outreach.models.stakeholder import Stakeholder
from outreach.queries.details import details_of
from tests.factories import NOON, afresh, make_account, make_list, make_stakeholder, save

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}


@pytest.fixture
def write(tmp_path):
    def write(rows):
        path = tmp_path / "people.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


def count(*tables):
    reading().rollback()
    return [reading().scalar(select(func.count()).select_from(table)) for table in tables]


def take_back(import_id):
    take_back_import(import_id, by=CONSOLE)
    run_import(import_id, None, now=lambda: NOON)


DETAILED = [
    ["Name", "Email", "Office", "Phone", "Other emails", "Kind", "Tags", "Title in French",
     "Badge number", "Vegetarian", "Since", "Owner", "Pronouns", "Assistant email"],
    ["Ana Paz", "ana@example.org", "Minister of Post", "+41 22 730 51 11, office; +41 79 1",
     "paz@example.com", "fund owner", "AI; fibre", "S.E.", "1'200.5", "yes", "2026-01-31",
     "OWNER@example.org", "she/her", "bo@example.org"],
]  # fmt: skip


@pytest.fixture
def own_fields():
    kinds = {"Badge number": "number", "Vegetarian": "yes_no", "Since": "date"}
    save(
        *(
            CustomField(
                code=label.split()[0].casefold(), label=label, subject="person",
                kind=CustomKind(kind), created_at=NOON,
            )
            for label, kind in kinds.items()
        )
    )  # fmt: skip


def details(stakeholder_id):
    found = afresh(details_of, stakeholder_id)
    others = select(AnsweringAddress.email, AnsweringAddress.is_assistant)
    return (
        [number for number, _, _ in found.phones], [str(kind) for kind in found.kinds],
        sorted(found.tags), dict(found.forms), sorted(map(str, found.custom.values())),
        sorted(tuple(row) for row in reading().execute(others)),
    )  # fmt: skip


def test_phones_kinds_tags_and_the_teams_own_fields_come_with_a_new_person(write, own_fields):
    owner = make_account(email="owner@example.org")
    report = import_file(write(DETAILED), "x", make_list().id, **BY)
    assert (report.created, report.problems, report.warnings) == (1, [], [])
    (person,) = reading().scalars(select(Stakeholder)).all()
    assert (person.owner_id, person.pronouns) == (owner.id, "she/her")
    assert person.protocol_category == "minister"
    assert details(person.id) == (
        ["+41 22 730 51 11", "+41 79 1"], ["fund_owner"], ["AI", "fibre"], {"fr": ("S.E.", "")},
        ["1200.5", "2026-01-31", "True"], [("bo@example.org", True), ("paz@example.com", False)],
    )  # fmt: skip
    take_back(report.import_id)
    assert count(Stakeholder, Phone, CustomValue, AnsweringAddress) == [0, 0, 0, 0]


def test_a_known_person_gets_what_is_missing_and_loses_it_again(write, own_fields):
    known = make_stakeholder("Ana Paz", "ana@example.org")
    first = [[*DETAILED[0]], [*DETAILED[1]]]
    before = details(known.id)
    report = import_file(write(first), "x", make_list().id, **BY)
    assert "owner@example.org has no account here" in report.warnings[0].reason.casefold()
    whole = details(known.id)
    assert whole[4] == ["1200.5", "2026-01-31", "True"]
    first[1][3], first[1][8:11] = "+41 22 1", ["7", "no", "2020-02-02"]
    wanted = make_list()
    rules = {"custom_badge": "overwrite", "custom_since": "overwrite", "custom_vegetarian": "keep"}
    again = import_file(write(first), "y", wanted.id, **BY, rules=rules)
    assert details(known.id)[0] == [*whole[0], "+41 22 1"]
    assert details(known.id)[4] == ["2020-02-02", "7.0", "True"]
    take_back(again.import_id)
    assert details(known.id) == whole
    take_back(report.import_id)
    assert details(known.id) == before


def test_a_value_that_does_not_fit_its_field_is_told_with_row_and_column(write, own_fields):
    rows = [["Email", "Badge number", "Since", "Phone", "Group"],
            ["ana@example.org", "many", "yesterday", "call me", "youth"]]  # fmt: skip
    report = import_file(write(rows), "x", make_list().id, **BY)
    assert [(one.row, one.column) for one in report.warnings] == [
        (2, "Badge number"), (2, "Since"), (2, "Phone"),
    ]  # fmt: skip
    assert report.created == 1
