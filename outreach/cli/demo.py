"""demo load."""

import click
from flask.cli import AppGroup

from outreach.actions.reference import load_reference
from outreach.cli.speaking import plainly
from outreach.demo import load_demo, sign_in_links

command = group = AppGroup("demo", help="The demonstration conference.")


@group.command("load")
@plainly
def load() -> None:
    """Make the demonstration conference, through the actions that people use."""
    load_reference()
    load_demo()
    for role, url in sign_in_links():
        click.echo(f"{role}: {url}")
