"""The programme: its tracks, their seats, a new track, a new seat."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from outreach.actions.seats import add_seat
from outreach.actions.tracks import create_track
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.seat import SeatRole
from outreach.queries.conferences import current_conference
from outreach.queries.events import events
from outreach.queries.seats import SeatLine, seats
from outreach.queries.tracks import TrackLine, tracks
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint

ROLES = [SelectChoice(role.value, role.value.replace("_", "-").capitalize()) for role in SeatRole]
END_OF_DAY = time(23, 59)
"""A seat is to be filled by the end of its day, on the calendar of its event."""


class TrackForm(FlaskForm):
    """A strand of the programme."""

    name = StringField("Name", [InputRequired("Give the track a name."), Length(max=200)])
    summary = TextAreaField(
        "What it is about",
        [Length(max=2000)],
        description="Those who are asked to take a seat read this on their page.",
    )
    event_id = SelectField("Event", coerce=whole)


class SeatForm(FlaskForm):
    """A place to be filled."""

    role = SelectField("Role", choices=ROLES)
    fill_by = DateField(
        "To be filled by",
        [InputRequired("Choose a date.")],
        description="Without a yes 14 days before this date the seat shows as at risk.",
    )


@blueprint.get("/staff/programme")
def programme() -> str:
    """Every track with its seats."""
    conference = current_conference()
    lines = tracks(conference.id) if conference else []
    places = seats(conference.id) if conference else []
    by_track: dict[int, list[SeatLine]] = {line.id: [] for line in lines}
    for seat in places:
        by_track[seat.track_id].append(seat)
    return render_template(
        "staff/programme/programme.html",
        tracks=[(line, by_track[line.id]) for line in lines],
        seats=places,
        events=events(),
    )


@blueprint.route("/staff/programme/new", methods=["GET", "POST"])
def new_track() -> str | tuple[str, int] | Response:
    """Make a track."""
    form = TrackForm()
    form.event_id.choices = [SelectChoice(event.id, event.name) for event in events()]
    if not form.validate_on_submit():
        page = render_template("staff/programme/new_track.html", form=form)
        return page, 422 if form.errors else 200
    try:
        track_id = create_track(
            form.event_id.data,
            form.name.data,
            summary=form.summary.data or "",
            by=Actor.account(current_user.id),
            at=g.at,
        )
    except Refusal as refusal:
        form.name.errors = [str(refusal)]
        return render_template("staff/programme/new_track.html", form=form), refusal.status
    flash("The track is there. Now give it seats.", "done")
    return redirect(url_for("staff.new_seat", track_id=track_id), 303)


@blueprint.route("/staff/tracks/<int:track_id>/seats/new", methods=["GET", "POST"])
def new_seat(track_id: int) -> str | tuple[str, int] | Response:
    """Add a seat to a track."""
    track, form = track_or_404(track_id), SeatForm()
    if not form.validate_on_submit():
        page = render_template("staff/programme/new_seat.html", form=form, track=track)
        return page, 422 if form.errors else 200
    try:
        seat_id = add_seat(
            track_id,
            SeatRole(form.role.data),
            end_of_day(form.fill_by.data, track.time_zone),
            by=Actor.account(current_user.id),
            at=g.at,
        )
    except Refusal as refusal:
        form.fill_by.errors = [str(refusal)]
        page = render_template("staff/programme/new_seat.html", form=form, track=track)
        return page, refusal.status
    return redirect(url_for("staff.seat", seat_id=seat_id), 303)


def track_or_404(track_id: int) -> TrackLine:
    """The track of an address, or the page that says that there is none."""
    conference = current_conference() or abort(404)
    return next(iter(tracks(conference.id, track_id)), None) or abort(404)


def end_of_day(on: date, time_zone: str) -> datetime:
    """The last minute of a day in a zone."""
    return datetime.combine(on, END_OF_DAY, ZoneInfo(time_zone))
