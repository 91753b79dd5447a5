"""The timeline of a campaign in a real browser: it passes axe, fits a phone, moves by keyboard."""

from datetime import timedelta

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.actions.campaigns import approve_campaign, change_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.delivery.outbox import drain
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.queries.campaigns import steps_of
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.axe import violations, visit
from tests.delivery.ledgers import frozen_campaign
from tests.factories import (
    afresh,
    make_account,
    make_campaign,
    make_list,
    make_stakeholder,
    make_target,
)

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)


@pytest.fixture
def under_way(app, mailer):
    """A campaign whose invitation left ten days ago, with three reminders to come."""
    began = clock.now() - 10 * DAY
    target_list = make_list()
    for n in range(60):
        make_target(target_list, make_stakeholder(f"Person {n}", email=None if n < 3 else ""))
    campaign = make_campaign(target_list, created_at=began)
    steps = (INVITATION, reminder(14), reminder(3), reminder(1))
    wished = plan(target_list, *steps, reply_by=began + 30 * DAY)
    change_campaign(campaign.id, wished, by=CONSOLE, at=began)
    approve_campaign(campaign.id, by=CONSOLE, at=began)
    schedule_campaign(campaign.id, by=CONSOLE, at=began)
    launch_due_steps(at=began)
    drain(mailer, now=lambda: began)
    return campaign.id


@pytest.fixture
def staff(page):
    """An approver, signed in as by a mail."""
    account = make_account(Role.APPROVER)
    page.goto(f"/account/link/{make_one_time_link(account.id, at=clock.now())}")
    page.click("form button")
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_passes_axe_and_fits_its_width(staff, under_way, scheme, width):
    staff.set_viewport_size({"width": width, "height": 844})
    staff.emulate_media(color_scheme=scheme)
    day = (clock.now() + 40 * DAY).date().isoformat()
    for place in ("timeline", "dry-run", f"reply-by?on={day}&time=18:00"):
        visit(staff, f"/staff/campaigns/{under_way}/{place}")
        if folded := staff.query_selector("details summary:has-text('Move')"):
            folded.click()
        assert violations(staff) == [], place
        assert staff.evaluate("document.documentElement.scrollWidth") <= width, place
    staff.goto(f"/staff/campaigns/{under_way}/timeline")
    assert staff.locator("svg.o-time:visible").count() == 1


def test_a_step_is_moved_with_the_keyboard_alone(staff, under_way):
    staff.goto(f"/staff/campaigns/{under_way}/timeline")
    staff.focus("details summary:has-text('Move')")
    staff.keyboard.press("Enter")
    day = (clock.now() + 5 * DAY).date()
    staff.fill("#on-2", day.isoformat())
    staff.fill("#time-2", "09:30")
    staff.focus("#time-2")
    staff.keyboard.press("Enter")
    staff.wait_for_selector("text=The step has its new time")
    moved = afresh(steps_of, under_way)[1]
    assert (moved.anchor, moved.due_at.date()) == ("fixed", day)


def test_a_step_is_dragged_along_the_line_and_moved_by_its_button(staff, under_way):
    staff.goto(f"/staff/campaigns/{under_way}/timeline")
    before = [step.due_at for step in afresh(steps_of, under_way)]
    circle = staff.locator("svg.o-time-wide [data-move='2'] circle")
    box = circle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    staff.mouse.move(x, y)
    staff.mouse.down()
    staff.mouse.move(x + 60, y, steps=3)
    staff.mouse.up()
    assert afresh(steps_of, under_way)[1].due_at == before[1]
    staff.click("#move-2 button")
    staff.wait_for_selector("text=The step has its new time")
    moved = [step.due_at for step in afresh(steps_of, under_way)]
    assert moved[1].date() > before[1].date()
    assert moved[2:] == before[2:]


def test_a_mailing_is_dragged_above_another_in_the_outbox(staff, app):
    for name in ("one", "two"):
        frozen_campaign(1, domain=f"{name}.example.org", name=name)
    staff.goto("/staff/outbox")
    rows = staff.locator("[data-order] tr .o-row-name")
    assert [name.split()[0] for name in rows.all_inner_texts()] == ["one", "two"]
    numbers = staff.locator("[data-order] td[data-label=Mails]")
    with staff.expect_navigation():
        numbers.nth(1).drag_to(numbers.nth(0), target_position={"x": 20, "y": 4})
    assert [name.split()[0] for name in rows.all_inner_texts()] == ["two", "one"]
