"""Open to anyone: the way in, and whether the machine is well."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
