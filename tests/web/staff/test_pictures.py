"""Pictures of letters: added with their words, served to anyone, one of them above every letter."""

import re
import struct
from functools import partial
from io import BytesIO

import pytest
from sqlalchemy import select

from outreach.actions.pictures import choose_emblem, put_picture
from outreach.actions.templates import UnfitText, Wording, create_template
from outreach.db import reading
from outreach.delivery.checklist import checklist
from outreach.delivery.outbox import drain
from outreach.delivery.preview import preview_text
from outreach.intake.pictures import LARGEST, UnfitPicture, read_picture
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Activity
from outreach.models.campaign import Campaign
from outreach.queries.keyset import PAGE
from outreach.queries.pictures import pictures
from tests.at_once import at_once
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, afresh, sign_in, the_conference


def png(width=200, height=100, more=b""):
    """As much of a PNG as says how large it is."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIxxxxxI", 13, b"IHDR", width, height, 0) + more


JPEG = b"\xff\xd8\xff\xe0\0\x04xx\xff\xc2\0\x0b\x08" + struct.pack(">HH", 30, 40) + b"\1\1\0\0"


@pytest.mark.parametrize(
    ("content", "found"),
    [(png(), ("png", 200, 100)), (JPEG, ("jpg", 40, 30))],
)
def test_a_picture_is_known_by_its_content(content, found):
    file = read_picture(content)
    assert (file.ending, file.width, file.height) == found


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg/>", b"GIF89a", png(0), png(5000), png(more=bytes(LARGEST)), JPEG[:9], b"\xff\xd8"],
)
def test_what_is_no_small_picture_is_refused(content):
    with pytest.raises(UnfitPicture):
        read_picture(content)


def test_a_picture_is_added_with_its_words_and_shown_to_anyone(client):
    sign_in(client, Role.PROMOTER)
    form = {"file": (BytesIO(png()), "any.name"), "words": "The [old] hall"}
    nameless = {"file": (BytesIO(png()), "any.name"), "words": " "}
    assert client.post("/staff/pictures", data=nameless).status_code == 422
    assert client.post("/staff/pictures", data=form).status_code == 303
    (one,) = pictures().lines
    page = client.get("/staff/pictures").text
    assert f"![The (old) hall](/pictures/{one.name})" in page
    assert client.post("/staff/pictures/emblem", data={"name": one.name}).status_code == 403
    client.delete_cookie("session")
    shown = client.get(f"/pictures/{one.name}")
    assert (shown.data, shown.content_type) == (png(), "image/png")
    assert client.get("/pictures/other.png").status_code == 404


def test_the_emblem_heads_every_letter_and_takes_approvals_away(app, mailer):
    name = put_picture(png(), "Emblem of the conference", by=CONSOLE, at=NOON)
    campaign = frozen_campaign(1)
    assert put_picture(png(), "Again", by=CONSOLE, at=NOON) == name
    choose_emblem(the_conference().id, name, by=CONSOLE, at=NOON)
    assert afresh(reading().get_one, Campaign, campaign.id).has_lapsed
    drain(mailer, now=lambda: NOON)
    (mail,) = mailer.sent
    assert f"/pictures/{name}" in mail.html
    (tag,) = re.findall(r"<img[^>]*>", mail.html)
    assert all(one in tag for one in ('alt="Emblem of the conference"', 'width="128"'))


def test_a_picture_in_a_letter_says_how_wide_it_is_and_is_no_wider_than_the_letter(app):
    small, large = (put_picture(png(width), "A hall", by=CONSOLE, at=NOON) for width in (200, 1200))
    body = f"![A hall](/pictures/{small}) ![A hall](/pictures/{large})"
    tags = re.findall(r"<img[^>]*>", preview_text("S", body, "en", "promotion").html)
    assert [re.search(r'width="(\d+)"', tag)[1] for tag in tags] == ["200", "552"]


def test_every_picture_is_on_some_page_and_the_first_says_how_many(client):
    sign_in(client)
    names = [put_picture(png(1 + n), "A hall", by=CONSOLE, at=NOON) for n in range(PAGE + 2)]
    choose_emblem(the_conference().id, names[0], by=CONSOLE, at=NOON)
    first = client.get("/staff/pictures").text
    assert f"{PAGE + 2} pictures that letters may show" in first
    found = re.findall(r"!\[A hall\]\(/pictures/([^)]+)\)", first)
    (after,) = set(re.findall(r"after=([\w-]+)", first))
    rest = client.get(f"/staff/pictures?after={after}").text
    found += re.findall(r"!\[A hall\]\(/pictures/([^)]+)\)", rest)
    assert found == [names[0], *reversed(names[1:])]


def test_two_who_put_the_same_picture_at_once_both_have_it(app):
    put = partial(put_picture, png(), "A hall", by=CONSOLE, at=NOON)
    assert at_once(app, [put, put]) == []
    assert [one.width for one in pictures().lines] == [200]
    lines = select(Activity).where(Activity.verb == "added_picture")
    assert len(reading().scalars(lines).all()) == 1


def test_the_checklist_knows_the_pictures_and_counts_their_size(app):
    name = put_picture(png(more=bytes(LARGEST - 100)), "A hall", by=CONSOLE, at=NOON)
    other = put_picture(png(100, more=bytes(LARGEST - 100)), "A lake", by=CONSOLE, at=NOON)

    def problems(body):
        letter = preview_text("S", body, "en", "promotion")
        points = checklist("S", body, letter, needs_link=False, values={})
        return " ".join(problem for point in points for problem in point.problems)

    missing = "![x](/pictures/none.png)"
    assert "not among the pictures" in problems(missing)
    with pytest.raises(UnfitText, match="not among the pictures"):
        create_template("News", "promotion", [Wording("en", "S", missing)], by=CONSOLE, at=NOON)
    assert problems(f"![A hall](/pictures/{name})") == ""
    assert "with its pictures" in problems(f"![x](/pictures/{name}) ![y](/pictures/{other})")
