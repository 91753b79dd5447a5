"""What every page shares."""

import pytest

from outreach.web.words import when
from tests.factories import NOON, sign_in


def test_an_id_that_no_key_can_be_is_a_page_that_does_not_exist(client):
    sign_in(client)
    assert client.get("/staff/lists/99999999999999999999").status_code == 404


def test_a_zone_without_a_name_of_its_own_is_told_by_its_city():
    assert when(NOON, "Asia/Bishkek").endswith("18:00 Bishkek")
    assert when(NOON, "Europe/Zurich").endswith("14:00 CEST")
    assert when(NOON, "Asia/Bishkek", "Osh").endswith("18:00 Osh")


@pytest.mark.parametrize("number", ["9" * 25, "²", "-1", "1e3", ""])
def test_a_number_that_no_key_can_be_is_none_in_a_form_either(client, number):
    """Case A50."""
    sign_in(client)
    assert client.post("/staff/stars", data={"target_id": number}).status_code == 303
    assert client.get(f"/staff/campaigns/new?event={number}&list={number}").status_code == 200
    draft = {"name": "Banks", "event": number, "lists": number}
    assert client.post("/staff/campaigns/new", data=draft).status_code == 422


@pytest.mark.parametrize(
    "address", ["/account/sign-in", "/staff/segments", "/staff/lists/1/name", "/staff/tasks"]
)
def test_a_text_with_what_nobody_types_is_refused_and_named(client, address):
    """Case A15: PostgreSQL keeps it in no text."""
    if not address.startswith("/account"):
        sign_in(client)
    answer = client.post(address, data={"name": "Ba\0nks", "email": "a@example.org"})
    assert answer.status_code == 422
    assert "“name” holds U+0000, which no text needs" in answer.text


def test_a_static_file_is_kept_for_a_year_under_the_address_of_its_content(client):
    page = client.get("/account/sign-in").text
    address = next(part for part in page.split('"') if part.startswith("/static/outreach.css?v="))
    assert "immutable" in keeping(client, address)
    assert "immutable" not in keeping(client, "/static/outreach.css")


def keeping(client, address: str) -> str:
    """How long the answer may be kept."""
    with client.get(address) as answer:
        return answer.headers.get("Cache-Control", "")
