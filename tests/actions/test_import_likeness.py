"""Rows of a file that count as someone known by their likeness, where the importer chose so."""

import csv
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.imports import begin_import, import_file, take_back_import
from outreach.actions.uploads import choose, start_import
from outreach.db import reading
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.models.answering_address import AnsweringAddress
from outreach.models.imports import ImportState
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.target import Target
from outreach.queries.import_reports import Choices
from outreach.queries.imports import import_line
from tests.factories import NOON, afresh, make_list, make_organisation, make_stakeholder

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}
LONG_AGO = NOON - timedelta(days=9)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Two rows at a time: what one row is may have been told many rows before."""
    monkeypatch.setattr("outreach.importing.run.CHUNK", 2)
    monkeypatch.setattr("outreach.queries.import_reports.CHUNK", 2)


@pytest.fixture
def write(tmp_path):
    def write(rows):
        path = tmp_path / "people.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


def everyone():
    reading().rollback()
    unseen = ("changed_at", "version")
    return [
        sorted(
            tuple(v for name, v in row._mapping.items() if name not in unseen)
            for row in reading().execute(select(table.__table__))
        )
        for table in (Stakeholder, Target, Organisation, Standing, AnsweringAddress)
    ]


ALIKE = [
    ["Name", "Email", "Organisation", "Country", "Office", "Id"],
    ["Paz Ana", "ana@new.example.org", "World Bank", "CH", "Director", ""],
    ["Bo Ek", "bo@new.example.org", "Other Bank", "SE", "Director", ""],
    ["Cy Dee", "cу@example.org", "World Bank", "CH", "Director", ""],  # a Cyrillic у
    ["Di Fay", "di@new.example.org", "World Bank", "CH", "Director", "7"],
    ["Twin Name", "twin@new.example.org", "World Bank", "CH", "Director", ""],
    ["Ana Paz", "again@new.example.org", "World Bank", "CH", "Director", ""],
]


@pytest.fixture
def resembled():
    """Ana may be found; Bo's bank, Cy's address, Di's number and the twins speak against it."""
    bank, other = make_organisation("World Bank"), make_organisation("Third Bank")
    people = [
        make_stakeholder(
            name, email, at, country_code=land, external_id=number, created_at=LONG_AGO
        )
        for name, email, at, land, number in (
            ("Ana Paz", "ana@example.org", bank, "CH", None),
            ("Bo Ek", "bo@example.org", other, "SE", None),
            ("Cy Dee", "cy@example.org", bank, "CH", None),
            ("Di Fay", "di@example.org", bank, "CH", "8"),
            ("Twin Name", "one@example.org", bank, "CH", None),
            ("Twin Name", "two@example.org", bank, "CH", None),
        )
    ]
    return people[0]


def test_a_file_that_is_cut_short_takes_nobody_for_two_rows_either(write, resembled):
    wanted, path = make_list(), write(ALIKE)
    import_id = start_import(wanted.id, path, "x.csv", **BY)
    line = import_line(import_id)
    choose(import_id, Choices(line.columns, likely_score=97), line.looks["headers"])
    begin_import(import_id)
    stored = path.with_name(line.stored_name)
    for _ in range(4):
        run_import(import_id, stored, now=lambda: NOON, keeps_going=lambda: False)
    line = afresh(import_line, import_id)
    assert line.state is ImportState.APPLIED
    assert (line.created_count, line.updated_count, line.likely_count) == (5, 1, 1)


def test_a_likeness_counts_only_where_asked_for_and_nothing_speaks_against_it(write, resembled):
    wanted, path = make_list(), write(ALIKE)
    assert import_file(path, "x.csv", wanted.id, **BY, dry_run=True).updated == 0
    foreseen = import_file(path, "x.csv", wanted.id, **BY, dry_run=True, likely_score=97)
    (row,) = foreseen.likely_rows
    assert (row["row"], row["known"], row["score"], row["email"]) == (
        2, "Ana Paz", 97, "ana@new.example.org",
    )  # fmt: skip
    assert row["reasons"] == ["same name in another order", "same organisation"]
    assert any("Likely Ana Paz (97 of 100" in each.reason for each in foreseen.warnings)

    before = everyone()
    report = import_file(path, "x.csv", wanted.id, **BY, likely_score=97)
    assert (report.created, report.updated, report.likely) == (5, 1, 1)
    line = import_line(report.import_id)
    assert (line.likely_count, line.updated_count) == (1, 1)
    person = afresh(reading().get, Stakeholder, resembled.id)
    assert (person.full_name, person.email, person.office) == (
        "Ana Paz", "ana@example.org", "Director",
    )  # fmt: skip
    others = select(AnsweringAddress.stakeholder_id, AnsweringAddress.email)
    assert list(reading().execute(others)) == [(resembled.id, "ana@new.example.org")]
    take_back_import(report.import_id, by=CONSOLE)
    run_import(report.import_id, None, now=lambda: NOON)
    assert everyone() == before
