"""The whole way in a real browser: from an empty board to an answer that the board shows."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.links import sign_in_url
from outreach.models.account import Role
from tests.factories import make_account
from tests.house import ROOT

pytestmark = pytest.mark.browser

PEOPLE = """\
Name;Email;Organisation;Country;Language;Star
Her Excellency Zoë O'Brien-Ñandú;zoe@example.org;Ministry of Digital Affairs;IE;en;yes
李小明;xiaoming@example.org;Ministry of Posts;CN;en;
سارة بنت عبد الله;sara@example.org;Telecommunications Authority;MA;fr;
Nobody;not an address;;;;
"""


@pytest.fixture
def clockwork(live: str, database_url: str, mail_folder: Path) -> Iterator[None]:
    """The clock as a process of its own, as in the product."""
    environment = os.environ | {
        "DATABASE_URL": database_url, "MAIL_DIR": str(mail_folder), "PUBLIC_URL": live
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "outreach.clockwork"], cwd=ROOT, env=environment
    )
    yield
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_a_list_is_imported_invited_answered_and_shown(
    page, clockwork, mail_folder, tmp_path
) -> None:
    promoter = make_account(role=Role.PROMOTER, email="promoter@example.org")
    approver = make_account(role=Role.APPROVER, email="approver@example.org")
    sign_in(page, promoter.id)
    page.get_by_role("link", name="Create a list").click()
    create_list(page)
    import_people(page, tmp_path)
    draft_campaign(page)
    campaign = page.url
    preview(page)
    sign_in(page, approver.id)
    page.goto(campaign)
    press(page, "Approve for 3 people")
    page.get_by_role("link", name="Schedule for 3 people").click()
    page.wait_for_load_state()
    assert "zoe@example.org" in page.content() or "Zoë" in page.content()
    page.get_by_role("button", name="Schedule for 3 people").click()

    mail = the_mail_to("zoe@example.org", mail_folder)
    page.get_by_text("is running; answers count until").wait_for()  # the page moves by itself
    link = re.search(r"http://127\.0\.0\.1:\d+/i/[\w-]{43}", text_of(mail))
    assert link
    answer(page, link[0])

    page.goto("/board")
    assert page.get_by_role("link", name=re.compile(r"^\s*1\s+accepted", re.IGNORECASE)).count()
    page.get_by_role("link", name=re.compile(r"^\s*1\s+accepted", re.IGNORECASE)).first.click()
    page.wait_for_load_state()
    assert "Zoë O'Brien-Ñandú" in page.locator("main").inner_text()
    read_as_sent(page)
    thanks = the_mail_to("zoe@example.org", mail_folder, count=2)
    assert "accept" in text_of(thanks)


def sign_in(page, account_id: int) -> None:
    page.context.clear_cookies()
    page.goto(sign_in_url(make_one_time_link(account_id, at=clock.now())))
    page.locator("main button").click()
    page.wait_for_url("**/board")


def create_list(page) -> None:
    page.get_by_label("Name").fill("Administrations of the world")
    page.get_by_role("button", name="Create the list").click()
    page.wait_for_url(re.compile(r"/staff/lists/\d+"))


def import_people(page, folder: Path) -> None:
    file = folder / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8-sig")
    page.get_by_role("link", name="Import people").first.click()
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="Look at the file").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))  # and until the page is all there
    shown = page.locator("main").inner_text()
    assert "space or a line break inside the address" in shown
    assert "سارة بنت عبد الله" in shown
    page.get_by_role("button", name="Import 3 people").click()
    page.wait_for_load_state()


def draft_campaign(page) -> None:
    page.goto("/staff/campaigns/new")
    page.get_by_label("Name", exact=True).fill("First wave")
    page.locator("[name=lists]").check()
    soon = clock.now().date() + timedelta(days=40)
    page.get_by_label("Answers count until").fill(soon.isoformat())
    page.get_by_role("button", name="Keep the draft").click()
    page.wait_for_url(re.compile(r"/staff/campaigns/\d+$"))


def preview(page) -> None:
    page.get_by_role("link", name="Preview").click()
    frame = page.frame_locator("iframe").first
    assert "World Development Conference" in frame.locator("body").inner_text()


def press(page, words: str) -> None:
    """Press a button, and say yes where the page asks."""
    page.get_by_role("button", name=words, exact=True).first.click()
    page.locator("#confirm [data-confirm-go]").click()
    page.wait_for_load_state()


def the_mail_to(address: str, folder: Path, count: int = 1) -> Path:
    """The latest mail to an address, once so many have come."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = sorted(
            (path for path in folder.glob("*.eml") if address in headers_of(path)["To"]),
            key=lambda path: path.stat().st_mtime_ns,
        )
        if len(found) >= count:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError(f"no mail {count} to {address}")


def headers_of(path: Path):
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file, headersonly=True)


def text_of(path: Path) -> str:
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file)
    return message.get_body(("plain",)).get_content()


def answer(page, link: str) -> None:
    page.goto(link)
    assert "World Development Conference" in page.locator("main").inner_text()
    page.locator("input[name=answer][value=accepted]").check()
    page.locator("textarea").first.fill("With pleasure")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    assert "With pleasure" in page.locator("main").inner_text()


def read_as_sent(page) -> None:
    page.goto("/staff/outbox")
    page.get_by_role("link", name=re.compile("Zoë")).first.click()
    page.wait_for_load_state()
    assert "zoe@example.org" in page.locator("main").inner_text()
