"""The clock process killed in the middle of a campaign: nobody is lost, nobody is doubled."""

import random
from pathlib import Path

import pytest
from flask import Flask

from outreach.queries.campaigns import everyone_in
from tests.faults.campaigns import (
    assert_the_ledger_is_sound,
    clocks,
    copies,
    is_settled,
    scheduled_campaign,
    tell,
    until,
)

PEOPLE = 2_000
KILLS = 5


@pytest.mark.faults
def test_five_kills_in_a_campaign_of_two_thousand_lose_none_and_double_none(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """P1, P2 and P5 with the file mailer (A55): exactly once, always, and the counts add up."""
    campaign_id = scheduled_campaign(PEOPLE)
    mail = tmp_path / "mail"
    thresholds = sorted(random.Random(17).sample(range(50, PEOPLE - 100), KILLS))
    with clocks(database_url, tmp_path) as these:
        for threshold in thresholds:
            victim = these.start()

            def has_sent(count: int = threshold) -> bool:
                return sum(1 for _ in mail.glob("*.eml")) >= count

            until(has_sent, within=120, what=f"{threshold} mails", every=0.005)
            victim.kill()
            victim.wait()
        last = these.start()
        took = until(is_settled(campaign_id), within=120, what="everyone has an outcome")
        last.terminate()
        assert last.wait(timeout=30) == 0
    people = list(everyone_in(campaign_id))
    counts = copies(None, mail)
    tell("the clock killed five times, file mailer", counts, PEOPLE, settled_in=took)
    assert set(counts.values()) == {1}
    assert {person.address for person in people} == set(counts)
    assert {(person.outcome, person.possible_double) for person in people} == {("sent", False)}
    assert_the_ledger_is_sound()
