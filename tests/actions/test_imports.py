"""Imports: a file of people comes into a list whole or not at all, and never twice."""

import csv
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach import sheets
from outreach.actions.imports import (
    import_file,
)
from outreach.db import reading
from outreach.errors import NotFound
from outreach.intake.unreadable import (
    EmptyFile,
    NoAddressColumn,
    NotASpreadsheet,
    UnusableMapping,
)
from outreach.models.activity import CONSOLE, Activity
from outreach.models.answering_address import AnsweringAddress
from outreach.models.conference import ConstituentGroup, Region
from outreach.models.duplicate import Duplicate
from outreach.models.imports import AlreadyImported, HasProblems, Import
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.star import Star
from outreach.models.target import Target
from outreach.queries.exports import headers, rows_of_list
from outreach.queries.lists import target_list
from tests.factories import (
    NOON,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
)

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}


@pytest.fixture
def bring(tmp_path):
    """Write rows as a CSV (the first names the columns) and import it."""
    numbers = iter(range(100))

    def bring(wanted, *rows, **options):
        path = tmp_path / f"{next(numbers)}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return import_file(path, path.name, wanted.id, **BY | options)

    return bring


def count(table):
    reading().rollback()
    return reading().scalar(select(func.count()).select_from(table))


def people():
    reading().rollback()
    rows = reading().scalars(select(Stakeholder).order_by(Stakeholder.id)).all()
    return [(row.full_name, row.email) for row in rows]


def test_everyone_of_a_file_is_wanted_with_star_tier_and_reason(bring):
    wanted = make_list()
    report = bring(
        wanted,
        [
            "Full name",
            "E-mail",
            "Institution",
            "Function",
            "Country",
            "Language",
            "VIP",
            "Tier",
            "Why",
        ],
        [
            "Wanjiru Kamau",
            "W.Kamau@Example.org",
            "Bank of the Lakes",
            "Governor",
            "Kenya",
            "French",
            "yes",
            "1",
            "Chairs the board",
        ],
        ["李小龍", "li@example.org", "", "", "", "", "", "", ""],
    )
    assert report.as_dict() | {"import": None} == {
        "import": None,
        "read": 2,
        "created": 2,
        "updated": 0,
        "skipped": 0,
        "likely": 0,
        "problems": [],
        "warnings": [],
        "notes": [],
    }
    first = reading().scalars(select(Stakeholder).order_by(Stakeholder.id)).first()
    assert (first.email, first.office, first.country_code, first.language) == (
        "W.Kamau@example.org",
        "Governor",
        "KE",
        "fr",
    )
    target = reading().scalars(select(Target).where(Target.stakeholder_id == first.id)).one()
    star = reading().scalars(select(Star)).one()
    assert (star.target_id, star.reason) == (target.id, "Chairs the board")
    assert (target.is_star, target.tier, target.why) == (False, 1, "Chairs the board")
    line = target_list(wanted.id)
    assert (line.wanted_count, line.star_count) == (2, 0)


def test_an_organisation_stands_at_the_conference_in_the_lists_group_and_its_region(bring):
    bring(
        make_list(group="academia"),
        ["Name", "Email", "Organisation", "Country"],
        ["Wanjiru Kamau", "w@example.org", "Lakes University", "Kenya"],
        ["Ana Paz", "ana@example.org", "LAKES  UNIVERSITY", "Kenya"],
    )
    row = (
        reading()
        .execute(
            select(Organisation.name, ConstituentGroup.code, Region.code)
            .join(Standing, Standing.organisation_id == Organisation.id)
            .join(ConstituentGroup, Standing.group_id == ConstituentGroup.id)
            .join(Region, Standing.region_id == Region.id)
        )
        .one()
    )
    assert tuple(row) == ("Lakes University", "academia", "AFR")


def test_a_known_person_is_found_by_address_and_only_completed(bring):
    bank = make_organisation("Bank of the Lakes")
    known = make_stakeholder("Wanjiru Kamau", "w.kamau@example.org", bank, office="Governor")
    wanted = make_list()
    report = bring(
        wanted,
        ["Name", "Email", "Position", "Language", "Organisation"],
        ["KAMAU, Wanjiru", "W.KAMAU@EXAMPLE.ORG", "Director", "fr", "Another bank"],
    )
    assert (report.created, report.updated, report.skipped) == (0, 1, 0)
    assert report.warnings == []  # the same words in another order are the same name
    reading().rollback()
    row = reading().get(Stakeholder, known.id)
    assert (row.full_name, row.office, row.language) == ("Wanjiru Kamau", "Governor", "fr")
    assert row.organisation_id == bank.id
    verbs = reading().scalars(select(Activity.verb).where(Activity.stakeholder_id == known.id))
    assert sorted(verbs) == ["added_to_list", "filled_in"]


def test_another_name_at_a_known_address_is_told_and_the_known_name_stays(bring):
    make_stakeholder("Wanjiru Kamau", "w@example.org")
    report = bring(make_list(), ["Name", "Email"], ["W. Njoroge", "w@example.org"])
    assert [problem.reason for problem in report.warnings] == [
        "We know this address as “Wanjiru Kamau”; that name stays."
    ]
    assert people() == [("Wanjiru Kamau", "w@example.org")]


def test_two_people_of_one_office_are_both_wanted_and_told_apart_by_name(bring):
    make_stakeholder("Ana Paz", "office@example.org")
    office = "office@example.org"
    rows = [["Name", "Email"], ["Juan Sol", office], ["Ana Paz", office]]
    report = bring(make_list(), *rows)
    assert (report.created, report.updated) == (1, 1)
    again = bring(make_list(), *rows, ["Eva Mar", "eva@example.org"])
    assert (again.created, again.updated) == (1, 2)
    assert [name for name, _ in people()] == ["Ana Paz", "Juan Sol", "Eva Mar"]


def test_a_row_that_repeats_another_is_left_out_and_names_it(bring):
    report = bring(
        make_list(),
        ["Name", "Email"],
        ["Ana Paz", "ana@example.org"],
        ["ana  paz", "ANA@example.org"],
    )
    assert (report.created, report.skipped) == (1, 1)
    assert [(problem.row, problem.reason) for problem in report.problems] == [
        (3, "ANA@example.org: same address as row 2")
    ]


def test_someone_known_who_stands_in_two_rows_comes_in_once_and_the_other_row_is_told(bring):
    known = make_stakeholder("Ana Paz", "ana@example.org", external_id="7")
    home = {"email": "ana@home.example", "email_key": "ana@home.example", "created_at": NOON}
    save(AnsweringAddress(stakeholder_id=known.id, **home))
    rows = [
        ["Name", "Email", "Id"],
        ["Ana Paz", "ana@example.org", ""],
        ["Ana Paz", "ana@home.example", ""],
        ["Ana Paz", "ana@new.example", "7"],
    ]
    with pytest.raises(HasProblems, match="2 rows have problems"):
        bring(make_list(), *rows, is_whole=True)
    report = bring(make_list(), *rows)
    assert (report.created, report.updated, report.skipped) == (0, 1, 2)
    told = "This is Ana Paz, as row 2 is."
    assert [(each.row, each.reason) for each in report.problems] == [(3, told), (4, told)]


def test_whoever_is_on_the_list_already_is_passed_over(bring):
    wanted = make_list()
    make_target(wanted, make_stakeholder("Ana Paz", "ana@example.org"))
    report = bring(wanted, ["Name", "Email"], ["Ana Paz", "ana@example.org"])
    assert (report.read, report.created, report.updated, report.skipped) == (1, 0, 0, 1)
    assert report.on_list == 1
    assert count(Target) == 1


@pytest.mark.parametrize(
    "address",
    ["alice@example.org<bob@evil.example>", "a@b@c", "x@y.org,z@w.org", "", f"{'x' * 300}@a.org"],
)
def test_a_malformed_address_leaves_its_row_out_with_the_reason(bring, address):
    """A08."""
    report = bring(make_list(), ["Name", "Email"], ["Bad", address], ["Good", "good@example.org"])
    assert (report.read, report.created, report.skipped) == (2, 1, 1)
    assert report.problems[0].row == 2
    assert people() == [("Good", "good@example.org")]


def test_a_look_alike_of_someone_we_know_is_told_and_never_merged(bring):
    """A09."""
    make_stakeholder("Paola", "paola@example.org")
    report = bring(make_list(), ["Name", "Email"], ["Paola", "pаolа@example.org"])
    assert report.created == 1
    (warning,) = report.warnings
    assert "looks like paola@example.org, whom we know" in warning.reason


def test_a_plain_address_after_one_that_only_looks_like_it_is_told_and_put_up_for_a_look(bring):
    """A09, the other way round."""
    known = make_stakeholder("Paul", "pаolа@example.org")
    rows = ["Name", "Email"], ["Paola", "paola@example.org"]
    report = bring(make_list(), *rows, at=NOON + timedelta(hours=1))
    assert (report.created, report.suggested) == (1, 1)
    (warning,) = report.warnings
    assert (
        warning.reason
        == "paola@example.org looks like pаolа@example.org, which someone we know has."
    )
    (pair,) = reading().scalars(select(Duplicate))
    assert (pair.first_id, pair.is_lookalike) == (known.id, True)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "=cmd|' /C calc'!A0", "O'Neil", "''"])
def test_cells_that_look_like_formulas_are_kept_as_typed_and_come_back(bring, cell, tmp_path):
    """A01: import, export as CSV, import again."""
    wanted, other = make_list(), make_list()
    bring(wanted, ["Name", "Email", "Why"], [cell, "a@example.org", cell])
    assert people() == [(cell, "a@example.org")]
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheets.write_csv(rows_of_list(wanted.id, []), headers([], of_list=True), file)
    assert f'"{cell}"' not in path.read_text() or not cell.startswith(("=", "+", "-", "@"))
    report = import_file(path, "export.csv", other.id, **BY)
    assert (report.created, report.updated, report.problems) == (0, 1, [])
    place = headers([], of_list=True).index("Why")
    assert [(row[0], row[place]) for row in rows_of_list(other.id, [])] == [(cell, cell)]


def test_our_own_export_brings_the_same_people_to_another_list(bring, tmp_path):
    wanted, other = make_list(), make_list()
    bring(
        wanted,
        ["Name", "Email", "Star", "Tier", "Organisation", "Notes", "Wave"],
        ["Zoë", "zoe@example.org", "yes", "3", 'Bank; "quoted"', "two\nlines", "Wave 3"],
        ["Ли", "li@example.org", "", "1", "", "", "2"],
        ["李", "lee@example.org", "", "2", "", "", ""],
    )
    waves = reading().scalars(select(Target.wave).order_by(Target.rank)).all()
    assert waves == [3, 2, 1], "by both ways in"
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        sheets.write_xlsx(rows_of_list(wanted.id, []), headers([], of_list=True), file)
    report = import_file(path, "export.xlsx", other.id, **BY)
    assert (report.created, report.updated, report.skipped) == (0, 3, 0)
    assert list(rows_of_list(other.id, [])) == list(rows_of_list(wanted.id, []))


def test_the_same_file_goes_into_a_list_once(bring):
    """A07."""
    wanted, rows = make_list(), [["Name", "Email"], ["Ana", "ana@example.org"]]
    bring(wanted, *rows)
    with pytest.raises(AlreadyImported, match="already imported into this list"):
        bring(wanted, *rows)
    with pytest.raises(AlreadyImported):
        bring(wanted, *rows, dry_run=True)
    assert bring(make_list(), *rows).updated == 1
    assert count(Stakeholder) == 1


def test_a_dry_run_says_what_would_be_and_writes_nothing(bring):
    wanted = make_list()
    make_stakeholder("Ana", "ana@example.org")
    rows = [["Name", "Email"], ["Ana", "ana@example.org"], ["Eva", "eva@example.org"], ["X", "no"]]
    tables = (Stakeholder, Target, Import, Activity, Organisation)
    before = [count(table) for table in tables]
    report = bring(wanted, *rows, dry_run=True)
    assert [count(table) for table in tables] == before
    assert (report.read, report.created, report.updated, report.skipped) == (3, 1, 1, 1)
    done = bring(wanted, *rows)
    assert (done.created, done.updated, done.skipped) == (1, 1, 1)
    assert done.problems == report.problems


def test_columns_can_be_named_by_hand(bring):
    wanted = make_list()
    rows = [["Who", "Where to"], ["Ana", "ana@example.org"]]
    with pytest.raises(NoAddressColumn, match=r"None of the columns.*Who, Where to"):
        bring(wanted, *rows)
    report = bring(wanted, *rows, wishes=["where to=email", "1=full_name"])
    assert report.created == 1
    assert people() == [("Ana", "ana@example.org")]
    with pytest.raises(UnusableMapping, match="shoe_size"):
        bring(make_list(), *rows, ["b", "b@example.org"], wishes=["Who=shoe_size"])


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"%PDF-1.7 not a list", NotASpreadsheet),
        (b"<html><body>renamed</body></html>", NotASpreadsheet),
        (b"Name,Phone\r\nAna,1\r\n", NoAddressColumn),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(tmp_path, content, refusal):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(refusal):
        import_file(path, "people.csv", make_list().id, **BY)
    assert count(Import) == count(Stakeholder) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_is_read_whatever_wrote_it(tmp_path, encoding, mark):
    """A06."""
    path = tmp_path / "people.csv"
    lines = [["Name", "Email"], ["Zoë Núñez", "zoe@example.org"], ["Eva", "eva@example.org"]]
    path.write_bytes("\r\n".join(mark.join(line) for line in lines).encode(encoding))
    assert import_file(path, "people.csv", make_list().id, **BY).created == 2
    assert people()[0][0] == "Zoë Núñez"


def test_what_looks_like_an_escape_stands_as_it_was_typed(tmp_path):
    said = ["\\N", "a\\tb", "one\ntwo", "three\\", "it's “so” \\. \U0001f33f"]
    path = tmp_path / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = [[f"P {n}", f"p{n}@example.org", text] for n, text in enumerate(said)]
        csv.writer(file).writerows([["Name", "Email", "Notes"], *lines])
    import_file(path, "people.csv", make_list().id, **BY)
    kept = select(Stakeholder.notes).order_by(Stakeholder.email_key)
    assert list(reading().scalars(kept)) == said


def test_a_name_with_a_line_break_becomes_one_line_and_a_nul_leaves_the_row_out(bring):
    """A15 as it shows here."""
    report = bring(
        make_list(),
        ["Name", "Email"],
        ["Ana\r\nBcc: x@example.org", "ana@example.org"],
        ["Eva\0", "eva@example.org"],
    )
    assert people() == [("Ana Bcc: x@example.org", "ana@example.org")]
    assert (report.created, report.skipped) == (1, 1)


def test_an_unknown_list_is_told(bring, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Email\na@example.org\n")
    with pytest.raises(NotFound):
        import_file(path, "people.csv", 10**6, **BY)


def test_an_imported_office_carries_its_protocol_category(bring):
    """It follows from the office held, and an adviser to a minister is none."""
    minister = ["Ana Paz", "ana@example.org", "Minister of Health"]
    aide = ["Li Wei", "li@example.org", "Adviser to the Minister"]
    bring(make_list(), ["Name", "E-mail", "Function"], minister, aide)
    rows = reading().execute(select(Stakeholder.protocol_category).order_by(Stakeholder.id))
    assert [row.protocol_category for row in rows] == ["minister", None]
