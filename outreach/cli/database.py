"""db: Flask-Migrate's commands; an upgrade also loads the reference facts that are missing."""

import click
from flask.cli import with_appcontext
from flask_migrate.cli import db as migrations

from outreach import schema
from outreach.actions.reference import load_reference


@click.group("db")
@with_appcontext
def command() -> None:
    """Migrations."""
    schema.know_migrations()


for name, inherited in migrations.commands.items():
    if name != "upgrade":
        command.add_command(inherited)


@command.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version of the code, and load the reference facts."""
    schema.upgrade()
    load_reference()
