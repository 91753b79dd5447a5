"""Allotments, stars and tasks in a real browser: axe finds nothing, a phone will do, keys work."""

from datetime import timedelta

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.actions.invitations import answer_invitation
from outreach.actions.stars import decide_star, nominate_star, plan_star
from outreach.actions.tasks import add_task
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.invitation import Reply
from tests.actions.grounds import Ground
from tests.axe import violations, visit
from tests.factories import NOON, afresh, make_account, make_stakeholder, make_target

pytestmark = pytest.mark.browser
NAMES = ["Wanjiru Kamau", "李小龍", "سارة العبد الله", "Ł" * 60]


@pytest.fixture
def staff(page):
    """Signed in as an approver, as by a mail."""
    account = make_account(Role.APPROVER, name="Olga Owner")
    page.goto(f"/account/link/{make_one_time_link(account.id, at=clock.now())}")
    page.click("form button")
    page.account_id = account.id
    return page


@pytest.fixture
def ground(staff):
    """Places with everything that may stand on their page, stars in every column, tasks."""
    at = clock.now()
    ground = Ground(6, asked=8, alternates=4, opens_at=at + timedelta(days=90), is_automatic=False)
    invitations = ground.invitations()
    for number, invitation in enumerate(invitations):
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON + timedelta(hours=number))
    for invitation in invitations[:3]:
        answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON + timedelta(days=1))
    for number, name in enumerate(NAMES):
        target = make_target(ground.list, make_stakeholder(name, office="Director-General"))
        by = CONSOLE if number else Actor.account(staff.account_id)
        nominate_star(target.id, "Speaks for all of them", by=by, at=NOON)
        if number > 1:
            decide_star(target.id, True, by=Actor.account(staff.account_id), at=NOON)
            plan_star(
                target.id,
                owner_id=staff.account_id,
                next_step="Call the office",
                next_on=(at - timedelta(days=2)).date(),
                by=CONSOLE,
                at=NOON,
            )
        ground.star_id = target.id
    for days in (-2, 0, 3):
        add_task(f"Call {NAMES[0]}", (at + timedelta(days=days)).date(), by=CONSOLE, at=NOON)
    return ground


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_passes_axe_and_fits_its_width(staff, ground, tmp_path, scheme, width):
    staff.set_viewport_size({"width": width, "height": 844})
    staff.emulate_media(color_scheme=scheme)
    for place in [
        f"events/{ground.event.id}/allotments",
        f"allotments/{ground.allotment_id}?declines=5",
        "stars?q=kamau",
        f"stars/{ground.star_id}",
        "tasks",
        "today",
        f"lists/{ground.list.id}",
    ]:
        visit(staff, f"/staff/{place}")
        assert violations(staff) == [], place
        wide = staff.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (place, wide)


def test_alternates_are_put_in_order_by_keyboard(staff, ground):
    staff.goto(f"/staff/allotments/{ground.allotment_id}")
    first, second = (row.id for row in ground.eligible()[:2])
    down = staff.locator("button[aria-label$=' down']").first
    name = down.get_attribute("aria-label")
    down.focus()
    staff.keyboard.press("Enter")
    staff.wait_for_selector(f"tr:nth-child(2) button:focus[aria-label='{name}']")
    order = afresh(lambda: sorted(ground.eligible(), key=lambda row: row.rank))
    assert [row.id for row in order[:2]] == [second, first]


def test_a_star_is_moved_by_the_menu_of_its_card(staff, ground):
    staff.goto("/staff/stars")
    menu = staff.locator(".o-card-move select").first
    with staff.expect_navigation():
        menu.select_option("talking")
    assert staff.locator("[data-column=talking] .o-card").count() == 1


def test_a_star_is_dragged_to_another_column_or_moved_by_keys_alone(staff, ground):
    staff.goto("/staff/stars")
    card = staff.locator("[data-column=approved] .o-card").first
    name = card.locator("a").first.inner_text()
    with staff.expect_navigation():
        column = staff.locator(".o-column:has([data-column=talking])")
        low = (column.bounding_box() or {})["height"] - 16  # where a longer column still has cards
        card.drag_to(column, target_position={"x": 40, "y": low})
    there = staff.locator("[data-column=talking] .o-card", has_text=name)
    assert there.count() == 1
    there.locator("select").focus()
    staff.keyboard.press("ArrowUp")
    with staff.expect_navigation():
        staff.keyboard.press("Enter")
    moved = staff.locator("[data-column=asked] .o-card", has_text=name)
    assert moved.count() == 1
    staff.keyboard.press("Tab")
    assert moved.locator(":focus").count() == 1, "the keys stay where they were"
    staff.locator("[data-said]", has_text="stands under “Asked” now").wait_for(state="attached")
    with staff.expect_navigation():
        staff.locator("[data-undo] button").press("Enter")
    assert there.count() == 1
    staff.locator("[data-said]", has_text="under “Talking” now").wait_for(state="attached")


def test_a_card_that_follows_a_decision_or_an_answer_is_moved_by_no_hand(staff, ground):
    staff.goto("/staff/stars")
    card = staff.locator("[data-column=nominated] .o-card").first
    card.drag_to(staff.locator(".o-column:has([data-column=talking])"))
    assert staff.locator("[data-column=nominated] .o-card").count() == 2
    assert card.locator("select").count() == 0
