"""event list."""

import click
from flask.cli import AppGroup

from outreach.cli.speaking import plainly, say
from outreach.queries.events import events

command = group = AppGroup("event", help="The conference and its events.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
@plainly
def list_(as_json: bool) -> None:
    """The conference and its events, each with its code."""
    if as_json:
        say([event.as_dict() for event in events()])
        return
    for event in events():
        click.echo(f"{event.code:12} {event.starts_at:%Y-%m-%d}  {event.name}, {event.city}")
