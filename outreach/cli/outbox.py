"""outbox drain, audit, hold-all, reconcile."""

import sys

import click
from flask.cli import AppGroup

from outreach.cli.speaking import plainly, say
from outreach.jobs import (
    audit_now,
    drain_due,
    drain_everything,
    hold_everything,
    reconcile_held,
)

command = group = AppGroup("outbox", help="What is to leave.")


@group.command("drain")
@click.option("--until-empty", is_flag=True, help="Go on until nothing is due any more.")
@plainly
def drain(until_empty: bool) -> None:
    """Send what is due, and return."""
    messages = drain_everything() if until_empty else drain_due()
    click.echo(f"{messages:,} messages handed over.")


@group.command("audit")
@plainly
def audit() -> None:
    """Recompute every promise of sending from the rows; exit code 1 when one is broken."""
    report = audit_now()
    say(report.as_dict())
    if not report.is_sound:
        sys.exit(1)


@group.command("hold-all")
@plainly
def hold_all() -> None:
    """After a restore: hold everything pending and pause every campaign. Prints JSON."""
    say(hold_everything().as_dict())


@group.command("reconcile")
@click.option(
    "--release-unproven",
    is_flag=True,
    help="Send those of whom nobody can know once more, marked as possible doubles.",
)
@plainly
def reconcile(release_unproven: bool) -> None:
    """Settle what hold-all held, by the mailer's evidence; may be run again. Prints JSON."""
    say(reconcile_held(releases_unproven=release_unproven).as_dict())
