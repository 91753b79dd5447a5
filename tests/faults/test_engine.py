"""The engine on PostgreSQL: several workers drain at once, and survive each other's death."""

import signal
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from bench.provider.running import RunningProvider
from outreach.db import db
from outreach.models.heartbeat import Heartbeat
from outreach.models.message import Attempt
from tests.faults.campaigns import (
    Clocks,
    assert_the_ledger_is_sound,
    clocks,
    copies,
    frozen_campaign,
    is_settled,
    outcomes,
    settings_for,
    tell,
    until,
)

pytestmark = [pytest.mark.faults, pytest.mark.postgres]
ENGINE = "outreach.engine"


def attempts() -> int:
    count: int = db.session.scalar(select(func.count()).select_from(Attempt)) or 0
    db.session.remove()
    return count


@pytest.fixture(autouse=True)
def _no_jobs_of_before(app: Flask, database_url: str) -> None:
    """What a killed worker left "doing" holds its lock until the sweep: not into the next test."""
    url = database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS engine CASCADE")


def test_two_workers_share_a_campaign_and_one_is_killed(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """P8, A55: both drain; the dead one's work is taken over within 45 s; nobody gets two."""
    campaign_id = frozen_campaign(600, 10)
    provider.control(delay=0.3)
    with clocks(
        database_url, tmp_path, is_hurried=False, **settings_for("sendgrid+log", provider)
    ) as these:
        workers = [these.start(ENGINE), these.start(ENGINE)]
        until(lambda: attempts() > 10, within=60, what="the first hand-overs")
        workers[0].send_signal(signal.SIGKILL)
        took = until(is_settled(campaign_id), within=120, what="everyone has an outcome")
        workers[1].terminate()
        assert workers[1].wait(timeout=30) == 0
    tell("two engine workers in process groups of their own, one killed",
         copies(provider, tmp_path), 600, settled_in=took)  # fmt: skip
    assert set(copies(provider, tmp_path).values()) == {1}
    assert outcomes(campaign_id)["sent"] == 600
    assert_the_ledger_is_sound()


def test_the_ticks_of_two_workers_go_on_when_one_dies_in_a_tick(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """A job of a dead worker would stay “doing” and hold its lock: the sweep gives it to others."""
    with clocks(database_url, tmp_path, is_hurried=False) as these:
        these.start(ENGINE)
        these.start(ENGINE)
        ticked(these)
        url = database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET search_path = engine")
            until(lambda: left_behind(connection), within=45, what="nobody is at it just now")
            stuck = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'timestamp' = '0'"

            def is_free() -> bool:
                row = connection.execute(stuck).fetchone()
                return row is not None and row[0] == 0

            took = until(is_free, within=45, what="the dead worker's job was done by another")
        tell(
            "a dead worker’s job, holding its lock, given to another", Counter(), 0, settled_in=took
        )


def left_behind(connection: psycopg.Connection) -> bool:
    """A job as a machine leaves it that lost its power: doing, and no heartbeat for long.

    The same is asked for again every five seconds, and waits for this one's lock.
    """
    try:
        connection.execute(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 minute') RETURNING id)"
            " INSERT INTO procrastinate_jobs"
            " (queue_name, task_name, lock, queueing_lock, status, args, worker_id)"
            " SELECT 'default', name, name, name, 'doing', '{\"timestamp\": 0}', id"
            " FROM dead, (SELECT 'launch-due-steps') AS job (name)"
        )
    except psycopg.errors.UniqueViolation:
        return False
    return True


def ticked(these: Clocks) -> None:
    def has_ticked() -> bool:
        names = set(db.session.scalars(select(Heartbeat.name)))
        db.session.remove()
        return {"launch-due-steps", "drain-outbox"} <= names

    until(has_ticked, within=60, what="the jobs tick")
    assert all(one.poll() is None for one in these.running)


def test_it_says_where_it_cannot_work(tmp_path: Path) -> None:
    with clocks(f"sqlite:///{tmp_path / 'x.sqlite3'}", tmp_path, is_hurried=False) as these:
        assert these.start(ENGINE).wait(timeout=30) == 2
