"""outbox drain, outbox audit."""

import sys

import click
from flask.cli import AppGroup

from outreach.cli.speaking import plainly, say
from outreach.jobs import audit_now, drain_everything, drain_outbox

command = group = AppGroup("outbox", help="What is to leave.")


@group.command("drain")
@click.option("--until-empty", is_flag=True, help="Go on until nothing is due any more.")
@plainly
def drain(until_empty: bool) -> None:
    """Send what is due, and return."""
    messages = drain_everything() if until_empty else drain_outbox()
    click.echo(f"{messages:,} messages handed over.")


@group.command("audit")
@plainly
def audit() -> None:
    """Recompute every promise of sending from the rows; exit code 1 when one is broken."""
    report = audit_now()
    say(report.as_dict())
    if not report.is_sound:
        sys.exit(1)
