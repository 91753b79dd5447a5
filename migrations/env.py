"""Runs the migrations on the application's own engine."""

import re
from contextlib import contextmanager

from alembic import context
from flask import current_app

extension = current_app.extensions["migrate"]
metadata = extension.db.metadata


def render_item(kind, item, autogen_context):
    """Our own column types are written as SQLAlchemy's: a migration imports nothing of ours."""
    name = type(item).__name__
    if kind == "type" and name == "UTCDateTime":
        return "sa.DateTime(timezone=True)"
    if kind == "type" and name == "Enum":
        return f"sa.String({item.length})"
    return False


def compare_type(ctx, inspected_column, metadata_column, inspected_type, metadata_type):
    """Enums are kept as text of the same length."""
    if type(metadata_type).__name__ == "Enum":
        return getattr(inspected_type, "length", None) != metadata_type.length
    return None


def include_name(name, kind, parents):
    """The words of names are the database's own: no model says how they are kept."""
    words = (
        r"(people|office)_(words|vocabulary)(_\w+)?|name_words|ix_name_words_\w+"
        r"|ix_(stakeholders|organisations)_words|ix_\w+_domain"
    )
    return not (name and re.fullmatch(words, name))


def include_object(item, name, kind, is_reflected, compared_to):
    """PostgreSQL does without some foreign keys (`UNHELD` of the models)."""
    is_wanted_key = kind == "foreign_key_constraint" and not is_reflected
    if not is_wanted_key or extension.db.engine.dialect.name == "sqlite":
        return True
    return not any(key.info.get("held") == "sqlite" for key in item.elements)


def run() -> None:
    options = dict(extension.configure_args)
    options.update(
        compare_type=compare_type, render_item=render_item,
        include_name=include_name, include_object=include_object,
    )  # fmt: skip
    with extension.db.engine.connect() as connection, _tables_written_anew(connection):
        context.configure(connection=connection, target_metadata=metadata, **options)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


@contextmanager
def _tables_written_anew(connection):
    """SQLite changes some tables by writing them anew, which those that point at them forbid:
    their keys are looked at afterwards, all at once (sqlite.org/lang_altertable.html, 7)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    plain = connection.connection.driver_connection
    plain.execute("PRAGMA foreign_keys = OFF")
    yield
    broken = plain.execute("PRAGMA foreign_key_check").fetchall()
    plain.execute("PRAGMA foreign_keys = ON")
    if broken:
        raise RuntimeError(f"rows that point at nothing after the migrations: {broken[:10]}")


run()
