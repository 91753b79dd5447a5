"""Signed machines: each page checks its own signature before anything else."""

from flask import Blueprint

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
