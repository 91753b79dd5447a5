"""The invitee's calendar and the code for the door; what is made here is made by a POST only."""

from urllib.parse import urlencode

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from outreach.actions.feeds import renew_feed, stop_feed
from outreach.delivery.calendar import place
from outreach.delivery.codes import check_in_svg, check_in_token
from outreach.languages import marked
from outreach.links import feed_url
from outreach.models.invitation import InvitationWithdrawn, Reply
from outreach.queries.feeds import feed_key_of
from outreach.queries.invitations import EventShown
from outreach.web.invitee.door import blueprint, language, onward, page, told
from outreach.web.invitee.nonce import form_nonce, version_seen

FORM = "feed"
FOREIGN = marked("This form was not opened from this page. Please use the button again.")


@blueprint.get("/i/<token>/calendar")
def calendars(token: str) -> Response:
    """Every way into a calendar, and the code for the door."""
    return show(token)


@blueprint.post("/i/<token>/calendar")
def change_feed(token: str) -> AnyResponse:
    """Make a feed, give it another address, or stop it."""
    if g.opened.withdrawn_at:
        raise InvitationWithdrawn
    if version_seen(FORM, g.link_key, request.form.get("nonce", "")) is None:
        return show(token, FOREIGN, 400)
    if request.form.get("feed") == "stop":
        stop_feed(g.opened.stakeholder_id, at=g.at)
    elif request.form.get("feed") == "make":
        renew_feed(g.opened.stakeholder_id, at=g.at)
    else:
        return show(token, FOREIGN, 400)
    return redirect(f"/i/{token}/calendar{onward()}", 303)


def show(token: str, problem: str = "", status: int = 200) -> Response:
    """The page as it stands."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    feed_key = feed_key_of(opened.stakeholder_id)
    comes = opened.answer == Reply.ACCEPTED and not opened.delegate
    return page(
        "calendar.html", status, page=opened, event=opened.event, token=token,
        google=google_url(opened.event), outlook=outlook_url(opened.event),
        feed=feed_url(feed_key) if feed_key else "", problems=told([problem] if problem else []),
        nonce=form_nonce(FORM, g.link_key, 0), code=check_in_svg(g.link_key) if comes else "",
        code_text=check_in_token(g.link_key) if comes else "",
    )  # fmt: skip


def google_url(event: EventShown) -> str:
    """A page of Google Calendar with the event filled in; it holds no token and no name."""
    days = f"{event.starts_at:%Y%m%dT%H%M%SZ}/{event.ends_at:%Y%m%dT%H%M%SZ}"
    return "https://calendar.google.com/calendar/render?" + urlencode({
        "action": "TEMPLATE", "text": event.name, "dates": days, "ctz": event.time_zone,
        "location": place(event, language()), "details": event.summary,
    })  # fmt: skip


def outlook_url(event: EventShown) -> str:
    """The same for Outlook on the web."""
    return "https://outlook.live.com/calendar/0/action/compose?" + urlencode({
        "rru": "addevent", "subject": event.name,
        "startdt": f"{event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{event.ends_at:%Y-%m-%dT%H:%M:%SZ}", "location": place(event, language()),
        "body": event.summary,
    })  # fmt: skip
