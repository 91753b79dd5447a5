"""The conference for anyone, and those who ask there to be invited."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import select

from outreach import clock
from outreach.actions.conference_pages import write_conference_page
from outreach.db import db, reading
from outreach.models.activity import CONSOLE
from outreach.models.nomination import Nomination, NominationState
from outreach.models.target import Target
from outreach.models.track import Track
from outreach.queries.conference_pages import conference_page
from tests.factories import (
    NOON,
    make_list,
    make_stakeholder,
    make_target,
    save,
    sign_in,
    the_conference,
    the_event,
)

WHO = {
    "full_name": "Zoé Ñandú",
    "email": "zoe@example.org",
    "office": "Directora",
    "organisation": "Banco de los Lagos",
    "country": "PY",
    "why": "We finance rural networks.",
}


@pytest.fixture
def page(app):
    publish()
    save(Track(event_id=the_event().id, code="F", name="How to finance it all"))
    return f"/conference/{the_conference().code}"


def publish(*, is_published=True, takes_requests=True, **about):
    write_conference_page(
        the_conference().id, about, is_published=is_published, takes_requests=takes_requests,
        by=CONSOLE, at=NOON,
    )  # fmt: skip


def text(answer):
    return answer.get_data(as_text=True)


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text(answer))))


def typed(client, page, *, after=timedelta(seconds=30), **changes):
    """Open the page, write, and send it a while later."""
    opened = text(client.get(page + "?utm_campaign=spring"))
    hidden = dict(re.findall(r'name="(opened|source)" type="hidden" value="([^"]*)"', opened))
    with time_machine.travel(clock.now() + after, tick=True):
        return client.post(f"{page}/ask", data=hidden | WHO | changes)


def requests():
    reading().rollback()
    return list(db.session.scalars(select(Nomination).order_by(Nomination.id)))


def test_anyone_reads_what_when_where_and_which_tracks_and_meetings(client, page):
    answer = client.get(page)
    said = words(answer)
    for each in ("World Development Conference", "Geneva, Switzerland", "How to finance it all"):
        assert each in said
    assert "Meetings on the way" in said
    assert answer.headers["X-Robots-Tag"] == "all"
    assert not re.findall(r'(?:src|href)="https?://', text(answer))
    assert client.get("/conference?utm_campaign=x").location.endswith(f"{page}?utm_campaign=x")


@pytest.mark.parametrize(
    ("language", "words_"),
    [
        ("ar", "طلب دعوة"),
        ("es", "Solicitar una invitación"),
        ("fr", "Demander une invitation"),
        ("ru", "Запросить приглашение"),
        ("zh", "申请邀请"),
    ],
)
def test_the_page_its_kit_and_its_banner_speak_every_language(client, page, language, words_):
    answer = client.get(f"{page}?language={language}")
    assert words_ in words(answer)
    side = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{side}">' in text(answer)
    assert words_ in words(client.get(page, headers={"Accept-Language": language}))
    kit = text(client.get(f"{page}/kit?language={language}"))
    assert f"language={language}" in kit
    banner = client.get(f"{page}/banner-{language}.svg")
    assert banner.mimetype == "image/svg+xml"
    assert f'direction="{side}"' in text(banner)
    assert client.get(f"{page}/asked?language={language}").status_code == 200


def test_nothing_is_public_before_it_is_put_out(client, app):
    page = f"/conference/{the_conference().code}"
    for path in ("", "/kit", "/asked", "/banner-en.svg"):
        assert client.get(page + path).status_code == 404
    assert client.get("/conference").status_code == 404
    assert client.post(f"{page}/ask", data=WHO).status_code == 404
    publish(takes_requests=False)
    assert "Ask to be invited" not in text(client.get(page))


def test_a_request_lands_with_staff_and_makes_nobody_a_stakeholder(client, page):
    answer = typed(client, page)
    assert answer.status_code == 303
    assert "We have your request" in words(client.get(answer.location))
    (one,) = requests()
    assert (one.full_name, one.country_code, one.source) == ("Zoé Ñandú", "PY", "spring")
    assert one.state is NominationState.OPEN
    typed(client, page, full_name="Zoé again")
    assert len(requests()) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"full_name": " "}, "Write your name."),
        ({"email": "zoe@"}, "Write an e-mail address"),
        ({"email": "a@x.example,b@x.example"}, "Write an e-mail address"),
        ({"why": ""}, "Say why you would like to come."),
        ({"full_name": "Zoé\u202e"}, "This cannot be read."),
        ({"why": "x" * 3_000}, "This cannot be read."),
        ({"website": "https://spam.example"}, "This box must stay empty."),
        ({"after": timedelta(seconds=0)}, "That was quick."),
        ({"after": timedelta(days=2)}, "open too long"),
        ({"opened": "forged"}, "open too long"),
    ],
)
def test_what_cannot_be_taken_says_why_and_keeps_what_was_typed(client, page, changes, said):
    """A15 for the public form, and machines kept out without a third party."""
    answer = typed(client, page, **changes)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Banco de los Lagos" in text(answer)
    assert not requests()


def test_a_network_that_asks_without_end_is_told_to_write(client, page):
    client.environ_base["REMOTE_ADDR"] = "9.9.9.9"
    for number in range(10):
        assert typed(client, page, email=f"p{number}@example.org").status_code == 303
    answer = typed(client, page, email="eleventh@example.org")
    assert answer.status_code == 429
    assert "Please write to" in words(answer)
    client.environ_base["REMOTE_ADDR"] = "9.9.9.10"
    assert typed(client, page, email="another@example.org").status_code == 303
    assert all("9.9.9" not in one.network for one in requests())


def test_what_was_typed_is_inert_and_stays_as_typed(client, page):
    """A14."""
    typed(client, page, full_name="<script>alert(1)</script>", why="{{ config }}")
    sign_in(client)
    page = text(client.get("/staff/nominations"))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.fixture
def asked(client, page):
    typed(client, page)
    (one,) = requests()
    sign_in(client)
    return one


def test_an_accepted_request_becomes_a_target_with_its_reason(client, asked):
    target_list = make_list()
    listed = words(client.get("/staff/nominations"))
    assert "1 person asks to be invited and waits for a decision." in listed
    path = f"/staff/nominations/{asked.id}"
    assert "We finance rural networks." in words(client.get(path))
    assert client.post(f"{path}/accept", data={"list": target_list.id}).status_code == 303
    reading().rollback()
    (target,) = db.session.scalars(select(Target).where(Target.list_id == target_list.id))
    assert target.stakeholder.full_name == "Zoé Ñandú"
    assert target.why == "Asked to be invited: We finance rural networks."
    assert target.stakeholder.organisation.name == "Banco de los Lagos"
    (one,) = requests()
    assert (one.state, one.stakeholder_id) == (NominationState.ACCEPTED, target.stakeholder_id)
    assert one.network == ""
    assert client.post(f"{path}/accept", data={"list": target_list.id}).status_code == 409
    assert "accepted" in words(client.get(path))


def test_a_request_of_someone_whom_we_know_is_shown_and_joined(client, asked):
    target_list = make_list()
    known = make_stakeholder("Zoe Nandu", email="zoe@example.org", office="Governor")
    make_target(target_list, known)
    path = f"/staff/nominations/{asked.id}"
    said = words(client.get(path))
    assert "Zoe Nandu : the same address; on Development banks" in said
    answer = client.post(f"{path}/accept", data={"list": target_list.id, "person": known.id})
    assert answer.status_code == 409
    assert client.post(f"{path}/known", data={"person": known.id}).status_code == 303
    (one,) = requests()
    assert (one.state, one.stakeholder_id) == (NominationState.DUPLICATE, known.id)
    assert (
        "asked on the public page" in words(client.get(f"/staff/stakeholders/{known.id}")).lower()
    )


def test_someone_known_is_put_on_another_list_without_a_second_person(client, asked):
    known = make_stakeholder("Zoé Ñandú", email="old@example.org")
    other = make_list(group="academia")
    path = f"/staff/nominations/{asked.id}"
    client.post(f"{path}/accept", data={"list": other.id, "person": known.id})
    reading().rollback()
    targets = db.session.scalars(select(Target.stakeholder_id).where(Target.list_id == other.id))
    assert list(targets) == [known.id]


def test_a_decline_needs_its_reason_and_writes_to_nobody(client, asked):
    path = f"/staff/nominations/{asked.id}"
    assert client.post(f"{path}/decline", data={"why": " "}).status_code == 422
    assert client.post(f"{path}/decline", data={"why": "No place left"}).status_code == 303
    assert "No place left" in words(client.get(path))
    assert "Nobody who asked" in words(client.get("/staff/nominations"))
    assert client.get("/staff/nominations/999999").status_code == 404


def test_the_team_writes_the_page_and_puts_it_out(client, app):
    sign_in(client)
    path = "/staff/conference-page"
    assert "Nobody sees the page" in words(client.get(path))
    form = {"about-fr": "Pour tous.\r\n\r\nVenez.", "is_published": "yes"}
    assert client.post(path, data=form).status_code == 303
    reading().rollback()
    page = conference_page()
    assert page.about == {"fr": "Pour tous.\n\nVenez."}
    assert "Pour tous." in text(client.get(f"/conference/{page.code}?language=fr"))
    assert "Administrations, development banks" in text(client.get(f"/conference/{page.code}"))
    client.post(path, data={})
    assert client.get(f"/conference/{page.code}").status_code == 404
