"""The pages of lists in a real browser: they pass axe, fit a phone, and work by keyboard."""

import os
from urllib.parse import urlsplit

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.actions.custom_fields import add_custom_field
from outreach.actions.imports import import_file
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.queries.organisation_targets import organisation_lines
from outreach.queries.targets import targets
from tests.axe import violations, visit
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_invitation,
    make_list,
    make_organisation,
    make_organisation_target,
    make_stakeholder,
)

pytestmark = pytest.mark.browser
NAMES = ["Wanjiru Kamau", "李小龍", "سارة العبد الله", "Ł" * 60] * 5
ROWS = "".join(
    f"{name},person{n}@example.org,Director,Bank {n % 7},KE,{'yes' if n < 2 else ''}\n"
    for n, name in enumerate(NAMES)
)


@pytest.fixture
def wanted(tmp_path):
    """A list with people on it, one of whom has answered."""
    add_custom_field(CustomSubject.ORGANISATION, CustomKind.TEXT, "Pledge", by=CONSOLE, at=NOON)
    wanted = make_list("banks", name="Development banks")
    asked = make_stakeholder("Ana Paz", "person0@example.org", office="Governor")
    make_invitation(asked, state="accepted", answered_at=NOON, note="With pleasure")
    path = tmp_path / "people.csv"
    path.write_text("Name,Email,Office,Organisation,Country,Star\n" + ROWS, encoding="utf-8")
    import_file(path, "people.csv", wanted.id, by=CONSOLE, at=NOON)
    make_organisation_target(wanted, make_organisation("Ł" * 80, group="academia"), rank=2, wave=2)
    make_organisation_target(wanted, make_organisation("شركة الاتصالات"), rank=3, approved_at=NOON)
    return wanted


@pytest.fixture
def staff(page):
    """Signed in, as by a mail."""
    page.goto(
        f"/account/link/{make_one_time_link(make_account(Role.ADMINISTRATOR).id, at=clock.now())}"
    )
    page.click("form button")
    return page


def upload(staff, place, tmp_path, text):
    path = tmp_path / "new rows.csv"
    path.write_text(text, encoding="utf-8")
    staff.goto(place)
    staff.set_input_files("input[type=file]", str(path))
    staff.click("text=Look at the file")
    return staff.url


def keep_shot(staff, place, width):
    """For whoever wants to see it."""
    if folder := os.environ.get("SHOTS"):
        name = urlsplit(place).path.strip("/").replace("/", "-")
        staff.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_passes_axe_and_fits_its_width(staff, wanted, tmp_path, scheme, width):
    people = f"/staff/lists/{wanted.id}/import"
    preview = upload(staff, people, tmp_path, "Name,Email\nEva,eva@example.org\nBad,a@b@c\n")
    unnamed = upload(staff, people, tmp_path, "A,B\nEva,eva@example.org\n")
    rows = "Name,Country\nشركة الاتصالات,EG\nBank,Atlantis\n"
    bodies = upload(staff, "/staff/organisations/import", tmp_path, rows)
    empty = make_list(group="youth", name="Youth")
    known = afresh(targets, wanted.id).lines[0].stakeholder_id
    staff.set_viewport_size({"width": width, "height": 844})
    staff.emulate_media(color_scheme=scheme)
    lists = [f"{wanted.id}", f"{empty.id}", "new", f"{wanted.id}/add", f"{wanted.id}/import", ""]
    body = afresh(organisation_lines, wanted.id)[0]
    organisations = f"{wanted.id}/organisations"
    lists += [
        organisations,
        f"{organisations}/ask",
        f"{organisations}/add?q=l",
        f"{organisations}/{body.id}",
    ]
    lists += [f"{organisations}/add?organisation_id={body.organisation_id}"]
    for place in [
        preview,
        unnamed,
        *(f"/staff/lists/{end}".rstrip("/") for end in lists),
        "/staff/stakeholders",
        f"/staff/stakeholders/{known}",
        f"/staff/stakeholders/{known}/edit",
        f"/staff/stakeholders/{known}/links",
        f"/staff/organisations/{body.organisation_id}",
        "/staff/organisations?group=academia&not.region=AFR&add=custom_pledge",
        "/staff/organisations/import",
        bodies,
        "/staff/settings/offices",
        "/staff/settings/offices/look?name=Governor&category=minister",
    ]:
        visit(staff, place)
        keep_shot(staff, place, width)
        assert staff.evaluate("document.documentElement.scrollWidth") <= width, place
        assert violations(staff) == [], place


def test_ticked_people_are_counted_and_changed_together(staff, wanted):
    staff.goto(f"/staff/lists/{wanted.id}")
    for number in (4, 6):  # the stars stand first, and stay
        staff.locator("input[type=checkbox][name=ids]").nth(number).check()
    assert staff.locator("[data-bulk-count]").inner_text() == "2 people ticked"
    staff.click("text=Take off the list")
    staff.locator("[data-undo]").wait_for()
    assert len(afresh(targets, wanted.id).lines) == 18
    staff.click("[data-undo] button")
    staff.locator(".o-note[data-kind=done]").wait_for()
    assert len(afresh(targets, wanted.id).lines) == 20


def test_another_group_suggests_another_code(staff):
    staff.goto("/staff/lists/new")
    staff.fill("#name", "My own name")
    staff.select_option("#group", "academia")
    staff.locator("#code[placeholder^=academia]").wait_for()
    assert staff.input_value("#name") == "My own name"
    late = []
    staff.route("**/staff/lists/new?*", lambda route: late.append(route))
    staff.select_option("#group", "media")
    staff.fill("#code", "typed-meanwhile")
    late[0].continue_()
    staff.locator("#code[placeholder^=media]").wait_for()
    assert staff.input_value("#code") == "typed-meanwhile"
