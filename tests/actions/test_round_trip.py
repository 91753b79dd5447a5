"""A list goes out as a file and comes back the same, everything of its people included."""

from datetime import date

import pytest
from sqlalchemy import delete, select

from outreach import exporting
from outreach.actions.imports import import_file
from outreach.actions.stars import decide_star
from outreach.db import db, reading
from outreach.models.activity import CONSOLE
from outreach.models.answering_address import AnsweringAddress
from outreach.models.base import Base
from outreach.models.custom_field import CustomField, CustomValue
from outreach.models.form_of_address import FormOfAddress
from outreach.models.kind import StakeholderKind
from outreach.models.phone import Phone
from outreach.models.star import Star
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.exports import export_fields, rows_of_list
from tests.factories import (
    NOON,
    make_account,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
)

pytestmark = pytest.mark.usefixtures("app")

KINDS = {
    "text": {"text": "Fish; “no” nuts, 中文", "text_key": "fish"},
    "number": {"number": 12.5},
    "date": {"day": date(2027, 3, 1)},
    "yes_no": {"is_yes": False},
    "choice": {"text": "Large", "text_key": "large"},
}


def add_everything(person):
    id_ = {"stakeholder_id": person.id}
    tags = [Tag(name="VIP", name_key="vip"), Tag(name="Été 2027", name_key="ete 2027")]
    fields = [
        CustomField(code=kind, label=kind, kind=kind, subject="person", created_at=NOON,
                    choices=["Large", "Small"] if kind == "choice" else [])
        for kind in KINDS
    ]  # fmt: skip
    save(*tags, *fields)
    save(*[StakeholderTag(tag_id=tag.id, **id_) for tag in tags])
    save(*[StakeholderKind(kind=kind, **id_) for kind in ("fund_owner", "beneficiary")])
    save(*[CustomValue(field_id=field.id, **id_, **KINDS[field.code]) for field in fields])
    save(
        Phone(number="+41 22 730 51 11", number_key="41227305111", label="office", **id_),
        Phone(number="079 555", number_key="079555", is_preferred=True, **id_),
    )
    save(
        FormOfAddress(language="fr", title="Dre", salutation="Madame la Gouverneure", **id_),
        FormOfAddress(language="zh", title="", salutation="尊敬的行长", **id_),
    )
    at = {"created_at": NOON}
    save(
        AnsweringAddress(email="zoe@home.example", email_key="zoe@home.example", **at, **id_),
        AnsweringAddress(email="z@old.example", email_key="z@old.example", **at, **id_),
        AnsweringAddress(email="aide@example.org", email_key="aide@example.org", name="Ama",
                         is_assistant=True, **at, **id_),
    )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_to_the_same(tmp_path, form):
    owner = make_account(email="kofi@example.org")
    person = make_stakeholder(
        "=Zoë O’Neill", "zoe@example.org", organisation=make_organisation("Bank; “Ö”"),
        office="Governor", title="Dr", salutation="Excellency", gender="female", pronouns="she/her",
        country_code="KE", language="fr", notes="two\nlines", external_id="007", owner_id=owner.id,
    )  # fmt: skip
    wanted, again = make_list(), make_list()
    make_target(wanted, person, is_star=True, tier=1, why="Chairs", rank=7)
    add_everything(person)
    before = list(rows_of_list(wanted.id, export_fields()))
    path = tmp_path / f"list.{form}"
    with path.open("wb") as file:
        exporting.write_file({"list_id": wanted.id, "form": form}, file, at=NOON)
    reading().rollback()
    for table in reversed(Base.metadata.sorted_tables):
        if "stakeholder_id" in table.c or table.name == "stakeholders":
            db.session.execute(delete(table))
    db.session.commit()
    report = import_file(path, path.name, again.id, by=CONSOLE, at=NOON)
    assert (report.created, report.problems, report.warnings) == (1, [], [])
    star = db.session.scalars(select(Star.target_id)).one()
    decide_star(star, True, by=CONSOLE, at=NOON)  # a file nominates; the second pair of eyes stays
    reading().rollback()
    assert list(rows_of_list(again.id, export_fields())) == before
