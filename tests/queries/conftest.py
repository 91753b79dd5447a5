"""What the tests of the audit share."""

from typing import Any

import pytest
from flask import Flask

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
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
