"""Offices: an administrator says what follows from one, sees for whom, and takes it back."""

import re

import pytest

from outreach.db import reading
from outreach.models.account import Role
from outreach.models.office import ProtocolCategory
from outreach.models.stakeholder import Stakeholder
from outreach.queries.offices import office_lines
from tests.factories import afresh, make_stakeholder, sign_in

PLACE = "/staff/settings/offices"
MINISTER, DEPUTY = ProtocolCategory.MINISTER, ProtocolCategory.DEPUTY_MINISTER


def text(answer):
    return answer.get_data(as_text=True)


def received(person):
    row = afresh(reading().get, Stakeholder, person.id)
    return row.protocol_category, row.precedence, row.version


def line_of(name):
    return next((line for line in afresh(office_lines) if line.name == name), None)


@pytest.fixture
def people():
    as_minister = {"protocol_category": MINISTER, "precedence": 20}
    return [
        make_stakeholder("Ana", office="Minister of Post", **as_minister),
        make_stakeholder("Bo", office="Minister, by hand", is_protocol_by_hand=True, **as_minister),
        make_stakeholder("Cy", office="Ministre-conseillère d’État"),
        make_stakeholder("Di", office="Chair"),
    ]


def press(client, **said):
    """Look, and press the button of what one sees."""
    page = text(client.get(f"{PLACE}/look", query_string=said))
    form = page[page.index('name="count"') - 200 :]
    seen = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return page, client.post(PLACE, data=seen)


def test_an_office_is_added_changed_and_retired_for_those_who_hold_it_and_taken_back(
    client, people
):
    ana, bo, _, di = people
    sign_in(client, Role.ADMINISTRATOR)
    page, done = press(client, name="  Chair ", category="deputy_minister", precedence="31")
    assert "1 person would be received otherwise" in page
    assert done.status_code == 303
    assert received(di) == (DEPUTY, 31, 2)
    assert "Saved: 1 person is received otherwise." in text(client.get(PLACE))
    assert line_of("Chair").holders == 1
    page, _ = press(client, office=line_of("Minister").id, retire="yes")
    assert "“<bdi>Minister</bdi>” would be retired: 1 person" in page
    assert received(ana) == (None, 1000, 2)
    assert received(bo) == (MINISTER, 20, 1), "set by hand"
    undo = re.findall(rf"{PLACE}/changes/\d+/undo", text(client.get(PLACE)))
    assert client.post(undo[0]).status_code == 303
    assert received(ana) == (MINISTER, 20, 3)
    chair = line_of("Chair")
    press(client, office=chair.id, name="Chair", category="minister", precedence="22")
    assert received(di)[:2] == (MINISTER, 22)
    assert client.post(undo[-1]).status_code == 409, "changed again since"
    assert received(di)[:2] == (MINISTER, 22)


def test_what_cannot_be_is_told_and_others_than_seen_are_not_changed(client, people):
    sign_in(client, Role.ADMINISTRATOR)
    for said, status in (
        ({"name": ""}, 422), ({"name": "minister"}, 409),
        ({"name": "Chair", "category": "minister", "precedence": "1000"}, 422),
        ({"name": "Chair", "category": "king"}, 422), ({"office": "999", "name": "x"}, 404),
    ):  # fmt: skip
        assert client.get(f"{PLACE}/look", query_string=said).status_code == status, said
    said = {"name": "Chair", "category": "minister", "count": "0"}
    assert client.post(PLACE, data=said).status_code == 409
    assert received(people[3]) == (None, 1000, 1)
    assert line_of("Chair") is None


def test_offices_are_an_administrators(client):
    sign_in(client, Role.APPROVER)
    assert client.get(PLACE).status_code == 403
    assert client.post(PLACE, data={"name": "Chair"}).status_code == 403
