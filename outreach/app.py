"""create_app: the parts put together, nothing else."""

from types import TracebackType

from flask import Flask, request

from outreach.db import db


class Outreach(Flask):
    """Names in its log the page that failed, never its address: an invitee's link is a key."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """As Flask does, by the rule instead of the path."""
        self.logger.error(
            "Exception on %s [%s]", request.url_rule, request.method, exc_info=exc_info
        )


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
    app = Outreach(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_object(config)
    db.init_app(app)
    return app
