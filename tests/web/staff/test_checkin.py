"""The door's pages: by code, by name, for people and for the script that keeps a queue."""

import re

import pytest

from outreach import clock
from outreach.delivery.codes import check_in_token
from outreach.queries.attendance import at_the_door
from outreach.tokens import personal_token
from tests.factories import NOON, afresh, make_event, make_invitation, make_stakeholder, sign_in


@pytest.fixture
def door(client, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    sign_in(client)
    return client


@pytest.fixture
def zoe(app):
    return make_invitation(make_stakeholder("Zoë Ångström"), state="accepted")


def test_a_code_lets_in_and_the_page_says_who(door, zoe):
    address = f"/staff/checkin/{zoe.event_id}"
    answer = door.post(address, data={"code": check_in_token(zoe.link_key)})
    assert (answer.status_code, answer.location) == (303, address)
    page = door.get(address).text
    assert "Zoë Ångström is in." in page
    assert "Already in" in page


def test_the_script_is_told_in_json_and_a_second_time_since_when(door, zoe):
    address = f"/staff/checkin/{zoe.event_id}"
    fields = {"code": check_in_token(zoe.link_key), "noted_at": str(int(NOON.timestamp() * 1000))}
    first, second = (
        door.post(address, data=fields, headers={"Accept": "application/json"}).json
        for _ in range(2)
    )
    assert first == {"is_known": True, "is_news": True, "text": "Zoë Ångström is in."}
    assert not second["is_news"]
    assert "already in since Tue 1 Sept 2026, 14:00" in second["text"]


@pytest.mark.parametrize("code", ["", "x", "9" * 43, "É" * 43])
def test_a_code_that_is_none_lets_nobody_in(door, zoe, code):
    address = f"/staff/checkin/{zoe.event_id}"
    answer = door.post(address, data={"code": code}, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert not answer.json["is_known"]


def test_the_token_of_another_purpose_opens_no_door_and_this_one_no_page(door, zoe):
    """A23"""
    answer_token = personal_token("answer", zoe.link_key)
    address = f"/staff/checkin/{zoe.event_id}"
    refused = door.post(
        address, data={"code": answer_token}, headers={"Accept": "application/json"}
    )
    assert refused.status_code == 404
    assert door.get(f"/i/{check_in_token(zoe.link_key)}").status_code == 404


def test_a_code_for_another_event_says_so(door, zoe):
    other = make_event()
    answer = door.post(
        f"/staff/checkin/{other.id}", data={"code": check_in_token(zoe.link_key)},
        headers={"Accept": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 409
    assert "another event" in answer.json["text"]


def test_by_name_and_back_again(door, zoe):
    address = f"/staff/checkin/{zoe.event_id}"
    page = door.get(f"{address}?q=angst").text
    assert re.search(r'aria-label="Zoë Ångström is here"', page)
    door.post(address, data={"invitation": str(zoe.id), "q": "angst"})
    assert afresh(at_the_door, zoe.id).came_at == NOON
    door.post(f"{address}/{zoe.id}/undo")
    assert afresh(at_the_door, zoe.id).came_at is None


@pytest.mark.parametrize("noted_at", ["", "x", "9" * 30, "-1", "0", "99999999999999"])
def test_an_odd_clock_counts_as_now(door, zoe, noted_at):
    door.post(
        f"/staff/checkin/{zoe.event_id}",
        data={"code": check_in_token(zoe.link_key), "noted_at": noted_at},
    )
    assert afresh(at_the_door, zoe.id).came_at == NOON


def test_only_the_door_may_use_the_camera(door, zoe):
    page = door.get(f"/staff/checkin/{zoe.event_id}")
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert "camera=()" in door.get("/staff/checkin").headers["Permissions-Policy"]
