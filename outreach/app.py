"""create_app: the parts put together, nothing else."""

from flask import Flask

from outreach.db import db


def create_app(config: object) -> Flask:
    """The application on these settings: a class or object with upper-case attributes."""
    # Here, since a process that shows no page is ready a second earlier without them.
    from outreach import cli, web

    app = create_pageless_app(config)
    web.register(app)
    cli.register(app)
    return app


def create_pageless_app(config: object) -> Flask:
    """The settings and the database alone: for the clock, the workers and a start."""
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_object(config)
    db.init_app(app)
    return app
