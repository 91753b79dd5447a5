"""flask commands: the same as the pages, through the same actions. One file a noun.

A command's module is loaded when the command is asked for: the web process never needs them.
"""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

COMMANDS = {
    "account": "accounts",
    "campaign": "campaigns",
    "db": "database",
    "demo": "demo",
    "event": "events",
    "import": "imports",
    "import-go-on": "imports:go_on",
    "import-organisations": "organisation_imports",
    "import-undo": "imports:undo",
    "job": "jobs",
    "list": "lists",
    "outbox": "outbox",
    "template": "templates",
}
"""{command: its module here, which calls it `command` unless another name follows}"""


class Commands(AppGroup):
    """The application's commands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them; None for a name that is not ours."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"outreach.cli.{module}"), name or "command")
        return command


def register(app: Flask) -> None:
    """Give the application its commands."""
    app.cli = Commands(app.name)
