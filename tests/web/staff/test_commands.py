"""The commands: go anywhere, find anyone, do what one's role may do."""

import pytest

from outreach.models.account import Role
from tests.factories import make_campaign, make_list, make_organisation, make_stakeholder, sign_in

PALETTE = {"HX-Request": "true"}


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def test_without_letters_the_pages_and_actions_are_offered(staff):
    part = staff.get("/staff/commands", headers=PALETTE).text
    assert 'href="/board"' in part
    assert 'href="/staff/programme/new"' in part
    assert "<html" not in part


def test_people_lists_and_campaigns_are_found_by_name(staff):
    bank = make_organisation("Banque des Lacs")
    person = make_stakeholder("Björn Åkesson", organisation=bank)
    target_list = make_list(name="Banks of the lakes")
    campaign = make_campaign(target_list, name="Lakes, first wave")
    part = staff.get("/staff/commands?q=lakes", headers=PALETTE).text
    assert f'href="/staff/lists/{target_list.id}"' in part
    assert f'href="/staff/campaigns/{campaign.id}"' in part
    for words in ("bjorn", "AKESSON björn", "banque bjo"):
        found = staff.get(f"/staff/commands?q={words}", headers=PALETTE).text
        assert f'href="/staff/stakeholders/{person.id}"' in found


def test_what_is_shown_is_bounded_however_many_there_are(staff):
    for _ in range(12):
        make_stakeholder("Amina Sow")
    part = staff.get("/staff/commands?q=amina", headers=PALETTE).text
    assert part.count("<li>") == 6


def test_it_is_a_page_without_scripts(staff):
    page = staff.get("/staff/commands?q=board").text
    assert "<html" in page
    assert 'value="board"' in page


def test_an_organiser_is_not_shown_the_search(client):
    sign_in(client, Role.ORGANISER)
    assert "/staff/commands" not in client.get("/board").text
    assert client.get("/staff/commands").status_code == 403


def test_only_administrators_are_offered_the_settings(client):
    sign_in(client, Role.PROMOTER)
    assert "/staff/settings" not in client.get("/staff/commands").text
    sign_in(client, Role.ADMINISTRATOR)
    assert "/staff/settings" in client.get("/staff/commands").text


@pytest.mark.parametrize(
    "words", ["%", "_", "- -", "%00", "\\", "'", "x" * 10_000, "<script>x</script>"]
)
def test_wild_words_find_nothing_and_break_nothing(staff, words):
    """Cases A14 and A50."""
    answer = staff.get("/staff/commands", query_string={"q": words})
    assert answer.status_code == 200
    assert "<script>x" not in answer.text
