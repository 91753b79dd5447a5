"""Stars on their board: nominated by name, decided by another, moved by a menu, kept a plan."""

import re
from datetime import timedelta
from html import unescape

from outreach.actions.stars import nominate_star
from outreach.clock import now
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from tests.factories import NOON, make_stakeholder, make_target, sign_in
from tests.forms import hidden, opened


def test_someone_is_found_nominated_and_waits_for_an_approver(client):
    target = make_target(stakeholder=make_stakeholder("Amina Diallo"))
    sign_in(client, Role.APPROVER)
    assert "The short list is empty" in client.get("/staff/stars").text
    assert "Amina Diallo" in client.get("/staff/stars?q=amina").text
    client.post("/staff/stars", data={"target_id": target.id, "reason": "Leads the fund"})
    page = client.get("/staff/stars").text
    assert "· Leads the fund" in page
    assert "0 stars: 1 nomination waits for an approver" in page
    url = f"/staff/stars/{target.id}"
    assert "You nominated this person" in client.get(url).text
    client.post(f"{url}/approve")
    assert "You nominated this star. Someone else decides about it." in client.get(url).text
    sign_in(client, Role.APPROVER)
    client.post(f"{url}/approve")
    assert "On the short list." in client.get(url).text
    person = client.get(f"/staff/stakeholders/{target.stakeholder_id}").text
    assert "An approver signs each mail to them" in person


def test_a_card_is_moved_by_its_menu_and_a_plan_is_kept(client):
    target = make_target(stakeholder=make_stakeholder("Amina Diallo"), is_star=True)
    account = sign_in(client)
    plan = {"owner_id": account.id} | opened(client, f"/staff/stars/{target.id}")
    own = client.post(f"/staff/stars/{target.id}/plan", data=plan)
    assert own.status_code == 422, "nobody makes themselves the owner"
    wish = {"tier": 2, "rank": 1, "wave": 1, "why": "", "owner": account.id}
    place = f"/staff/lists/{target.list_id}/targets/{target.id}"
    own = client.post(place, data=wish | opened(client, place))
    assert own.status_code == 403
    assert "an approver says who it is" in own.text
    account = sign_in(client, Role.APPROVER)
    client.post(f"/staff/stars/{target.id}/move", data={"column": "talking"})
    page = client.get("/staff/stars").text
    column = page[page.index('data-column="talking"') : page.index('data-column="accepted"')]
    assert "Amina Diallo" in column
    back = unescape(re.search(r'action="([^"]*was=talking[^"]*)"', page)[1])
    client.post(back)
    page = client.get("/staff/stars").text
    assert "Amina Diallo stands under “Approved” now." in page
    client.post(back)
    assert "was=" not in client.get("/staff/stars").text, "nothing is left to take back"
    yesterday = (now() - timedelta(days=1)).date()
    plan = {"owner_id": account.id, "next_step": "Call the office", "next_on": f"{yesterday}"}
    plan |= opened(client, f"/staff/stars/{target.id}")
    assert client.post(f"/staff/stars/{target.id}/plan", data=plan).status_code == 303
    late = client.post(f"/staff/stars/{target.id}/plan", data=plan | {"next_step": "Write"})
    assert late.status_code == 409
    assert "What changed meanwhile" in late.text
    assert 'value="Write"' in late.text
    plan |= hidden(late.text)
    assert "1 past its date" in client.get("/staff/stars").text
    assert "Call the office" in client.get("/staff/today").text
    wrong = client.post(f"/staff/stars/{target.id}/plan", data=plan | {"next_on": "soon"})
    assert wrong.status_code == 422
    client.post(f"/staff/stars/{target.id}/move", data={"column": "heaven"})
    assert "There is no such column." in client.get("/staff/stars").text


def test_a_promoter_nominates_and_does_not_decide(client):
    target = make_target(stakeholder=make_stakeholder("Amina Diallo"))
    nominate_star(target.id, "Leads the fund", by=CONSOLE, at=NOON)
    sign_in(client)
    url = f"/staff/stars/{target.id}"
    assert "An approver decides about this nomination" in client.get(url).text
    client.post(f"{url}/approve")
    assert "Your role only nominates" in client.get(url).text
    assert "Keep this plan" in client.get(url).text, "the owner is named before"
    assert "Amina Diallo" in client.get("/staff/today").text
    assert client.get("/staff/stars/999999").status_code == 404


def test_beside_the_board_a_star_is_a_part_of_a_page(client):
    target = make_target(stakeholder=make_stakeholder("Amina Diallo"), is_star=True)
    sign_in(client)
    part = client.get(f"/staff/stars/{target.id}", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "Keep this plan" in part
