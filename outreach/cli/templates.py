"""template list."""

import click
from flask.cli import AppGroup

from outreach.cli.speaking import plainly, say
from outreach.queries.templates import templates

command = group = AppGroup("template", help="The message templates.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
@plainly
def list_(as_json: bool) -> None:
    """The message templates, each with its code."""
    if as_json:
        say([template.as_dict() for template in templates()])
        return
    for template in templates():
        click.echo(f"{template.code:12} {template.name} ({', '.join(template.languages)})")
