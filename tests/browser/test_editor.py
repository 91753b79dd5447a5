"""The editor of letters in a browser: fields from a list, a preview that follows the writer."""

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.models.account import Role
from outreach.queries.templates import templates
from tests.factories import make_account

pytestmark = pytest.mark.browser


def test_a_field_comes_from_the_list_and_the_preview_follows_at_phone_width_and_in_the_dark(
    app, page
):
    account = make_account(Role.PROMOTER)
    letter = next(one for one in templates() if one.code == "invitation")
    page.goto(f"/account/link/{make_one_time_link(account.id, at=clock.now())}")
    page.click("form button")
    page.goto(f"/staff/templates/{letter.id}/edit")
    subject = page.locator("[data-editor-text]").first
    subject.fill("For ")
    page.click("summary:has-text('Fields and sections')")
    page.click("[data-editor-field='{full_name}']")
    assert subject.input_value() == "For {full_name}"
    text = page.locator("textarea").first
    text.fill("Dear {title|colleague},\n\n[Answer]({rsvp_link})\n\nSeen.")
    frame = page.frame_locator("[data-editor-frame] iframe")
    frame.locator("text=Seen.").wait_for()

    def look(what):
        page.check(f"#shown-as [value={what}]", force=True)
        page.frame_locator("[data-editor-frame] iframe").locator("text=Seen.").wait_for()
        paper = frame.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
        return page.locator("[data-editor-frame] iframe").bounding_box()["width"], paper

    wide, light = look("light")
    narrow, _ = look("phone")
    _, dark = look("dark")
    assert narrow < wide
    assert narrow <= 400
    assert light != dark
