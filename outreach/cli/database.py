"""db: Flask-Migrate's commands; an upgrade also loads the reference facts that are missing."""

from flask.cli import AppGroup
from flask_migrate.cli import db as migrations

from outreach import schema
from outreach.actions.reference import load_reference

command = group = AppGroup("db", help="Migrations.")
for name, inherited in migrations.commands.items():
    if name != "upgrade":
        group.add_command(inherited)


@group.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version of the code, and load the reference facts."""
    schema.upgrade()
    load_reference()
