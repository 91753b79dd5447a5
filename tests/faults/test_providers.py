"""A provider that is busy, broken, deaf or dead, end to end: what each means for everyone (A57)."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bench.provider.running import RunningProvider
from outreach.db import db
from outreach.queries.campaigns import campaign_summary
from tests.faults.campaigns import (
    assert_the_ledger_is_sound,
    clocks,
    copies,
    frozen_campaign,
    is_settled,
    named_doubles,
    open_breakers,
    outcomes,
    settings_for,
    tell,
    until,
)

pytestmark = [pytest.mark.faults, pytest.mark.trial]
PEOPLE, UNIT = 60, 10


BUSY: dict[str, dict[str, Any]] = {
    "429 with reset": {"mode": "status", "status": 429, "reset_in": 2, "times": 4},
    "500": {"mode": "status", "status": 500, "times": 2},
    "503": {"mode": "status", "status": 503, "times": 5},
}
WITH = {"sendgrid": "no mail log", "sendgrid+log": "mail log"}
UNKNOWN: dict[str, dict[str, Any]] = {
    "502": {"mode": "status", "status": 502, "times": 2},
    "502 after accepting": {"mode": "status", "status": 502, "times": 2, "accept": True},
    "reset": {"mode": "reset", "times": 2},
    "reset after accepting": {"mode": "reset", "times": 2, "accept": True},
    "HTML with 200": {"mode": "html", "times": 2},
    "302": {"mode": "redirect", "times": 2},
}


@pytest.mark.parametrize("name", BUSY)
def test_busy_is_tried_again_later_and_nobody_is_doubled(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider, name: str
) -> None:
    campaign_id = send(database_url, tmp_path, provider, BUSY[name], "sendgrid")
    tell(f"{name}, {BUSY[name]['times']} times", copies(provider, tmp_path), PEOPLE)
    assert set(copies(provider, tmp_path).values()) == {1}
    assert outcomes(campaign_id)["sent"] == PEOPLE
    assert named_doubles(campaign_id) == set()
    assert_the_ledger_is_sound()


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("mailer", ["sendgrid", "sendgrid+log"])
def test_silence_is_settled_by_evidence_or_tried_once_more_and_named(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider, name: str, mailer: str
) -> None:
    campaign_id = send(database_url, tmp_path, provider, UNKNOWN[name], mailer)
    counts, named = copies(provider, tmp_path), named_doubles(campaign_id)
    doubled = {address for address, count in counts.items() if count > 1}
    tell(f"{name}, twice ({WITH[mailer]})", counts, PEOPLE, named=len(named))
    assert len(counts) == PEOPLE
    assert outcomes(campaign_id)["sent"] == PEOPLE
    assert doubled <= named
    if mailer == "sendgrid+log":
        assert not doubled
    assert_the_ledger_is_sound()


def test_a_wrong_key_pauses_the_campaign_and_says_so(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    settings = settings_for("sendgrid", provider) | {"SENDGRID_API_KEY": "SG.wrong"}

    def is_paused() -> bool:
        summary = campaign_summary(campaign_id)
        db.session.remove()
        return summary is not None and summary["state"] == "paused"

    with clocks(database_url, tmp_path, **settings) as these:
        these.start()
        until(is_paused, within=120, what="the campaign is paused")
    summary = campaign_summary(campaign_id)
    assert summary is not None
    assert "401" in summary["paused_because"]
    assert outcomes(campaign_id)["waiting"] == PEOPLE


def test_one_bad_address_is_refused_and_the_others_get_theirs(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    bad = "zoe.7@example.org"
    campaign_id = send(database_url, tmp_path, provider, {"refuse": [bad]}, "sendgrid")
    counts = copies(provider, tmp_path)
    tell("one address refused of ten", counts, PEOPLE, held=1)
    assert len(counts) == PEOPLE - 1
    assert bad not in counts
    assert set(counts.values()) == {1}
    assert outcomes(campaign_id)["refused"] == 1
    assert_the_ledger_is_sound()


def test_a_provider_that_dies_and_comes_back_is_found_again(
    app: Flask, database_url: str, tmp_path: Path, provider: RunningProvider
) -> None:
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    provider.kill()
    with clocks(database_url, tmp_path, **settings_for("sendgrid+log", provider)) as these:
        these.start()
        until(lambda: open_breakers() == ["sendgrid"], within=120, what="the breaker opens")
        provider.start()
        took = until(is_settled(campaign_id), within=120, what="everyone has an outcome")
    tell("a provider that dies and comes back", copies(provider, tmp_path), PEOPLE, settled_in=took)
    assert set(copies(provider, tmp_path).values()) == {1}
    assert named_doubles(campaign_id) == set()


def send(
    url: str, folder: Path, provider: RunningProvider, wishes: dict[str, Any], mailer: str
) -> int:
    """A campaign sent by a clock to a provider that behaves like this; gives its id."""
    campaign_id = frozen_campaign(PEOPLE, UNIT)
    provider.control(**wishes)
    with clocks(url, folder, **settings_for(mailer, provider)) as these:
        these.start()
        until(is_settled(campaign_id), within=150, what="everyone has an outcome")
    return campaign_id
