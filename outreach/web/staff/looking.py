"""A page that is not full yet, though others are still to be looked at: it goes on by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from outreach.queries.keyset import PAGE, Page
from outreach.web.frame import is_part, whole


@dataclass(frozen=True, slots=True)
class Looking:
    """How far such a page has come, and where it goes on."""

    count: int
    """How many people were looked at, since the page that someone opened."""
    url: str
    """The page of those who come next."""
    part_url: str
    """Their rows, to be put behind those that are shown."""
    is_backwards: bool


def looking_on(page: Page[Any], address: Callable[..., str]) -> Looking | None:
    """How far the page has come; None where it is whole.

    address  that of the page, with whatever else it is to say
    """
    if not page.looked:
        return None
    is_backwards = "before" in request.args and "after" not in request.args
    way, place = ("before", page.previous) if is_backwards else ("after", page.next)
    count = page.looked + min(_argument("looked"), 10**9)
    here: dict[str, Any] = {way: place, "looked": count}
    part = here | {"shown": shown_before() + len(page.lines), "first": place_before(page)}
    return Looking(count, address(**here), address(**part), is_backwards)


def shown_before() -> int:
    """How many rows stand there already, behind which those of this part come."""
    return min(_argument("shown"), PAGE - 1) if is_part() else 0


def place_before(page: Page[Any]) -> str | None:
    """The place before the page: of rows that came behind others, or instead of none, that which
    the page began with."""
    goes_on = is_part() and "looked" in request.args and "after" in request.args
    return request.args.get("first") if goes_on else page.previous


def _argument(name: str) -> int:
    return request.args.get(name, 0, whole)
