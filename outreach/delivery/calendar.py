"""An event as text for calendars: what is public about it, at most its one reader, and no token.

PUBLISH for a file and a feed, which answer nobody; REQUEST and CANCEL for one attendee, whose
calendar replies to the organiser. The UID is the event's, not the invitation's: in iTIP one event
has many attendees, the ATTENDEE of a reply says who answers, and whoever opens the file, the feed
and the mail has the event once. Each attendee's SEQUENCE is the event's plus their own.
Source: RFC 5545; RFC 5546 section 3.2 (what each METHOD must hold); RFC 7986 section 5.3 (UIDs).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from unicodedata import category
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from outreach.delivery.phrases import place_of, role_word
from outreach.languages import locale_of, words_of
from outreach.models.event import EventKind, seat_uid_of, uid_of
from outreach.queries.invitations import EventShown


@dataclass(frozen=True, slots=True)
class Attendee:
    """The one person whom a REQUEST or a CANCEL names.

    partstat  how the answer stands: NEEDS-ACTION, ACCEPTED, TENTATIVE or DECLINED
    """

    name: str
    email: str
    partstat: str = "NEEDS-ACTION"
    is_asked: bool = True
    """Whether their calendar shall reply."""


@dataclass(frozen=True, slots=True)
class Part:
    """What someone does at an event, as an entry of its own beside the event's."""

    uid: str
    summary: str


def event_calendar(
    event: EventShown,
    *,
    sequence: int,
    at: datetime,
    language: str = "en",
    organiser: str = "",
) -> bytes:
    """The event as iCalendar text, CRLF and folded at 75 octets on character borders.

    sequence   rises with every change that calendars must learn of
    at         when this was written (DTSTAMP)
    organiser  as in the mail: one UID with two organisers would be two events, or none
    """
    entry = _entry(event, sequence, at, language, organiser)
    return _whole("PUBLISH", [(event, entry)])


def personal_calendar(
    event: EventShown,
    attendee: Attendee,
    *,
    method: str,
    sequence: int,
    at: datetime,
    language: str = "en",
    organiser: str = "",
    part: Part | None = None,
) -> bytes:
    """The event, or the attendee's own part in it, for one attendee, whose calendar may reply.

    method     REQUEST; CANCEL where the person is not asked any more
    sequence   of the event and of the person's own invitation, added
    organiser  where replies are received; the mailbox of the conference if empty
    """
    entry = _entry(event, sequence, at, language, organiser)
    if part:
        entry.uid, entry.summary = part.uid, _line(part.summary)
    params = {
        "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": attendee.partstat,
        "RSVP": str(attendee.is_asked).upper(), "CN": _line(attendee.name).replace('"', "'"),
    }  # fmt: skip
    person = vCalAddress(f"mailto:{_line(attendee.email)}")
    person.params.update({name: value for name, value in params.items() if value})
    entry.add("attendee", person)
    entry.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    return _whole(method, [(event, entry)])


def seat_part(event: EventShown, offer_id: int, role: str, track: str, language: str) -> Part:
    """Someone's seat at an event."""
    word = role_word(role, language)
    return Part(
        seat_uid_of(event.conference_code, offer_id),
        f"{word[:1].upper()}{word[1:]}: {track} ({event.name})",
    )


def feed_calendar(
    events: Sequence[tuple[EventShown, int, bool, Part | None]],
    *,
    at: datetime,
    language: str = "en",
    organiser: str = "",
) -> bytes:
    """Several events as one feed, with no word of who reads it.

    events  (event, SEQUENCE, whether it is certain that the reader comes, their own part in it
            where the entry is about that)
    """
    entries = []
    for event, sequence, is_certain, part in events:
        entry = _entry(event, sequence, at, language, organiser)
        if part:
            entry.uid, entry.summary = part.uid, _line(part.summary)
        entry.add("status", "CONFIRMED" if is_certain else "TENTATIVE")
        entries.append((event, entry))
    return _whole("PUBLISH", entries, {"X-PUBLISHED-TTL": "PT12H"})


def _entry(
    event: EventShown, sequence: int, at: datetime, language: str, organiser: str = ""
) -> Event:
    starts_at, ends_at, _ = _local(event)
    mailbox = f"mailto:{_line(organiser or event.reply_to)}"
    return Event.new(
        uid=event_uid(event),
        stamp=at,
        start=starts_at,
        end=ends_at,
        sequence=sequence,
        summary=_line(event.name),
        location=_line(place(event, language)),
        description=_text(event, language),
        organizer=vCalAddress.new(mailbox, cn=_line(event.host)),
    )


def _whole(
    method: str, entries: Sequence[tuple[EventShown, Event]], more: Mapping[str, str] | None = None
) -> bytes:
    """The calendar around the entries, with the rules of their zones."""
    calendar = Calendar.new(
        prodid="-//Outreach//Invitations//EN", method=method, subcomponents=[e for _, e in entries]
    )
    del calendar["UID"]  # of the file, random; one file is not a feed with an identity
    for name, value in (more or {}).items():
        calendar.add(name, value)
    years: dict[str, tuple[int, int]] = {}
    for event, _ in entries:
        starts_at, ends_at, zone = _local(event)
        if zone:
            first, last = years.get(zone, (starts_at.year, ends_at.year))
            years[zone] = min(first, starts_at.year), max(last, ends_at.year)
    for zone, (first, last) in reversed(years.items()):
        calendar.subcomponents.insert(0, _zone(zone, first, last))
    return bytes(calendar.to_ical())


def event_uid(event: EventShown) -> str:
    """The same for everyone, for ever: it follows from the conference's code and the event's id."""
    return uid_of(event.conference_code, event.id)


def place(event: EventShown, language: str = "en") -> str:
    """Venue, city, country: as much of it as is known."""
    country = locale_of(language).territories.get(event.country_code, event.country_code)
    return place_of(event.venue, event.city, country, language=language)


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


def _text(event: EventShown, language: str) -> str:
    about = event.summary.strip()
    if event.kind != EventKind.CONFERENCE:
        prepares = words_of(language).gettext("It prepares the %(conference)s.")
        about = f"{about}\n{prepares % {'conference': event.conference}}".strip()
    return f"{about}\n{event.host}, {event.reply_to}".strip()


def _line(text: str) -> str:
    """On one line; a property cannot hold control characters (RFC 5545, 3.1)."""
    return " ".join("".join(" " if category(c) == "Cc" else c for c in text).split())
