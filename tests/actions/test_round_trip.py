"""A list goes out as a file and comes back the same, everything of its people included."""

import zipfile
from datetime import date

import pytest
from sqlalchemy import delete, select

from outreach import exporting
from outreach.actions.answering_addresses import add_answering_address
from outreach.actions.custom_fields import add_custom_field
from outreach.actions.imports import import_file
from outreach.actions.stakeholders import create_stakeholder
from outreach.actions.stars import decide_star
from outreach.advice.segments import Rule
from outreach.db import db, reading
from outreach.describing import Details
from outreach.intake.addresses import read_address
from outreach.intake.person_row import PersonRow
from outreach.intake.phones import read_phones
from outreach.models.activity import CONSOLE
from outreach.models.base import Base
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.models.kind import Kind
from outreach.models.office import ProtocolCategory
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.star import Star
from outreach.models.tag import Tag
from tests.factories import (
    NOON,
    make_account,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
)

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}

TEXTS = ("=Zoë O’Neill; “no” nuts", "السيّدة نور الهُدى", "欧阳 娜娜", "Ñ" * 80, "+1\t-2 'x' @home")
FIELDS = {
    CustomKind.TEXT: lambda text: f"-{text}",
    CustomKind.NUMBER: lambda text: -12.5 * len(text),
    CustomKind.DATE: lambda text: date(2027, 3, len(text) % 28 + 1),
    CustomKind.YES_NO: lambda text: len(text) % 2 == 0,
    CustomKind.CHOICE: lambda text: "Groß; größer" if text.isascii() else "'=Small",
}


def make_everyone(wanted):
    """People of whom everything is known that a page lets somebody type, one without an address,
    one with a letter and nothing else."""
    owner = make_account(email="kofi@example.org")
    fields = {
        add_custom_field(CustomSubject.PERSON, kind, f"{kind.value}, “own”", **BY,
                         choices=["'=Small", "Groß; größer"] if kind is CustomKind.CHOICE else ()):
        value for kind, value in FIELDS.items()
    }  # fmt: skip
    for number, typed in enumerate(TEXTS, 1):
        text = " ".join(typed.split())
        own = {field_id: value(text) for field_id, value in fields.items()}
        person = PersonRow(
            0, read_address(f"a|b.{number}@example.org"), full_name=text, given_name=text[:9],
            family_name=f"@{text[:9]}", title=f"'{text}", salutation=text, office=f"+{text}",
            organisation=f"=Bank {text}", language="ar", country="KE", gender="undisclosed",
            notes=f"={text}\n\n@{text}\n'+1", external_id=f"=00{number}",
        )  # fmt: skip
        details = Details(
            pronouns=text[:60], time_zone="America/Argentina/Buenos_Aires", owner_id=owner.id,
            protocol=list(ProtocolCategory)[number], kinds=[Kind.BENEFICIARY, Kind.FUND_OWNER],
            phones=read_phones(f"079 555 {number}, {text[:40]}\n+41 22 730 51 {number}1, a; b"),
            tags=["G77/China", '"=so"', f"'{text[:50]}", "VIP; very"], custom=own,
            forms=dict.fromkeys(("ar", "zh", "en", "fr", "ru", "es"), (f"-{text}", f"{text}!")),
        )  # fmt: skip
        id_ = create_stakeholder(person, details, **BY)
        for place in range(3):
            add_answering_address(
                id_, f"{'zax'[place]}{number}@home.example", is_assistant=False, name="", **BY
            )
            add_answering_address(
                id_, f"aide{number}.{place}@example.org", is_assistant=True,
                name=text if place else "", gets_copies=place < 2, **BY,
            )  # fmt: skip
        make_target(
            wanted, reading().get(Stakeholder, id_), is_star=number == 1, tier=number % 3 + 1,
            why=f"={text}\n@1", rank=number * 7, wave=number,
            decide_on=date(2027, 1, number), owner_id=owner.id,
            is_alternate=number == 2,
        )  # fmt: skip
    make_target(wanted, make_stakeholder("X", None), rank=100)
    make_target(wanted, make_stakeholder("Y", None, make_organisation("=Bank X")), rank=101)


def written(path, **wishes):
    """The bytes of a file; of a workbook all but the hour at which it was made."""
    with path.open("wb") as file:
        exporting.write_file({"form": path.suffix[1:], **wishes}, file, at=NOON)
    reading().rollback()
    if path.suffix == ".csv":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist() if "core" not in name}


def forget_everyone():
    for table in reversed(Base.metadata.sorted_tables):
        if "stakeholder_id" in table.c or table.name == "stakeholders":
            db.session.execute(delete(table))
    db.session.execute(delete(Tag))
    db.session.execute(delete(Base.metadata.tables["standings"]))
    db.session.execute(delete(Organisation))
    db.session.commit()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_to_the_same(tmp_path, form):
    """Into the same database nothing is new and nothing changes; into an empty one all comes as it
    was, so that the next export is the same file. (A01)"""
    wanted, again = make_list(), make_list()
    make_everyone(wanted)
    of_list, of_people = tmp_path / f"list.{form}", tmp_path / f"people.{form}"
    everyone = {"rule": Rule().to_json()}
    before = written(of_list, list_id=wanted.id), written(of_people, **everyone)
    for path in (of_list, of_people):
        report = import_file(path, path.name, wanted.id, **BY, dry_run=True, takes_addressless=True)
        assert (report.read, report.created, report.updated) == (len(TEXTS) + 2, 0, 0)
        assert (report.problems, told(report)) == ([], [])
    forget_everyone()
    report = import_file(of_list, of_list.name, again.id, **BY, takes_addressless=True)
    assert (report.created, report.problems, told(report)) == (len(TEXTS) + 2, [], [])
    star = db.session.scalars(select(Star.target_id)).one()
    decide_star(star, True, by=CONSOLE, at=NOON)  # a file nominates; the second pair of eyes stays
    reading().rollback()
    assert (written(of_list, list_id=again.id), written(of_people, **everyone)) == before


def told(report):
    return [one for one in report.warnings if one.reason != "There is no address in this row."]
