"""What an invitee reads about time and place, in the zone of the event and in UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import g

from outreach.queries.invitations import EventShown
from outreach.web.words import span

LOCALE = "en_GB"


def offset(at: datetime, zone: str) -> str:
    """How far a zone is from UTC at an instant: "UTC+1", "UTC−4:30", "UTC"."""
    away = at.astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(away.total_seconds()) // 60 if away else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def instant(at: datetime, event: EventShown) -> str:
    """In the zone of the event: "Friday 14 March 2025, 18:00 (Geneva, UTC+1)"."""
    local = at.astimezone(ZoneInfo(event.time_zone))
    return f"{_text(local, 'EEEE d MMMM y, HH:mm')} ({event.city}, {offset(at, event.time_zone)})"


def left(at: datetime, event: EventShown) -> str:
    """How long until an instant, in days on the calendar of the event's zone: "in 9 days"."""
    zone = ZoneInfo(event.time_zone)
    count = (at.astimezone(zone).date() - g.at.astimezone(zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(count, f"in {count} days")


def days(event: EventShown) -> str:
    """The days of the event in its zone: "9–20 October 2017"."""
    return span(event.starts_at, event.ends_at, event.time_zone)


def hours(event: EventShown) -> tuple[str, str]:
    """When it opens, or from when to when where it is on one day: at the venue, and in UTC."""
    first, last = (
        at.astimezone(ZoneInfo(event.time_zone)) for at in (event.starts_at, event.ends_at)
    )
    place = f"in {event.city} ({offset(first, event.time_zone)})"
    abroad = first.astimezone(UTC)
    day = "EEEE " if abroad.date() != first.date() else ""
    if first.date() != last.date():
        opens = f"Opens on {_text(first, 'EEEE d MMMM')} at {first:%H:%M} {place}"
        return opens, f"{_text(abroad, day + 'HH:mm')} UTC"
    local = f"{_text(first, 'EEEE, HH:mm')}–{last:%H:%M} {place}"
    return local, f"{_text(abroad, day + 'HH:mm')}–{last.astimezone(UTC):%H:%M} UTC"


def _text(at: datetime, pattern: str) -> str:
    return str(format_datetime(at, pattern, tzinfo=at.tzinfo, locale=LOCALE))
