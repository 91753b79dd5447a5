"""The board: what an organiser wants to see at a glance, each number a link to who is behind it."""

from datetime import timedelta
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.models.account import Permission
from outreach.models.event import EventKind
from outreach.queries import board as questions
from outreach.queries.conferences import ConferenceLine, current_conference
from outreach.queries.deadlines import Deadline, deadlines
from outreach.queries.events import EventLine, events
from outreach.queries.seats import SeatLine, seats
from outreach.queries.tiles import administration_tiles
from outreach.queries.today import (
    CampaignInBrief,
    held_mails,
    missed_steps,
    open_campaigns,
    steps_to_come,
)
from outreach.web.frame import is_part
from outreach.web.organiser.door import blueprint
from outreach.web.words import far, when

DEADLINES_SHOWN = 8
LATER_SHOWN = 60
STEPS_WITHIN = timedelta(days=400)
SWITCHED = (EventKind.CONFERENCE, EventKind.PREPARATORY)


@blueprint.get("/board")
def board() -> str:
    """How the chosen event stands; before anything was begun, what comes first."""
    conference = current_conference()
    steps = questions.first_steps()
    if conference is None or not steps.are_done:
        return render_template("organiser/board/first_steps.html", steps=steps)
    mine = events_of(conference)
    event = chosen_event(mine)
    groups = questions.group_standings(event.id)
    places, campaigns = seats(conference.id), open_campaigns()
    short_list = questions.stars(event.id, g.at)
    return render_template(
        "organiser/board/board.html",
        event=event,
        events=shown(mine, event),
        groups=groups,
        whole=questions.together(groups),
        recent=questions.recent_answers(event.id, g.at),
        regions=administration_tiles(conference.id, event.id),
        stars=short_list,
        seats=places,
        tracks=by_track(places),
        needs=needs(places, campaigns, short_list),
        **dates(mine, event, places, campaigns),
    )


@blueprint.get("/board/balance")
def board_balance() -> str | Response:
    """How many of those who come are women: a part that the board asks for once it stands."""
    conference = current_conference() or abort(404)
    event = chosen_event(events_of(conference))
    if not is_part():
        return redirect(url_for("organiser.board", event=event.code))
    genders = questions.genders_coming(event.id)
    return render_template("organiser/board/balance.html", genders=genders)


def events_of(conference: ConferenceLine) -> list[EventLine]:
    """The events of the conference, itself first."""
    return [event for event in events() if event.conference == conference.code]


def chosen_event(among: list[EventLine]) -> EventLine:
    """The event that the address names; the conference itself without one."""
    code = request.args.get("event", "")
    found = [event for event in among if not code or event.code == code]
    if not found:
        abort(404)
    return found[0]


def shown(among: list[EventLine], chosen: EventLine) -> list[EventLine]:
    """What the switch offers: the conference, the preparatory meetings, and where we are."""
    return [event for event in among if event.kind in SWITCHED or event is chosen]


def by_track(places: list[SeatLine]) -> list[tuple[str, list[SeatLine]]]:
    """[(track, its seats)] in their order."""
    found: dict[int, list[SeatLine]] = {}
    for seat in places:
        found.setdefault(seat.track_id, []).append(seat)
    return [(some[0].track, some) for some in found.values()]


def needs(
    places: list[SeatLine],
    campaigns: list[CampaignInBrief],
    short_list: list[questions.StarLine],
) -> dict[str, Any]:
    """What waits for a person."""
    return {
        "missed": missed_steps(),
        "held": held_mails(),
        "paused": [one for one in campaigns if one.state == "paused"],
        "drafts": [one for one in campaigns if one.state == "draft"],
        "approved": [one for one in campaigns if one.state == "approved"],
        "stars": [star for star in short_list if star.is_at_risk(g.at)],
        "seats": [seat for seat in places if seat.is_at_risk(g.at)],
    }


def dates(
    among: list[EventLine],
    event: EventLine,
    places: list[SeatLine],
    campaigns: list[CampaignInBrief],
) -> dict[str, Any]:
    """The next date of this event, and those of the whole conference as a time line."""
    lines = deadlines(campaigns, steps_to_come(g.at + STEPS_WITHIN), places, among, g.at)
    mine = [line for line in lines if line.event_id == event.id]
    return {
        "next_date": mine[0] if mine else None,
        "deadlines": [timeline_item(line) for line in lines[:DEADLINES_SHOWN]],
        "later": [timeline_item(line) for line in lines[DEADLINES_SHOWN:LATER_SHOWN]],
    }


def timeline_item(line: Deadline) -> dict[str, Any]:
    """As the time line of the pieces takes it."""
    return {
        "what": line.what,
        "when": f"{when(line.at, line.time_zone, line.place)} ({far(line.at)})",
        "iso": line.at.isoformat(),
        "url": _page_of(line),
        "is_to_come": True,
    }


def _page_of(line: Deadline) -> str | None:
    """Where one can do something about it; organisers read only."""
    if line.kind == "seat":
        return url_for("organiser.board_seats")
    if line.kind == "opening" or not current_user.may(Permission.PROMOTE):
        return None
    return url_for("staff.campaign", campaign_id=line.subject_id)
