"""People as files: whole, safe, for the one who asked, for a day."""

import csv
import io
import threading

import pytest

from outreach import exporting
from outreach.errands import do_errands
from outreach.jobs import ERRANDS
from outreach.models.custom_field import CustomField, CustomValue
from outreach.models.kind import StakeholderKind
from outreach.models.phone import Phone
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.import_fields import guessed_columns
from tests.factories import NOON, make_list, make_stakeholder, make_target, save, sign_in

EVERYONE = {"rule": '{"all": []}', "form": "csv"}


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def lines(answer):
    with answer:
        text = answer.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_file_holds_all_that_is_known_and_no_formula(staff):
    """A01, A14."""
    person = make_stakeholder("=1+1", notes="<script>", gender="female")
    tags = [Tag(name="VIP", name_key="vip"), Tag(name="Été", name_key="ete")]
    field = CustomField(code="vegan", label="Vegan", kind="yes_no", subject="person",
                        created_at=NOON)  # fmt: skip
    other = CustomField(code="remarks", label="notes", kind="text", subject="person",
                        created_at=NOON)  # fmt: skip
    save(*tags, field, other, StakeholderKind(stakeholder_id=person.id, kind="fund_owner"))
    save(
        *[StakeholderTag(stakeholder_id=person.id, tag_id=tag.id) for tag in tags],
        Phone(stakeholder_id=person.id, number="+41 22", number_key="4122", is_preferred=True),
        CustomValue(field_id=field.id, stakeholder_id=person.id, is_yes=True),
    )
    (line,) = lines(staff.post("/staff/stakeholders/export", data=EVERYONE))
    said = {key: line[key] for key in ("Name", "Notes", "Kind", "Tags", "Phone", "Vegan")}
    assert said == {
        "Name": "'=1+1", "Notes": "<script>", "Kind": "Fund owner", "Tags": "Été, VIP",
        "Phone": "'+41 22", "Vegan": "yes",
    }  # fmt: skip
    read = guessed_columns(list(line))
    own = [column for column, code in read.items() if code.startswith("custom_")]
    assert [list(line)[column] for column in own] == ["Vegan", "custom_remarks"]
    assert read[list(line).index("Notes")] == "notes"


def test_those_who_fit_the_sentence_are_in_it_and_nobody_else(staff):
    make_stakeholder("Ana", country_code="KE")
    make_stakeholder("Zoë", country_code="FR")
    rule = '{"all": [{"facet": "country", "any": ["KE"]}]}'
    form = {"rule": rule, "form": "csv"}
    url = "/staff/stakeholders/export"
    assert [line["Name"] for line in lines(staff.post(url, data=form))] == ["Ana"]
    assert staff.post(url, data={"rule": "x"}).status_code == 422
    assert staff.post(url, data=EVERYONE | {"form": "exe"}).status_code == 404


def test_a_long_file_is_written_by_a_worker_for_the_one_who_asked(staff, client, monkeypatch):
    """A48."""
    monkeypatch.setattr(exporting, "FEW", 1)
    wanted = make_list()
    for name in ("Ana", "Zoë"):
        make_target(wanted, make_stakeholder(name))
    asked = staff.post(f"/staff/lists/{wanted.id}/export", data={"form": "csv"})
    assert do_errands(ERRANDS, stopping=threading.Event()) == 1
    page = staff.get(asked.location).get_data(as_text=True)
    assert "2 people stand in the file, for a day." in page
    url = f"{asked.location}/file"
    assert [line["Name"] for line in lines(staff.get(url))] == ["Ana", "Zoë"]
    sign_in(client)  # a colleague
    assert client.get(url).status_code == 404


def test_more_than_a_cell_of_a_workbook_holds_is_refused_and_csv_offered(staff):
    """Notes of people who were merged stand beneath one another."""
    make_stakeholder("Ana", notes="n" * 33_000)
    answer = staff.post("/staff/stakeholders/export", data=EVERYONE | {"form": "xlsx"})
    assert answer.status_code == 422
    assert "holds a cell of more than 32,767 letters. Take CSV instead." in answer.text
    assert len(lines(staff.post("/staff/stakeholders/export", data=EVERYONE))[0]["Notes"]) == 33_000
