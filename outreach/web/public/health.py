"""Whether the machine is well, and the way from a bare address to the board."""

from flask import Response, g, jsonify, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from outreach.queries.health import health
from outreach.web.public.door import blueprint


@blueprint.get("/")
@blueprint.get("/staff", strict_slashes=False)
def front() -> AnyResponse:
    """The board, by way of signing in."""
    return redirect(url_for("organiser.board"))


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 and JSON when all is in bounds; 503 when something is not."""
    state = health(g.at)
    return jsonify(state.as_dict()), 200 if state.is_well else 503
