"""The pieces in a real browser: no accessibility violation, nothing wider than a phone, keys."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.axe import violations
from tests.browser.gallery.gallery import create_gallery

pytestmark = pytest.mark.browser

PAGES = ("board", "lists", "forms", "programme", "account/sign-in", "link", "404")


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def context_without_scripts(_chromium: Any) -> Iterator[Any]:
    viewport = {"width": 390, "height": 844}
    context = _chromium.new_context(viewport=viewport, java_script_enabled=False)
    yield context
    context.close()


@pytest.fixture
def page(_chromium: Any) -> Iterator[Any]:
    context = _chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not faults


@pytest.mark.parametrize(
    ("scheme", "width", "direction"),
    [("light", 1440, "ltr"), ("dark", 1440, "rtl"), ("light", 390, "rtl"), ("dark", 390, "ltr")],
)
def test_every_page_passes_axe_and_fits_its_width(gallery, page, scheme, width, direction):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for name in PAGES:
        page.goto(f"{gallery}/{name}?dir={direction}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert violations(page) == [], name


def test_keys_walk_tick_and_open_the_rows_and_come_back(gallery, page):
    page.goto(f"{gallery}/lists")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-bulk-count]").inner_text() == "1 person selected"
    page.keyboard.press("Enter")
    page.locator("#sheet h2").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("#sheet").is_visible()
    assert page.evaluate("document.activeElement.rowIndex") == 2


def test_ctrl_k_opens_the_commands_and_arrows_choose(gallery, page):
    page.goto(f"{gallery}/board")
    page.keyboard.press("Control+k")
    page.locator(".o-commands a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lists")


def test_a_button_acts_once_however_often_it_is_clicked(gallery, page):
    page.goto(f"{gallery}/forms")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.evaluate("""() => {
        const form = document.querySelector('.o-form');
        form.querySelector('.btn-primary').click();
        form.querySelector('.btn-primary').click();
    }""")
    page.locator(".o-errors").wait_for()
    assert len(sent) == 1


def test_what_cannot_be_undone_asks_first(gallery, page):
    page.goto(f"{gallery}/forms")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.post_data) if r.method == "POST" else None)
    page.get_by_role("button", name="Keep as a draft").click()
    assert "李明华" in page.locator("#confirm").inner_text()
    page.get_by_role("button", name="Go back").click()
    assert not sent
    page.get_by_role("button", name="Keep as a draft").click()
    page.locator("#confirm [data-confirm-go]").click()
    page.locator(".o-errors").wait_for()
    assert "draft=" in sent[0]


def test_the_drawer_opens_and_closes_by_key_on_a_phone(gallery, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{gallery}/board")
    assert not page.locator("#navigation").is_visible()
    page.locator("[data-drawer]").click()
    assert page.locator("#navigation").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#navigation").is_visible()


def test_the_chosen_theme_is_remembered(gallery, page):
    page.goto(f"{gallery}/board")
    page.locator(".o-bar-person").click()
    page.get_by_role("button", name="Dark").click()
    page.goto(f"{gallery}/lists")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 27, 34)"


def test_the_undo_bar_leaves_after_ten_seconds(gallery, page):
    page.clock.install()
    page.goto(f"{gallery}/forms")
    assert page.locator("[data-undo]").is_visible()
    page.clock.fast_forward(10_100)
    assert not page.locator("[data-undo]").is_visible()


def test_without_scripts_menu_bulk_bar_and_filter_still_work(gallery, context_without_scripts):
    page = context_without_scripts.new_page()
    page.goto(f"{gallery}/lists")
    assert page.locator(".o-filter-show").is_visible()
    page.locator("input[name=ids]").first.check()
    assert page.locator(".o-bulk").is_visible()
    page.locator("[data-drawer]").click()
    assert page.locator("#navigation").is_visible()
