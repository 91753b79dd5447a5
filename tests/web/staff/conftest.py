"""Who looks at the pages of campaigns, and what there is to see."""

import pytest

from outreach import clock
from outreach.actions.steps import launch_due_steps
from outreach.models.account import Role
from tests.factories import make_list, make_stakeholder, make_target, sign_in
from tests.web.staff.campaigning import drafted


@pytest.fixture
def approved(staff, approver, banks):
    campaign_id = drafted(staff, banks)
    approver.post(f"/staff/campaigns/{campaign_id}/approve")
    return f"/staff/campaigns/{campaign_id}"


@pytest.fixture
def running(staff, approved, mailer):
    staff.post(f"{approved}/schedule")
    launch_due_steps(at=clock.now())
    return approved


@pytest.fixture
def staff(client):
    client.account = sign_in(client)
    return client


@pytest.fixture
def approver(app):
    client = app.test_client()
    client.account = sign_in(client, Role.APPROVER)
    return client


@pytest.fixture
def banks(app):
    target_list = make_list()
    for number in range(4):
        make_target(target_list, make_stakeholder(f"Person {number}"))
    return target_list
