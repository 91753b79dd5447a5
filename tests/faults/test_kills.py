"""SIGKILL at the four worst instants, twenty times in a campaign of 1,000, with each mailer."""

import random
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from bench.provider.running import RunningProvider
from outreach.db import db
from outreach.models.message import Attempt, Message
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

PEOPLE, UNIT, KILLS = 1_000, 20, 20
POINTS = ("claim", "call", "answer", "commit")

pytestmark = [pytest.mark.faults]


@pytest.mark.trial
@pytest.mark.parametrize("mailer", ["file", "smtp", "sendgrid", "sendgrid+log"])
def test_twenty_kills_lose_nobody_and_name_whoever_may_have_got_two(
    app: Flask, database_url: str, tmp_path: Path, mailer: str, provider: RunningProvider
) -> None:
    """A55, P1, P2, P5: everyone at least once; extras at most one unit a kill, each named."""
    chance = random.Random(55)
    kill(
        app, database_url, tmp_path, mailer, provider, [chance.choice(POINTS) for _ in range(KILLS)]
    )


@pytest.mark.parametrize("mailer", ["file", "sendgrid"])
def test_a_kill_at_each_point_loses_nobody(
    app: Flask, database_url: str, tmp_path: Path, mailer: str, provider: RunningProvider
) -> None:
    """The same with one kill at each point, short enough for every run of the tests."""
    kill(app, database_url, tmp_path, mailer, provider, list(POINTS), people=200)


def test_a_kill_while_a_large_audience_is_written_down_loses_nobody(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """Whoever decided upon it dies after two parts; another writes the rest down."""
    campaign_id = scheduled_campaign(200)
    with clocks(database_url, tmp_path) as these:
        victim = these.start("tests.faults.kill_at", "part", "3")
        until(lambda: victim.poll() is not None, within=60, what="the kill")
        assert victim.returncode == -9
        these.start()
        until(lambda: outcomes(campaign_id)["sent"] == 200, within=60, what="all are sent")
    assert sorted(copies(None, tmp_path / "mail").values()) == [1] * 200
    assert_the_ledger_is_sound()


def kill(
    app: Flask, url: str, folder: Path, mailer: str, provider: RunningProvider,
    points: list[str], people: int = PEOPLE,
) -> None:  # fmt: skip
    campaign_id = frozen_campaign(people, UNIT)
    standin = None if mailer == "file" else provider
    provider.control(delay=0.02)
    chance = random.Random(7)
    caught: dict[int, str] = {}
    with clocks(url, folder, **settings_for(mailer, provider)) as these:
        for point in points:
            victim = these.start("tests.faults.kill_at", point, str(chance.randint(1, 3)))
            until(lambda one=victim: one.poll() is not None, within=120, what=point)
            assert victim.returncode == -9
            caught |= dict.fromkeys(open_attempts() - caught.keys(), point)
        last = these.start()
        seconds = until(is_settled(campaign_id), within=120, what="everyone has an outcome")
        last.terminate()
        assert last.wait(timeout=30) == 0
    counts, named = copies(standin, folder / "mail"), named_doubles(campaign_id)
    doubled = {address for address, count in counts.items() if count > 1}
    extras = sum(counts.values()) - people
    held = outcomes(campaign_id)["held"]
    tell(
        "kills", counts, people, named=len(named), held=held, settled_in=seconds, mailer=mailer,
        kills=len(points), points=by_point(caught, points, counts, named),
    )  # fmt: skip
    assert outcomes(campaign_id)["sent"] + held == people
    assert len(counts) >= people - held
    assert doubled <= named
    assert extras <= len(points) * UNIT
    if mailer in ("file", "sendgrid+log"):
        assert len(counts) == people
        assert not extras
        assert not held
    assert_the_ledger_is_sound()


def open_attempts() -> set[int]:
    """The hand-overs that have no end yet."""
    found = set(db.session.scalars(select(Attempt.id).where(Attempt.ended_at.is_(None))))
    db.session.remove()
    return found


def by_point(
    caught: dict[int, str], points: list[str], counts: Counter[str], named: set[str]
) -> dict[str, dict[str, int]]:
    """{where the blow fell: kills, people in a call of which nobody knew, second copies, named}.

    caught  {attempt that a kill left open: where it fell}
    """
    units = dict(
        db.session.execute(select(Attempt.id, Attempt.unit_id).where(Attempt.id.in_(caught))).all()
    )
    db.session.remove()
    found = {}
    for point in POINTS:
        those = {units[attempt] for attempt, where in caught.items() if where == point}
        wanted = select(Message.address).where(Message.unit_id.in_(those))
        addresses = set(db.session.scalars(wanted))
        db.session.remove()
        found[point] = {
            "kills": points.count(point), "unknown": len(addresses),
            "extras": sum(max(counts[one] - 1, 0) for one in addresses),
            "named": len(addresses & named),
        }  # fmt: skip
    return found
