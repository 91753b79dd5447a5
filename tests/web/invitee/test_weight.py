"""How much a page weighs, and what a note may hold."""

from random import Random

import pytest
from sqlalchemy import select

from outreach.actions.questions import QuestionText, UnfitQuestion, add_question
from outreach.db import reading
from outreach.languages import languages
from outreach.models.activity import CONSOLE
from outreach.models.event import NEEDS, Parts
from outreach.models.invitation import Invitation, Reply
from outreach.models.question import QuestionKind
from outreach.web.invitee.note import clean_note
from tests.factories import NOON, make_event, make_invitation, make_seat_offer, make_stakeholder

BUDGET = 14 * 1024
"""Bytes on the wire for the whole first view, so that it fits a first TCP window."""


def weights(guest, invitation):
    """Bytes of the page as it is sent, in each language."""
    link = guest(invitation)
    pages = [
        link.client.get(f"{link.path}?language={one}", headers={"Accept-Encoding": "gzip"})
        for one in languages()
    ]
    assert {page.headers["Content-Encoding"] for page in pages} == {"gzip"}
    return [len(page.data) for page in pages]


def test_the_whole_first_view_fits_fourteen_kilobytes_compressed(guest):
    """Measured as it is sent; there is nothing else to fetch."""
    person = make_stakeholder(
        "陳" * 60, title="محمد " * 20, office="Minister " * 20, salutation="Your Highness"
    )
    event = make_event(summary="What is to be decided here, and by whom. " * 25)
    invitation = make_invitation(person, event)
    sizes = weights(guest, invitation)
    for number in range(25):
        reply = list(Reply)[number % 4].value
        assert guest(invitation).send(answer=reply, note=f"{number}" * 900).status_code == 303
    last = guest(invitation).open()
    sizes += weights(guest, invitation)
    assert max(sizes) < BUDGET
    assert last.text.count("<li>") == 20
    for fetched in ("<script", "<img", '<link rel="stylesheet', "@import", "url("):
        assert fetched not in last.text


def test_a_form_grows_no_further_than_the_page_may(guest):
    """However much staff ask, in whichever script, and however little of it repeats itself."""
    event = make_event(
        allows_remote=True, party_limit=9, needs_asked=list(NEEDS), parts_asked=Parts.DAYS,
        summary="What is to be decided here, and by whom. " * 25,
    )  # fmt: skip
    chance = Random(1)

    def words(length):
        return "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(length))

    def ask(most):
        for _ in range(most):
            texts = QuestionText(words(20), [words(chance.choice((1, 12))) for _ in range(8)])
            add_question(event.id, QuestionKind.CHOICE, {"en": texts}, (), by=CONSOLE, at=NOON)

    person = make_stakeholder("陳" * 60, title="محمد " * 20, office="Minister " * 20)
    make_invitation(person)
    make_seat_offer(person)
    with pytest.raises(UnfitQuestion, match=r"form \(en\) would be too large for a slow line"):
        ask(20)
    assert max(weights(guest, make_invitation(person, event))) < BUDGET


def test_a_note_is_bounded(guest, tables):
    """A26"""
    invitation = make_invitation()
    before = tables()
    assert guest(invitation).send(answer="accepted", note="é" * 1_000_000).status_code == 413
    long = guest(invitation).send(answer="accepted", note="é" * 2_001)
    assert long.status_code == 422
    assert "up to 2,000 characters" in long.text
    assert tables() == before
    assert guest(invitation).send(answer="accepted", note="中" * 2_000).status_code == 303


def test_a_note_is_inert(guest):
    """A14, A26"""
    invitation = make_invitation()
    guest(invitation).send(answer="accepted", note="<script>alert(1)</script>\u202eevil\x00\r\nend")
    note = reading().scalar(select(Invitation.note).where(Invitation.id == invitation.id))
    assert note == "<script>alert(1)</script>evil\nend"
    assert "<script" not in guest(invitation).open().text


def test_a_note_keeps_the_marks_that_people_type():
    text = "‏العربية‏ 👩‍🚒 नमस्ते‌\tok\n\nتم"
    assert clean_note(f"  {text}\u2028next ") == f"{text}\nnext"
