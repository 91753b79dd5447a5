"""A person's own calendar feed: read-only, without a word of who reads it."""

from flask import Response, g

from outreach.delivery.calendar import feed_calendar
from outreach.web.invitee.door import blueprint, language


@blueprint.get("/f/<token>.ics")
def feed(token: str) -> Response:
    """What the person comes to."""
    text = feed_calendar(g.opened.events, at=g.at, language=language())
    return Response(text, content_type="text/calendar; charset=utf-8")
