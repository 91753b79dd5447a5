"""No recipient domain gets more than its share a second; the others do not wait for it."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.jobs import drain_one_lane, drain_outbox
from outreach.models.message import Attempt
from outreach.queries.audit import audit
from outreach.queries.operations import ticks
from tests.delivery.ledgers import frozen_campaign as frozen
from tests.delivery.ledgers import states
from tests.factories import NOON


def test_a_domain_gets_its_share_and_the_rest_of_the_unit_goes_at_once(app, mailer):
    frozen(6)
    frozen(3, domain="example.net")
    drain(mailer, now=lambda: NOON, domain_rate=4)
    domains = Counter(mail.to.partition("@")[2] for mail in mailer.sent)
    assert domains == {"example.org": 4, "example.net": 3}
    drain(mailer, now=lambda: NOON, domain_rate=4)
    assert len(mailer.sent) == 7
    drain(mailer, now=lambda: NOON + timedelta(seconds=1), domain_rate=4)
    assert states() == {"accepted": 9}
    assert audit(NOON + timedelta(minutes=1)).is_sound


def test_a_clock_that_ran_ahead_and_was_set_right_does_not_stop_the_sending(app, mailer):
    frozen(4)
    drain(mailer, now=lambda: NOON + timedelta(hours=2), domain_rate=2)
    assert len(mailer.sent) == 2
    # What waits was put off until just after the wrong time; the bucket is not.
    drain(mailer, now=lambda: NOON + timedelta(hours=2, seconds=2), domain_rate=2)
    assert len(mailer.sent) == 4


def test_each_address_of_ours_has_a_rate_of_its_own_beside_the_one_for_all(app, mailer):
    for domain, sender in (("a.org", "one"), ("b.org", "one"), ("c.org", "two")):
        frozen(4, domain=domain, sender_address=f"{sender}@outreach.example.org")
    counts = []
    for second, rates in enumerate(({"rate": 4}, {}, {"rate": 4})):
        drain(mailer, now=lambda s=second: NOON + timedelta(seconds=s), sender_rate=4, **rates)
        counts.append(len(mailer.sent))
    # One at the rate of all; then of each address, the second as if it had never been put off.
    assert counts == [4, 12, 12]
    assert states() == {"accepted": 12}
    kept = select(Attempt.sender, func.sum(Attempt.messages_count)).group_by(Attempt.sender)
    own = {"one@outreach.example.org": 8, "two@outreach.example.org": 4}
    assert dict(map(tuple, reading().execute(kept))) == own
    reading().rollback()


def test_the_same_address_waits_for_its_own_rate(app, mailer):
    for domain in ("a.org", "b.org"):
        frozen(4, domain=domain)
    drain(mailer, now=lambda: NOON, sender_rate=4)
    assert len(mailer.sent) == 4
    drain(mailer, now=lambda: NOON + timedelta(seconds=1), sender_rate=4)
    assert states() == {"accepted": 8}


def test_where_the_rate_of_all_lets_nobody_go_the_outbox_rests_and_makes_nothing_ready(app, mailer):
    frozen(8, is_vip=True)  # in units of one
    passed = timedelta(0)

    def rest(seconds: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=seconds)

    drained = drain(mailer, now=lambda: NOON + passed, rate=2, rest=rest)
    assert states() == {"accepted": 8}
    assert passed == timedelta(seconds=3)
    assert drained.units == 14, "eight that went, and one in vain for each half of a second"


def test_where_the_rate_of_the_one_address_that_sends_lets_nobody_go_the_outbox_rests_too(
    app, mailer
):
    frozen(8, is_vip=True)
    passed = timedelta(0)

    def rest(seconds: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=seconds)

    def now():
        return NOON + passed

    drained = drain(mailer, now=now, sender_rate=2, rest=rest)
    units = drained.units
    while len(mailer.sent) < 8:  # the last that waits is awaited by the next tick
        rest(0.5)
        units += drain(mailer, now=now, sender_rate=2, rest=rest).units
    assert passed == timedelta(seconds=3)
    assert units == 14, "eight that went, and one in vain for each half of a second"


def test_an_address_of_ours_that_waits_for_its_own_rate_lets_nobody_else_rest(app, mailer):
    frozen(2, is_vip=True)
    drain(mailer, now=lambda: NOON, sender_rate=1, rest=lambda seconds: 1 / 0)
    assert len(mailer.sent) == 1


def test_a_drain_that_takes_long_is_seen_to_be_at_work(app, mailer, monkeypatch):
    monkeypatch.setattr("outreach.jobs.TICK_OF_THE_LONG", -1)
    app.extensions["outreach-mailer"] = mailer
    assert ticks() == []
    drain_outbox()
    assert [one.name for one in ticks()] == ["drain-outbox"]
    reading().rollback()


def test_a_lane_of_the_engine_is_given_back_after_its_seconds(app, mailer, monkeypatch):
    app.extensions["outreach-mailer"] = mailer
    monkeypatch.setattr("outreach.jobs.common_clock", lambda: lambda: NOON)
    frozen(3, is_vip=True)
    seconds = iter(range(0, 100, 2))
    monkeypatch.setattr("outreach.jobs.monotonic", lambda: next(seconds))
    assert drain_one_lane() == 1, "asked at 2 s, and after that mail at 4 s"
