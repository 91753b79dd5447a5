"""flask commands: the same as the pages, through the same actions. One file a noun."""

from flask import Flask

from outreach.cli import (
    accounts,
    campaigns,
    database,
    demo,
    events,
    imports,
    jobs,
    lists,
    outbox,
    templates,
)


def register(app: Flask) -> None:
    """Hang every command on the application."""
    for module in (accounts, events, lists, templates, campaigns, jobs, outbox, demo, database):
        app.cli.add_command(module.group)
    app.cli.add_command(imports.command)
