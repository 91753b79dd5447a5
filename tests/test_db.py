"""The one place that commits: what is saved is on disk before anybody is told (P4)."""

import sqlite3

import pytest
from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.exc import DBAPIError

from outreach import db as sessions
from outreach import sqlite
from outreach.actions.invitations import answer_invitation
from outreach.delivery.mailer import Accepted
from outreach.delivery.outbox import drain
from outreach.models.event import Event
from outreach.models.invitation import Answer, Reply
from outreach.prepared import Prepared
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, make_event, make_invitation

pytestmark = pytest.mark.sqlite


@pytest.fixture
def waits(app, monkeypatch):
    """The logs whose disk was waited for."""
    logs: list[str] = []
    monkeypatch.setattr(sessions, "waits_for_disk", True)
    monkeypatch.setattr(sessions, "wait_for_disk", lambda log, _most=None: logs.append(log))
    return logs


def test_an_answer_is_over_once_the_disk_has_it(waits):
    invitation = make_invitation()
    waits.clear()
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert waits == [f"{sessions.db.engine.url.database}-wal"]


def test_what_was_undone_waits_for_no_disk(waits):
    with pytest.raises(ZeroDivisionError), sessions.transaction():
        raise ZeroDivisionError
    assert waits == []


def test_another_can_write_while_one_waits_for_the_disk(waits, monkeypatch):
    invitation = make_invitation()
    others: list[int] = []

    def meanwhile(_log, _most=None):
        other = sqlite3.connect(sessions.db.engine.url.database, timeout=0)
        with other:
            others.append(other.execute("UPDATE events SET sequence = sequence + 1").rowcount)
        other.close()

    monkeypatch.setattr(sessions, "wait_for_disk", meanwhile)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert others
    assert others[0] > 0


def test_a_fault_within_what_is_changed_at_once_leaves_nothing_and_no_lock(app):
    """A59: whoever keeps the fault, as the environment of a request does, keeps no lock with it."""
    event = make_event()
    rename = Prepared(update(Event).where(Event.id == bindparam("event")).values(name="Other"))
    # No invitation has this number.
    nobody = {
        "invitation_id": -1, "reply": Reply.ACCEPTED, "note": "", "particulars": {},
        "given_at": NOON, "channel": "link", "given_by": "",
    }  # fmt: skip
    answer = Prepared(insert(Answer), list(nobody))
    with pytest.raises(sqlite3.IntegrityError) as fault:
        sessions.changed_at_once([(rename, {"event": event.id}), (answer, nobody)])
    other = sqlite3.connect(sessions.db.engine.url.database, timeout=0)
    with other:
        count = other.execute("UPDATE events SET sequence = 7 WHERE name <> 'Other'").rowcount
    other.close()
    assert count > 0
    assert fault.value is not None


def test_waiting_reaches_the_disk_itself(tmp_path, monkeypatch):
    log = tmp_path / "some.sqlite3-wal"
    log.write_bytes(b"frames")
    synced: list[int] = []
    monkeypatch.setattr(sqlite.os, "fdatasync", synced.append)
    sqlite.wait_for_disk(str(log))
    sqlite.wait_for_disk(str(tmp_path / "none"))
    assert len(synced) == 1


def test_a_claim_is_waited_for_with_what_is_written_before_its_call(waits, mailer):
    """P2: before a call the disk has its attempt, and with it all that was written before."""
    frozen_campaign(2, is_vip=True)
    waits.clear()
    seen: list[int] = []
    mailer.answers = lambda _: seen.append(len(waits)) or Accepted("kept")
    drain(mailer, now=lambda: NOON)
    # What had expired, and the first attempt; the second; the last outcome, behind which no claim
    # comes.
    assert seen == [2, 3]
    assert len(waits) > 3


@pytest.fixture
def holder(app):
    """Another program, which holds the write lock."""
    other = sqlite3.connect(sessions.db.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def rename_an_event():
    with sessions.transaction() as session:
        session.execute(update(Event).values(name="Other"))


def test_who_finds_the_lock_taken_gives_up_in_the_end(holder, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 30)
    with pytest.raises(DBAPIError, match="locked"):
        rename_an_event()


def test_who_finds_the_lock_taken_asks_until_it_is_free(holder, monkeypatch):
    asked: list[int] = []

    def stopwatch():
        asked.append(1)
        if len(asked) == 5:
            holder.execute("ROLLBACK")
        return float(len(asked))

    monkeypatch.setattr(sqlite, "monotonic", stopwatch)
    rename_an_event()
    assert len(asked) == 5
    # Whoever reads with that connection waits for what it finds locked, as ever.
    with sessions.db.engine.connect() as connection:
        patience = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
    assert patience == sqlite.BUSY_TIMEOUT_MS


def test_a_long_log_is_copied_into_the_file_after_the_commit_and_begins_anew(app, monkeypatch):
    monkeypatch.setattr(sessions, "waits_for_disk", True)
    monkeypatch.setattr(sqlite, "ENDLESS", 1)
    make_event()
    log = f"{sessions.db.engine.url.database}-wal"
    copies: list[tuple[bytes, int]] = []
    for number in range(6):
        with sessions.transaction() as session:
            sessions.write_much(session, 3)
            session.execute(update(Event).values(name="x" * 3_000 + str(number)))
        copies.append(sqlite._copied[log])
    assert len({life for life, _ in copies}) > 1
    assert all(pages > 0 for _, pages in copies)


def test_a_fault_of_the_database_tells_the_log_nobodys_name(app):
    with pytest.raises(DBAPIError) as told, sessions.transaction() as session:
        session.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "Amina"})
    assert "nowhere" in str(told.value)
    assert "Amina" not in str(told.value)
