"""The disk of the database, or of the log, is full while mail goes out (A59)."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from outreach.db import db
from tests.faults.campaigns import (
    assert_the_ledger_is_sound,
    clocks,
    copies,
    frozen_campaign,
    is_settled,
    named_doubles,
    outcomes,
    tell,
    until,
)

pytestmark = pytest.mark.faults
ROOM_OF_A_COMMIT = 40_000
"""Bytes; what less is left than that, one unit's rows do not fit in."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(made, check=False).returncode:
        pytest.skip("no small file system can be made here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.sqlite
def test_when_the_disk_of_the_database_is_full_nobody_is_mailed_who_is_not_written_down(
    app: Flask, database_url: str, tmp_path: Path, small_disk: Path
) -> None:
    """A59: it waits, lives, and goes on when there is room; everyone gets one."""
    campaign_id = frozen_campaign(60, 5)
    db.engine.dispose()
    kept = Path(database_url.removeprefix("sqlite:///"))
    small = small_disk / "small.db"
    copy_database(kept, small)
    filler = small_disk / "filler"
    fill(filler, all_but=500_000)
    with clocks(f"sqlite:///{small}", tmp_path) as these:
        running = these.start()
        until(lambda: room(small_disk) < ROOM_OF_A_COMMIT, within=60, what="the disk is full")
        time.sleep(3)
        assert running.poll() is None
        handed = len(copies(None, tmp_path / "mail"))
        assert handed < 60
        assert handed <= count(small, ACCEPTED) + count(small, HANDED_OVER)
        filler.unlink()
        took = until(lambda: count(small, ACCEPTED) == 60, within=120, what="everyone is sent")
    copy_database(small, kept)
    tell("no room left for the database, then room again", copies(None, tmp_path / "mail"), 60,
         named=len(named_doubles(campaign_id)), settled_in=took)  # fmt: skip
    assert set(copies(None, tmp_path / "mail").values()) == {1}
    assert outcomes(campaign_id)["sent"] == 60
    assert named_doubles(campaign_id) == set()
    assert_the_ledger_is_sound()


def test_when_nothing_more_can_be_logged_mail_goes_out_all_the_same(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """A59: a full disk of the log stops nobody, and SIGTERM ends it as ever."""
    campaign_id = frozen_campaign(20, 5)
    with clocks(database_url, tmp_path) as these, open("/dev/full", "wb") as full:
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hurried", "outreach.clockwork"],
            env=os.environ | these.settings,
            stdout=full,
            stderr=full,
        )
        try:
            until(is_settled(campaign_id), within=60, what="everyone is sent")
            running.terminate()
            assert running.wait(timeout=30) == 0
        finally:
            running.kill()
            running.wait()
    tell("no room left for the log", copies(None, tmp_path / "mail"), 20)
    assert set(copies(None, tmp_path / "mail").values()) == {1}
    assert outcomes(campaign_id)["sent"] == 20
    assert_the_ledger_is_sound()


def room(disk: Path) -> int:
    """Bytes that are free."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill(filler: Path, *, all_but: int) -> None:
    filler.write_bytes(bytes(room(filler.parent) - all_but))


def copy_database(source: Path, target: Path) -> None:
    """Whole, with what still stands in its log."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


ACCEPTED = "messages.state = 'accepted'"
HANDED_OVER = "messages.state = 'waiting' AND units.state = 'handing_over'"


def count(database: Path, those: str) -> int:
    """How many messages there are of those, by a look of our own at the file."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM messages JOIN units ON units.id = messages.unit_id WHERE "
        (found,) = connection.execute(query + those).fetchone()
    return int(found)
