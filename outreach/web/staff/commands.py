"""The commands of the frame: go anywhere, find anyone, do what stands on a button."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_login import current_user

from outreach.queries.search import SHORTEST, Found, search
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.words import navigation

ACTIONS = (
    ("Create a target list", "staff.new_list", "plus", "promote"),
    ("Draft a campaign", "staff.new_campaign", "plus", "promote"),
    ("Add a track to the programme", "staff.new_track", "plus", "promote"),
    ("Decide who asked to be invited", "staff.asked_to_be_invited", "user-plus", "promote"),
    ("Write the public page", "staff.conference_page", "pencil", "promote"),
    ("Add someone to the team", "staff.settings", "user-plus", "administer"),
    ("Move the conference’s dates", "staff.settings", "calendar-event", "administer"),
    ("Let people in at the door", "staff.doors", "user", "promote"),
    ("See the seats at risk", "organiser.board_seats", "armchair", "read"),
)
"""(words, endpoint, icon, permission); one whose page does not exist is not offered."""

PLACES = {
    "person": ("staff.stakeholder", "stakeholder_id", "user"),
    "list": ("staff.list_", "list_id", "list-details"),
    "campaign": ("staff.campaign", "campaign_id", "send"),
}
"""What was found: (endpoint, what its address calls the id, icon)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the palette."""

    word: str
    url: str
    hint: str
    icon: str


@blueprint.get("/staff/commands")
def commands() -> str:
    """What fits the letters so far: a part for the palette, a page without scripts."""
    words = request.args.get("q", "").strip()
    found = [*_pages(words), *_actions(words), *map(_place, search(words))]
    name = "staff/commands/_list.html" if is_part() else "staff/commands/commands.html"
    return render_template(name, commands=found, words=words, shortest=SHORTEST)


def _pages(words: str) -> list[Command]:
    return [
        Command(page.word, page.url, "Go to", page.icon)
        for page in navigation()
        if _fits(words, page.word)
    ]


def _actions(words: str) -> list[Command]:
    return [
        Command(action, url_for(endpoint), "Do", icon)
        for action, endpoint, icon, permission in ACTIONS
        if endpoint in current_app.view_functions and current_user.may(permission)
        and _fits(words, action)
    ]  # fmt: skip


def _fits(words: str, text: str) -> bool:
    return all(word in text.casefold() for word in words.casefold().split())


def _place(found: Found) -> Command:
    endpoint, name, icon = PLACES[found.kind]
    values: dict[str, Any] = {name: found.id}
    return Command(found.name, url_for(endpoint, **values), found.hint, icon)
