"""The board, the programme, today and the settings in a real browser: axe, width, the palette."""

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.models.account import Role
from outreach.models.campaign import CampaignState
from outreach.models.invitation import InvitationState
from tests.axe import violations, visit
from tests.factories import (
    NOON,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_seat_offer,
    make_stakeholder,
    make_target,
)

pytestmark = pytest.mark.browser

PATHS = (
    "/board", "/board/people", "/board/seats", "/staff/programme", "/staff/programme/new",
    "/staff/today", "/staff/settings", "/staff/commands?q=pe",
    "/staff/settings/dates?opens_on=2030-06-01",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def signed_in(page):
    account = make_account(Role.ADMINISTRATOR)
    secret = make_one_time_link(account.id, at=clock.now())
    page.goto(f"/account/link/{secret}")
    page.get_by_role("button", name="Sign in as").click()
    page.wait_for_url("**/board")
    return page


def fill():
    target_list = make_list()
    for number, state in enumerate(InvitationState):
        person = make_stakeholder(f"Person {'of a very long name ' * number}{state}")
        make_target(target_list, person, is_star=True)
        make_invitation(person, state=state)
    make_target(target_list)
    make_campaign(target_list, state=CampaignState.PAUSED, paused_because="Refused: 401.")
    make_campaign(target_list, name="Second wave")
    return make_seat_offer().seat_id


@pytest.mark.parametrize(
    ("scheme", "width", "is_full"),
    [("light", 1440, True), ("dark", 390, True), ("dark", 1440, False)],
    ids=["full light", "full dark on a phone", "empty"],
)
def test_every_page_passes_axe_and_fits_its_width(signed_in, scheme, width, is_full):
    paths = (*PATHS, f"/staff/seats/{fill()}?q=person") if is_full else PATHS
    signed_in.set_viewport_size({"width": width, "height": 844})
    signed_in.emulate_media(color_scheme=scheme)
    for path in paths:
        visit(signed_in, path)
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width, path
        assert violations(signed_in) == [], path


def test_ctrl_k_finds_a_person_and_goes_there(signed_in):
    make_stakeholder("Björn Åkesson")
    signed_in.goto("/board")
    signed_in.keyboard.press("Control+k")
    signed_in.locator("#palette input").fill("bjorn")
    signed_in.locator("#palette-results", has_text="Björn Åkesson").wait_for()
    signed_in.locator("#palette-results a", has_text="Björn Åkesson").click()
    signed_in.wait_for_url("**/staff/stakeholders/*")


def test_the_switch_of_the_board_shows_another_event_at_once(signed_in):
    fill()
    signed_in.goto("/board")
    signed_in.get_by_label("Event").select_option(index=1)
    signed_in.wait_for_url("**/board?event=*")
    assert "Nobody is wanted" in signed_in.locator("h1").inner_text()


def test_someone_is_proposed_by_typing_a_part_of_the_name_and_then_asked(signed_in):
    offer = make_seat_offer(is_asked=False)
    make_stakeholder("Björn Åkesson")
    signed_in.goto(f"/staff/seats/{offer.seat_id}")
    signed_in.get_by_label("Name, organisation or address").press_sequentially("bjo")
    signed_in.get_by_label("Björn Åkesson").check()
    signed_in.get_by_role("button", name="Propose this person").click()
    signed_in.get_by_text("Proposed. Nothing has been sent.").wait_for()
    signed_in.get_by_role("button", name="Ask by mail").first.click()
    signed_in.locator("#confirm [data-confirm-go]").click()
    signed_in.get_by_text("The question leaves within a minute").wait_for()
    assert "was asked" in signed_in.locator("h1").inner_text()
