"""What a process needs is taken from it while mail goes out: the database's writing, file handles;
or a person decides otherwise in the middle of a call (A59)."""

import resource
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from bench.provider.running import RunningProvider
from outreach import clock
from outreach.actions.campaigns import cancel_campaign, pause_campaign, resume_campaign
from outreach.db import db
from outreach.models.activity import CONSOLE
from tests.faults.campaigns import (
    assert_the_ledger_is_sound,
    clocks,
    copies,
    frozen_campaign,
    is_settled,
    named_doubles,
    outcomes,
    settings_for,
    tell,
    until,
)
from tests.faults.test_full_disks import ACCEPTED, copy_database, count
from tests.faults.test_workers import has_attempt

pytestmark = [pytest.mark.faults, pytest.mark.trial]
PEOPLE, UNIT = 60, 5


@contextmanager
def read_only(folder: Path) -> Any:
    """The folder is another file system's, mounted to be read alone; ends it when called."""
    if subprocess.run(["mount", "--bind", folder, folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield lambda: subprocess.run(["mount", "-o", "remount,bind,rw", folder], check=True)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.sqlite
def test_while_the_file_of_the_database_can_only_be_read_nobody_is_mailed(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """A59: the clock lives, and goes on when it can be written again."""
    frozen_campaign(PEOPLE, UNIT)
    db.engine.dispose()
    kept, folder = Path(database_url.removeprefix("sqlite:///")), tmp_path / "database"
    folder.mkdir()
    other = folder / "other.db"
    copy_database(kept, other)
    with read_only(folder) as ends, clocks(f"sqlite:///{other}", tmp_path) as these:
        running = these.start()
        time.sleep(2)
        assert running.poll() is None
        assert not copies(None, tmp_path / "mail")
        ends()
        took = until(lambda: count(other, ACCEPTED) == PEOPLE, within=60, what="everyone is sent")
        running.terminate()
        assert running.wait(timeout=30) == 0
    copy_database(other, kept)
    tell("the file of the database could only be read", copies(None, tmp_path / "mail"), PEOPLE,
         settled_in=took)  # fmt: skip
    assert set(copies(None, tmp_path / "mail").values()) == {1}
    assert_the_ledger_is_sound()


@pytest.mark.postgres
def test_while_the_database_takes_no_writing_nobody_is_mailed(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """A59: as a server does that became a standby in mid-campaign, and is the first again."""
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    provider.control(delay=0.2)
    url = database_url.replace("postgresql+psycopg", "postgresql")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        clocks(database_url, tmp_path, **settings_for("sendgrid+log", provider)) as these,
    ):
        ours = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity")]
        running = these.start()
        until(lambda: len(provider.ledger()) >= 2 * UNIT, within=60, what="the first mails")
        _only_read(connection, "on", ours)
        time.sleep(1)
        before = len(provider.ledger())
        time.sleep(2)
        assert running.poll() is None
        assert len(provider.ledger()) == before < PEOPLE
        _only_read(connection, "off", ours)
        took = until(is_settled(campaign_id), within=60, what="everyone has an outcome")
    tell("PostgreSQL took no writing for a while", copies(provider, tmp_path), PEOPLE,
         named=len(named_doubles(campaign_id)), settled_in=took)  # fmt: skip
    assert set(copies(provider, tmp_path).values()) == {1}
    assert_the_ledger_is_sound()


def _only_read(connection: psycopg.Connection, is_so: str, ours: list[int]) -> None:
    """From now on, for whoever connects; those who are connected, but us, connect anew."""
    name = connection.info.dbname
    connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_so}')
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> ALL(%s)", [name, ours],
    )  # fmt: skip


@pytest.mark.parametrize("mailer", ["file", "sendgrid"])
def test_without_a_file_handle_left_they_wait_and_nobody_is_doubled(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider, mailer: str
) -> None:
    """A59: no file, no socket, no connection can be opened; then they can be again."""
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    standin = None if mailer == "file" else provider
    with clocks(database_url, tmp_path, **settings_for(mailer, provider)) as these:
        running = these.start()
        until(lambda: len(copies(standin, tmp_path / "mail")) >= UNIT, within=60, what="the first")
        most = resource.prlimit(running.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (3, most[1]))
        time.sleep(2)
        assert running.poll() is None
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, most)
        took = until(is_settled(campaign_id), within=60, what="everyone has an outcome")
        running.terminate()
        assert running.wait(timeout=30) == 0
    found, named = copies(standin, tmp_path / "mail"), named_doubles(campaign_id)
    tell(f"no file handle left, {mailer} mailer", found, PEOPLE, named=len(named), settled_in=took)
    assert len(found) == PEOPLE
    assert {address for address, number in found.items() if number > 1} <= named
    assert mailer != "file" or set(found.values()) == {1}
    assert_the_ledger_is_sound()


@pytest.mark.parametrize("decide", [pause_campaign, cancel_campaign])
def test_who_pauses_or_cancels_in_the_middle_of_a_call_stops_all_others(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider,
    decide: Callable[..., None],
) -> None:  # fmt: skip
    """A59, P3: the bound is the call that had begun; the counts equal the ledger."""
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    provider.control(delay=1.0)
    with clocks(database_url, tmp_path, **settings_for("sendgrid", provider)) as these:
        these.start()
        until(has_attempt, within=60, what="the first call")
        decide(campaign_id, by=CONSOLE, at=clock.now())
        db.session.remove()
        begun = len(provider.ledger())
        time.sleep(2.5)
        counts = outcomes(campaign_id)
        assert len(provider.ledger()) <= begun + UNIT
        assert counts["sent"] == len(provider.ledger())
        if decide is cancel_campaign:
            assert counts["left_out"] == PEOPLE - counts["sent"]
        else:
            assert counts["waiting"] == PEOPLE - counts["sent"]
            provider.control(reset=True)
            resume_campaign(campaign_id, by=CONSOLE, at=clock.now())
            db.session.remove()
            until(is_settled(campaign_id), within=60, what="everyone has an outcome")
            assert outcomes(campaign_id)["sent"] == PEOPLE
    found = copies(provider, tmp_path)
    verb = "paused" if decide is pause_campaign else "cancelled"
    stopped = PEOPLE - len(found)
    tell(f"{verb} in the middle of a call", found, PEOPLE, held=stopped)
    assert set(found.values()) == {1}
    assert named_doubles(campaign_id) == set()
    assert_the_ledger_is_sound()
