"""Fields of the team's own: defined, ordered and retired by an administrator alone."""

import pytest

from outreach.actions.custom_fields import add_custom_field, edit_custom_field
from outreach.db import transaction
from outreach.describing import customise
from outreach.errors import Conflict, Refusal
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.queries.custom_fields import custom_fields, custom_values
from tests.factories import NOON, afresh, make_stakeholder, sign_in

pytestmark = pytest.mark.usefixtures("app")


def define(label, kind=CustomKind.TEXT, **more):
    return add_custom_field(CustomSubject.PERSON, kind, label, by=CONSOLE, at=NOON, **more)


def labels(**which):
    return [line.label for line in afresh(custom_fields, CustomSubject.PERSON, **which)]


def test_an_administrator_defines_orders_retires_and_brings_back(client):
    sign_in(client, Role.ADMINISTRATOR)
    place = "/staff/settings/fields"
    for label in ("Visa", "Été à Genève", "签证"):
        field = {"label": label, "subject": "person", "kind": "choice", "choices": "Yes\nNo"}
        assert client.post(place, data=field).status_code == 303
    codes = [line.code for line in custom_fields(CustomSubject.PERSON)]
    assert codes == ["visa", "ete_a_geneve", "field"]
    last = afresh(custom_fields)[-1]
    client.post(f"{place}/{last.id}/up")
    assert labels() == ["Visa", "签证", "Été à Genève"]
    client.post(f"{place}/{last.id}/retire")
    assert labels() == ["Visa", "Été à Genève"]
    client.post(f"{place}/{last.id}/revive")
    assert len(labels()) == 3
    page = client.get(place).get_data(as_text=True)
    assert "custom_ete_a_geneve" in page
    assert client.post(place, data={"label": "", "kind": "text"}).status_code == 422
    bad = {"label": "Diet", "subject": "person", "kind": "choice", "choices": ""}
    assert client.post(place, data=bad).status_code == 422
    client.post(f"{place}/{last.id}", data={"label": "Visa?", "choices": "Yes\nNo\nPerhaps"})
    assert "Visa?" in labels()


def test_others_of_the_team_do_not(client):
    sign_in(client)
    assert client.get("/staff/settings/fields").status_code == 403
    assert client.post("/staff/settings/fields", data={"label": "X"}).status_code == 403


def test_what_stands_in_a_retired_field_is_kept_and_a_choice_that_someone_has_stays():
    field_id = define("Metal", CustomKind.CHOICE, choices=["Gold", "Silver"])
    known = make_stakeholder()
    with transaction() as session:
        assert customise(session, CustomSubject.PERSON, known.id, {field_id: "Gold"}) == ["Metal"]
        assert customise(session, CustomSubject.PERSON, known.id, {field_id: "Gold"}) == []
    with pytest.raises(Conflict, match="Gold"):
        edit_custom_field(field_id, "Metal", "", ["Silver"], by=CONSOLE, at=NOON)
    edit_custom_field(field_id, "Metal", "", ["Gold"], by=CONSOLE, at=NOON)
    assert custom_values(CustomSubject.PERSON, [known.id]) == {known.id: {field_id: "Gold"}}


def test_a_code_is_plain_and_stands_once():
    assert define("Diet", code="diet")
    with pytest.raises(Conflict):
        define("Another", code="diet")
    for code in ("Diet", "9th", "a-b", "a" * 41):
        with pytest.raises(Refusal):
            define("Another", code=code)
