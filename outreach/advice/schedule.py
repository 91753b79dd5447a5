"""When a step goes: so many days before a date, at an hour, on working days only.

Days are counted on the calendar of the event's zone; the hour is the recipient's own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import Locale, UnknownLocaleError, get_global

SATURDAY, SUNDAY = 5, 6

EVENING = 20
"""From this hour on nobody is written to who was to be written to at an hour of their own."""
LATEST_SPAN = timedelta(hours=2)
"""How long the day of a step lasts whose own hour is in the evening."""

CAPITALS = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KI": "Pacific/Tarawa",
    "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti", "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}  # fmt: skip
"""Countries with several zones: that of the capital, where ministries sit."""


def goes_on(
    anchor: datetime, days_before: int, zone: ZoneInfo, country_code: str | None = None
) -> date:
    """The day so many days before an instant, on the calendar of a zone.

    days_before   negative for days after
    country_code  where only working days will do: a day off there moves to the working day before
    """
    day = anchor.astimezone(zone).date() - timedelta(days=days_before)
    if country_code is None:
        return day
    off = weekend_of(country_code)
    while day.weekday() in off:
        day -= timedelta(days=1)
    return day


def goes_at(day: date, hour: int | None, anchor: datetime, zone: ZoneInfo) -> datetime:
    """That day at an hour in a zone, as an instant in UTC.

    hour  0 to 23; None keeps the anchor's own time of day in that zone
    An hour that clocks skip is counted as if they had not yet been put forward, and of one that
    comes twice it is the first: RFC 5545, 3.3.5.
    """
    clock_time = time(hour) if hour is not None else anchor.astimezone(zone).time()
    return datetime.combine(day, clock_time.replace(fold=0), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """So many days before a date, at an hour: the event's or each recipient's own.

    days_before   negative for days after
    hour          0 to 23; None for the time of day of the date itself, which is the event's
    zone          of the event: days are counted on its calendar
    country_code  of the event; its week holds for those whose country is not known
    """

    days_before: int
    hour: int | None
    zone: ZoneInfo
    country_code: str
    is_local: bool = False
    working_days_only: bool = False

    def at(self, anchor: datetime, country_code: str = "") -> datetime:
        """When it goes to someone of a country, in UTC."""
        there = self.country_code
        zone = self.zone
        if self.is_local and self.hour is not None and country_code in zones_by_country():
            there, zone = country_code, ZoneInfo(zones_by_country()[country_code])
        week = there if self.working_days_only else None
        day = goes_on(anchor, self.days_before, self.zone, week)
        return goes_at(day, self.hour, anchor, zone)

    def everywhere(self, anchor: datetime) -> dict[str, datetime]:
        """{country code: when it goes to people there}; "" for those whose country is not known."""
        if not self.is_local or self.hour is None:
            return {"": self.at(anchor)}
        return {code: self.at(anchor, code) for code in ("", *zones_by_country())}

    def waits_until(self, at: datetime, country_code: str = "") -> datetime | None:
        """When a mail that is late may go, in UTC; None where it may go at an instant already.

        Only where the hour is the recipient's own: from that hour until the evening there, on
        working days where only these will do.
        """
        if not self.is_local or self.hour is None:
            return None
        is_known = country_code in zones_by_country()
        there = country_code if is_known else self.country_code
        zone = ZoneInfo(zones_by_country()[there]) if is_known else self.zone
        off = weekend_of(there) if self.working_days_only else frozenset()
        now = at.astimezone(zone)
        begins = goes_at(now.date(), self.hour, at, zone)
        ends = max(goes_at(now.date(), EVENING, at, zone), begins + LATEST_SPAN)
        is_off = now.weekday() in off
        if begins <= at < ends and not is_off:
            return None
        day = now.date() if at < begins and not is_off else now.date() + timedelta(days=1)
        while day.weekday() in off:
            day += timedelta(days=1)
        return goes_at(day, self.hour, at, zone)

    def span(self, anchor: datetime) -> tuple[datetime, datetime]:
        """When it goes to the first and to the last anywhere."""
        instants = self.everywhere(anchor).values()
        return min(instants), max(instants)


@cache
def weekend_of(country_code: str) -> frozenset[int]:
    """The days off of a country's week, 0 for Monday; Saturday and Sunday where it is not known.

    Source: CLDR, supplemental week data, as Babel has it.
    """
    try:
        locale = Locale.parse(f"und_{country_code}")
    except (UnknownLocaleError, ValueError):
        return frozenset((SATURDAY, SUNDAY))
    first, last = locale.weekend_start, locale.weekend_end
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


@cache
def zones_by_country() -> dict[str, str]:
    """{country code: IANA zone}; of a country with several zones, the capital's.

    Source: the IANA database's countries, as CLDR and Babel have them.
    """
    known = available_timezones()
    found: dict[str, str] = {}
    for zone, country_code in sorted(get_global("zone_territories").items()):
        if zone in known and len(country_code) == 2 and country_code != "ZZ":
            found.setdefault(country_code, zone)
    return found | CAPITALS


def zone_of(country_code: str | None, otherwise: str) -> str:
    """The zone in which people of a country mostly live by the clock; `otherwise` if not known."""
    return zones_by_country().get(country_code or "", otherwise)
