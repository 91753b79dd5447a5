"""The tables as a whole: which revision they have, bringing them up to date, emptying them.

Everything here needs an application context.
"""

from pathlib import Path
from typing import Any

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from outreach.db import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def revisions() -> list[str]:
    """Every revision that this code knows, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def unknown_revisions() -> list[str]:
    """The revisions of the database that this code has never heard of: a newer one made them.

    Raises OperationalError when the database does not answer.
    """
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return [revision for revision in present if revision not in revisions()]


def differences() -> list[Any]:
    """What the models say and the tables do not have, or the other way round; types included."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, db.metadata))


def upgrade() -> None:
    """Bring the tables to this code's revision; nothing happens when they have it."""
    flask_migrate.upgrade(directory=str(MIGRATIONS))


def step_down() -> None:
    """Take the last migration back."""
    flask_migrate.downgrade(directory=str(MIGRATIONS))


def empty() -> None:
    """Take every table away, with all that stands in them."""
    flask_migrate.downgrade(directory=str(MIGRATIONS), revision="base")


def is_empty(*tables: str) -> bool:
    """Whether none of the tables holds a row."""
    with db.engine.connect() as connection:
        return not any(
            connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})")) for table in tables
        )
