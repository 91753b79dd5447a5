"""The lists behind the numbers of the board."""

from typing import Any

from flask import abort, g, render_template, request, url_for

from outreach.models.seat import SeatStanding
from outreach.queries.board_lists import STATE_CHOICES, Choice, group_choices, people
from outreach.queries.conferences import current_conference
from outreach.queries.seats import seats
from outreach.web.organiser.board import chosen_event, events_of, shown
from outreach.web.organiser.door import blueprint

STANDING_CHOICES = (
    ("", "Every seat"), ("filled", "Filled seats"), ("at_risk", "Seats at risk"),
    ("asked", "Seats being asked for"), ("proposed", "Seats with a proposal"),
    ("open", "Open seats"),
)  # fmt: skip


@blueprint.get("/board/people")
def board_people() -> str:
    """Who is behind a number: names, where from, the answer, since when."""
    conference = current_conference() or abort(404)
    mine = events_of(conference)
    event = chosen_event(mine)
    asked = {name: _argument(name) for name in ("group", "state", "country", "star")}
    words = _argument("q")
    page = people(
        Choice(event.id, asked["group"], asked["state"], asked["country"], words,
               is_star=bool(asked["star"])),
        request.args.get("after"),
    )  # fmt: skip
    address: dict[str, Any] = {"event": event.code, **asked, "q": words}
    return render_template(
        "organiser/board/people.html",
        page=page,
        event=event,
        events=shown(mine, event),
        asked=asked,
        words=words,
        states=STATE_CHOICES,
        groups=group_choices(),
        first_url=url_for("organiser.board_people", **address) if request.args.get("after") else "",
        next_url=page.next and url_for("organiser.board_people", **address, after=page.next),
    )


@blueprint.get("/board/seats")
def board_seats() -> str:
    """Every seat of the programme with who sits there or is being asked."""
    conference = current_conference() or abort(404)
    standing = request.args.get("standing", "")
    chosen = [
        seat
        for seat in seats(conference.id)
        if standing not in set(SeatStanding) or seat.standing(g.at) == standing
    ]
    return render_template(
        "organiser/board/seats.html", seats=chosen, standing=standing, standings=STANDING_CHOICES
    )


def _argument(name: str) -> str:
    """What the address says, without the NUL that no text of a database holds."""
    return request.args.get(name, "").replace("\0", "")
