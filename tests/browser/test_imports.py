"""A file's whole journey in a real browser: chosen, watched, paused, brought in, taken back."""

from pathlib import Path

import pytest

from outreach import clock
from outreach.actions import uploads
from outreach.actions.accounts import make_one_time_link
from outreach.importing.run import run_import
from outreach.queries.imports import due_imports
from outreach.queries.lists import target_list
from tests.axe import violations
from tests.factories import afresh, make_account, make_list, make_stakeholder

pytestmark = pytest.mark.browser
PEOPLE = [
    ("Wanjiru Kamau", "w@example.org", "President", "+254 20 123"),
    ("李小龍", "li@example.org", "局长", ""),
    ("سارة العبد الله", "sara@example.org", "", ""),
    ("Ł" * 80, "l@example.org", "O'Neil & Söhne", ""),
    ("Q", "q@example.org", "", "not a number"),
    ("Nobody", "a@b@c", "", ""),
]
ROWS = "Name,Email,Office,Phone\n" + "".join(f"{','.join(row)}\n" for row in PEOPLE)


@pytest.fixture
def staff(page):
    page.goto(f"/account/link/{make_one_time_link(make_account().id, at=clock.now())}")
    page.click("form button")
    return page


def check(page):
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def work(app):
    """As a worker does."""
    folder = Path(app.config["INSTANCE_DIR"]).absolute() / "imports"
    for import_id, stored, *_ in afresh(due_imports):
        run_import(import_id, folder / stored, now=clock.now)


def test_a_file_is_chosen_watched_brought_in_and_taken_back(app, staff, monkeypatch, tmp_path):
    monkeypatch.setattr(uploads, "LARGE", 2)
    make_stakeholder("Wanjiru Kamau", "w@example.org", office="Governor")
    wanted = make_list("banks", name="Development banks")
    staff.goto(f"/staff/lists/{wanted.id}/import")
    path = tmp_path / "people.csv"
    path.write_text(ROWS, encoding="utf-8")
    staff.set_input_files("input[type=file]", str(path))
    staff.click("text=Look at the file")
    assert "is being compared with everyone you know" in staff.inner_text("h1")
    check(staff)
    work(app)
    staff.get_by_label("Where something stands already: Office").wait_for()
    staff.get_by_text("Import 5 people").wait_for()
    staff.get_by_label("Where something stands already: Office").select_option("Overwrite")
    staff.click("text=Look again with these choices")
    work(app)
    staff.get_by_text("Known; put on the list, gets office").wait_for()
    check(staff)
    with staff.expect_download() as download:
        staff.get_by_text("All of it as a CSV file").click()
    assert "Row" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    staff.click("text=Import 5 people")
    assert "is coming into" in staff.inner_text("h1")
    check(staff)
    staff.click("main >> text=Pause")
    assert "is paused" in staff.inner_text("h1")
    check(staff)
    staff.click("main >> text=Go on")
    work(app)
    staff.get_by_text("was imported on").wait_for()
    check(staff)
    assert afresh(target_list, wanted.id).wanted_count == 5
    staff.click("text=Take the import back")
    staff.locator("dialog[open] button", has_text="Take the import back").click()
    staff.get_by_text("is being taken back out of").wait_for()
    work(app)
    staff.get_by_text("was taken back on").wait_for()
    check(staff)
    assert afresh(target_list, wanted.id).wanted_count == 0
