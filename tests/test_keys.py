"""What PostgreSQL looks at once for all rows of a statement is refused as by a foreign key."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from outreach.db import db, transaction
from outreach.models.base import AT_ONCE, Base
from outreach.models.duplicate import Merge
from tests.factories import NOON, make_organisation, make_stakeholder, make_target

pytestmark = pytest.mark.usefixtures("app")
A_PERSON = (
    "INSERT INTO stakeholders (full_name, name_key, organisation_id, created_at, changed_at)"
    " VALUES ('Ana', 'ana', :id, :at, :at)"
)

A_PHONE = "INSERT INTO phones (stakeholder_id, number, number_key) VALUES (:id, '1', '1')"


@pytest.mark.parametrize(
    "statement",
    [
        A_PERSON,
        "UPDATE stakeholders SET organisation_id = :id",
        "DELETE FROM organisations WHERE id IN (SELECT organisation_id FROM stakeholders)",
        "UPDATE targets SET list_id = :id",
        "DELETE FROM target_lists WHERE id IN (SELECT list_id FROM targets)",
        A_PHONE,
        "UPDATE phones SET stakeholder_id = :id",
        "UPDATE merges SET kept_id = :id",
        "DELETE FROM stakeholders WHERE id IN (SELECT stakeholder_id FROM phones)",
        "DELETE FROM stakeholders WHERE id IN (SELECT gone_id FROM merges)",
        "DELETE FROM stakeholders",
        "UPDATE stakeholders SET id = id + 1000",
    ],
)
def test_nothing_is_of_a_person_an_organisation_or_a_list_that_is_not_there(statement):
    ana = make_stakeholder("Ana", "ana@example.org", make_organisation("Bank"))
    make_target(stakeholder=ana)
    joao = make_stakeholder("João")
    with transaction() as session:
        session.execute(text(A_PHONE), {"id": ana.id})
        session.add(Merge(kept_id=ana.id, gone_id=joao.id, merged_at=NOON, changes=[]))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement), {"id": 0, "at": "2026-01-01 00:00:00"})


@pytest.mark.postgres
def test_everything_that_may_be_of_a_person_is_looked_at():
    keys = {
        f"fk_{table.name}_{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.info is AT_ONCE and key.column.table.name == "stakeholders"
    }
    with db.engine.connect() as connection:
        looks = connection.scalar(
            text("SELECT prosrc FROM pg_proc WHERE proname = 'stakeholders_gone'")
        )
        triggers = set(connection.scalars(text("SELECT tgname FROM pg_trigger")))
    assert {key for key in keys if f"'{key}'" not in looks} == set()
    assert {f"{key}_{what}" for key in keys for what in ("added", "changed")} <= triggers


@pytest.mark.postgres
def test_who_deletes_a_person_waits_for_who_notes_a_number_of_theirs():
    ana = make_stakeholder("Ana").id
    delete = text("DELETE FROM stakeholders WHERE id = :id")
    with db.engine.connect() as one, db.engine.connect() as other:
        one.execute(text(A_PHONE), {"id": ana})
        other.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            other.execute(delete, {"id": ana})
        other.rollback()
        other.execute(text("SET lock_timeout = '50ms'"))
        one.rollback()
        other.execute(delete, {"id": ana})
        one.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            one.execute(text(A_PHONE), {"id": ana})


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE stakeholders CASCADE",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; DELETE FROM stakeholders",
    ],
)
def test_people_are_not_deleted_where_nobody_could_look_at_what_is_of_them(statement):
    make_stakeholder("Ana")
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement))


@pytest.mark.postgres
def test_who_deletes_an_organisation_waits_for_who_brings_people_of_it():
    bank = make_organisation("Bank").id
    with db.engine.connect() as one, db.engine.connect() as other:
        one.execute(text(A_PERSON), {"id": bank, "at": NOON})
        other.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            other.execute(text("DELETE FROM organisations WHERE id = :id"), {"id": bank})
