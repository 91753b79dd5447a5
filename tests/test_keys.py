"""What PostgreSQL looks at once for all rows of a statement is refused as by a foreign key."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from outreach.db import db, transaction
from tests.factories import NOON, make_organisation, make_stakeholder, make_target

pytestmark = pytest.mark.usefixtures("app")
A_PERSON = (
    "INSERT INTO stakeholders (full_name, name_key, organisation_id, created_at, changed_at)"
    " VALUES ('Ana', 'ana', :id, :at, :at)"
)


@pytest.mark.parametrize(
    "statement",
    [
        A_PERSON,
        "UPDATE stakeholders SET organisation_id = :id",
        "DELETE FROM organisations WHERE id IN (SELECT organisation_id FROM stakeholders)",
        "UPDATE targets SET list_id = :id",
        "DELETE FROM target_lists WHERE id IN (SELECT list_id FROM targets)",
    ],
)
def test_nobody_is_of_an_organisation_or_on_a_list_that_is_not_there(statement):
    make_target(stakeholder=make_stakeholder("Ana", "ana@example.org", make_organisation("Bank")))
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement), {"id": 0, "at": "2026-01-01 00:00:00"})


@pytest.mark.postgres
def test_who_deletes_an_organisation_waits_for_who_brings_people_of_it():
    bank = make_organisation("Bank").id
    with db.engine.connect() as one, db.engine.connect() as other:
        one.execute(text(A_PERSON), {"id": bank, "at": NOON})
        other.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            other.execute(text("DELETE FROM organisations WHERE id = :id"), {"id": bank})
