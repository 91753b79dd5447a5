"""A campaign that is ready to leave, and what stands in the ledger afterwards."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import db
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign
from outreach.models.message import Message, standing
from tests.factories import NOON, make_campaign, make_list, make_stakeholder, make_target

HOUR = timedelta(hours=1)


def frozen_campaign(people: int = 4, *, domain: str = "example.org", **columns) -> Campaign:
    """A campaign whose invitations wait in their units."""
    target_list = make_list()
    for number in range(people):
        make_target(target_list, make_stakeholder(f"Person {number}", f"person.{number}@{domain}"))
    campaign = make_campaign(target_list, **columns)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    return campaign


def states() -> dict[str, int]:
    """{state: how many messages}."""
    db.session.rollback()
    return dict(Counter(state.value for state in db.session.scalars(select(standing()))))


def reasons(state: str) -> Counter[str]:
    db.session.rollback()
    return Counter(db.session.scalars(select(Message.reason).where(Message.state == state)))
