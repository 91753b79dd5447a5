"""The migrations, up and down, on a database of their own."""

import os
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import inspect

from outreach import schema
from tests.databases import Database, PostgreSQL, SQLite

pytestmark = pytest.mark.database


@pytest.fixture
def empty_app(tmp_path) -> Iterator[Flask]:
    """The application on a database without a table, in its context."""
    from config import Config
    from outreach.app import create_app
    from outreach.db import db

    server = os.environ.get("TEST_DATABASE_URL")
    name = f"outreach_migrations_{os.getpid()}"
    database: Database = (
        PostgreSQL(server, name) if server else SQLite(tmp_path / "migrations.sqlite3")
    )
    database.create()
    app = create_app(type("Elsewhere", (Config,), {"SQLALCHEMY_DATABASE_URI": database.url}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    database.drop()


def tables() -> set[str]:
    from outreach.db import db

    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_the_migrations_make_every_table_and_take_it_away_again(empty_app):
    from outreach.models.base import Base

    for _ in range(2):
        schema.upgrade()
        words = {name for name in tables() if re.match("(people|office|name)_(words|voc)", name)}
        assert tables() - words == set(Base.metadata.tables)
        schema.empty()
        assert tables() == set()


def test_the_models_and_the_migrations_say_the_same(empty_app):
    schema.upgrade()
    assert schema.differences() == []


def test_a_second_upgrade_changes_nothing(empty_app):
    from outreach.db import db

    assert schema.revisions_of(db.engine) == []
    for _ in range(2):
        schema.upgrade()
        assert schema.revisions_of(db.engine) == schema.revisions()[:1]


def test_every_migration_goes_down_and_up_again(empty_app):
    for _ in range(2):
        schema.upgrade()
        for _ in schema.revisions():
            schema.step_down()
        assert tables() == set()
