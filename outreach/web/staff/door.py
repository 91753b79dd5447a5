"""The promotion team's door: signed in, with a role that may promote."""

from flask import Blueprint, Response, make_response
from flask_login import current_user

from outreach.errors import NotAllowed
from outreach.models.account import Permission
from outreach.web.frame import check_texts, logins

blueprint = Blueprint("staff", __name__)


@blueprint.before_request
def guard() -> Response | None:
    """No page behind this door without a role that may promote."""
    if not current_user.is_authenticated:
        return make_response(logins.unauthorized())
    if not current_user.may(Permission.PROMOTE):
        raise NotAllowed("Organisers read the board; this page is for the promotion team.")
    check_texts()
    return None
