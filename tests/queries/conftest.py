"""What the tests of questions share: a campaign that has gone out, and what was asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import db
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign
from tests.factories import NOON, make_campaign, make_list, make_stakeholder, make_target


@pytest.fixture
def campaign(app: Flask, mailer: Any) -> Campaign:
    """A campaign of three that has gone out."""
    target_list = make_list()
    for number in range(3):
        make_target(target_list, make_stakeholder(f"Ana {number}", f"ana{number}@example.org"))
    campaign = make_campaign(target_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    return campaign


@pytest.fixture
def asked(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """(statement, parameters) of every question since."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)
