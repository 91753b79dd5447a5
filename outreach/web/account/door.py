"""The listed open pages of accounts: signing in and out."""

from flask import Blueprint

from outreach.web.frame import check_texts

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.before_request(check_texts)
