"""Someone whose mail breaks its worker is found, held by name, and everyone else gets theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.db import db, transaction
from outreach.delivery import render
from outreach.delivery.claims import claim_unit, recover_expired
from outreach.delivery.outbox import drain
from outreach.models.message import LEASE, MOST_LEASES, Message, Unit
from outreach.queries.audit import audit
from tests.delivery.ledgers import frozen_campaign, reasons, states
from tests.factories import NOON


@pytest.fixture
def poison(monkeypatch):
    """Making the mail of person.5 ready raises an error that nobody foresaw."""
    whole = render.values_of

    def breaks(waiting, *more):
        if "person.5@example.org" in waiting.addresses:
            raise ZeroDivisionError("as nobody foresaw")
        return whole(waiting, *more)

    monkeypatch.setattr(render, "values_of", breaks)


def drain_for(mailer, hours: float) -> None:
    """Tick every 20 seconds, as a clock does that logs an error and goes on."""
    at, end = NOON, NOON + timedelta(hours=hours)
    while at < end:
        try:
            drain(mailer, now=lambda at=at: at)
        except ZeroDivisionError:
            db.session.remove()
        at += timedelta(seconds=20)


def test_an_error_that_nobody_foresaw_holds_one_person_and_not_the_unit(app, mailer, poison):
    frozen_campaign(40)
    drain_for(mailer, hours=0.5)
    assert states() == {"accepted": 39, "held": 1}
    (reason,) = reasons("held")
    assert "could not be made ready" in reason
    assert "ZeroDivisionError: as nobody foresaw" in reason
    assert audit(NOON + timedelta(hours=1)).is_sound


def test_a_unit_that_kills_its_workers_is_cut_until_one_mail_stands_alone(app):
    frozen_campaign(2)
    at = NOON
    for _ in range(MOST_LEASES):
        assert claim_unit("elsewhere/1.1", at=at)
        at += LEASE + timedelta(seconds=1)
        recover_expired(at=at)
    units = db.session.scalars(select(Unit)).all()
    assert [unit.state.value for unit in units] == ["waiting", "waiting"]
    for _ in units:
        assert claim_unit("elsewhere/1.1", at=at)
    recover_expired(at=at + LEASE + timedelta(seconds=1))
    assert states() == {"held": 2}
    assert "The worker died." in next(iter(reasons("held")))


def test_leases_that_end_in_an_attempt_do_not_count(app, mailer):
    frozen_campaign(2)
    with transaction() as session:
        session.execute(update(Unit).values(leases_count=MOST_LEASES - 1))
    drain(mailer, now=lambda: NOON)
    assert states() == {"accepted": 2}
    assert db.session.scalars(select(Unit.leases_count)).all() == [0]


def test_nobody_is_held_for_a_database_that_was_away(app, mailer, monkeypatch):
    from sqlalchemy.exc import OperationalError

    frozen_campaign(2)

    def away(*_):
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("outreach.delivery.outbox.render_unit", away)
    with pytest.raises(OperationalError):
        drain(mailer, now=lambda: NOON)
    assert db.session.scalars(select(Message.reason)).all() == ["", ""]
