"""Two people with one form open: the second is told what changed, and nothing is lost."""

import html
import re
from datetime import timedelta

import pytest

from outreach import clock
from outreach.actions.conferences import move_conference
from outreach.actions.custom_fields import add_custom_field
from outreach.db import reading
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.conference import Conference
from outreach.models.conference_page import ConferencePage
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject
from outreach.models.event import Event
from tests.factories import NOON, sign_in, the_conference, the_event
from tests.forms import hidden
from tests.web.staff.campaigning import campaign, drafted, typed, words


@pytest.fixture
def admin(client):
    sign_in(client, Role.ADMINISTRATOR)
    return client


def now(model, id_):
    reading().rollback()
    return reading().get_one(model, id_, populate_existing=True)


def form_at(client, page, action):
    """What a browser would send of the form with this action, unless something is typed."""
    (form,) = re.findall(
        rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', client.get(page).text, re.S
    )
    return hidden(form)


def conference(changes):
    line = the_conference()
    known = {
        name: getattr(line, name)
        for name in ("name", "city", "country_code", "time_zone", "host", "reply_to")
    }
    return known | {"venue": ""} | changes


def saved_by_two(client, address, seen, first, second, field):
    """The second is told, and chooses to keep their own words; gives the page that told them."""
    assert client.post(address, data=first | seen).status_code == 303
    late = client.post(address, data=second | seen)
    assert late.status_code == 409
    assert "What changed meanwhile" in late.text
    assert html.escape(str(second[field])) in late.text
    assert html.escape(str(first[field])) in late.text
    again = hidden(late.text) | {f"take-{field}": "mine"}
    assert client.post(address, data=second | again).status_code == 303
    return late


def test_the_conference(admin):
    place = "/staff/settings/conference"
    seen = form_at(admin, "/staff/settings", place)
    first, second = conference({"host": "The Ministry"}), conference({"venue": "Hall 5"})
    assert admin.post(place, data=first | seen).status_code == 303
    late = admin.post(place, data=second | seen)
    assert (late.status_code, "The Ministry" in late.text) == (409, True)
    again = hidden(late.text) | {"take-host": "theirs"}
    assert admin.post(place, data=second | again).status_code == 303
    assert now(Conference, the_conference().id).host == "The Ministry"
    assert now(Event, the_event().id).venue == "Hall 5"


def test_the_limit_of_mails(admin):
    place = "/staff/settings/cap"
    seen = form_at(admin, "/staff/settings", place)
    first, second = {"mails": "3", "days": "7"}, {"mails": "5", "days": "7"}
    saved_by_two(admin, place, seen, first, second, "mails")
    assert now(Conference, the_conference().id).cap_mails == 5


def test_a_field_of_the_teams_own(admin):
    id_ = add_custom_field(
        CustomSubject.PERSON, CustomKind.CHOICE, "Size", choices=["S", "M"], by=CONSOLE, at=NOON
    )
    place = f"/staff/settings/fields/{id_}"
    seen = form_at(admin, "/staff/settings/fields", place)
    first = {"label": "Size", "hint": "Of shirts", "choices": "S\nM\nL"}
    second = {"label": "Shirt", "hint": "As worn", "choices": "S\nM"}
    assert admin.post(place, data=first | seen).status_code == 303
    late = admin.post(place, data=second | seen)
    assert (late.status_code, "Of shirts" in late.text, "As worn" in late.text) == (409, True, True)
    again = hidden(late.text) | {"take-choices": "theirs", "take-hint": "mine"}
    assert admin.post(place, data=second | again).status_code == 303
    row = now(CustomField, id_)
    assert (row.label, row.hint, row.choices) == ("Shirt", "As worn", ["S", "M", "L"])


def test_the_public_page(staff):
    place = "/staff/conference-page"
    seen = hidden(staff.get(place).text)
    first, second = {"about-en": "Of bridges"}, {"about-en": "Of roads", "is_published": "yes"}
    saved_by_two(staff, place, seen, first, second, "about-en")
    page = reading().query(ConferencePage).one()
    assert (page.about, page.published_at is not None) == ({"en": "Of roads"}, True)


def test_what_an_event_asks(staff):
    event = the_event()
    place = f"/staff/events/{event.id}/asks"
    seen = hidden(staff.get(f"/staff/events/{event.id}/questions").text)
    first = {"party_limit": "2", "parts": "whole"}
    second = {"party_limit": "4", "parts": "whole", "needs": ["diet"]}
    saved_by_two(staff, place, seen, first, second, "party_limit")
    assert now(Event, event.id).needs_asked == ["diet"]


def test_a_campaign(staff, banks):
    campaign_id = drafted(staff, banks)
    place = f"/staff/campaigns/{campaign_id}/change"
    seen = hidden(staff.get(place).text)
    reminders = {"reminders-0-days": "20", "reminders-0-template": "reminder"}
    none = {f"reminders-{n}-{what}": None for n in (0, 1) for what in ("days", "template")}
    first = typed(banks, sender_name="The Minister", **reminders)
    second = typed(banks, name="To the banks", **none)
    assert staff.post(place, data=first | seen).status_code == 303
    late = staff.post(place, data=second | seen)
    assert late.status_code == 409
    assert "Reminder, 20 days, before the reply-by" in words(late)
    assert "To the banks" in late.text
    again = hidden(late.text) | {"take-sender_name": "theirs", "take-reminders": "theirs"}
    answer = staff.post(place, data=second | again)
    assert answer.status_code == 303, words(answer)
    row = campaign(campaign_id)
    assert (row.name, row.sender_name) == ("To the banks", "The Minister")
    assert sorted(step.days_before or 0 for step in row.steps) == [0, 0, 3, 20]


def test_the_dates_of_the_conference(admin):
    line = the_conference()
    wish = (line.opens_on + timedelta(days=10)).isoformat()
    page = admin.get(f"/staff/settings/dates?opens_on={wish}").text
    (seen_on,) = re.findall(r'name="seen_on" value="([^"]+)"', page)
    meanwhile = line.opens_on + timedelta(days=3)
    move_conference(line.id, meanwhile, by=CONSOLE, at=clock.now())
    late = admin.post("/staff/settings/dates", data={"opens_on": wish, "seen_on": seen_on})
    assert "Someone moved the conference" in admin.get(late.location).text
    assert now(Conference, line.id).opens_on == meanwhile
