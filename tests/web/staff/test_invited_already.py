"""The pages of a campaign say who was invited already, and take the choice."""

import re

from sqlalchemy import select

from outreach import clock
from outreach.db import reading, transaction
from outreach.models.campaign import CampaignState
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from tests.factories import make_invitation, make_message
from tests.web.staff.campaigning import campaign, drafted, text, typed, words


def test_the_check_and_the_form_say_who_was_invited_and_the_choice_is_kept(staff, banks):
    first = drafted(staff, banks, name="Wave one")
    with transaction() as session:
        session.merge(campaign(first)).state = CampaignState.RUNNING
    target = reading().scalars(select(Target).order_by(Target.id)).first()
    person = reading().get_one(Stakeholder, target.stakeholder_id)
    invitation = make_invitation(person, invited_at=clock.now())
    make_message(person, invitation, campaign_id=first)
    second = drafted(staff, banks, name="Wave two")
    path = f"/staff/campaigns/{second}"
    page = words(staff.get(path))
    assert "1 person would be left out of step 1: invited already by another mail." in page
    assert "Invited already: 1 by Wave one on " in page
    assert "They are left out of the invitation" in page
    counted = words(staff.post("/staff/campaigns/audience", data=typed(banks)))
    assert "1: Invited already by another mail." in counted
    answer = staff.post(f"{path}/change", data=typed(banks, name="Wave two", asks_again="y"))
    assert answer.status_code == 303
    assert campaign(second).asks_again
    page = words(staff.get(path))
    assert "They get this invitation again" in page
    assert "left out of step 1: invited already" not in page
    (box,) = re.findall(r'<input[^>]*name="asks_again"[^>]*>', text(staff.get(f"{path}/change")))
    assert " checked" in box
