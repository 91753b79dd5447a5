"""What an invitee reads about time and place: in the zone of the event and in the reader's own.

Everything is written as CLDR writes it in the language of the page. Writing a date takes Babel some
30 µs and most people of an event read the same dates, so what was written is kept.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_time, format_timedelta, get_timezone_location

from outreach.delivery.phrases import comma, dates
from outreach.languages import direction_of, locale_of, words_of
from outreach.queries.invitations import Addressee, EventShown

_UTC_NAMES = ("UTC", "Etc/UTC")
SIGNS = {"accepted": "✓", "tentative": "~", "declined": "✕", "delegated": "→", "": "…"}


def signs(language: str) -> dict[str, str]:
    """The sign of each answer; an arrow leads on, whichever way the language is read."""
    return SIGNS | ({"delegated": "←"} if direction_of(language) == "rtl" else {})


def offset(at: datetime, zone: str) -> str:
    """How far a zone is from UTC at an instant: "UTC+1", "UTC−4:30", "UTC"."""
    away = at.astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(away.total_seconds()) // 60 if away else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def instant(at: datetime, event: EventShown, language: str) -> str:
    """In the zone of the event: "Friday, 14 March 2025, 18:00 (Geneva, UTC+1)"."""
    return _instant(at, event.time_zone, event.city, language)


@lru_cache(4096)
def _instant(at: datetime, zone: str, city: str, language: str) -> str:
    local, locale = at.astimezone(ZoneInfo(zone)), locale_of(language)
    written = _joined(format_date(local, "full", locale=locale), _clock(local, language), language)
    apart = _apart(city, language), _apart(offset(at, zone), language)
    about = comma(language).join(apart) if city else apart[1]
    return f"{written} ({about})"


def _apart(text: str, language: str) -> str:
    """Latin letters in a line from right to left, so that the brackets stay around them."""
    return f"\u2068{text}\u2069" if direction_of(language) == "rtl" else text


def _joined(first: str, second: str, language: str) -> str:
    """With the comma that the language puts between a day and its time."""
    glue = str(locale_of(language).datetime_formats["medium"])
    return glue.replace("{1}", first).replace("{0}", second)


def _clock(local: datetime, language: str) -> str:
    return format_time(local, "short", tzinfo=local.tzinfo, locale=locale_of(language))


@lru_cache(1024)
def _left(days: int, language: str) -> str:
    t = words_of(language)
    if days in (0, 1):
        return t.gettext("tomorrow") if days else t.gettext("today")
    return format_timedelta(
        timedelta(days=days), granularity="day", threshold=10**9, add_direction=True,
        locale=locale_of(language),
    )  # fmt: skip


def left(until: datetime, at: datetime, zone: str, language: str) -> str:
    """How long until an instant, in days on the calendar of the zone: "in 9 days"."""
    there = ZoneInfo(zone)
    return _left((until.astimezone(there).date() - at.astimezone(there).date()).days, language)


def days(event: EventShown, language: str) -> str:
    """The days of the event in its zone: "9–20 October 2017"."""
    return dates(event.starts_at, event.ends_at, event.time_zone, locale_of(language))


def day(written: str, language: str) -> str:
    """A day kept as ISO 8601: "1 October 2026"."""
    return format_date(datetime.fromisoformat(written), "long", locale=locale_of(language))


def weekday(written: str, language: str) -> str:
    """A day kept as ISO 8601, with its weekday: "Thursday, 1 October 2026"."""
    return format_date(datetime.fromisoformat(written), "full", locale=locale_of(language))


def moment(at: datetime, zone: str, language: str) -> str:
    """A day and an hour in a zone, without its name: "1 October 2026, 14:00"."""
    local = at.astimezone(ZoneInfo(zone))
    day_of = format_date(local, "long", locale=locale_of(language))
    return _joined(day_of, _clock(local, language), language)


def hours(event: EventShown, reader: Addressee, language: str) -> tuple[str, str]:
    """When it opens, or from when to when where it is on one day.

    Returns it as it is at the venue, and in the zone of the reader, or else of their country, where
    that is known and another one; else in UTC. The second is empty where the venue's zone is UTC.
    """
    about = (event.starts_at, event.ends_at, event.time_zone, event.city)
    return _hours(*about, reader.country_code, reader.time_zone, language)


@lru_cache(4096)
def _hours(
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    city: str,
    country_code: str,
    own_zone: str,
    language: str,
) -> tuple[str, str]:
    here = _span(starts_at, ends_at, zone, zone, city, language)
    home = own_zone or home_zone(country_code, starts_at)
    if home and offset(starts_at, home) != offset(starts_at, zone):
        where = locale_of(language).territories.get(country_code, country_code)
        if own_zone:
            where = get_timezone_location(own_zone, locale=locale_of(language), return_city=True)
        return here, _span(starts_at, ends_at, home, zone, where, language)
    if home or zone in _UTC_NAMES:
        return here, ""
    return here, _span(starts_at, ends_at, "UTC", zone, "", language)


def _span(
    starts_at: datetime, ends_at: datetime, zone: str, venue_zone: str, place: str, language: str
) -> str:
    """In one zone; whether it is one day is judged at the venue."""
    t = words_of(language)
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (starts_at, ends_at))
    there = ZoneInfo(venue_zone)
    is_one_day = starts_at.astimezone(there).date() == ends_at.astimezone(there).date()
    where = f"{place} ({offset(starts_at, zone)})" if place else offset(starts_at, zone)
    weekday = format_date(first, "EEEE", locale=locale_of(language))
    if not is_one_day:
        return t.gettext("Opens on %(weekday)s at %(time)s, %(place)s") % {
            "weekday": weekday, "time": _clock(first, language), "place": where,
        }  # fmt: skip
    return t.gettext("%(weekday)s, %(start)s–%(end)s, %(place)s") % {
        "weekday": weekday, "start": _clock(first, language), "end": _clock(last, language),
        "place": where,
    }  # fmt: skip


@lru_cache(4096)
def home_zone(country_code: str, at: datetime) -> str | None:
    """The zone of a country that has one, or whose zones agree at that instant; None else.

    Source: CLDR's zones of each territory.
    """
    zones = get_global("territory_zones").get(country_code) or []
    away = {at.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones}
    return str(zones[0]) if len(away) == 1 else None


def map_url(where: str) -> str:
    """A map of a place by its name, at OpenStreetMap; opened only where somebody follows it."""
    return f"https://www.openstreetmap.org/search?query={quote(where)}"
