"""The quiet bar that offers to take the last change back: said once, on the next page."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request, session


@dataclass(frozen=True, slots=True)
class Undo:
    """What was done, and where a POST takes it back."""

    text: str
    url: str


def offer_undo(text: str, url: str) -> None:
    """Let the next page show the bar."""
    session["undo"] = [text, url]


def offered_undo() -> Undo | None:
    """The bar for this page; it is shown once."""
    offer = session.pop("undo", None)
    return Undo(*offer) if offer else None


def way_back(default: str) -> str:
    """The page that a form was on, as it says itself, or the address to which it goes (that of an
    undo); a staff page of ours, whatever it says."""
    wanted = request.values.get("back", "")
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/staff/") and wanted.isprintable() and "\\" not in wanted
    return wanted if is_ours and not parts.netloc and not parts.scheme else default
