"""The doors: each audience has a folder, and a page is safe by living in its folder."""

from flask import Flask

from outreach.web import account, frame, hooks, invitee, organiser, public, refusals, staff


def register(app: Flask) -> None:
    """Open every door of the application."""
    frame.register(app)
    refusals.register(app)
    for door in (public, account, staff, organiser, invitee, hooks):
        app.register_blueprint(door.blueprint)
