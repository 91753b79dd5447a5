"""When a step goes: a table of calendars, clocks that change, and weeks that end on other days."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.advice.schedule import (
    Timing,
    goes_at,
    goes_on,
    weekend_of,
    zone_of,
    zones_by_country,
)

ZURICH = "Europe/Zurich"
MEMBER_STATES = Path("outreach/reference/itu_member_states.csv")


def at(text):
    return datetime.fromisoformat(text)


def when(anchor, days, hour, event_zone=ZURICH, recipient=None, country=None):
    """The instant in UTC at which a step goes for someone, as text."""
    day = goes_on(at(anchor), days, ZoneInfo(event_zone), country)
    there = ZoneInfo(recipient or event_zone)
    return goes_at(day, hour, at(anchor), there).isoformat()


@pytest.mark.parametrize(
    ("case", "anchor", "days", "hour", "event_zone", "recipient", "expected"),
    [
        ("the hour stays when clocks go back in between",
         "2026-11-02T17:00+00:00", 14, None, ZURICH, None, "2026-10-19T16:00:00+00:00"),
        ("the hour stays when clocks go forward in between",
         "2026-04-10T16:00+00:00", 14, None, ZURICH, None, "2026-03-27T17:00:00+00:00"),
        ("nine in the morning, in winter and for a reply-by in summer",
         "2026-04-10T16:00+00:00", 14, 9, ZURICH, None, "2026-03-27T08:00:00+00:00"),
        ("an hour that clocks skip comes as if they had not been put forward",
         "2026-04-12T16:00+00:00", 14, 2, ZURICH, None, "2026-03-29T01:00:00+00:00"),
        ("of an hour that comes twice, the first",
         "2026-11-08T17:00+00:00", 14, 2, ZURICH, None, "2026-10-25T00:00:00+00:00"),
        ("the leap day counts",
         "2028-03-07T17:00+00:00", 7, 9, ZURICH, None, "2028-02-29T08:00:00+00:00"),
        ("and is not there in other years",
         "2027-03-07T17:00+00:00", 7, 9, ZURICH, None, "2027-02-28T08:00:00+00:00"),
        ("over the new year",
         "2027-01-05T17:00+00:00", 14, 9, ZURICH, None, "2026-12-22T08:00:00+00:00"),
        ("a zone that never changes its clocks",
         "2026-11-02T15:00+00:00", 14, 9, "Africa/Kigali", None, "2026-10-19T07:00:00+00:00"),
        ("a zone of a quarter of an hour",
         "2026-11-02T17:00+00:00", 14, 9, ZURICH, "Asia/Kathmandu", "2026-10-19T03:15:00+00:00"),
        ("a zone of half an hour",
         "2026-11-02T17:00+00:00", 14, 9, ZURICH, "Asia/Kolkata", "2026-10-19T03:30:00+00:00"),
        ("clocks that change by half an hour: before",
         "2026-10-10T17:00+00:00", 7, 9, ZURICH, "Australia/Lord_Howe",
         "2026-10-02T22:30:00+00:00"),
        ("clocks that change by half an hour: after",
         "2026-10-12T17:00+00:00", 7, 9, ZURICH, "Australia/Lord_Howe",
         "2026-10-04T22:00:00+00:00"),
        ("half an hour that clocks skip",
         "2026-10-04T15:10+00:00", 1, None, "Australia/Lord_Howe", None,
         "2026-10-03T15:40:00+00:00"),
        ("the day is the event's, though it is tomorrow already where the recipient lives",
         "2026-11-02T22:00+00:00", 14, 9, ZURICH, "Pacific/Kiritimati",
         "2026-10-18T19:00:00+00:00"),
        ("the day is the event's, though its evening is the next day in UTC",
         "2026-11-03T02:00+00:00", 14, 9, "America/New_York", None, "2026-10-19T13:00:00+00:00"),
        ("west of everyone, the same day of the calendar",
         "2026-11-02T17:00+00:00", 14, 9, ZURICH, "Pacific/Pago_Pago",
         "2026-10-19T20:00:00+00:00"),
        ("days after, for an invitation or a last contact",
         "2026-10-23T07:00+00:00", -7, 9, ZURICH, None, "2026-10-30T08:00:00+00:00"),
        ("a date that Samoa left out does not exist there, and still has an instant",
         "2011-12-31T12:00+00:00", 1, 9, ZURICH, "Pacific/Apia", "2011-12-30T19:00:00+00:00"),
    ],
)  # fmt: skip
def test_days_are_the_events_and_the_hour_is_the_recipients(
    case, anchor, days, hour, event_zone, recipient, expected
):
    assert when(anchor, days, hour, event_zone, recipient) == expected, case


@pytest.mark.parametrize(
    ("country", "reply_by", "expected"),
    [
        ("CH", "2026-11-06", "2026-10-23"),  # a Friday
        ("CH", "2026-11-07", "2026-10-23"),  # Saturday
        ("CH", "2026-11-08", "2026-10-23"),  # Sunday
        ("CH", "2026-11-09", "2026-10-26"),
        ("EG", "2026-11-06", "2026-10-22"),  # Friday and Saturday are off
        ("EG", "2026-11-07", "2026-10-22"),
        ("EG", "2026-11-08", "2026-10-25"),  # Sunday is not
        ("AF", "2026-11-06", "2026-10-21"),  # Thursday and Friday
        ("AF", "2026-11-07", "2026-10-24"),
        ("IR", "2026-11-06", "2026-10-22"),  # Friday alone
        ("IR", "2026-11-07", "2026-10-24"),
        ("IN", "2026-11-07", "2026-10-24"),  # Sunday alone
        ("IN", "2026-11-08", "2026-10-24"),
        ("XX", "2026-11-08", "2026-10-23"),  # nobody knows: Saturday and Sunday
    ],
)
def test_a_day_off_moves_to_the_working_day_before(country, reply_by, expected):
    noon = at(f"{reply_by}T12:00+00:00")
    assert goes_on(noon, 14, ZoneInfo(ZURICH), country) == date.fromisoformat(expected)


def test_without_working_days_only_a_sunday_is_a_day_like_any_other():
    assert goes_on(at("2026-11-08T12:00+00:00"), 14, ZoneInfo(ZURICH)) == date(2026, 10, 25)


def test_a_reply_by_that_moves_takes_its_steps_along_by_days_of_the_calendar():
    """Over the change of clocks: the hour stays, and so does the distance in days."""
    before = when("2026-10-20T16:00+00:00", 14, 9)
    after = when("2026-11-03T17:00+00:00", 14, 9)
    assert (before, after) == ("2026-10-06T07:00:00+00:00", "2026-10-20T07:00:00+00:00")


def test_the_week_of_each_country_has_at_least_five_working_days():
    assert weekend_of("SA") == {4, 5}
    for country_code in zones_by_country():
        assert 1 <= len(weekend_of(country_code)) <= 2, country_code


def test_every_member_state_has_a_zone():
    with MEMBER_STATES.open(encoding="utf-8") as file:
        codes = [line["iso3166_alpha2"] for line in csv.DictReader(file)]
    assert len(codes) == 194
    for code in codes:
        ZoneInfo(zone_of(code, otherwise=""))
    assert zone_of("AU", otherwise=ZURICH) == "Australia/Sydney"
    assert zone_of("NP", otherwise=ZURICH) in ("Asia/Kathmandu", "Asia/Katmandu")
    assert zone_of(None, otherwise=ZURICH) == zone_of("XX", otherwise=ZURICH) == ZURICH


@pytest.mark.parametrize(
    ("case", "reply_by", "country", "expected"),
    [
        ("in Geneva a Monday", "2026-11-16T17:00+00:00", "CH", "2026-11-02T08:00:00+00:00"),
        ("in Kathmandu, a quarter of an hour apart", "2026-11-16T17:00+00:00", "NP",
         "2026-11-02T03:15:00+00:00"),
        ("in Delhi, half an hour apart", "2026-11-16T17:00+00:00", "IN",
         "2026-11-02T03:30:00+00:00"),
        ("where clocks never change", "2026-11-16T17:00+00:00", "KE",
         "2026-11-02T06:00:00+00:00"),
        ("where they have just gone forward, southward", "2026-11-16T17:00+00:00", "CL",
         "2026-11-02T12:00:00+00:00"),
        ("a Sunday: in Geneva the Friday before", "2026-11-15T17:00+00:00", "CH",
         "2026-10-30T08:00:00+00:00"),
        ("a Sunday: in Cairo a working day", "2026-11-15T17:00+00:00", "EG",
         "2026-11-01T07:00:00+00:00"),
        ("a Friday: in Cairo the Thursday before, in summer time still", "2026-11-13T17:00+00:00",
         "EG", "2026-10-29T06:00:00+00:00"),
        ("the leap day is a Tuesday like any other", "2028-03-14T17:00+00:00", "FR",
         "2028-02-29T08:00:00+00:00"),
        ("nobody knows where: the event's zone and week", "2026-11-15T17:00+00:00", "",
         "2026-10-30T08:00:00+00:00"),
        ("a country that is none", "2026-11-15T17:00+00:00", "XX", "2026-10-30T08:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_step_at_the_recipients_own_hour_keeps_their_own_week(case, reply_by, country, expected):
    timing = Timing(14, 9, ZoneInfo(ZURICH), "CH", is_local=True, working_days_only=True)
    assert timing.at(at(reply_by), country).isoformat() == expected, case


def test_the_first_and_the_last_on_earth_hold_everyone_in_between():
    timing = Timing(14, 9, ZoneInfo(ZURICH), "CH", is_local=True)
    first, last = timing.span(at("2026-11-02T17:00+00:00"))
    assert first == datetime(2026, 10, 18, 20, tzinfo=UTC)  # Auckland, and Nuku'alofa
    assert last == datetime(2026, 10, 19, 20, tzinfo=UTC)  # Pago Pago
    for country_code in zones_by_country():
        assert first <= timing.at(at("2026-11-02T17:00+00:00"), country_code) <= last


def test_an_hour_of_the_events_zone_is_one_instant_for_everyone():
    timing = Timing(14, 9, ZoneInfo(ZURICH), "CH")
    assert timing.everywhere(at("2026-11-02T17:00+00:00")) == {
        "": datetime(2026, 10, 19, 7, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("case", "now", "country", "waits_until"),
    [
        ("at its hour", "2026-10-19T07:00+00:00", "CH", None),
        ("late in the afternoon", "2026-10-19T17:59+00:00", "CH", None),
        ("in the evening", "2026-10-19T18:00+00:00", "CH", "2026-10-20T07:00:00+00:00"),
        ("at night", "2026-10-20T01:00+00:00", "CH", "2026-10-20T07:00:00+00:00"),
        ("while it is day in Tokyo", "2026-10-20T01:00+00:00", "JP", None),
        ("the night in which clocks go back",
         "2026-10-24T22:00+00:00", "CH", "2026-10-26T08:00:00+00:00"),
        ("a Friday evening", "2026-10-23T19:00+00:00", "CH", "2026-10-26T08:00:00+00:00"),
        ("a Sunday, a working day in Cairo", "2026-10-25T10:00+00:00", "EG", None),
        ("a Friday in Cairo", "2026-10-23T10:00+00:00", "EG", "2026-10-25T06:00:00+00:00"),
        ("nobody knows where: the event's zone and week",
         "2026-10-25T10:00+00:00", "", "2026-10-26T08:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_late_mail_waits_for_the_morning_of_a_working_day(case, now, country, waits_until):
    timing = Timing(14, 9, ZoneInfo(ZURICH), "CH", is_local=True, working_days_only=True)
    found = timing.waits_until(at(now), country)
    assert (found and found.isoformat()) == waits_until, case


def test_a_step_of_the_evening_goes_in_the_evening_and_one_of_the_event_at_any_hour():
    evening = Timing(14, 21, ZoneInfo(ZURICH), "CH", is_local=True)
    assert evening.waits_until(at("2026-10-19T19:30+00:00"), "CH") is None
    assert evening.waits_until(at("2026-10-19T21:30+00:00"), "CH") is not None
    assert Timing(14, 9, ZoneInfo(ZURICH), "CH").waits_until(at("2026-10-19T23:00+00:00")) is None
