"""Settings: the conference and its dates, the team, the groups; for administrators."""

import re
from datetime import timedelta

import pytest

from outreach import clock
from outreach.models.account import Role
from outreach.queries.accounts import team
from outreach.queries.conferences import current_conference
from outreach.queries.events import events
from tests.factories import afresh, make_account, make_campaign, sign_in, the_conference

CONFERENCE = {
    "name": "Conference of the Lakes", "city": "Kigali", "country_code": "RW",
    "time_zone": "Africa/Kigali", "venue": "Hall 2", "host": "The Host",
    "reply_to": "host@example.org",
}  # fmt: skip


@pytest.fixture
def administrator(client):
    return sign_in(client, Role.ADMINISTRATOR)


def colleague(account_id):
    return next(one for one in afresh(team) if one.id == account_id)


def test_the_conference_is_described_by_one_form(client, administrator):
    assert client.post("/staff/settings/conference", data=CONFERENCE).status_code == 303
    conference = afresh(current_conference)
    assert (conference.name, conference.city, conference.host) == (
        "Conference of the Lakes", "Kigali", "The Host",
    )  # fmt: skip
    assert events()[0].venue == "Hall 2"


def test_another_time_zone_shows_what_moves_before_anything_is_saved(client, administrator):
    campaign = make_campaign(reply_by=clock.now() + timedelta(days=30))
    wished = CONFERENCE | {"time_zone": "Asia/Kathmandu"}
    page = client.post("/staff/settings/conference", data=wished)
    assert page.status_code == 200
    assert "Nothing has been saved yet" in page.text
    assert campaign.name in page.text
    assert afresh(current_conference).city != CONFERENCE["city"]
    seen = wished | {"has_seen": "moves"}
    assert client.post("/staff/settings/conference", data=seen).status_code == 303
    assert afresh(current_conference).time_zone == wished["time_zone"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("country_code", "Rwanda"), ("name", ""), ("host", "")],
)
def test_a_description_that_cannot_be_is_refused_and_kept_in_the_form(
    client, administrator, field, value
):
    page = client.post("/staff/settings/conference", data=CONFERENCE | {field: value})
    assert page.status_code == 422
    assert 'value="Hall 2"' in page.text
    assert afresh(current_conference).city != "Kigali"


def test_a_new_opening_date_shows_what_moves_before_anything_does(client, administrator):
    before = the_conference().opens_on
    page = client.get("/staff/settings/dates?opens_on=2030-06-01").text
    assert "Regional Preparatory Meeting" in page
    assert afresh(current_conference).opens_on == before
    answer = client.post("/staff/settings/dates", data={"opens_on": "2030-06-01"})
    assert answer.status_code == 303
    assert afresh(current_conference).opens_on.isoformat() == "2030-06-01"


def test_no_date_moves_nothing(client, administrator):
    assert client.get("/staff/settings/dates").status_code == 422
    assert client.get("/staff/settings/dates?opens_on=soon").status_code == 422
    assert client.post("/staff/settings/dates", data={"opens_on": ""}).status_code == 422


def test_a_new_account_gets_a_link_that_is_shown_once(client, administrator):
    page = client.post(
        "/staff/settings/accounts",
        data={"email": "New@example.org", "name": "Amina Sow", "role": "approver"},
    )
    (link,) = re.findall(r'value="(http[^"]*/account/link/[^"]*)"', page.text)
    assert "/account/link/" not in client.get("/staff/settings").text
    client.post("/account/sign-out")
    address = link[link.index("/account") :]
    assert client.post(address, data={"password": "a long enough password"}).status_code == 303
    assert client.get("/staff/lists").status_code == 200


def test_the_same_address_twice_is_refused(client, administrator):
    make_account(email="amina@example.org")
    page = client.post(
        "/staff/settings/accounts",
        data={"email": "amina@example.org", "name": "Amina", "role": "promoter"},
    )
    assert page.status_code == 409
    assert "has an account already" in page.text


def test_roles_that_do_not_exist_are_not_given(client, administrator):
    """Case A49."""
    other = make_account()
    for role in ("emperor", "", "administrator,promoter"):
        data = {"email": "x@example.org", "name": "X", "role": role}
        assert client.post("/staff/settings/accounts", data=data).status_code == 422
        answer = client.post(f"/staff/settings/accounts/{other.id}/role", data={"role": role})
        assert answer.status_code == 400
    assert colleague(other.id).role is Role.PROMOTER


def test_a_role_is_changed_and_an_account_switched_off_and_on(client, administrator):
    other = make_account()
    place = f"/staff/settings/accounts/{other.id}"
    assert client.post(f"{place}/role", data={"role": "organiser"}).status_code == 303
    assert colleague(other.id).role is Role.ORGANISER
    client.post(f"{place}/state", data={"is_disabled": "yes"})
    assert colleague(other.id).is_disabled
    assert client.post(f"{place}/link").status_code == 404
    client.post(f"{place}/state", data={"is_disabled": "no"})
    assert not colleague(other.id).is_disabled
    assert "/account/link/" in client.post(f"{place}/link").text


def test_nobody_locks_themselves_out(client, administrator):
    place = f"/staff/settings/accounts/{administrator.id}"
    assert client.post(f"{place}/role", data={"role": "organiser"}).status_code == 409
    assert client.post(f"{place}/state", data={"is_disabled": "yes"}).status_code == 409
    assert colleague(administrator.id).role is Role.ADMINISTRATOR


def test_groups_stand_there_with_their_legal_basis(client, administrator):
    page = client.get("/staff/settings").text
    assert "Academia" in page
    assert "Observer" in page
