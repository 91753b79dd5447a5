"""Workers stopped past their lease, two at once, told to end, with a full disk (A58, A59, P8)."""

import signal
import sqlite3
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from bench.provider.running import RunningProvider
from outreach import clock
from outreach.db import db
from outreach.models.message import Attempt, Unit, UnitState
from tests.faults.campaigns import (
    assert_the_ledger_is_sound,
    clocks,
    copies,
    frozen_campaign,
    is_settled,
    named_doubles,
    outcomes,
    scheduled_campaign,
    settings_for,
    tell,
    until,
)
from tests.faults.nursery import Born

pytestmark = pytest.mark.faults


@pytest.mark.slow
def test_a_worker_stopped_past_its_lease_commits_nothing_when_it_goes_on(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """A58: another takes over after the lease; the stale one's token is void."""
    campaign_id = frozen_campaign(60, 20)
    provider.control(delay=1.0)
    with clocks(database_url, tmp_path, **settings_for("sendgrid+log", provider)) as these:
        stale = these.start()
        until(has_attempt, within=120, what="the first call")
        stop_between_transactions(stale)
        (held,) = units_under_way()
        these.start()
        until(lambda: held not in units_under_way(), within=120, what="the lease was taken over")
        stale.send_signal(signal.SIGCONT)
        until(is_settled(campaign_id), within=120, what="everyone has an outcome")
        time.sleep(3)
    counts, named = copies(provider, tmp_path), named_doubles(campaign_id)
    tell("a worker stopped past its lease, taken over, continued", counts, 60, named=len(named))
    assert len(counts) == 60
    assert {address for address, count in counts.items() if count > 1} <= named
    assert_the_ledger_is_sound()


def test_two_clocks_on_one_database_send_everything_once(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """P8, A58: the tables decide who acts."""
    campaign_id = frozen_campaign(400, 10)
    settings = settings_for("sendgrid+log", provider) | {"SEND_LANES": "3"}
    with clocks(database_url, tmp_path, **settings) as these:
        these.start()
        these.start()
        took = until(is_settled(campaign_id), within=150, what="everyone has an outcome")
        assert all(one.poll() is None for one in these.running)
    tell("two clocks on one database", copies(provider, tmp_path), 400, settled_in=took)
    assert set(copies(provider, tmp_path).values()) == {1}
    assert outcomes(campaign_id)["sent"] == 400
    assert_the_ledger_is_sound()


def test_sigterm_lets_the_call_end_and_then_stops(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """A59: within 30 s, with nothing left in between, and the next start goes on."""
    campaign_id = frozen_campaign(100, 10)
    provider.control(delay=2.0)
    with clocks(database_url, tmp_path, **settings_for("sendgrid", provider)) as these:
        running = these.start()
        until(has_attempt, within=120, what="the first call")
        began = time.monotonic()
        running.terminate()
        assert running.wait(timeout=30) == 0
        took = time.monotonic() - began
        assert units_under_way() == []
        assert outcomes(campaign_id)["sent"] == len(provider.ledger())
        provider.control(reset=True)
        these.start()
        until(is_settled(campaign_id), within=120, what="everyone has an outcome")
    tell("SIGTERM during a call of 2 s, then a new start", copies(provider, tmp_path), 100,
         named=len(named_doubles(campaign_id)), settled_in=took)  # fmt: skip
    assert set(copies(provider, tmp_path).values()) == {1}
    assert named_doubles(campaign_id) == set()


def test_a_sigterm_is_heard_at_whatever_instant_it_comes(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """A59: also where it comes just before the clock begins to wait; it was lost one time in 75."""
    with clocks(database_url, tmp_path) as these:
        assert these.start("tests.faults.told_elsewhere").wait(timeout=20) == 0


def test_a_full_disk_makes_them_wait_and_no_part_of_a_mail_is_seen(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """A59: nothing truncated counts as sent; when there is room again, everyone gets one."""
    campaign_id = frozen_campaign(60, 20)
    disk = tmp_path / "mail"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], check=False
    )
    if mounted.returncode:
        pytest.skip("no small file system can be made here")
    try:
        with clocks(database_url, tmp_path) as these:
            running = these.start()
            until(lambda: bool(waits_for_room()), within=120, what="the disk is full")
            assert running.poll() is None
            assert 0 < len(list(disk.glob("*.eml"))) < 60
            assert sum(copies(None, disk).values()) == outcomes(campaign_id)["sent"]
            subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
            took = until(is_settled(campaign_id), within=150, what="everyone has an outcome")
        counts = copies(None, disk)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    tell("no room left in the mail folder, then room again", counts, 60, settled_in=took)
    assert len(counts) == 60
    assert set(counts.values()) == {1}
    assert_the_ledger_is_sound()


def stop_between_transactions(worker: Born) -> None:
    """SIGSTOP during the call: a writer stopped in its transaction would hold all of SQLite."""
    while True:
        worker.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        if units_under_way() and is_database_free():
            return
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.05)


def is_database_free() -> bool:
    """Nobody is in the middle of writing."""
    if db.engine.dialect.name == "sqlite":
        holder = sqlite3.connect(db.engine.url.database, isolation_level=None, timeout=0)
        try:
            holder.execute("BEGIN IMMEDIATE")
            holder.rollback()
        except sqlite3.OperationalError:
            return False
        finally:
            holder.close()
        return True
    idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    count = db.session.execute(text(idle)).scalar_one()
    db.session.remove()
    return count == 0


def has_attempt() -> bool:
    found = db.session.scalar(select(Attempt.id).where(Attempt.ended_at.is_(None)).limit(1))
    db.session.remove()
    return found is not None


def units_under_way() -> list[int]:
    states = (UnitState.LEASED, UnitState.HANDING_OVER)
    ids = list(db.session.scalars(select(Unit.id).where(Unit.state.in_(states))))
    db.session.remove()
    return ids


def waits_for_room() -> list[str]:
    details = db.session.scalars(select(Attempt.detail).where(Attempt.detail.like("%No space%")))
    found = list(details)
    db.session.remove()
    return found


@pytest.mark.postgres
@pytest.mark.parametrize("hours", ["2", "-2"])
def test_a_machine_whose_clock_is_two_hours_off_neither_hurries_nor_doubles(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider, hours: str
) -> None:
    """A58: on several machines all go by the database's time: leases, due steps, back-off."""
    campaign_id = frozen_campaign(200, 10)
    later_id = scheduled_campaign(10, at=clock.now() + timedelta(hours=1), code="later")
    provider.control(delay=0.2)
    with clocks(database_url, tmp_path, **settings_for("sendgrid+log", provider)) as these:
        these.start()
        these.start("tests.faults.shifted_clock", hours)
        until(is_settled(campaign_id), within=150, what="everyone has an outcome")
        assert all(one.poll() is None for one in these.running)
    side = "ahead" if float(hours) > 0 else "behind"
    tell(f"a machine whose clock is 2 h {side}", copies(provider, tmp_path), 200)
    assert set(copies(provider, tmp_path).values()) == {1}
    assert len(copies(provider, tmp_path)) == 200
    assert named_doubles(campaign_id) == set()
    assert outcomes(later_id)["waiting"] == 10, "its step is due in an hour, whoever looks"
