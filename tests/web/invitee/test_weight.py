"""How much a page weighs, and what a note may hold."""

import gzip

from sqlalchemy import select

from outreach.db import reading
from outreach.models.invitation import Invitation, Reply
from outreach.web.invitee.note import clean_note
from tests.factories import make_event, make_invitation, make_stakeholder

BUDGET = 14 * 1024
"""Bytes on the wire for the whole first view, so that it fits a first TCP window."""


def test_the_whole_first_view_fits_fourteen_kilobytes_compressed(guest):
    """Measured as gzip level 6 would send it; there is nothing else to fetch."""
    person = make_stakeholder(
        "陳" * 60, title="محمد " * 20, office="Minister " * 20, salutation="Your Highness"
    )
    event = make_event(summary="What is to be decided here, and by whom. " * 25)
    invitation = make_invitation(person, event)
    sizes = [len(gzip.compress(guest(invitation).open().data, 6))]
    for number in range(25):
        reply = list(Reply)[number % 4].value
        assert guest(invitation).send(answer=reply, note=f"{number}" * 900).status_code == 303
    last = guest(invitation).open()
    sizes.append(len(gzip.compress(last.data, 6)))
    assert max(sizes) < BUDGET
    assert last.text.count("<li>") == 20
    for fetched in ("<script", "<img", '<link rel="stylesheet', "@import", "url("):
        assert fetched not in last.text


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
