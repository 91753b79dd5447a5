"""account create, account link."""

import click
from flask.cli import AppGroup

from outreach import clock
from outreach.actions.accounts import create_account, make_one_time_link
from outreach.cli.speaking import plainly
from outreach.links import sign_in_url
from outreach.models.account import Role
from outreach.queries.accounts import account_id_of

command = group = AppGroup("account", help="Who signs in.")


@group.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", default="", help="As colleagues shall see it.")
@plainly
def create(email: str, role: str, name: str) -> None:
    """Make an account and print a one-time link to set its password."""
    if "@" not in email:
        raise click.ClickException(f"“{email}” is not an email address.")
    at = clock.now()
    account_id = create_account(email, role=Role(role), name=name, at=at)
    click.echo(sign_in_url(make_one_time_link(account_id, at=at, sets_password=True)))


@group.command("link")
@click.argument("email")
@plainly
def link(email: str) -> None:
    """Print a one-time link that signs this account in."""
    account_id = account_id_of(email)
    if account_id is None:
        raise click.ClickException(f"There is no account {email}.")
    click.echo(sign_in_url(make_one_time_link(account_id, at=clock.now())))
