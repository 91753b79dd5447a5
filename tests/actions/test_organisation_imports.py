"""Organisations come from a file, are completed by it, and all of it can be taken back."""

import csv
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from outreach import exporting
from outreach.actions.custom_fields import add_custom_field
from outreach.actions.imports import begin_import, take_back_import
from outreach.actions.organisation_imports import import_organisations
from outreach.actions.organisations import (
    Admission,
    Particulars,
    authorise_focal_point,
    create_organisation,
)
from outreach.actions.uploads import choose, start_organisation_import
from outreach.advice.segments import Rule
from outreach.db import db, reading
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE, Activity
from outreach.models.conference import LegalStatus, Region
from outreach.models.custom_field import CustomKind, CustomSubject, CustomValue
from outreach.models.focal_point import FocalPoint
from outreach.models.imports import AlreadyImported, HasProblems, ImportState
from outreach.models.stakeholder import Organisation, Standing
from outreach.queries.import_reports import Choices
from outreach.queries.imports import import_line, kept_organisations
from outreach.queries.organisation_exports import (
    organisation_export_fields,
    rows_of_organisations,
)
from outreach.queries.previews import preview
from outreach.queries.shapes import Ground
from tests.factories import (
    NOON,
    afresh,
    make_organisation,
    make_stakeholder,
    the_conference,
    the_group,
)

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(hours=1)
BY = {"by": CONSOLE, "at": NOON}


@pytest.fixture
def bring(tmp_path):
    """A file looked at and, unless told otherwise, brought in; gives its line and what was seen."""

    def bring(rows, *, rules=(), is_whole=False, at=LATER, begins=True):
        path = tmp_path / "organisations.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return kept(path, rules, is_whole, at, begins)

    def kept(path, rules, is_whole, at, begins):
        id_ = start_organisation_import(the_conference().id, path, path.name, by=CONSOLE, at=at)
        line = afresh(import_line, id_)
        choose(id_, Choices(line.columns, dict(rules), is_whole=is_whole), line.looks["headers"])
        line = afresh(import_line, id_)
        seen = preview(line, tmp_path / line.stored_name)
        if begins and not seen.obstacle:
            begin_import(id_)
            run_import(id_, tmp_path / line.stored_name, now=lambda: at)
        return afresh(import_line, id_), seen.outlook

    bring.kept = kept
    return bring


def take_back(line):
    take_back_import(line.id, by=CONSOLE)
    run_import(line.id, None, now=lambda: LATER + timedelta(hours=1))
    return afresh(import_line, line.id)


def everything():
    reading().rollback()
    return [
        sorted(
            tuple(v for name, v in row._mapping.items() if name not in ("changed_at", "version"))
            for row in reading().execute(select(table.__table__))
        )
        for table in (Organisation, Standing, CustomValue, FocalPoint)
    ]


def everyone():
    reading().rollback()
    fields = organisation_export_fields()
    return list(rows_of_organisations(Ground(the_conference().id, NOON), Rule(), fields))


def alter(row, **values):
    table = type(row)
    db.session.execute(update(table).where(table.id == row.id).values(**values))
    db.session.commit()


def named(name):
    reading().rollback()
    return reading().scalars(select(Organisation).where(Organisation.name == name)).one()


@pytest.fixture
def own_fields():
    for kind, label in ((CustomKind.YES_NO, "Pledged"), (CustomKind.NUMBER, "Staff"),
                        (CustomKind.DATE, "Founded")):  # fmt: skip
        add_custom_field(CustomSubject.ORGANISATION, kind, label, **BY)


def make_bodies():
    """Organisations of which everything is known that their page lets somebody type."""
    own_fields = [
        add_custom_field(CustomSubject.ORGANISATION, kind, f"{kind.value}, “own”", **BY,
                         choices=["'=Small", "Groß; größer"] if kind is CustomKind.CHOICE else ())
        for kind in CustomKind
    ]  # fmt: skip
    conference = the_conference()
    rows = select(Region.code, Region.id).where(Region.conference_id == conference.id)
    region = dict(reading().execute(rows).all())
    group = the_group("academia").id
    above = None
    for number, name in enumerate(("=cmd|x; “Ö”", "منظمة النساء", "机构", "Ñ'" * 40, "@+-")):
        values = (f"={name}", -12.5 * number, date(1965, 5, 17), "'=Small", number % 2 == 0)
        said = Particulars(
            name, "KE", "ar", above, f"={name}\n\n@{name}", f"=00{number}",
            dict(zip(own_fields, values, strict=True)),
        )  # fmt: skip
        admission = Admission(
            conference.id, group, (None, region["EUR"])[number % 2], "CH", LegalStatus.OBSERVER
        )
        above = create_organisation(said, admission, **BY)
        person = make_stakeholder(name, f"ana{number}@example.org")
        authorise_focal_point(
            above, conference.id, person.id, f"'+{name}", date(2024, 1, 5 + number), **BY
        )
    create_organisation(Particulars("X", None, None, None, "", None, {}), None, **BY)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_of_organisations_comes_back_to_the_same(bring, tmp_path, form):
    """Into the same database nothing is new and nothing changes; into an empty one all comes as it
    was, so that the next export says the same. (A01)"""
    make_bodies()
    before, path = everyone(), tmp_path / f"organisations.{form}"
    with path.open("wb") as file:
        exporting.write_organisations(form, file, Rule(), at=NOON)
    reading().rollback()
    same = import_organisations(path, path.name, the_conference().id, **BY, dry_run=True)
    assert (same.read, same.created, same.updated, same.problems) == (6, 0, 0, [])
    assert same.warnings == []
    reading().rollback()
    for table in (Activity, FocalPoint, CustomValue, Standing):
        db.session.execute(delete(table).where(table.organisation_id.is_not(None)))
    db.session.execute(delete(Organisation))
    db.session.commit()
    line, outlook = bring.kept(path, {}, False, LATER, True)
    assert (outlook["created"], outlook["problems"], outlook["warnings"]) == (6, [], [])
    assert everyone() == before
    take_back(line)
    assert everyone() == []


KNOWN = [
    ["Name", "Number in another system", "Country", "Group", "Status", "Notes", "Staff", "Part of"],
    ["Lake Bank", "7", "SN", "academia", "guest", "new", "12", "Parent House"],
    ["BANK OF THE HILLS", "", "KE", "", "observer", "", "", ""],
    ["Parent House", "9", "", "", "", "", "", ""],
]


@pytest.mark.parametrize(
    ("rule", "name", "notes", "group"),
    [("fill", "Bank of the Lakes", "old", "member_state"),
     ("overwrite", "Lake Bank", "new", "academia"),
     ("keep", "Bank of the Lakes", "old", "member_state")],
)  # fmt: skip
def test_the_rule_of_a_column_counts_and_an_undo_restores_what_was(
    bring, own_fields, rule, name, notes, group
):
    lakes = make_organisation("Bank of the Lakes", group="member_state")
    hills = make_organisation("Bank of the Hills", group="member_state")
    alter(lakes, external_id="7", notes="old")
    before = everything()
    rules = dict.fromkeys(("name", "notes", "group"), rule)
    line, outlook = bring(KNOWN, rules=rules)
    assert (line.created_count, line.updated_count) == (1, 2)
    found = named(name)
    assert (found.id, found.notes, found.country_code) == (lakes.id, notes, "SN")
    assert found.parent_id == named("Parent House").id
    hills = reading().get(Organisation, hills.id)
    assert hills.country_code == "KE", "found by its name, in other letters"
    standing = reading().scalars(
        select(Standing).where(Standing.organisation_id == lakes.id)
    ).one()  # fmt: skip
    assert (standing.group_id, standing.legal_status) == (the_group(group).id, LegalStatus.GUEST)
    told = [each["reason"] for each in outlook["warnings"]]
    assert any("that name stays" in reason for reason in told) is (rule != "overwrite")
    assert take_back(line).state is ImportState.UNDONE
    assert everything() == before


def test_a_new_one_stands_in_the_region_of_its_country(bring):
    bring([["Name", "Country", "Group"], ["Agence", "Sénégal", the_group("academia").name]])
    region = select(Region.code).join(Standing, Standing.region_id == Region.id)
    assert reading().scalars(region).all() == ["AFR"]


ODD = [
    ["Name", "Group", "Region", "Country", "Part of", "Focal point", "Founded", "Status",
     "Number in another system"],
    ["First", "nobles", "Atlantis", "Nowhere", "Second", "", "", "", ""],
    ["Second", "academia", "", "", "First", "who@example.org", "soon", "king", ""],
    ["first", "", "", "", "", "", "", "", ""],
    ["", "academia", "", "", "", "", "", "", ""],
    ["", "", "", "", "", "", "", "", "404"],
    ["Third", "", "AFR", "", "Nobody's House", "ana@example.org", "", "", ""],
]  # fmt: skip


def test_every_oddity_is_told_with_its_row_and_nothing_is_guessed(bring, own_fields):
    make_stakeholder("Ana", "ana@example.org")
    _, outlook = bring(ODD, begins=False)
    assert (outlook["created"], outlook["problem_rows"]) == (3, 3)
    out = [(each["row"], each["reason"]) for each in outlook["problems"]]
    assert out == [
        (4, "Row 2 is the same organisation."),
        (5, "There is no name in this row."),
        (6, "There is no name in this row, and nobody knows number 404."),
    ]
    columns = {(each["column"], each["reason"][:9]) for each in outlook["warnings"]}
    assert columns >= {("Group", "“nobles” "), ("Region", "“Atlantis")}
    told = {
        (each["row"], each["reason"].split(":")[0].split(";")[0]) for each in outlook["warnings"]
    }
    assert told >= {
        (2, "“nobles” is no constituent group"),
        (2, "“Atlantis” is no region of this conference"),
        (2, "“Nowhere” is not a known country"),
        (3, "It cannot be part of “First”"),
        (3, "who@example.org is nobody’s address whom we know"),
        (3, "“soon” is not a date. Write it as 2026-11-30."),
        (3, "“king” is none of"),
        (7, "“Nobody's House” is no organisation that is known or in this file."),
        (7, "It has no constituent group yet, so that nothing else of its standing can be noted."),
        (7, "ana@example.org cannot speak for it"),
    }
    with pytest.raises(HasProblems):
        bring([*ODD, ["Fourth", *[""] * 8]], is_whole=True)
    assert reading().scalar(select(func.count()).select_from(Organisation)) == 0


def test_what_was_used_or_edited_since_stays_and_is_named(bring):
    make_organisation("Known", group="academia")
    line, _ = bring(
        [["Name", "Part of", "Country"], ["Above", "", ""], ["Used", "Above", ""],
         ["Free", "", ""], ["Known", "", "KE"]]
    )  # fmt: skip
    make_stakeholder("Ana", organisation=named("Used"))
    alter(named("Known"), country_code="CH")
    line = take_back(line)
    kept = {name: why for _, name, why in kept_organisations(line.kept)}
    assert kept == {
        "Above": "something belongs to it", "Used": "in use", "Known": "changed",
    }  # fmt: skip
    names = select(Organisation.name).order_by(Organisation.name)
    assert reading().scalars(names).all() == ["Above", "Known", "Used"]
    assert named("Known").country_code == "CH"


def test_the_same_file_of_organisations_comes_in_once_and_again_after_its_undo(bring):
    rows = [["Name"], ["One"]]
    line, _ = bring(rows)
    with pytest.raises(AlreadyImported, match=r"already imported\.$"):
        bring(rows)
    take_back(line)
    assert bring(rows)[0].created_count == 1


def test_two_files_are_taken_back_in_any_order(bring):
    make_organisation("Known", group="academia")
    first, _ = bring([["Name", "Part of"], ["House", ""], ["Known", "House"]])
    second, _ = bring(
        [["Name", "Part of"], ["Other House", ""], ["Known", "Other House"]],
        rules={"parent": "overwrite"},
    )  # fmt: skip
    take_back(first)
    line = take_back(second)
    assert line.state is ImportState.UNDONE
    known = named("Known")
    assert known.parent_id is None or reading().get(Organisation, known.parent_id)


def test_a_name_that_another_bears_by_now_does_not_come_back_by_half(bring):
    lakes = make_organisation("Bank of the Lakes", group="academia")
    alter(lakes, external_id="7")
    line, _ = bring(
        [["Name", "Number in another system"], ["Lake Bank", "7"]], rules={"name": "overwrite"}
    )
    make_organisation("Bank of the Lakes", group="academia")
    line = take_back(line)
    assert list(line.kept.values()) == ["changed"]
    found = reading().get(Organisation, lakes.id)
    assert (found.name, found.name_key) == ("Lake Bank", "lake bank")
