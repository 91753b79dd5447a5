"""The letter to download, as staff put it there."""

from io import BytesIO

import pytest
from sqlalchemy import select

from outreach.db import reading
from outreach.models.account import Role
from outreach.models.letter import Letter
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_stakeholder,
    sign_in,
    the_group,
)


@pytest.fixture
def put(app, client, tmp_path):
    """put(event, content, language, reference, group): as someone of the team."""
    app.config["INSTANCE_DIR"] = str(tmp_path)
    staff = app.test_client()
    sign_in(staff)

    def letter(event, content=b"%PDF-1.7", language="en", reference="CL-17/41", group=0):
        fields = {"language": language, "reference": reference, "group": group}
        paper = {"paper": (BytesIO(content), "../../evil.html")}
        answer = staff.post(f"/staff/events/{event.id}/letters", data=fields | paper)
        return answer.status_code

    letter.staff = staff
    return letter


def letter_of(guest, query=""):
    """The bytes of the letter, and the answer that carried them."""
    answer = guest.client.get(f"{guest.path}/letter{query}")
    content = answer.data
    answer.close()
    return content, answer


def test_a_person_gets_the_letter_of_their_group_in_their_language(guest, put):
    event = make_event()
    banks = the_group("development_finance").id
    for content, language, group in (
        (b"%PDF-everyone", "en", 0), (b"%PDF-banks", "en", banks), (b"%PDF-banques", "fr", banks),
        (b"%PDF-medias", "fr", the_group("media").id),
    ):  # fmt: skip
        assert put(event, content, language, "CL-17/41", group) == 303
    ana = guest(make_invitation(make_stakeholder("Ana", language="fr"), event))
    assert "CL-17/41" in ana.open().text
    content, found = letter_of(ana)
    assert (content, found.mimetype) == (b"%PDF-banques", "application/pdf")
    assert found.headers["Cache-Control"] == "no-store"
    assert "filename=CL-17-41-fr.pdf" in found.headers["Content-Disposition"]
    assert letter_of(ana, "?language=en")[0] == b"%PDF-banks"
    other = guest(make_invitation(event=event, group="academia"))
    assert letter_of(other)[0] == b"%PDF-everyone"


def test_a_newer_letter_stands_at_once_on_a_page_that_is_kept(guest, put):
    event = make_event()
    put(event, reference="CL-17/41")
    ana = guest(make_invitation(event=event))
    assert "CL-17/41" in ana.open().text
    put(event, b"%PDF-second", reference="CL-17/52")
    page = ana.open().text
    assert "CL-17/52" in page
    assert "CL-17/41" not in page
    assert letter_of(ana)[0] == b"%PDF-second"
    told = put.staff.get(f"/staff/events/{event.id}/letters").text
    assert "in the place of CL-17/41" in told


def test_without_a_letter_there_is_no_word_of_one(guest, put):
    event = make_event()
    ana = guest(make_invitation(event=event))
    assert "/letter" not in ana.open().text
    assert ana.client.get(f"{ana.path}/letter").status_code == 404
    put(event)
    letter_id = afresh(lambda: reading().scalar(select(Letter.id)))
    put.staff.post(f"/staff/events/{event.id}/letters/{letter_id}/remove")
    assert ana.client.get(f"{ana.path}/letter").status_code == 404


def test_a_withdrawn_invitation_gives_no_letter(guest, put):
    event = make_event()
    put(event)
    gone = guest(make_invitation(event=event, withdrawn_at=NOON))
    assert gone.client.get(f"{gone.path}/letter").status_code == 410


def test_only_a_pdf_is_a_letter_whatever_it_is_called(put, tmp_path):
    """A10"""
    assert put(make_event(), b"<html>") == 422
    assert not list(tmp_path.rglob("*.*"))


def test_an_organiser_puts_no_letter(put):
    sign_in(put.staff, Role.ORGANISER)
    assert put(make_event()) == 403
