"""A campaign's mail as anyone of its audience would get it, and what raises a doubt."""

import re

from sqlalchemy import update

from outreach.db import transaction
from outreach.models.template import TemplateText
from tests.factories import make_campaign, make_list, make_stakeholder, make_target
from tests.web.staff.campaigning import drafted, text, words


def test_a_preview_shows_the_mail_as_anyone_of_the_audience_and_changes_nothing(staff, banks):
    """A17."""
    campaign_id = drafted(staff, banks)
    path = f"/staff/campaigns/{campaign_id}/preview"
    page = text(staff.get(path))
    assert "What <bdi>Person 0</bdi> would get" in page
    frame = re.search(r'<iframe[^>]*src="([^"]+)" sandbox', page).group(1)
    answer = staff.get(frame)
    assert "Dear Person 0" in text(answer)
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert "Person 3" in words(staff.get(f"{path}?q=person 3&width=phone"))
    assert "Nobody of this name" in words(staff.get(f"{path}?q=nobody"))
    assert staff.get(f"{path}?person=999999").status_code == 404


def test_whoever_approves_sees_every_host_to_which_the_letters_lead(staff, banks):
    """A16."""
    with transaction() as session:
        body = TemplateText.body + " [x](https://elsewhere.example/y) [o](/conference)"
        session.execute(update(TemplateText).values(body=body))
    path = f"/staff/campaigns/{drafted(staff, banks)}"
    assert "The letters lead to elsewhere.example" in words(staff.get(path))


def test_a_preview_of_empty_lists_says_so(staff):
    found = make_campaign(make_list())
    assert "hold nobody yet" in words(staff.get(f"/staff/campaigns/{found.id}/preview"))


def test_those_whose_mail_raises_a_doubt_are_counted_and_listed_before_the_approval(staff, banks):
    """A12."""
    make_target(banks, make_stakeholder("Português", language="pt"))
    make_target(banks, make_stakeholder("Nowhere", email=None))
    path = f"/staff/campaigns/{drafted(staff, banks)}"
    page = text(staff.get(path))
    assert "reads Portuguese and would get steps 1, 2, 3 and 4 in English" in words(staff.get(path))
    assert "left out of step 1: no address is known" in words(staff.get(path))
    links = re.findall(rf'href="({path}/doubts[^"]+)"', page)
    assert links
    listed = " ".join(words(staff.get(link.replace("&amp;", "&"))) for link in links)
    assert "Português" in listed
    assert "Nowhere" in listed
    assert staff.get(f"{path}/doubts?doubt=odd").status_code == 404
    assert "Nobody any more" in text(staff.get(f"{path}/doubts?doubt=held&key=%00&step=-3"))
