"""Staff look at an invitee's page: marked, and with nothing in it that could answer."""

from datetime import timedelta

import pytest

from outreach import clock
from outreach.actions.invitations import answer_invitation
from outreach.models.account import Role
from outreach.models.invitation import Reply
from outreach.tokens import personal_token, preview_token
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_seat_offer,
    make_stakeholder,
    sign_in,
)


@pytest.fixture
def amina(app):
    person = make_stakeholder("Amina Otieno", language="ar")
    make_invitation(person, make_event(name="Round table"))
    make_seat_offer(person)
    return make_invitation(person)


@pytest.mark.parametrize("role", [Role.PROMOTER, Role.APPROVER, Role.ADMINISTRATOR])
def test_the_team_sees_the_page_in_the_persons_language_marked_as_a_preview(client, amina, role):
    sign_in(client, role)
    page = client.get(f"/staff/invitations/{amina.id}/page", follow_redirects=True).text
    assert "Preview for the team" in page
    assert 'lang="ar" dir="rtl"' in page
    assert "Amina Otieno" in page


def test_others_do_not(client, amina):
    assert client.get(f"/staff/invitations/{amina.id}/page").status_code in (302, 401)
    sign_in(client, Role.ORGANISER)
    assert client.get(f"/staff/invitations/{amina.id}/page").status_code == 403


def test_nothing_in_it_answers_or_opens_a_page_that_does(client, tables, amina):
    """A18, A23"""
    answer_invitation(amina.id, Reply.ACCEPTED, "", at=NOON)
    before = tables()
    path = f"/p/{preview_token(amina.link_key, NOON)}"
    page = client.get(path).text
    assert personal_token("answer", amina.link_key) not in page
    assert "/i/" not in page.replace("/i//", "")
    assert "/s/" not in page
    assert 'name="nonce" value=""' in page
    for address in (path, f"{path}/answer", "/i//answer", f"{path}/back"):
        assert client.post(address, data={"answer": "declined"}).status_code in (404, 405)
    assert tables() == before


def test_its_address_is_good_for_a_while_and_for_nothing_else(client, amina, monkeypatch):
    """A23"""
    token = preview_token(amina.link_key, NOON)
    assert client.get(f"/i/{token}").status_code == 404
    assert client.get(f"/p/{personal_token('answer', amina.link_key)}").status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=31))
    assert client.get(f"/p/{token}").status_code == 404
