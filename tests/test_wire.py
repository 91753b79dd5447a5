"""Statements as libpq has them: what goes there comes back, and faults are the driver's."""

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.types.json import Json
from sqlalchemy import bindparam, select, text

from outreach.db import Glance, db, one_connection
from outreach.models.event import Event
from outreach.wire import Wire, wire_of
from tests.factories import make_event

pytestmark = pytest.mark.postgres
ASKED = "SELECT $1::varchar, $2::int, $3::bool, $4::timestamptz, $5::json, $6::varchar"
GIVEN = [
    "د. آمنة O’Neill'\\",
    7,
    False,
    datetime(2026, 3, 1, 9, tzinfo=UTC),
    Json({"a": "é"}),
    None,
]


@pytest.fixture
def connection(app):
    pooled = db.engine.raw_connection()
    yield pooled
    pooled.close()


@pytest.mark.parametrize("is_kept", [True, False])
def test_values_of_every_kind_come_back_as_they_were(connection, is_kept):
    connection.driver_connection.prepare_threshold = 5 if is_kept else None
    wire = Wire(connection.driver_connection)
    connection.driver_connection.prepare_threshold = 5
    for between in ("", "DEALLOCATE ALL", ""):
        if between:
            connection.driver_connection.execute(between)
            connection.driver_connection.rollback()
        row = wire.first(ASKED, GIVEN)
        assert row == (*GIVEN[:4], {"a": "é"}, None)
    assert wire.first("SELECT 1 WHERE $1::bool", [False]) is None


def test_a_text_with_a_sign_0_is_refused_where_libpq_would_cut_it(connection):
    with pytest.raises(ValueError, match="sign 0"):
        wire_of(connection).first("SELECT $1::varchar", ["before\0after"])


def test_after_a_fault_the_next_question_has_a_connection(app):
    event = make_event()
    db.session.rollback()
    name = Glance(select(Event.id).where(Event.id == bindparam("event")))
    broken = Glance(select(text("nothing")).where(bindparam("event") == 1))
    with one_connection():
        with pytest.raises(psycopg.errors.UndefinedColumn):
            broken.row(event=event.id)
        assert name.row(event=event.id) == [event.id]
    assert name.row(event=event.id) == [event.id]
