"""What templates may say: dates in a zone, distances in time, states as sentences, navigation."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_timedelta,
    get_timezone_location,
    get_timezone_name,
)
from flask import Flask, current_app, g, request, url_for
from flask_login import current_user

from outreach.queries.conferences import current_conference

ENGLISH = Locale("en")


@dataclass(frozen=True, slots=True)
class Word:
    """One of the words at the left."""

    word: str
    icon: str
    url: str
    is_current: bool


NAVIGATION = (
    ("Board", "layout-dashboard", "organiser.board", "read"),
    ("Today", "sun", "staff.today", "promote"),
    ("Stakeholders", "users", "staff.stakeholders", "promote"),
    ("Lists", "list-details", "staff.lists", "promote"),
    ("Campaigns", "send", "staff.campaigns", "promote"),
    ("Outbox", "mail", "staff.outbox", "promote"),
    ("Replies", "message-circle", "staff.replies", "promote"),
    ("Programme", "armchair", "staff.programme", "promote"),
    ("Settings", "settings", "staff.settings", "administer"),
)
"""(word, icon, endpoint, permission); a word whose page does not exist is not shown."""


def register(app: Flask) -> None:
    """Give templates their words."""
    app.jinja_env.filters.update(when=when, day=day, far=far, span=span, thousands=thousands)
    app.jinja_env.filters["provider"] = provider
    app.jinja_env.filters.update(country=country_name, language=language_name, spell=spell)
    app.context_processor(_frame)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def when(at: datetime | None, zone: str, place: str = "") -> str:
    """An instant in a zone: "Fri 14 Mar 2025, 18:00 Geneva"; for no place the zone's own name, or
    its city where it has none."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    text = format_datetime(local, "EEE d MMM y, HH:mm", tzinfo=ZoneInfo(zone), locale="en_GB")
    if not place:
        place = get_timezone_name(local, "short", locale="en_GB")
        if place[:1] in "+-":
            place = get_timezone_location(zone, locale="en_GB", return_city=True)
    return f"{text} {place}".strip()


def day(on: date | datetime | None, zone: str = "UTC") -> str:
    """A day: "14 March 2025"."""
    if on is None:
        return ""
    if isinstance(on, datetime):
        on = on.astimezone(ZoneInfo(zone)).date()
    return format_date(on, "d MMMM y", locale="en_GB")


NEAR_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def far(at: datetime | date | None) -> str:
    """How far away: "in 9 days", "2 hours ago"; of a day, all day long, "today"."""
    if at is None:
        return ""
    if not isinstance(at, datetime):
        away = (at - g.at.date()).days
        if near := NEAR_DAYS.get(away):
            return near
        return format_timedelta(
            timedelta(away), granularity="day", add_direction=True, locale="en_GB", threshold=1.4
        )
    if abs(at - g.at) < timedelta(seconds=1):
        return "in a moment" if at > g.at else "just now"
    return format_timedelta(at - g.at, add_direction=True, locale="en_GB", threshold=1.4)


def span(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """The days of an event in its zone: "9–20 October 2017", "30 January – 1 February 2017"."""
    first = starts_at.astimezone(ZoneInfo(zone)).date()
    last = ends_at.astimezone(ZoneInfo(zone)).date()
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    start = format_date(first, "d MMMM" if first.year == last.year else "d MMMM y", locale="en_GB")
    return f"{start} – {day(last)}"


def spell(time: timedelta) -> str:
    """How long: "40 seconds", "3 minutes"."""
    return format_timedelta(time, locale="en_GB", threshold=1.4)


def thousands(number: int) -> str:
    """1204 as 1,204."""
    return f"{number:,}"


PROVIDERS = {
    "file": "The mail folder",
    "smtp": "The mail server",
    "sendgrid": "SendGrid",
}


def provider(mailer: str) -> str:
    """Who takes the mails of a mailer, at the beginning of a sentence."""
    return PROVIDERS.get(mailer, mailer.capitalize())


def _frame() -> dict[str, Any]:
    if request.blueprint not in ("staff", "organiser", "account") or (
        not current_user.is_authenticated
    ):
        return {"navigation": [], "conference": None}
    return {"navigation": navigation(), "conference": current_conference()}


def navigation(place: str = "") -> list[Word]:
    """The words that this person may use, the current one marked.

    place  of which page this one is a part, where its address does not say so
    """
    here = (place or request.path).rstrip("/")
    return [
        Word(word, icon, url := url_for(endpoint), _is_here(here, url))
        for word, icon, endpoint, permission in NAVIGATION
        if endpoint in current_app.view_functions and current_user.may(permission)
    ]


def _is_here(here: str, url: str) -> bool:
    if here.startswith("/staff/organisations"):
        return url == "/staff/stakeholders"  # organisations are reached from the people
    return f"{here}/".startswith(f"{url}/")


def country_name(code: str) -> str:
    """A country as staff read it; its code where the name is not known."""
    return str(ENGLISH.territories.get(code, code))


def language_name(code: str) -> str:
    """A language as staff read it; its code where the name is not known."""
    return str(ENGLISH.languages.get(code, code))


def people_in_words(count: int) -> str:
    """As in "1 person", "1,200 people"."""
    return "1 person" if count == 1 else f"{count:,} people"


FOLLOWED = {
    "answer": "each answer", "invitation": "each invitation",
    "last_contact": "the last mail to each person",
}  # fmt: skip
"""What a step follows that goes to each person at a time of their own."""


def after_each(anchor: str, days_before: int | None) -> str:
    """When a step goes that follows each person, as in "3 days after each invitation"."""
    days = abs(days_before or 0)
    span = f"{days} {'day' if days == 1 else 'days'} after " if days else "after "
    return span + FOLLOWED[anchor]
