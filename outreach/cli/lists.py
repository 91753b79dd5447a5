"""list create."""

import click
from flask.cli import AppGroup

from outreach import clock
from outreach.actions.lists import create_list
from outreach.cli.speaking import acting, actor, plainly
from outreach.errors import NotFound
from outreach.queries.events import event_named

command = group = AppGroup("list", help="Target lists.")


@group.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--group", "group_code", required=True, help="A constituent group's code.")
@click.option("--event", "event_code", required=True)
@acting
@plainly
def create(code: str, name: str, group_code: str, event_code: str, as_: str | None) -> None:
    """A target list of one constituent group for one event."""
    event = event_named(event_code)
    if event is None:
        raise NotFound(f"event {event_code}; see `event list`")
    create_list(code, name, group_code, event.code, by=actor(as_), at=clock.now())
    click.echo(code)
