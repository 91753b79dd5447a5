"""The clock process killed in the middle of a campaign: nobody is lost, nobody is doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select

from outreach import clock
from outreach.actions.campaigns import (
    Plan,
    StepPlan,
    approve_campaign,
    draft_campaign,
    schedule_campaign,
)
from outreach.actions.lists import create_list
from outreach.db import db, transaction
from outreach.models.activity import CONSOLE
from outreach.models.event import Event, EventKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, StepKind
from outreach.models.target import Target
from outreach.queries.campaigns import campaign_summary, everyone_in
from tests.house import ROOT

PEOPLE = 2_000
KILLS = 5


@pytest.mark.faults
def test_five_kills_in_a_campaign_of_two_thousand_lose_none_and_double_none(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """P1, P2 and P5 with the file mailer (A55): exactly once, always, and the counts add up."""
    campaign_id = scheduled_campaign()
    db.session.remove()
    mail = tmp_path / "mail"
    mail.mkdir()
    chance = random.Random(17)
    thresholds = sorted(chance.sample(range(50, PEOPLE - 100), KILLS))
    began = time.monotonic()
    for threshold in thresholds:
        clockwork = start_clock(database_url, tmp_path, mail)
        wait_for_mails(mail, threshold)
        clockwork.send_signal(signal.SIGKILL)
        clockwork.wait()
    clockwork = start_clock(database_url, tmp_path, mail)
    wait_until_sent(campaign_id)
    clockwork.send_signal(signal.SIGTERM)
    assert clockwork.wait(timeout=30) == 0

    addresses = [to_address(path) for path in mail.glob("*.eml")]
    assert len(addresses) == len(set(addresses)) == PEOPLE
    people = list(everyone_in(campaign_id))
    assert {person.address for person in people} == set(addresses)
    assert {(person.outcome, person.possible_double) for person in people} == {("sent", False)}
    print(
        json.dumps(
            {
                "kills": KILLS,
                "people": PEOPLE,
                "lost": 0,
                "doubled": 0,
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    )


def scheduled_campaign() -> int:
    """A campaign that invites PEOPLE at once; gives its id."""
    at = clock.now()
    event = db.session.scalars(select(Event).where(Event.kind == EventKind.CONFERENCE)).one()
    list_id = create_list("press", "Press", "media", event.code, by=CONSOLE, at=at)
    with transaction() as session:
        session.execute(
            insert(Stakeholder),
            [
                {
                    "full_name": f"Zoë Ñandú {number}",
                    "name_key": f"zoe nandu {number}",
                    "email": f"zoe.{number}@example.org",
                    "email_key": f"zoe.{number}@example.org",
                    "language": ("en", "fr")[number % 2],
                    "created_at": at,
                    "changed_at": at,
                }
                for number in range(PEOPLE)
            ],
        )
        ids = session.scalars(select(Stakeholder.id))
        session.execute(
            insert(Target),
            [{"list_id": list_id, "stakeholder_id": id_, "created_at": at} for id_ in ids],
        )
    plan = Plan(
        name="Kill test",
        event_id=event.id,
        list_ids=[list_id],
        reply_by=at + timedelta(days=30),
        steps=[StepPlan(StepKind.INVITATION, Anchor.START, "invitation")],
        sender_name="The Secretariat",
        sender_address="invitations@example.org",
    )
    campaign_id = draft_campaign(plan, by=CONSOLE, at=at)
    approve_campaign(campaign_id, by=CONSOLE, at=at)
    schedule_campaign(campaign_id, by=CONSOLE, at=at)
    return campaign_id


def start_clock(url: str, folder: Path, mail: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(folder),
        "MAIL_DIR": str(mail),
        "MAILER": "file",
    }
    return subprocess.Popen([sys.executable, "-m", "outreach.clockwork"], cwd=ROOT, env=environment)


def wait_for_mails(mail: Path, count: int) -> None:
    until = time.monotonic() + 60
    while sum(1 for _ in mail.glob("*.eml")) < count:
        assert time.monotonic() < until, "the clock stopped sending"
        time.sleep(0.005)


def wait_until_sent(campaign_id: int) -> None:
    until = time.monotonic() + 60
    while True:
        summary = campaign_summary(campaign_id)
        db.session.remove()
        assert summary is not None
        if summary["outcomes"]["sent"] == PEOPLE:
            return
        assert time.monotonic() < until, summary
        time.sleep(0.2)


def to_address(path: Path) -> str:
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file, headersonly=True)
    return message["To"].addresses[0].addr_spec
