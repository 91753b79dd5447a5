"""The door on the day: codes scanned or names found, noted even through a loss of the network."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response as Answer
from flask import (
    abort,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import attendance
from outreach.errors import NotFound, Refusal
from outreach.models.activity import Actor
from outreach.queries.attendance import (
    at_the_door,
    counts_by_group,
    found_at_the_door,
    latest_arrivals,
)
from outreach.queries.events import EventLine, events
from outreach.tokens import key_of
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.words import when

LONGEST_QUEUED = timedelta(days=2)
"""How long a device may have been without a network."""


@blueprint.get("/staff/checkin")
def doors() -> str:
    """Which door."""
    return render_template("staff/checkin/doors.html", events=events())


@blueprint.get("/staff/checkin/<int:event_id>")
def door(event_id: int) -> Answer:
    """The door of one event: scan, type or find; who is in."""
    event, words = _event_or_404(event_id), request.args.get("q", "").replace("\0", "")
    name = "_found.html" if is_part() else "door.html"
    counts = counts_by_group(event_id)
    page = render_template(
        f"staff/checkin/{name}", event=event, words=words, counts=counts,
        found=found_at_the_door(event_id, words), latest=latest_arrivals(event_id),
        in_count=sum(one.in_count for one in counts),
        accepted_count=sum(one.accepted_count for one in counts),
    )  # fmt: skip
    answer = make_response(page)
    answer.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return answer


@blueprint.post("/staff/checkin/<int:event_id>")
def come_in(event_id: int) -> Answer | Response:
    """Note an arrival: by code, or by the person's name on the page. Safe to be told again."""
    event = _event_or_404(event_id)
    try:
        said, status = _come_in(event), 200
    except Refusal as refusal:
        said, status = {"is_known": False, "text": str(refusal)}, refusal.status
    if request.accept_mimetypes.best == "application/json":
        answer = jsonify(said)
        answer.status_code = status
        return answer
    flash(said["text"], "done" if said["is_known"] else "problem")
    words = request.form.get("q") or None
    return redirect(url_for("staff.door", event_id=event_id, q=words), 303)


@blueprint.post("/staff/checkin/<int:event_id>/<int:invitation_id>/undo")
def go_out(event_id: int, invitation_id: int) -> Response:
    """It was a mistake."""
    attendance.take_back_arrival(invitation_id, by=Actor.account(current_user.id), at=g.at)
    flash("Taken back: the person is not in.", "done")
    return redirect(url_for("staff.door", event_id=event_id), 303)


def _come_in(event: EventLine) -> dict[str, Any]:
    code, number = request.form.get("code", "").strip(), request.form.get("invitation", "")
    by = Actor.account(current_user.id)
    if number.isascii() and number.isdigit() and len(number) < 16:
        invitation_id, is_news = attendance.check_in(
            event.id, by=by, came_at=_came_at(), at=g.at, invitation_id=int(number)
        )
    else:
        link_key = key_of("check_in", code.rpartition("/")[2])
        if link_key is None:
            raise NotFound("code: look the person up by name")
        invitation_id, is_news = attendance.check_in(
            event.id, by=by, came_at=_came_at(), at=g.at, link_key=link_key
        )
    return _said(event, invitation_id, is_news)


def _said(event: EventLine, invitation_id: int, is_news: bool) -> dict[str, Any]:
    person = at_the_door(invitation_id) or abort(404)
    who = ", ".join(part for part in (person.full_name, person.organisation) if part)
    since = when(person.came_at, event.time_zone)
    text = f"{who} is in." if is_news else f"{who} was already in since {since}."
    if person.came_at is None:
        text = f"{who}: this arrival had been taken back and stays so."
    if person.is_withdrawn:
        text += " Their invitation was withdrawn."
    elif person.state != "accepted":
        text += f" Their answer stands at {person.state.value}."
    return {"is_known": True, "is_news": is_news, "text": text}


def _came_at() -> datetime:
    """When the device noted it, if it was without a network; now otherwise."""
    text = request.form.get("noted_at", "")
    try:
        noted_at = datetime.fromtimestamp(int(text) / 1000, UTC) if len(text) < 16 else g.at
    except (ValueError, OverflowError, OSError):
        at: datetime = g.at
        return at
    return noted_at if g.at - LONGEST_QUEUED < noted_at else g.at


def _event_or_404(event_id: int) -> EventLine:
    return next((event for event in events() if event.id == event_id), None) or abort(404)
