"""The invitee's calendar page, the code for the door, and the feed."""

import re

import pytest
from icalendar import Calendar

from outreach.actions.seat_answers import answer_seat_offer
from outreach.delivery.codes import check_in_token
from outreach.links import feed_url
from outreach.models.stakeholder import Stakeholder
from outreach.queries.feeds import feed_key_of
from outreach.tokens import key_of, new_key, personal_token
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_seat_offer,
    make_stakeholder,
)


@pytest.fixture
def amina(app):
    return make_stakeholder("Amina", "amina@example.org", language="en")


def opened(client, invitation, **query):
    return client.get(f"/i/{personal_token('answer', invitation.link_key)}/calendar", **query)


def press(client, invitation, feed):
    address = f"/i/{personal_token('answer', invitation.link_key)}/calendar"
    nonce = re.search(r'name="nonce" value="([^"]+)"', client.get(address).text)[1]
    return client.post(address, data={"nonce": nonce, "feed": feed})


def test_the_code_is_shown_to_who_accepted(client, amina):
    comes = make_invitation(amina, state="accepted")
    assert "data:image/svg" in opened(client, comes).text
    assert check_in_token(comes.link_key) in opened(client, comes).text
    silent = make_invitation(amina, make_event())
    assert "data:image/svg" not in opened(client, silent).text


def test_links_to_other_calendars_hold_no_token_and_no_name(client, amina):
    invitation = make_invitation(amina)
    links = re.findall(r'href="(https://[^"]+)"', opened(client, invitation).text)
    assert [link.split("/")[2] for link in links] == ["calendar.google.com", "outlook.live.com"]
    token = personal_token("answer", invitation.link_key)
    assert not [link for link in links if token in link or "Amina" in link]


@pytest.mark.parametrize("language", ["ar", "zh", "fr", "es", "ru"])
def test_it_speaks_every_language(client, amina, language):
    invitation = make_invitation(amina, state="accepted")
    page = opened(client, invitation, query_string={"language": language}).text
    assert "Show this code" not in page
    assert f'lang="{language}"' in page


def test_opening_the_page_makes_no_feed(client, amina):
    """A18"""
    opened(client, make_invitation(amina))
    assert afresh(feed_key_of, amina.id) is None


def test_a_feed_holds_what_the_person_comes_to_and_not_who_they_are(client, amina):
    """A40"""
    coming = make_invitation(amina, state="accepted")
    make_invitation(amina, make_event(name="Round table"), state="tentative")
    make_invitation(amina, make_event(), state="declined")
    answer_seat_offer(make_seat_offer(amina).id, True, "", at=NOON)
    make_seat_offer(amina)
    press(client, coming, "make")
    client.application.config["CALENDAR_ADDRESS"] = "replies@in.example.org"
    key = afresh(feed_key_of, amina.id)
    feed = client.get(f"/f/{personal_token('feed', key)}.ics")
    assert feed.mimetype == "text/calendar"
    entries = Calendar.from_ical(feed.data).walk("VEVENT")
    assert {str(entry["STATUS"]) for entry in entries} == {"CONFIRMED", "TENTATIVE"}
    assert len({entry["UID"] for entry in entries}) == len(entries) == 3
    assert sum("Co-chair: " in entry["SUMMARY"] for entry in entries) == 1
    own = client.get(f"/i/{personal_token('answer', coming.link_key)}/event.ics")
    entries += Calendar.from_ical(own.data).walk("VEVENT")
    assert {entry["ORGANIZER"] for entry in entries} == {"mailto:replies@in.example.org"}
    for word in (b"Amina", b"ATTENDEE", b"amina@", b"/i/", b"/f/"):
        assert word not in feed.data


def test_a_feed_that_was_renewed_or_stopped_is_gone(client, amina):
    """A40"""
    invitation = make_invitation(amina, state="accepted")
    press(client, invitation, "make")
    first = feed_url(afresh(feed_key_of, amina.id)).partition("/f/")[2]
    press(client, invitation, "make")
    second = feed_url(afresh(feed_key_of, amina.id)).partition("/f/")[2]
    assert client.get(f"/f/{first}").status_code == 404
    assert client.get(f"/f/{second}").status_code == 200
    for way in ("post", "put", "patch", "delete"):
        assert getattr(client, way)(f"/f/{second}").status_code == 405
    press(client, invitation, "stop")
    assert client.get(f"/f/{second}").status_code == 404


def test_a_token_of_another_purpose_is_no_feed_and_a_feed_no_invitation(client, amina):
    """A23"""
    invitation = make_invitation(amina, state="accepted")
    assert client.get(f"/f/{personal_token('answer', invitation.link_key)}.ics").status_code == 404
    assert client.get(f"/f/{personal_token('feed', new_key())}.ics").status_code == 404
    assert client.post(f"/f/{personal_token('feed', new_key())}.ics").status_code in (404, 405)
    assert key_of("answer", personal_token("feed", invitation.link_key)) is None


def test_a_foreign_form_changes_nothing(client, amina):
    """A19"""
    invitation = make_invitation(amina)
    address = f"/i/{personal_token('answer', invitation.link_key)}/calendar"
    assert client.post(address, data={"feed": "make", "nonce": "0.x"}).status_code == 400
    assert press(client, invitation, "other").status_code == 400
    assert afresh(feed_key_of, amina.id) is None


def test_the_key_of_a_feed_stands_on_the_person(amina):
    assert Stakeholder.feed_key.property.columns[0].unique
