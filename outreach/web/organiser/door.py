"""The organisers' door: anyone signed in may read."""

from flask import Blueprint, Response, make_response
from flask_login import current_user

from outreach.web.frame import logins

blueprint = Blueprint("organiser", __name__)


@blueprint.before_request
def guard() -> Response | None:
    """No page behind this door without an account."""
    return None if current_user.is_authenticated else make_response(logins.unauthorized())
