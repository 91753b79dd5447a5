"""The promotion team's door: signed in, with a role that may promote."""

from flask import Blueprint
from flask_login import current_user

from outreach.errors import NotAllowed
from outreach.models.account import Permission
from outreach.web.frame import logins

blueprint = Blueprint("staff", __name__)


@blueprint.before_request
def guard() -> object:
    """No page behind this door without a role that may promote."""
    if not current_user.is_authenticated:
        return logins.unauthorized()
    if not current_user.may(Permission.PROMOTE):
        raise NotAllowed("Organisers read the board; this page is for the promotion team.")
    return None
