"""An invitee's pages in a real browser: without scripts, at phone width, in both themes."""

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.actions.delegations import send_someone
from outreach.actions.invitations import answer_invitation
from outreach.actions.suppressions import unsubscribe
from outreach.db import reading
from outreach.models.event import NEEDS, Parts
from outreach.models.invitation import Invitation, Reply
from outreach.models.letter import Letter
from outreach.models.question import Question, QuestionKind
from outreach.tokens import preview_token
from tests.axe import violations
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_message,
    make_seat_offer,
    make_stakeholder,
    save,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(live: str, _chromium: Any) -> Iterator[Any]:
    context = _chromium.new_context(
        base_url=live, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


SIX = ("ar", "en", "es", "fr", "ru", "zh")
PICTURES = Path(__file__).parents[3] / "docs" / "pictures"


class Judge:
    """Looks at pages as they come from the application, one after another in one document: axe is
    read once, and nothing is fetched."""

    def __init__(self, page: Any, client: Any) -> None:
        self.page, self.client = page, client

    def faults(self, path: str, *, status: int = 200, without: Sequence[str] = ()) -> list[Any]:
        """What is wrong with a page, all that can be folded open."""
        answer = self.client.get(path)
        assert answer.status_code == status, path
        self.page.set_content(answer.text)
        width, wide = self.page.evaluate(
            """() => {
                document.querySelectorAll("details").forEach(each => each.open = true);
                return [innerWidth, document.documentElement.scrollWidth];
            }"""
        )
        too_wide = [["width", f"{wide} > {width}"]] if wide > width else []
        return violations(self.page, without=without) + too_wide


@pytest.fixture
def judge(_chromium: Any, client: Any) -> Iterator[Judge]:
    context = _chromium.new_context(viewport={"width": 390, "height": 844})
    yield Judge(context.new_page(), client)
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


STATUSES = {"withdrawn": 410, "wrong": 404}
"""{page: its status} of those that are closed."""


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


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_every_page_passes_axe_and_fits_its_width(judge, guest, scheme, width):
    judge.page.set_viewport_size({"width": width, "height": 844})
    judge.page.emulate_media(color_scheme=scheme)
    for name, path in every_page(guest).items():
        assert judge.faults(path, status=STATUSES.get(name, 200)) == [], name


def asking_everything() -> Any:
    """An event whose form has every kind of field, and someone with other things to answer."""
    event = make_event(
        name="Round table on finance", allows_remote=True, party_limit=3, needs_asked=list(NEEDS),
        venue="Palais des Nations", parts_asked=Parts.DAYS,
        ends_at=NOON + timedelta(days=92),
    )  # fmt: skip
    save(
        Letter(
            event_id=event.id,
            language="en",
            reference="CL-17/41",
            stored_name="none.pdf",
            bytes_count=1,
            uploaded_at=NOON,
        )
    )
    for number, kind in enumerate(QuestionKind):
        words = {"text": f"Question {number}?", "hint": "A hint", "choices": ["One", "Two"]}
        save(Question(event_id=event.id, kind=kind, texts={"en": words}, position=number))
    person = make_stakeholder("Amina Otieno", salutation="Your Excellency", country_code="KE")
    make_invitation(person)
    make_seat_offer(person)
    return make_invitation(person, event)


def delegated() -> Any:
    invitation = make_invitation()
    send_someone(invitation.id, "Ben Mwangi", "ben@example.org", "", at=NOON)
    return invitation


def test_every_state_passes_axe_in_every_language_at_400_percent(judge, guest):
    """320 CSS pixels are 1280 at 400 %. In forced colours and without motion; the colours of ours
    are judged above, in both themes."""
    judge.page.set_viewport_size({"width": 320, "height": 800})
    judge.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    paths = every_page(guest) | {
        "everything": guest(everything := asking_everything()).path,
        "delegated": guest(delegated()).path,
        "preview": f"/p/{preview_token(everything.link_key, NOON)}",
        "calendar": f"{guest(everything).path}/calendar",
    }  # fmt: skip
    for language, (name, path) in product(SIX, paths.items()):
        found = judge.faults(
            f"{path}?language={language}", status=STATUSES.get(name, 200),
            without=["color-contrast"],
        )  # fmt: skip
        assert found == [], name
        spoken = judge.page.evaluate("[document.documentElement.lang, document.dir]")
        assert spoken == [language, "rtl" if language == "ar" else "ltr"], name
    judge.page.set_content("<img src='data:,'>")
    assert "image-alt" in dict(violations(judge.page)), "it finds nothing because it never does"


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


def test_each_person_gets_the_page_in_their_own_language(judge, guest):
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
        judge.page.set_content(judge.client.get(guest(make_invitation(person)).path).text)
        assert judge.page.evaluate("document.documentElement.lang") == language
        if wanted:
            judge.page.screenshot(path=PICTURES / f"invitation-{language}.png", full_page=True)
