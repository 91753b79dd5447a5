"""The database stops, or is held by someone else: the clock finds its way back by itself (A56)."""

import sqlite3
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from bench._ground import application, prepare
from bench.provider.running import RunningProvider
from outreach import clock
from outreach.actions.steps import launch_due_steps
from outreach.db import db
from tests.faults.campaigns import (
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
from tests.postgres import Cluster, programs

pytestmark = pytest.mark.faults


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is missing")
def test_postgresql_stopped_at_once_and_started_again_loses_nobody(
    tmp_path: Path, provider: RunningProvider
) -> None:
    """A56: an immediate stop in the middle of a campaign; within 60 s of its return all goes on."""
    provider.control(delay=0.1)
    with application("PostgreSQL") as app:
        cluster: Cluster = app.extensions["cluster"]
        campaign_id = prepare(600).campaign_id
        launch_due_steps(at=clock.now(), unit_size=20)
        db.session.remove()
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        with clocks(
            url, tmp_path, is_hurried=False, **settings_for("sendgrid+log", provider)
        ) as these:
            running = these.start()
            until(lambda: len(provider.ledger()) > 60, within=60, what="the first mails")
            cluster.stop(at_once=True)
            time.sleep(3)
            assert running.poll() is None, "the clock outlives its database"
            before = len(provider.ledger())
            assert before < 600, "it stopped in the middle"
            cluster.start()
            db.engine.dispose()
            until(lambda: len(provider.ledger()) > before, within=60, what="it goes on by itself")
            took = until(is_settled(campaign_id), within=120, what="everyone has an outcome")
            running.terminate()
            assert running.wait(timeout=30) == 0
        found = copies(provider, tmp_path)
        tell("PostgreSQL stopped at once in mid-campaign, back after 3 s", found, 600,
             settled_in=took)  # fmt: skip
        assert set(copies(provider, tmp_path).values()) == {1}
        assert outcomes(campaign_id)["sent"] == 600
        assert_the_ledger_is_sound()


@pytest.mark.sqlite
@pytest.mark.slow
def test_sqlite_held_for_thirty_seconds_delays_and_does_no_more(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    """A56: another writer, a backup for instance, holds the file for 30 s in mid-campaign."""
    campaign_id = frozen_campaign(400, 20)
    provider.control(delay=0.1)
    with clocks(database_url, tmp_path, **settings_for("sendgrid+log", provider)) as these:
        running = these.start()
        until(lambda: len(provider.ledger()) > 40, within=60, what="the first mails")
        holder = sqlite3.connect(make_url(database_url).database, isolation_level=None, timeout=20)
        holder.execute("BEGIN IMMEDIATE")
        before = len(provider.ledger())
        time.sleep(30)
        assert len(provider.ledger()) <= before + 20, "no more than the call that had begun"
        holder.rollback()
        holder.close()
        took = until(is_settled(campaign_id), within=60, what="everyone has an outcome")
        assert running.poll() is None
    tell("SQLite held by another writer for 30 s", copies(provider, tmp_path), 400, settled_in=took)
    assert set(copies(provider, tmp_path).values()) == {1}
    assert_the_ledger_is_sound()
