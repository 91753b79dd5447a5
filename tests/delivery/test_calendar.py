"""The event for calendars: read back by the library that calendars are tested with."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from outreach.delivery.calendar import event_calendar, event_uid, place
from outreach.models.event import EventKind
from outreach.queries.invitations import EventShown

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVENT = EventShown(
    id=7, name="Regional meeting for Africa", kind=EventKind.PREPARATORY, summary="First of six.",
    starts_at=datetime(2026, 12, 1, 7, tzinfo=UTC), ends_at=datetime(2026, 12, 3, 16, tzinfo=UTC),
    time_zone="Africa/Kigali", venue="Palace, Hall A; 2nd floor", city="Kigali", country_code="RW",
    sequence=0, conference_code="WDC-27", conference="World Conference",
    host="The Secretariat", reply_to="secretariat@example.org",
)  # fmt: skip


def read(event=EVENT, sequence=0):
    text = event_calendar(event, sequence=sequence, at=AT)
    (entry,) = Calendar.from_ical(text).walk("VEVENT")
    return text, entry


def test_it_says_what_when_and_where():
    text, entry = read()
    assert b"METHOD:PUBLISH\r\n" in text
    assert entry["SUMMARY"] == "Regional meeting for Africa"
    assert entry["LOCATION"] == "Palace, Hall A; 2nd floor, Kigali, Rwanda"
    assert entry["DTSTART"].params["TZID"] == "Africa/Kigali"
    assert entry.decoded("DTSTART").astimezone(UTC) == EVENT.starts_at
    assert entry.decoded("DTEND").astimezone(UTC) == EVENT.ends_at
    assert entry.decoded("DTSTAMP") == AT
    assert entry["ORGANIZER"] == "mailto:secretariat@example.org"
    assert "World Conference" in entry["DESCRIPTION"]


def test_it_names_no_one_who_is_invited():
    text, _ = read()
    assert b"ATTENDEE" not in text
    assert b"URL" not in text


def test_lines_end_in_crlf_and_fold_at_75_octets_on_character_borders():
    """A39"""
    text, entry = read(replace(EVENT, name="第七届世界电信发展大会 — المؤتمر العالمي " * 20))
    assert text.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in text.replace(b"\r\n", b"")
    lines = text.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # raises where a character was cut in two
    assert entry["SUMMARY"] == ("第七届世界电信发展大会 — المؤتمر العالمي " * 20).strip()


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\x0b", "\x85", "\u2028"])
def test_a_title_stays_a_title(line_end):
    """A39, A15"""
    attack = f"Meeting{line_end}BEGIN:VALARM{line_end}ACTION:DISPLAY"
    text, entry = read(replace(EVENT, name=attack, venue=attack, summary=attack, host=attack))
    assert b"\r\nBEGIN:VALARM" not in text
    assert not entry.walk("VALARM")
    assert entry["SUMMARY"].replace("\u2028", " ") == "Meeting BEGIN:VALARM ACTION:DISPLAY"


def test_the_uid_stays_while_everything_else_changes():
    """A39"""
    first = event_uid(EVENT)
    assert first == "32ed0717-59c1-5055-97c6-aae45d675d3c"
    assert event_uid(replace(EVENT, name="New", starts_at=AT, city="Bern", sequence=4)) == first
    assert event_uid(replace(EVENT, id=8)) != first


def test_the_sequence_is_the_one_that_is_given():
    """A39"""
    assert [read(sequence=number)[1]["SEQUENCE"] for number in (0, 1, 7)] == [0, 1, 7]


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [
        ("Europe/Zurich", {"+0100", "+0200"}), ("Asia/Kathmandu", {"+0545"}),
        ("America/St_Johns", {"-0330", "-0230"}), ("Africa/Kigali", {"+0200"}),
    ],
)  # fmt: skip
def test_a_zone_is_explained_by_the_rules_of_tz_data(zone, offsets):
    text, entry = read(replace(EVENT, time_zone=zone))
    (rules,) = Calendar.from_ical(text).walk("VTIMEZONE")
    assert rules["TZID"] == zone == entry["DTSTART"].params["TZID"]
    told = {part["TZOFFSETTO"].to_ical() for part in rules.subcomponents}
    assert told == offsets


def test_utc_needs_no_explanation():
    text, entry = read(replace(EVENT, time_zone="UTC"))
    assert b"VTIMEZONE" not in text
    assert b"DTSTART:20261201T070000Z" in text
    assert entry.decoded("DTSTART") == EVENT.starts_at


def test_a_place_is_as_much_as_is_known():
    assert place(replace(EVENT, venue="")) == "Kigali, Rwanda"
    assert place(replace(EVENT, venue="Online", city="", country_code="")) == "Online"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Geneva, Switzerland"), ("fr", "Geneva, Suisse"), ("ar", "Geneva، سويسرا"),
        ("zh", "Geneva，瑞士"),
    ],
)  # fmt: skip
def test_a_place_is_parted_by_the_comma_of_the_language(language, expected):
    assert place(replace(EVENT, venue="", city="Geneva", country_code="CH"), language) == expected
