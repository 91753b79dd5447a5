"""The plans of what runs for every unit: by index, whatever the database believes of the size."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, text

from outreach.actions.invitations import answer_invitation
from outreach.actions.messages import hold_message
from outreach.db import db, transaction
from outreach.delivery.claims import claim_unit
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.invitation import Invitation, Reply
from outreach.models.message import Message, MessageState, Purpose, Unit, UnitState
from outreach.prepared import cursor_of
from outreach.queries.operations import operations
from outreach.queries.outbox import outbox
from outreach.queries.today import held_mails
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON

DONE = 20_000


@pytest.fixture
def much_is_done(app):
    """Two units that wait among thousands that are done, and for each of those a mail to others."""
    campaign = frozen_campaign(4)
    unit = db.session.query(Unit).first()
    shared = {
        "campaign_id": campaign.id, "step_id": unit.step_id, "text_id": unit.text_id,
        "event_id": unit.event_id, "purpose": Purpose.INVITATION, "next_at": NOON,
    }  # fmt: skip
    with transaction() as session:
        session.execute(
            insert(Unit),
            [{**shared, "state": UnitState.DONE, "ordinal": number} for number in range(DONE)],
        )
        session.execute(
            insert(Message),
            [
                {
                    "public_id": f"{number:032x}", "unit_id": unit.id + 1 + number,
                    "stakeholder_id": 1_000 + number, "event_id": unit.event_id,
                    "purpose": Purpose.INVITATION, "state": MessageState.ACCEPTED,
                    "values": {}, "created_at": NOON, "changed_at": NOON,
                }
                for number in range(DONE)
            ],
        )  # fmt: skip


def plans_of(work) -> dict[str, str]:
    """{statement: its plan} for every statement of the work on units and messages."""
    seen: dict[str, object] = {}

    def note(_connection, _cursor, statement, parameters, *_):
        first = statement.lstrip()[:6]
        if first in ("SELECT", "UPDATE", "WITH m") and "FROM frozen" not in statement:
            seen[statement] = parameters

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    word = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    plans = {}
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        for statement, parameters in seen.items():
            # What outreach.prepared runs has its parameters by number, all else by name.
            cursor = cursor_of(driver) if isinstance(parameters, list) else driver.cursor()
            cursor.execute(f"{word} {statement}", parameters)
            plans[statement] = "\n".join(str(row[-1]) for row in cursor.fetchall())
        connection.rollback()
    return plans


def is_whole_table(plan: str, table: str) -> bool:
    """Whether the plan reads the table from end to end."""
    lines = plan.splitlines()
    if db.engine.dialect.name == "sqlite":
        return any(line.startswith(f"SCAN {table}") for line in lines)
    return any(f"Seq Scan on {table}" in line for line in lines)


@pytest.mark.parametrize("is_analysed", [False, True], ids=["never analysed", "analysed"])
def test_claiming_reads_one_entry_of_one_index(much_is_done, is_analysed):
    analyse() if is_analysed else forget()
    plans = plans_of(lambda: claim_unit("here/1.1", at=NOON))
    (claim,) = [plan for statement, plan in plans.items() if statement.startswith("UPDATE units")]
    assert "ix_units_claim" in claim, claim
    assert not is_whole_table(claim, "units"), claim
    assert "TEMP B-TREE" not in claim, "the order comes from the index"
    assert "Sort" not in claim, "the order comes from the index"


@pytest.mark.parametrize("is_analysed", [False, True], ids=["never analysed", "analysed"])
def test_nothing_that_runs_for_a_unit_reads_all_units_or_all_messages(
    much_is_done, mailer, is_analysed
):
    analyse() if is_analysed else forget()

    def send_and_confirm():
        drain(mailer, now=lambda: NOON, domain_rate=1_000)
        invitation_id = db.session.scalars(select(Invitation.id).order_by(Invitation.id)).first()
        answer_invitation(invitation_id, Reply.ACCEPTED, "", at=NOON)
        drain(mailer, now=lambda: NOON, domain_rate=1_000)

    plans = plans_of(send_and_confirm)
    assert len(mailer.sent) == 5
    assert len(plans) > 10
    for statement, plan in plans.items():
        for table in ("units", "messages"):
            assert not is_whole_table(plan, table), f"{statement}\n{plan}"


def test_what_was_kept_back_for_long_is_looked_at_person_by_person(app, mailer):
    """Not the whole campaign for each of its mails, within the one write lock of SQLite."""
    frozen_campaign(4)
    plans = plans_of(lambda: drain(mailer, now=lambda: NOON + timedelta(hours=2)))
    assert len(mailer.sent) == 4
    late = [plan for statement, plan in plans.items() if "messages_1" in statement]
    assert late
    assert not any("campaign_first" in plan for plan in late), late


@pytest.mark.parametrize("is_analysed", [False, True], ids=["never analysed", "analysed"])
def test_pages_of_what_is_held_read_no_mails_of_other_campaigns(app, is_analysed):
    frozen_campaign(4)
    message = db.session.query(Message).first()
    hold_message(message.id, by=CONSOLE, who="Ana", at=NOON)
    with transaction() as session:
        session.execute(
            insert(Message),
            [
                {
                    "public_id": f"{number:032x}", "campaign_id": 999, "step_id": 999,
                    "stakeholder_id": 1_000 + number, "event_id": message.event_id,
                    "purpose": Purpose.INVITATION, "state": MessageState.ACCEPTED, "values": {},
                    "created_at": NOON, "changed_at": NOON,
                }
                for number in range(DONE)
            ],
        )  # fmt: skip
    analyse() if is_analysed else forget()
    found = []
    pages = plans_of(lambda: found.extend((held_mails(), outbox().held, operations(NOON).held)))
    assert [len(one) for one in found] == [1, 1, 1]
    for statement, plan in pages.items():
        lines = [line.strip() for line in plan.splitlines()]
        assert "SCAN messages" not in lines, f"{statement}\n{plan}"
        assert "Seq Scan on messages" not in plan, f"{statement}\n{plan}"


def analyse() -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def forget() -> None:
    """What other tests, or the server by itself, made the planner believe of these tables."""
    if db.engine.dialect.name == "sqlite":
        return
    tables = "('units'::regclass, 'messages'::regclass)"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DELETE FROM pg_statistic WHERE starelid IN {tables}"))
        connection.execute(text(f"UPDATE pg_class SET reltuples = -1 WHERE oid IN {tables}"))
