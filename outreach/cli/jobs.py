"""job list, job run."""

import click
from flask.cli import AppGroup

from outreach.cli.speaking import plainly
from outreach.jobs import JOBS, job_named, run_job

command = group = AppGroup("job", help="What happens by the clock.")


@group.command("list")
def list_() -> None:
    """The jobs of the clock."""
    for job in JOBS:
        click.echo(f"{job.name:20} every {job.every.total_seconds():g} s")


@group.command("run")
@click.argument("name")
@plainly
def run(name: str) -> None:
    """Run one job of the clock now."""
    click.echo(run_job(job_named(name)) or 0)
