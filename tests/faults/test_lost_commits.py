"""The connection to the database is lost at a COMMIT: whether it was made, nobody can say."""

from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from outreach.db import db
from outreach.delivery.outbox import drain
from outreach.delivery.settling import settle_unknown
from outreach.queries.audit import audit
from tests.delivery.ledgers import frozen_campaign, states
from tests.factories import NOON

PEOPLE = 3


@pytest.mark.postgres
@pytest.mark.faults
@pytest.mark.parametrize("is_made", [False, True], ids=["not made", "made"])
def test_whichever_commit_is_lost_everyone_gets_one(app, mailer, monkeypatch, is_made):
    """A56, P1, P2: after the claim, before the call, and where the outcome is recorded."""
    commit, at = db.engine.dialect.do_commit, NOON
    for number in range(1, 5):
        left = [number]

        def losing(connection, left=left):
            left[0] -= 1
            if left[0]:
                return commit(connection)
            if is_made:
                commit(connection)
            connection.driver_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        frozen_campaign(PEOPLE, domain=f"{number}.example.org")
        with monkeypatch.context() as patched:
            patched.setattr(db.engine.dialect, "do_commit", losing)
            with pytest.raises(DBAPIError):
                drain(mailer, now=lambda at=at: at)
        db.session.remove()
        for _ in range(3):  # the lease ends; what is unknown is settled, or tried again
            at += timedelta(minutes=5)
            with suppress(DBAPIError):  # connections of the pool may be gone, too
                drain(mailer, now=lambda at=at: at)
            settle_unknown(mailer, at=at, grace=timedelta(seconds=30))
        drain(mailer, now=lambda at=at: at)
        assert states() == {"accepted": PEOPLE * number}
        assert len(mailer.sent) == len({mail.to for mail in mailer.sent}) == PEOPLE * number
        assert audit(at).is_sound
