"""An event as a file for calendars: only what is public about it, and no token.

METHOD:PUBLISH, so a calendar shows it and answers nobody. Source: RFC 5545; RFC 5546 section 3.2.1
(what PUBLISH must hold, the organiser among it); RFC 7986 section 5.3 (UIDs are UUIDs).
"""

from datetime import date, datetime
from functools import lru_cache
from unicodedata import category
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from babel import Locale
from icalendar import Calendar, Event, Timezone, vCalAddress

from outreach.models.event import EventKind
from outreach.queries.invitations import EventShown

NAMESPACE = UUID("0b6f0b1e-6b0e-5e57-9d5c-6f1f3b1c7a4d")
"""Of all UIDs of events; another one would make every calendar show every event twice."""


def event_calendar(event: EventShown, *, sequence: int, at: datetime) -> bytes:
    """The event as iCalendar text, CRLF and folded at 75 octets on character borders.

    sequence  rises with every change that calendars must learn of
    at        when this was written (DTSTAMP)
    """
    starts_at, ends_at, zone = _local(event)
    entry = Event.new(
        uid=event_uid(event), stamp=at, start=starts_at, end=ends_at, sequence=sequence,
        summary=_line(event.name), location=_line(place(event)),
        description=_text(event), organizer=_organiser(event),
    )
    calendar = Calendar.new(
        prodid="-//Outreach//Invitations//EN", method="PUBLISH", subcomponents=[entry]
    )
    del calendar["UID"]  # of the file, random; one file is not a feed with an identity
    if zone:
        calendar.subcomponents.insert(0, _zone(zone, starts_at.year, ends_at.year))
    return bytes(calendar.to_ical())


def event_uid(event: EventShown) -> str:
    """The same for everyone, for ever: it follows from the conference's code and the event's id."""
    return str(uuid5(NAMESPACE, f"{event.conference_code}/{event.id}"))


def place(event: EventShown) -> str:
    """Venue, city, country: as much of it as is known."""
    country = Locale("en").territories.get(event.country_code, event.country_code)
    return ", ".join(part for part in (event.venue, event.city, country) if part)


def _local(event: EventShown) -> tuple[datetime, datetime, str | None]:
    """Start and end in the event's zone and its name; in UTC, with no zone to explain, for UTC."""
    if event.time_zone in ("UTC", "Etc/UTC"):
        return event.starts_at, event.ends_at, None
    zone = ZoneInfo(event.time_zone)
    return event.starts_at.astimezone(zone), event.ends_at.astimezone(zone), event.time_zone


@lru_cache(maxsize=64)
def _zone(name: str, first_year: int, last_year: int) -> Timezone:
    """The zone's rules in those years, from tz data; 17 ms, hence kept."""
    return Timezone.from_tzid(
        name, first_date=date(first_year, 1, 1), last_date=date(last_year + 1, 1, 1)
    )


def _organiser(event: EventShown) -> vCalAddress:
    return vCalAddress.new(f"mailto:{_line(event.reply_to)}", cn=_line(event.host))


def _text(event: EventShown) -> str:
    about = event.summary.strip()
    if event.kind != EventKind.CONFERENCE:
        about = f"{about}\n{event.conference}".strip()
    return f"{about}\n{event.host}, {event.reply_to}".strip()


def _line(text: str) -> str:
    """On one line; a property cannot hold control characters (RFC 5545, 3.1)."""
    return " ".join("".join(" " if category(c) == "Cc" else c for c in text).split())
