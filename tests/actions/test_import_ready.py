"""A large file is read by a process of its own: what comes of it is what comes of a small one."""

import csv
import os
import signal

import pytest
from sqlalchemy import select

from outreach.actions.imports import import_file, take_back_import
from outreach.bulk import rows_of
from outreach.db import reading
from outreach.importing import coming
from outreach.importing.ahead import Broke, from_a_child
from outreach.importing.run import run_import
from outreach.intake.unreadable import EmptyFile
from outreach.models.activity import CONSOLE, Activity
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target
from tests.factories import NOON, afresh, make_list, make_organisation, make_stakeholder

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}
HEADERS = [
    "Given name", "Family name", "Email", "Organisation", "Office", "Country", "Notes", "Tier",
    "Rank", "Why", "Phone", "Star", "External id", "Time zone", "Protocol",
]  # fmt: skip
PEOPLE = [
    ["Zoë", "Ñandú", "Zoe@Example.org", "Bank", "Minister of Trade", "Kenya", "a\tb", "1"],
    ["明", "王", "wang@example.org", "Bank", "Director", "", 'say "hi" \\N', "", "7", "Because"],
    ["Abe", "", "abe@example.org", "", "", "France", "two\nlines"],
    ["Known", "Address", "known@example.org", "Fund", "Chair"],
    ["Ana", "Paz", "ana.new@example.org", "Fund"],
    ["Known", "Number", "number@example.org", *[""] * 9, "N1"],
    ["New", "Number", "n2@example.org", *[""] * 9, "N2"],
    ["Two", "Rows", "two@example.org"],
    ["Two", "Rows", "two@example.org"],
    ["Other", "Name", "two@example.org"],
    ["Bad", "Address", "nowhere"],
    ["Phone", "Star", "phone@example.org", "", "", "", "", "", "", "", "+254 700 123456", "yes"],
    ["", "", "nameless@example.org"],
    ["Mixed", "Letters", "pаul@example.org"],
    ["Plain", "Letters", "rosa@example.org"],
    ["Time", "Zone", "zone@example.org", *[""] * 10, "africa/Lagos"],
    ["Protocol", "Hand", "hand@example.org", *[""] * 10, "Mars", "ambassador"],
]
COMPARED = {
    Stakeholder: "full_name name_key given_name family_name office country_code notes external_id"
    " email email_key protocol_category precedence is_protocol_by_hand time_zone created_at",
    Organisation: "name name_key country_code",
    Target: "is_star tier rank why created_at",
    Activity: "verb actor at",
}


def brought_in(path, large, monkeypatch, rows_at_once):
    """(the report, {table: its rows}) of an import, which is taken back again."""
    monkeypatch.setattr(coming, "LARGE", large)
    report = import_file(path, "people.csv", make_list().id, **BY, rows_at_once=rows_at_once)
    tables = {}
    for model, columns in COMPARED.items():
        wanted = select(*(rows_of(model).c[name] for name in columns.split()))
        if model is Activity:
            wanted = wanted.where(Activity.detail["import_id"].as_integer() == report.import_id)
        rows = afresh(lambda query: reading().execute(query).all(), wanted)
        tables[model.__name__] = sorted(map(repr, rows))
    take_back_import(report.import_id, by=CONSOLE)
    run_import(report.import_id, path, now=lambda: NOON)
    left = set(afresh(reading().scalars, select(Stakeholder.full_name)))
    said = report.as_dict()
    del said["import"]
    return said, tables, left


def test_a_large_file_comes_in_as_a_small_one_does_and_goes_as_it_does(tmp_path, monkeypatch):
    path = tmp_path / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADERS, *PEOPLE])
    fund = make_organisation("Fund")
    for name, address, number in (
        ("Known Address", "known@example.org", None),
        ("Ana Paz", "ana@example.org", None),
        ("Known Number", "other@example.org", "N1"),
    ):
        make_stakeholder(name, address, fund, external_id=number)
    make_stakeholder("Odd", "rоsа@example.org")
    here = brought_in(path, 2**40, monkeypatch, 5)
    elsewhere = brought_in(path, 0, monkeypatch, 5)
    assert elsewhere == here
    assert here[0]["created"] == 13
    assert "rosa@example.org looks like" in str(here[0]["warnings"])
    assert here[2] == {"Odd", "Known Address", "Ana Paz", "Known Number"}


def told(fault):
    yield 1
    if fault is None:
        os.kill(os.getpid(), signal.SIGKILL)
    raise fault


def untold():
    class Untold(Exception):
        """No other process knows it."""

    return Untold("a fault")


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (None, Broke, "was killed"),
        (EmptyFile(), EmptyFile, str(EmptyFile())),
        (untold(), Broke, "Untold: a fault"),
    ],
)
def test_a_fault_of_the_process_that_reads_is_told_to_the_one_that_writes(fault, kind, text):
    items = from_a_child(lambda: told(fault))
    assert next(items) == 1
    with pytest.raises(kind, match=text):
        next(items)


def test_who_reads_ahead_ends_with_who_wants_no_more():
    items = from_a_child(lambda: iter(lambda: os.getpid(), None))
    child = next(items)
    items.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
