"""The pages of duplicates in a real browser: they pass axe, fit a phone, and a pair is merged."""

import os

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.actions.duplicates import find_duplicates
from outreach.actions.merges import merge_stakeholders
from outreach.models.activity import CONSOLE
from tests.axe import violations, visit
from tests.factories import NOON, make_account, make_organisation, make_stakeholder

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(page):
    """Signed in, as by a mail, with pairs to look at and one that was merged."""
    bank = make_organisation("Development Bank of the Great Lakes and the Adjoining Highlands")
    for number, name in enumerate(["Wanjiru Kamau", "李小龍", "سارة العبد الله", "Ł" * 60]):
        make_stakeholder(name, f"p{number}@example.org", bank, notes="Speaks French")
        make_stakeholder(name + "a", None, bank, office="Governor", notes="Met in Kigali")
    one, other = make_stakeholder("Bo Li", "bo@example.org"), make_stakeholder("Li Bo")
    merge_stakeholders(one.id, other.id, {}, by=CONSOLE, at=NOON)
    make_stakeholder("Bo Li", "b\u043e@example.org")
    find_duplicates(at=NOON)
    page.goto(f"/account/link/{make_one_time_link(make_account().id, at=clock.now())}")
    page.click("form button")
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_passes_axe_and_fits_its_width(staff, scheme, width):
    staff.set_viewport_size({"width": width, "height": 844})
    staff.emulate_media(color_scheme=scheme)
    staff.goto("/staff/duplicates")
    side = staff.locator("a", has_text="Compare").first.get_attribute("href")
    alike = staff.locator("tr", has_text="Look-alike").locator("a", has_text="Compare")
    places = ["/staff/duplicates", "/staff/duplicates?state=not_a_duplicate", side,
              alike.get_attribute("href")]  # fmt: skip
    for number, place in enumerate(places):
        visit(staff, place)
        if folder := os.environ.get("LOOK_FOLDER"):
            staff.screenshot(path=f"{folder}/duplicates-{width}-{number}.png", full_page=True)
        assert violations(staff) == [], place
        assert staff.evaluate("document.documentElement.scrollWidth") <= width, place


def test_a_pair_is_merged_and_made_two_again(staff):
    staff.goto("/staff/duplicates")
    staff.locator("tr", has_text="Wanjiru Kamau").locator("a", has_text="Compare").click()
    staff.locator("button", has_text="Merge").click()
    staff.locator("[data-undo] button").click()
    assert staff.locator("text=two people again").is_visible()
