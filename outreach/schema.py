"""The tables as a whole: which revision they have, bringing them up to date, emptying them."""

from pathlib import Path

import flask_migrate
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from outreach.db import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def unknown_revisions() -> list[str]:
    """The revisions of the database that this code has never heard of: a newer one made them.

    Needs an application context. Raises OperationalError when the database does not answer.
    """
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return [revision for revision in present if revision not in known]


def upgrade() -> None:
    """Bring the tables to this code's revision; nothing happens when they have it."""
    flask_migrate.upgrade(directory=str(MIGRATIONS))


def empty() -> None:
    """Take every table away, with all that stands in them."""
    flask_migrate.downgrade(directory=str(MIGRATIONS), revision="base")


def is_empty(*tables: str) -> bool:
    """Whether none of the tables holds a row."""
    with db.engine.connect() as connection:
        return not any(
            connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})")) for table in tables
        )
