"""An invitee's pages in a real browser: without scripts, at phone width, in both themes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.actions.invitations import answer_invitation
from outreach.actions.suppressions import unsubscribe
from outreach.db import reading
from outreach.models.invitation import Invitation, Reply
from tests.factories import NOON, make_invitation, make_message, make_seat_offer, make_stakeholder

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "browser" / "vendor" / "axe.min.js"


@pytest.fixture
def phone(live: str, _chromium: Any) -> Iterator[Any]:
    context = _chromium.new_context(
        base_url=live, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.fixture(params=[("light", 390), ("dark", 1440)], ids=["light-390", "dark-1440"])
def judge(request: Any, live: str, _chromium: Any) -> Iterator[Any]:
    """A page whose policy lets axe in."""
    scheme, width = request.param
    context = _chromium.new_context(
        base_url=live, viewport={"width": width, "height": 844}, color_scheme=scheme,
        bypass_csp=True,
    )  # fmt: skip
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


def test_unsubscribing_and_coming_back_are_one_button_each(phone, guest):
    phone.goto(guest(make_message(), "unsubscribe").path)
    phone.get_by_role("button", name="Stop mail to").click()
    phone.get_by_role("button", name="by mistake").click()
    phone.get_by_role("button", name="Stop mail to").wait_for()


def every_page(guest) -> dict[str, str]:
    arabic = make_stakeholder(
        "سموّ الشيخ عبد الرحمن بن محمد آل نهيان", title="صاحب السمو الملكي", office="وزير الاتصالات"
    )
    answered = make_invitation()
    for days, reply in ((3, Reply.TENTATIVE), (1, Reply.DELEGATED)):
        answer_invitation(answered.id, reply, "مع التحيات", at=NOON - timedelta(days=days))
    stopped = make_message()
    unsubscribe(stopped.public_id, source="page", at=NOON)
    return {
        "open": guest(make_invitation(arabic)).path,
        "answered": guest(answered).path,
        "closed": guest(make_invitation(reply_by=NOON)).path,
        "withdrawn": guest(make_invitation(withdrawn_at=NOON)).path,
        "wrong": "/i/nothing",
        "seat": guest(make_seat_offer(), "seat").path,
        "mail": guest(make_message(), "unsubscribe").path,
        "stopped": guest(stopped, "unsubscribe").path,
    }


def test_every_page_passes_axe_and_fits_its_width(judge, guest):
    width = judge.viewport_size["width"]
    for name, path in every_page(guest).items():
        judge.goto(path)
        for details in judge.locator("details").all():
            details.evaluate("each => each.open = true")
        assert judge.evaluate("document.documentElement.scrollWidth") <= width, name
        judge.evaluate(f"{AXE.read_text()};0")
        found = judge.evaluate("axe.run()")["violations"]
        assert not [(name, each["id"], each["nodes"][0]["html"]) for each in found]
