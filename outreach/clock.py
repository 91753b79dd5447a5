"""The one place that reads the machine's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def in_zone(local: datetime, zone: str) -> datetime:
    """A wall-clock time in an IANA zone, as an instant in UTC."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
