"""The invitees' door: no account, the link is the key, and a link opens one thing only.

No cookie is set or read here, so these forms need no CSRF token: each carries a nonce that is bound
to the link and to the answer that was shown (`nonce.py`). An invitation that is only looked at
takes the shorter way of `light.py`, to the same page; so does a plain answer, by `short_answer.py`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from outreach.errors import Refusal
from outreach.languages import languages, marked, spoken, words_of
from outreach.models.invitation import AnswersClosed
from outreach.queries.delegations import delegation_page
from outreach.queries.feeds import feed_of
from outreach.queries.invitations import InvitationPage, invitation_glance, invitation_page
from outreach.queries.mails import language_of_mail
from outreach.queries.seat_offers import seat_offer_page
from outreach.queries.unsubscribes import unsubscribe_page
from outreach.tokens import key_of, key_of_preview
from outreach.web.frame import csrf
from outreach.web.invitee import words
from outreach.web.invitee.form import Problem
from outreach.web.invitee.rendering import sheet_of

LONGEST_BODY = 256 * 1024
"""Every text of a form at its longest, percent-encoded, is less."""

FAULT = "outreach.fault"
"""In the environment: what failed on the short way, which is told here."""

PRIVATE = [
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("X-Content-Type-Options", "nosniff"),
]
"""Nothing kept, nothing told to others."""

AGAIN = marked("Open your link again and try once more.")
WORDS = {
    400: (marked("We could not read that"), AGAIN),
    404: (marked("This link does not work"), ""),
    410: (
        marked("This is closed"),
        marked("If that is not what you expected, please write to us."),
    ),
    413: (marked("That is too long"), marked("A note may have up to 2,000 characters.")),
    422: (marked("This cannot be done"), AGAIN),
    500: (
        marked("Something failed on our side"),
        marked("Try again in a minute; what was noted before is kept."),
    ),
}

Opened = Callable[[str], Any]


def open_invitation(link_key: str) -> InvitationPage | None:
    """The page; whoever sends a form starts a transaction of their own soon after."""
    return (invitation_glance if request.method == "POST" else invitation_page)(link_key)


PURPOSES: dict[str, tuple[str, Opened]] = {
    "i": ("answer", open_invitation),
    "s": ("seat", seat_offer_page),
    "u": ("unsubscribe", unsubscribe_page),
    "f": ("feed", feed_of),
    "d": ("delegation", delegation_page),
    "p": ("preview", invitation_page),
}
"""First part of the path: the purpose of its tokens, and the question that their key answers."""

blueprint = Blueprint("invitee", __name__)
csrf.exempt(blueprint)


@blueprint.before_request
def guard() -> Response | None:
    """Open what the token opens, or the same page for everything else.

    A token that is not ours costs no question to the database, whatever is wrong with it.
    """
    if FAULT in request.environ:
        raise request.environ[FAULT]
    request.max_content_length = LONGEST_BODY
    purpose, opened = PURPOSES[request.path[1:2]]
    token = (request.view_args or {}).get("token", "")
    g.link_key = key_of_preview(token, g.at) if purpose == "preview" else key_of(purpose, token)
    g.opened = opened(g.link_key) if g.link_key else None
    return None if g.opened else closed_door(404)


@blueprint.route("/i/<path:_rest>")
@blueprint.route("/s/<path:_rest>")
@blueprint.route("/d/<path:_rest>")
@blueprint.route("/a/<path:_rest>")
@blueprint.route("/u/<path:_rest>")
@blueprint.route("/f/<path:_rest>")
@blueprint.route("/p/<path:_rest>")
@blueprint.route("/i/")
@blueprint.route("/s/")
@blueprint.route("/d/")
@blueprint.route("/a/")
@blueprint.route("/u/")
@blueprint.route("/f/")
@blueprint.route("/p/")
def elsewhere(_rest: str = "") -> Response:
    """Below a link there is nothing but what the link opens; the guard has answered already."""
    return closed_door(404)


def language() -> str:
    """What this page speaks: what was chosen on it, else the person's, else the browser's."""
    if "language" not in g:
        opened = g.get("opened")
        if opened is None:
            own = request.accept_languages.best_match(languages())
        elif hasattr(opened, "person"):
            own = opened.person.language
        else:
            own = language_of_mail(opened.message_id)
        g.language = spoken(chosen() or own)
    return str(g.language)


def chosen() -> str:
    """The language that was chosen by a link of the page; none else."""
    wish = request.args.get("language", "")
    return wish if wish in languages() else ""


def onward() -> str:
    """What follows the addresses of this page, so that a chosen language stays chosen."""
    return f"?language={chosen()}" if chosen() else ""


def here() -> str:
    """The address of the page itself, by whichever link it was opened."""
    return str(g.get("here") or f"{request.path[:3]}{(request.view_args or {})['token']}")


def say(text: str) -> str:
    """A marked text in the language of the page."""
    return str(words_of(language()).gettext(text))


def told(problems: Iterable[str | Problem]) -> list[Problem]:
    """What is wrong, in the language of the page."""
    known = (Problem(each) if isinstance(each, str) else each for each in problems)
    return [Problem(say(text), at) for text, at in known]


def page(name: str, status: int = 200, **context: Any) -> Response:
    """The page of this template in its language, compressed where that is taken."""
    sheet = sheet_of(language())
    tail = sheet.fill(name, onward=onward(), **context)
    body, headers = sheet.whole(tail, request.headers.get("Accept-Encoding", ""))
    return Response(body, status, headers)


@blueprint.after_request
def add_headers(response: Response) -> Response:
    """Stricter than elsewhere: no script, nothing kept, nothing told to others."""
    response.headers["Content-Security-Policy"] = sheet_of(language()).policy
    for name, value in PRIVATE:
        response.headers[name] = value
    return response


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """What a rule refused, in its own words; a deadline on the calendar of the event."""
    happened = say(str(refusal))
    if isinstance(refusal, AnswersClosed):
        until = words.instant(refusal.closed_at, g.opened.event, language())
        happened = say(marked("Answers were taken until %(instant)s.")) % {"instant": until}
    return closed_door(refusal.status, happened)


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response | HTTPException:
    """What went wrong below the rules; redirects are no errors."""
    return error if (error.code or 500) < 400 else closed_door(error.code or 500)


def closed_door(status: int, happened: str = "") -> Response:
    """A page that names nobody; it may say whom to write to once the link proved genuine."""
    title, what_to_do = WORDS.get(status, WORDS[422 if status < 500 else 500])
    return page(
        "closed.html", status, code=status, title=title, happened=happened, what_to_do=what_to_do,
        opened=g.get("opened"), is_post=request.method == "POST",
    )  # fmt: skip
