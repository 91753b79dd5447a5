"""What the tests of the pages of campaigns share: people, a form as a browser sends it."""

import re
from datetime import timedelta

from outreach import clock
from outreach.db import reading
from outreach.models.campaign import Campaign

DAY = timedelta(days=1)


def text(answer):
    return answer.get_data(as_text=True)


def words(answer):
    """A page's text, without tags and in single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(answer)))


def typed(target_list, **changes):
    """A form as a browser sends it."""
    reply_on = (clock.now() + 40 * DAY).date().isoformat()
    form = {
        "name": "Invitations to the banks",
        "event": target_list.event_id,
        "lists": [target_list.id],
        "reply_on": reply_on,
        "reply_at": "18:00",
        "invitation": "invitation",
        "goes": "start",
        "fixed_on": "",
        "fixed_at": "09:00",
        "reminders-0-days": "14",
        "reminders-0-template": "reminder",
        "reminders-1-days": "3",
        "reminders-1-template": "reminder",
        "thanks": "y",
        "thanks_letter": "thank_you",
        "sender_name": "The Secretariat",
        "do": "save",
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def drafted(staff, target_list, **changes):
    answer = staff.post("/staff/campaigns/new", data=typed(target_list, **changes))
    assert answer.status_code == 303, words(answer)
    return int(answer.location.rsplit("/", 1)[1])


def campaign(campaign_id):
    reading().rollback()
    return reading().get(Campaign, campaign_id)
