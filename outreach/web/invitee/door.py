"""The invitees' door: no account, the link is the key, and a link opens one thing only.

No cookie is set or read here, so these forms need no CSRF token: each carries a nonce that is bound
to the link and to the answer that was shown (`nonce.py`).
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from outreach.delivery.calendar import place
from outreach.errors import Refusal
from outreach.models.invitation import AnswersClosed
from outreach.queries.invitations import invitation_page
from outreach.queries.seat_offers import seat_offer_page
from outreach.queries.unsubscribes import unsubscribe_page
from outreach.tokens import key_of
from outreach.web.frame import csrf
from outreach.web.invitee import words

LONGEST_BODY = 64 * 1024
"""A note of 2,000 characters of four bytes, percent-encoded, is 24 KB."""

POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
WORDS = {
    400: ("We could not read that", "Open your link again and try once more."),
    404: ("This link does not work", ""),
    410: ("This is closed", "If that is not what you expected, please write to us."),
    413: ("That is too long", "A note may have up to 2,000 characters."),
    422: ("This cannot be done", "Open your link again and try once more."),
    500: ("Something failed on our side", "Try again in a minute; what was noted before is kept."),
}

Opened = Callable[[str], Any]
PURPOSES: dict[str, tuple[str, Opened]] = {
    "i": ("answer", invitation_page),
    "s": ("seat", seat_offer_page),
    "u": ("unsubscribe", unsubscribe_page),
}
"""First part of the path: the purpose of its tokens, and the question that their key answers."""

blueprint = Blueprint("invitee", __name__)
csrf.exempt(blueprint)


@blueprint.before_request
def guard() -> tuple[str, int] | None:
    """Open what the token opens, or the same page for everything else (case A23).

    A token that is not ours costs no question to the database, whatever is wrong with it.
    """
    request.max_content_length = LONGEST_BODY
    purpose, opened = PURPOSES[request.path[1:2]]
    g.link_key = key_of(purpose, (request.view_args or {}).get("token", ""))
    g.opened = opened(g.link_key) if g.link_key else None
    return None if g.opened else closed_door(404)


@blueprint.route("/i/<path:_rest>")
@blueprint.route("/s/<path:_rest>")
@blueprint.route("/u/<path:_rest>")
def elsewhere(_rest: str) -> tuple[str, int]:
    """Below a link there is nothing but what the link opens; the guard has answered already."""
    return closed_door(404)


@blueprint.after_request
def add_headers(response: Response) -> Response:
    """Stricter than elsewhere: no script, nothing kept, nothing told to others (case A24)."""
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY.format(nonce=g.get("csp_nonce", ""))
    headers["Cache-Control"] = "no-store"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.context_processor
def say() -> dict[str, Any]:
    """For every page of this door: words about time and place, and the nonce of its style."""
    return {
        "days": words.days, "hours": words.hours, "instant": words.instant, "left": words.left,
        "place": place, "csp_nonce": g.get("csp_nonce", ""),
    }


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> tuple[str, int]:
    """What a rule refused, in its own words; a deadline on the calendar of the event."""
    happened = str(refusal)
    if isinstance(refusal, AnswersClosed):
        happened = f"Answers were taken until {words.instant(refusal.closed_at, g.opened.event)}."
    return closed_door(refusal.status, happened)


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> tuple[str, int] | HTTPException:
    """What went wrong below the rules; redirects are no errors."""
    return error if (error.code or 500) < 400 else closed_door(error.code or 500)


def closed_door(status: int, happened: str = "") -> tuple[str, int]:
    """A page that names nobody; it may say whom to write to once the link proved genuine."""
    title, what_to_do = WORDS.get(status, WORDS[422 if status < 500 else 500])
    page = render_template(
        "invitee/closed.html", status=status, title=title, happened=happened,
        what_to_do=what_to_do, opened=g.get("opened"),
    )
    return page, status
