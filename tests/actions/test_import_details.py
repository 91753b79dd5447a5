"""What stands beside a person's row comes with a file, and goes again with it."""

import csv
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from outreach.actions.imports import import_file, take_back_import
from outreach.db import db, reading
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.models.answering_address import AnsweringAddress
from outreach.models.custom_field import CustomField, CustomKind, CustomValue
from outreach.models.office import Office
from outreach.models.phone import Phone
from outreach.models.stakeholder import Stakeholder
from outreach.queries.details import details_of
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_list,
    make_organisation,
    make_stakeholder,
    save,
)

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
    rows[0] += ["Time zone", "Protocol", "Assistants"]
    rows[1] += ["Mars/Olympus", "Baron", "Bo, bo@example.org"]
    report = import_file(write(rows), "x", make_list().id, **BY)
    assert [(one.row, one.column) for one in report.warnings] == [
        (2, "Badge number"), (2, "Since"), (2, "Phone"), (2, "Time zone"), (2, "Protocol"),
        (2, "Assistants"),
    ]  # fmt: skip
    assert report.created == 1


RECEIVED = [
    ["Name", "Email", "Office", "Time zone", "Protocol category"],
    ["New", "new@example.org", "Engineer", "africa/nairobi", "Посол"],
    ["Same", "same@example.org", "Minister of Post", "", "Ministre"],
    ["Known", "known@example.org", "", "Asia/Tokyo", "un_head"],
    ["Set", "set@example.org", "", "Asia/Tokyo", "大使"],
]


def received():
    columns = (
        Stakeholder.full_name, Stakeholder.protocol_category, Stakeholder.is_protocol_by_hand,
        Stakeholder.precedence, Stakeholder.time_zone,
    )  # fmt: skip
    reading().rollback()
    return {row[0]: tuple(row[1:]) for row in reading().execute(select(*columns))}


@pytest.mark.parametrize("rule", ["keep", "fill", "overwrite"])
def test_time_zone_and_protocol_by_hand_come_by_the_rule_and_go_again(write, rule):
    """What follows from the office anyway is not set by hand."""
    regulator = {"protocol_category": "regulator", "precedence": 40, "is_protocol_by_hand": True}
    make_stakeholder("Known", "known@example.org")
    make_stakeholder("Set", "set@example.org", time_zone="Africa/Lagos", **regulator)
    before, wanted = received(), make_list()
    rules = dict.fromkeys(("time_zone", "protocol"), rule)
    dry = import_file(write(RECEIVED), "x", wanted.id, **BY, rules=rules, dry_run=True)
    fates = [row["fate"] for row in dry.shown[2:]]
    assert ("time zone, protocol category" in fates[0]) is (rule != "keep")
    assert ("time zone, protocol category" in fates[1]) is (rule == "overwrite")
    report = import_file(write(RECEIVED), "x", wanted.id, **BY, rules=rules)
    assert (report.problems, report.warnings) == ([], [])
    minister = reading().scalar(select(Office.precedence).where(Office.name == "Minister"))
    was, of_known = before["Set"], ("un_head", True, 60, "Asia/Tokyo")
    assert received() == {
        "New": ("ambassador", True, 50, "Africa/Nairobi"),
        "Same": ("minister", False, minister, None),
        "Known": before["Known"] if rule == "keep" else of_known,
        "Set": ("ambassador", True, 50, "Asia/Tokyo") if rule == "overwrite" else was,
    }
    take_back(report.import_id)
    assert received() == before


def test_a_protocol_corrected_by_hand_after_an_import_stays_whole(write):
    known = make_stakeholder("Known", "known@example.org")
    report = import_file(write([RECEIVED[0], RECEIVED[3]]), "x", make_list().id, **BY)
    minister = {"protocol_category": "minister", "precedence": 20}
    db.session.execute(update(Stakeholder).where(Stakeholder.id == known.id).values(**minister))
    db.session.commit()
    take_back(report.import_id)
    assert received() == {"Known": ("minister", True, 20, None)}


def test_a_row_without_an_address_is_whom_we_know_so_by_name_and_organisation(write):
    bank = make_organisation("Bank")
    make_stakeholder("Ana", None, bank)
    make_stakeholder("Bo", None, bank, country_code="KE")
    make_stakeholder("Cy", None)
    for _ in range(2):
        make_stakeholder("Di", None)
    make_stakeholder("Ed", "ed@example.org", bank)
    rows = [["Name", "Email", "Organisation", "Country"], ["ANA", "", "bank", "KE"],
            ["Bo", "", "Bank", "SN"], ["Cy", "", "Bank", ""], ["Di", "", "", ""],
            ["Ed", "", "Bank", ""], ["New", "", "", ""], ["New", "", "", ""]]  # fmt: skip
    at = {"by": CONSOLE, "at": NOON + timedelta(hours=1)}
    report = import_file(write(rows), "x", make_list().id, **at, takes_addressless=True)
    assert (report.created, report.updated) == (6, 1)
    assert [row["fate"] for row in report.shown if row["fate"] != "New person"] == [
        "Known; put on the list, gets country code"
    ]
