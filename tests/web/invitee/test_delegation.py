"""The page on which a focal point names a delegation."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.focal_points import ask_for_delegation
from outreach.db import reading
from outreach.models.activity import CONSOLE
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.queries.delegation_members import member_answered_for, members_of
from outreach.queries.invitations import invitation_page
from outreach.tokens import personal_token
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_organisation,
    make_stakeholder,
    the_event,
)
from tests.web.invitee.conftest import Guest

BEN = {"member_name": "Ben Mwangi", "member_address": "ben@example.org", "role": "head"}


@pytest.fixture
def focal(app):
    ministry = make_organisation("Ministry of Communications", group="member_state", country="KE")
    return make_stakeholder("Amina Otieno", "amina@example.org", ministry)


@pytest.fixture
def delegation(focal):
    id_ = ask_for_delegation(
        focal.organisation_id, the_event().id, focal.id, authorised_by="Letter 4",
        authorised_on=None, most_members=2, name_by=NOON + timedelta(days=20), by=CONSOLE, at=NOON,
    )  # fmt: skip
    return reading().get_one(Delegation, id_)


@pytest.fixture
def guest(client, delegation):
    return Guest(client, f"/d/{personal_token('delegation', delegation.link_key)}")


def post(guest, path="members", **fields):
    return guest.client.post(f"{guest.path}/{path}", data=guest.hidden() | fields)


def test_a_focal_point_answers_for_a_member_who_is_told_and_sees_by_whom(guest, delegation, tables):
    post(guest, **BEN)
    (member,) = afresh(members_of, delegation.id)
    theirs = Guest(guest.client, f"{guest.path}/members/{member.id}")
    before = tables()
    shown = theirs.open().text
    assert f'href="{guest.path}"' in shown
    for words in ("you answer for <bdi>Ben Mwangi</bdi>", "I accept", "Back to the delegation"):
        assert words in shown
    for words in ("I send someone", "given_by", "/i/", "event.ics"):
        assert words not in shown
    assert tables() == before
    assert theirs.send(answer="delegated").status_code == 422
    assert theirs.send(answer="accepted", given_by="The Pope").status_code == 303
    page = afresh(invitation_page, member_answered_for(delegation.id, member.id).link_key)
    own = Guest(guest.client, f"/i/{personal_token('answer', page_key(member))}")
    assert page.answer == "accepted"
    assert "Answered by <bdi>Amina Otieno</bdi>." in own.open().text
    waits = afresh(lambda: list(reading().scalars(select(Message.purpose).where(
        Message.stakeholder_id == member.stakeholder_id).order_by(Message.id))))  # fmt: skip
    assert waits == ["member", "confirmation"]
    undo = guest.client.post(f"{theirs.path}/back", data=theirs.hidden())
    assert undo.status_code == 303
    assert "Take this back" not in theirs.open().text


def page_key(member):
    return reading().scalar(
        select(Invitation.link_key).where(Invitation.stakeholder_id == member.stakeholder_id)
    )


def test_what_a_member_wrote_is_not_shown_to_the_focal_point_nor_taken_back(guest, delegation):
    post(guest, **BEN)
    (member,) = afresh(members_of, delegation.id)
    theirs = Guest(guest.client, f"{guest.path}/members/{member.id}")
    own = Guest(guest.client, f"/i/{personal_token('answer', page_key(member))}")
    own.send(answer="accepted", note="I need a ramp")
    shown = theirs.open().text
    assert "You accept" in shown
    assert "ramp" not in shown
    assert "Take this back" not in shown
    assert guest.client.post(f"{theirs.path}/back", data=theirs.hidden()).status_code == 404
    theirs.send(answer="declined")
    assert guest.client.post(f"{theirs.path}/back", data=theirs.hidden()).status_code == 303
    assert "You accept" in theirs.open().text
    assert "ramp" not in theirs.open().text
    assert "ramp" in own.open().text


def test_whom_an_address_belongs_to_is_not_to_be_learnt_by_naming_it(guest, delegation):
    """Neither of someone of another house nor of one for whom the focal point may answer."""
    earlier = NOON - timedelta(days=1)
    other = make_stakeholder("Another Minister", "minister@example.net", created_at=earlier)
    other_page = Guest(
        guest.client, f"/i/{personal_token('answer', make_invitation(other).link_key)}"
    )
    own = make_stakeholder(
        "Chan Tai Man", "chan@example.org", delegation.organisation, created_at=earlier,
        title="His Excellency", salutation="Excellency,", office="Chief Engineer", gender="male",
    )  # fmt: skip
    typed = {"member_name": "Somebody", "member_address": "minister@example.net", "role": "head"}
    post(guest, **typed | {"role": "member"})
    post(guest, **typed | {"member_name": "Chan", "member_address": "chan@example.org"})
    other_page.send(answer="declined", given_by="A Secretary")
    chan, minister = afresh(members_of, delegation.id)
    assert (minister.full_name, minister.typed_name) == (other.full_name, "Somebody")
    shown = guest.open().text
    assert shown.count("Answer for") == 1
    for words in ("Somebody", "minister@example.net", "Named; answers on a page", "Chan<"):
        assert words in shown
    for number in (minister.id, minister.id + chan.id):
        assert guest.client.get(f"{guest.path}/members/{number}").status_code == 404
    shown += Guest(guest.client, f"{guest.path}/members/{chan.id}").open().text
    for words in (other.full_name, own.full_name, own.title, own.office, "Declines", "gender is"):
        assert words not in shown


def named(delegation):
    return [line.full_name for line in afresh(members_of, delegation.id)]


def test_the_page_says_whose_delegation_and_until_when_and_takes_a_name(guest, delegation):
    text = guest.open().text
    for words in ("Ministry of Communications", "0 of 2 named", "in 20 days", "Head of the"):
        assert words in text
    assert post(guest, **BEN).status_code == 303
    text = guest.open().text
    for words in ("Ben Mwangi", "1 of 2 named", "Has not answered yet", "Name one more"):
        assert words in text


@pytest.mark.parametrize("language", ["ar", "zh", "fr", "ru", "es"])
def test_it_speaks_every_language(guest, language):
    post(guest, **BEN | {"member_name": "ليلى بن سعيد", "gender": "female"})
    text = guest.client.get(f"{guest.path}?language={language}").text
    assert f'lang="{language}"' in text
    assert "35%" in text or "35 %" in text
    assert "%%" not in text
    assert "Name one more" not in text


def test_what_is_wrong_is_said_and_what_was_typed_stays(guest, delegation):
    answer = post(guest, member_name="Chan", member_address="nothing")
    assert answer.status_code == 422
    assert "one address" in answer.text
    assert 'value="Chan"' in answer.text
    assert post(guest, member_name="", member_address="").status_code == 422
    assert named(delegation) == []


def test_the_longest_and_the_shortest_names_and_script_stay_inert(guest, delegation):
    """A14"""
    post(guest, member_name="<script>alert(1)</script>", member_address="x@example.org")
    post(guest, member_name="Ñ", member_address="n@example.org", office="&" * 200)
    text = guest.open().text
    assert "<script>alert" not in text
    assert "Everybody that there is room for is named." in text


def test_a_form_from_elsewhere_or_of_a_page_open_too_long_changes_nothing(guest, delegation):
    """A19"""
    old = guest.hidden()
    assert post(guest, **BEN).status_code == 303
    other = BEN | {"member_name": "Chan", "member_address": "chan@example.org"}
    assert guest.client.post(f"{guest.path}/members", data=old | other).status_code == 400
    assert (
        guest.client.post(f"{guest.path}/members", data=BEN | {"nonce": "1.x"}).status_code == 400
    )
    assert named(delegation) == ["Ben Mwangi"]


def test_members_are_taken_out_and_the_rest_is_called_complete(guest, delegation):
    post(guest, **BEN)
    post(guest, member_name="Chan", member_address="chan@example.org")
    first = afresh(members_of, delegation.id)[0]
    assert post(guest, f"members/{first.id}/out").status_code == 303
    assert named(delegation) == ["Chan"]
    assert post(guest, "complete").status_code == 303
    assert "The delegation is complete" in guest.open().text


def test_a_place_that_would_change_is_asked_about_first(guest, delegation):
    post(guest, **BEN)
    chan = {"member_name": "Chan", "member_address": "chan@example.org", "role": "head"}
    asked = post(guest, **chan)
    assert asked.status_code == 422
    assert "Ben Mwangi is the head so far" in asked.text
    assert named(delegation) == ["Ben Mwangi"]
    sure = guest.hidden(asked.text)
    dia = chan | {"member_address": "dia@example.org"}
    other = guest.client.post(f"{guest.path}/members", data=sure | dia)
    assert other.status_code == 422, "the page asked about somebody else"
    assert guest.client.post(f"{guest.path}/members", data=sure | chan).status_code == 303
    assert named(delegation) == ["Chan", "Ben Mwangi"]
    again = post(guest, **BEN | {"role": "deputy"})
    assert "Ben Mwangi is named already: Member. The place would be: Deputy head." in again.text
    data = guest.hidden(again.text) | BEN | {"role": "deputy"}
    assert guest.client.post(f"{guest.path}/members", data=data).status_code == 303
    assert [one.role for one in afresh(members_of, delegation.id)] == ["head", "deputy"]


def test_a_member_of_another_delegation_is_nobody_here(guest, delegation):
    """A48"""
    assert post(guest, "members/999/out").status_code == 404


def test_looking_changes_nothing(guest, tables):
    """A18"""
    post(guest, **BEN)
    before = tables()
    for path in ("", "/members", "/complete", "/members/1/out"):
        guest.client.get(guest.path + path)
        guest.client.head(guest.path + path)
    assert tables() == before


def test_a_link_of_another_purpose_opens_nothing(client, delegation):
    """A23"""
    for purpose in ("answer", "seat", "unsubscribe"):
        token = personal_token(purpose, delegation.link_key)
        assert client.get(f"/d/{token}").status_code == 404


def test_the_focal_points_own_invitation_leads_to_the_delegation(client, focal, delegation):
    invitation = make_invitation(focal)
    page = client.get(f"/i/{personal_token('answer', invitation.link_key)}").text
    assert f"/d/{personal_token('delegation', delegation.link_key)}" in page
    assert "name the delegation of" in page
    assert reading().scalars(select(Invitation)).all()
