"""The board: true numbers, each a link to the people behind it; nothing yet says what comes first."""

from tests.factories import make_campaign, make_invitation, make_list, make_stakeholder, make_target
from tests.factories import sign_in
from outreach.models.account import Role


def test_smoke(client):
    target_list = make_list()
    someone = make_stakeholder("Amina Sow")
    make_target(target_list, someone, is_star=True)
    make_campaign(target_list)
    make_invitation(someone, state="accepted")
    sign_in(client, Role.ORGANISER)
    page = client.get("/board")
    print(page.text)
    assert page.status_code == 200
    assert client.get("/board/people").status_code == 200
    assert client.get("/board/seats").status_code == 200
