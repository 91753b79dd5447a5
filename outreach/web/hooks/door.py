"""Signed machines: a page behind this door runs only for a caller that showed who it is.

Each page names its own check in CHECKS. Whoever fails it is counted, and nothing else is kept. The
answers are for machines: plain text, and no cookie is set or read.
"""

from collections.abc import Callable

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from outreach.actions.receipts import note_refused_call
from outreach.errors import NotAllowed, Refusal
from outreach.web.frame import csrf

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(blueprint)

Check = Callable[[], None]
CHECKS: dict[str, Check] = {}
"""{endpoint: what raises a Refusal unless the caller is who it must be}."""


@blueprint.before_request
def guard() -> None:
    """No page without its check, and no page for who fails it."""
    check = CHECKS.get(request.endpoint or "")
    try:
        if check is None:
            raise NotAllowed("Nobody may call this.")
        check()
    except Refusal:
        note_refused_call(request.endpoint or "", at=g.at)
        raise


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """What was refused, in a line."""
    return plain(str(refusal), refusal.status)


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """Too large, or not to be understood."""
    return plain(error.name, error.code or 500)


def plain(text: str, status: int) -> Response:
    """A line of text."""
    return Response(f"{text}\n", status, mimetype="text/plain")
