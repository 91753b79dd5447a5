"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import available_timezones


def read_zone(text: str) -> str | None:
    """The zone as it is spelt ("Africa/Nairobi", from "africa/nairobi" too); None for no zone."""
    return _names().get("_".join(text.casefold().split()))


@cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}
