"""create_app: the parts put together, nothing else."""

from flask import Flask

from outreach import cli, web
from outreach.db import db


def create_app(config: object) -> Flask:
    """The application on these settings: a class or object with upper-case attributes."""
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_object(config)
    db.init_app(app)
    web.register(app)
    cli.register(app)
    return app
