"""An invitee's pages in a real browser: without scripts, at phone width, in both themes."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import reading
from outreach.models.invitation import Invitation
from tests.axe import violations
from tests.factories import (
    make_invitation,
    make_message,
    make_stakeholder,
)
from tests.web.invitee.states import asking_everything, every_state, faults, fetched

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(live: str, _chromium: Any) -> Iterator[Any]:
    context = _chromium.new_context(
        base_url=live, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


SIX = ("ar", "en", "es", "fr", "ru", "zh")
DOCS = Path(__file__).parents[3] / "docs"
PICTURES, REPORT = DOCS / "pictures", DOCS / "accessibility.md"


@pytest.fixture
def document(_chromium: Any) -> Iterator[Any]:
    context = _chromium.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_an_invitee_answers_in_two_touches_without_scripts_and_changes_it(phone, guest):
    """A18 to A20, as a person does it."""
    invitation = make_invitation(make_stakeholder("李明华", salutation="尊敬的部长阁下"))
    requests: list[str] = []
    phone.on("request", lambda request: requests.append(request.url))
    phone.goto(guest(invitation).path)
    assert len(requests) == 1
    phone.get_by_label("I accept").check()
    phone.get_by_role("button", name="Send: I accept").click()
    phone.get_by_role("heading", name="You accept").wait_for()
    phone.get_by_text("Change your answer").click()
    phone.get_by_label("I decline").check()
    phone.get_by_label("A note to the organisers").fill("I am sorry.")
    phone.get_by_role("button", name="Send: I decline").click()
    phone.get_by_role("heading", name="You decline").wait_for()
    reading().rollback()
    state = reading().scalar(select(Invitation.state).where(Invitation.id == invitation.id))
    assert state == "declined"


def test_the_whole_way_needs_no_script(phone, guest):
    """Another language, an answer in part, taken back, perhaps, someone sent, the calendar."""
    invitation = asking_everything()
    phone.goto(guest(invitation).path)
    phone.get_by_role("link", name="français").click()
    phone.get_by_text("Quels jours").wait_for(state="attached")
    phone.get_by_role("link", name="English").click()
    phone.get_by_label("I accept").check()
    phone.get_by_label("Tuesday").check()
    phone.get_by_label("In person").check()
    phone.get_by_label("How many people come along with you?").fill("2")
    phone.get_by_label("A diet").check()
    phone.get_by_label("Yes").check()
    phone.get_by_role("button", name="Send: I accept").click()
    noted = phone.get_by_role("region", name="You accept")
    for said in ("1 December 2026", "In person", "2 people come along", "A diet"):
        noted.get_by_text(said).wait_for()
    noted.get_by_role("button", name="Take this back").click()
    phone.get_by_text("You took your answer back").wait_for()
    phone.get_by_label("I cannot say yet").check()
    phone.get_by_label("When will you know?").fill("2026-09-20")
    phone.get_by_role("button", name="Send: I cannot say yet").click()
    phone.get_by_text("You expect to know by").wait_for()
    phone.get_by_text("Change your answer").click()
    phone.get_by_label("I send someone in my place").check()
    phone.get_by_label("Name of the person").fill("Ben Mwangi")
    phone.get_by_label("Email address of the person").fill("ben@example.org")
    phone.get_by_role("button", name="Send: I send someone").click()
    phone.get_by_text("has the invitation now").wait_for()
    assert not phone.get_by_text("Change your answer").count()
    phone.get_by_role("button", name="I answer myself again").click()
    phone.get_by_role("link", name="Google, Outlook").click()
    phone.get_by_role("button", name="Make the address").click()
    phone.locator("a[href^=webcal]").wait_for()
    phone.get_by_role("link", name="Back to your invitation").click()
    phone.get_by_role("heading", name="You cannot say yet").wait_for()


def test_unsubscribing_and_coming_back_are_one_choice_and_one_button_each(phone, guest):
    phone.goto(guest(make_message(), "unsubscribe").path)
    for choice, heading in (("nothing", "any more"), ("all", "Mail about the")):
        phone.check(f"[name=choice][value={choice}]")
        phone.get_by_role("button", name="Save this choice").click()
        phone.get_by_role("heading", name=heading).wait_for()


def test_the_colours_of_every_state_can_be_read_in_both_themes(app, document, client):
    """And each page fits a wide window and a telephone."""
    for name, page in every_state().items():
        document.set_viewport_size({"width": 390, "height": 844})
        document.emulate_media(color_scheme="light")
        text = fetched(client, page, "en")
        assert faults(document, text, only=["color-contrast"]) == [], name
        document.set_viewport_size({"width": 1440, "height": 900})
        document.emulate_media(color_scheme="dark")
        assert violations(document, only=["color-contrast"]) == [], (name, "dark")


def test_every_state_passes_axe_in_every_language_at_400_percent(app, document, client):
    """320 CSS pixels are 1280 at 400 %. In forced colours and without motion; the colours of ours
    are judged above, in both themes. AXE_REPORT=1 writes docs/accessibility.md anew."""
    document.set_viewport_size({"width": 320, "height": 800})
    document.emulate_media(forced_colors="active", reduced_motion="reduce")
    found: dict[str, list[int]] = {}
    for name, page in every_state().items():
        for language in SIX:
            text = fetched(client, page, language)
            wrong = faults(document, text, without=["color-contrast"])
            assert wrong == [], (name, language)
            spoken = document.evaluate("[document.documentElement.lang, document.dir]")
            assert spoken == [language, "rtl" if language == "ar" else "ltr"], name
            found.setdefault(name, []).append(len(wrong))
    if os.environ.get("AXE_REPORT") == "1":
        REPORT.write_text(report_of(found, document), encoding="utf-8")
    assert states_in(REPORT.read_text(encoding="utf-8")) == list(found), "write the report anew"
    document.set_content("<img src='data:,'>")
    assert "image-alt" in dict(violations(document)), "it finds nothing because it never does"


HEAD = """# What axe found on the invitees' pages

Written by `AXE_REPORT=1 .venv/bin/pytest -n0 tests/web/invitee/test_browser.py -k every_state`,
which fails on any violation, and where a state is missing here. axe-core {axe}, Chromium
{chromium}, 320 CSS pixels wide (1280 at 400 %), forced colours, reduced motion; contrast
is judged apart, in both themes. A page that must be scrolled sideways counts as a violation.
{states} states in six languages; the figures are numbers of violations.

"""


def report_of(found: dict[str, list[int]], document: Any) -> str:
    """What axe found, in a table."""
    head = HEAD.format(
        axe=document.evaluate("axe.version"), states=len(found),
        chromium=document.context.browser.version,
    )  # fmt: skip
    lines = [("state", *SIX), ("---",) * (1 + len(SIX)), *((n, *c) for n, c in found.items())]
    return head + "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def states_in(report: str) -> list[str]:
    return re.findall(r"^\| ([^|]+) \| 0", report, re.MULTILINE)


def test_an_answer_is_given_by_keyboard_alone(phone, guest):
    invitation = make_invitation()
    phone.goto(guest(invitation).path)
    for _ in range(40):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.name") == "answer":
            break
    phone.keyboard.press("Space")
    phone.keyboard.press("Enter")
    phone.get_by_role("heading", name="You accept").wait_for()


def test_each_person_gets_the_page_in_their_own_language(document, client, guest):
    """PICTURES=1 takes those of docs/pictures anew."""
    wanted = os.environ.get("PICTURES") == "1"
    people = {
        "ar": make_stakeholder("سموّ الشيخة مريم بنت راشد", title="معالي", language="ar",
                               salutation="معالي الوزيرة", office="وزيرة الاتصالات"),
        "zh": make_stakeholder("李明华", language="zh", salutation="尊敬的部长阁下",
                               office="工业和信息化部"),
        "en": make_stakeholder("Amina Wanjiru Otieno", title="Dr", language="en",
                               salutation="Your Excellency", office="Minister of Digital Affairs"),
    }  # fmt: skip
    for language, person in people.items():
        document.set_content(client.get(guest(make_invitation(person)).path).text)
        assert document.evaluate("document.documentElement.lang") == language
        if wanted:
            document.screenshot(path=PICTURES / f"invitation-{language}.png", full_page=True)
