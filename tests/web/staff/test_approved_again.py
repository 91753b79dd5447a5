"""What was approved is not what stands there now: the pages say so, and how it goes on."""

from outreach.db import transaction
from outreach.models.campaign import Campaign, CampaignState
from tests.web.staff.campaigning import campaign, drafted, words


def test_what_changed_since_its_approval_is_approved_again_before_it_is_scheduled(
    staff, approver, banks
):
    """A51: a letter speaks of the event, which is called otherwise now."""
    campaign_id = drafted(staff, banks)
    path = f"/staff/campaigns/{campaign_id}"
    approver.post(f"{path}/approve")
    _call_event(campaign_id, "Another name")
    page = words(staff.get(path))
    assert "it waits to be approved again" in page
    assert "Schedule for" not in page
    assert staff.get(f"{path}/schedule").status_code == 409
    assert "Approve for 4 people" in words(approver.get(path))
    approver.post(f"{path}/approve")
    assert "Schedule for 4 people" in words(staff.get(path))
    _call_event(campaign_id, "A third name")
    assert staff.post(f"{path}/ask").status_code == 303
    assert "asked for an approval" in words(staff.get(path))
    assert campaign(campaign_id).state == CampaignState.DRAFT


def _call_event(campaign_id, name):
    with transaction() as session:
        session.get_one(Campaign, campaign_id).event.name = name
