"""A person's own calendar feed: read-only, without a word of who reads it."""

from flask import Response, current_app, g

from outreach.delivery.calendar import feed_calendar, seat_part
from outreach.web.invitee.door import blueprint, language


@blueprint.get("/f/<token>.ics")
def feed(token: str) -> Response:
    """What the person comes to, and the seats that they took."""
    entries = [(*line, None) for line in g.opened.events]
    for held in g.opened.seats:
        part = seat_part(held.event, held.offer_id, held.role.value, held.track, language())
        entries.append((held.event, held.sequence, True, part))
    text = feed_calendar(
        entries, at=g.at, language=language(), organiser=current_app.config["CALENDAR_ADDRESS"]
    )
    return Response(text, content_type="text/calendar; charset=utf-8")
