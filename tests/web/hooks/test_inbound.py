"""Inbound Parse: who knows the secret may bring mail; it is kept raw at once and read later."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.actions.inbound import read_new_inbound
from outreach.db import reading
from outreach.models.inbound import InboundKind, InboundMail, InboundState
from outreach.models.receipt import RefusedCall
from tests.factories import NOON
from tests.intake.mails import FORM, form, mail

INBOUND = "/hooks/sendgrid/inbound"
SECRET = "a secret of the tests, long enough"
BODY = form(email=mail().as_bytes())


@pytest.fixture(autouse=True)
def folder(app, _at_noon):
    app.config["INBOUND_SECRET"] = SECRET
    path = Path(app.config["INSTANCE_DIR"]) / "inbound"
    path.mkdir(exist_ok=True)
    for file in path.iterdir():
        file.unlink()
    return path


def rows():
    reading().rollback()
    return list(reading().scalars(select(InboundMail).order_by(InboundMail.id)))


def basic(password, name="inbound"):
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def post(client, url=INBOUND, body=BODY, content_type=FORM, headers=None):
    return client.post(url, data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("way", ["query", "path", "password"])
def test_who_knows_the_secret_brings_mail(client, csrf, folder, way):
    url = {"query": f"{INBOUND}?secret={SECRET}", "path": f"{INBOUND}/{SECRET}"}.get(way, INBOUND)
    answer = post(client, url, headers=basic(SECRET) if way == "password" else None)
    assert answer.status_code == 204
    assert "Set-Cookie" not in answer.headers
    (row,) = rows()
    assert (row.state, row.kind, row.bytes_count) == (InboundState.NEW, None, len(BODY))
    assert (folder / row.stored_name).read_bytes() == BODY
    assert (folder / row.stored_name).stat().st_mode & 0o077 == 0


def test_mail_that_the_provider_signed_is_taken_though_it_is_no_text(client, provider):
    body = form(email=b"From: a@example.org\r\n\r\n\xff\xfe")
    assert post(client, body=body, headers=provider.headers(body)).status_code == 204
    assert post(client, body=body + b" ", headers=provider.headers(body)).status_code == 403
    assert len(rows()) == 1


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (INBOUND, {}, 401), (f"{INBOUND}?secret=", {}, 401), (f"{INBOUND}?secret=x", {}, 403),
        (f"{INBOUND}/{SECRET}x", {}, 403), (f"{INBOUND}?secret={SECRET[:-1]}", {}, 403),
        (f"{INBOUND}?secret=%C3%A9", {}, 403), (INBOUND, basic("x"), 403),
        (INBOUND, basic(""), 401), (INBOUND, {"Authorization": "Basic %%%"}, 401),
        (INBOUND, {"Authorization": "Bearer x"}, 401),
    ],
)  # fmt: skip
def test_who_does_not_know_it_is_counted_and_nothing_else_is_kept(
    client, tables, folder, url, headers, status
):
    """A31"""
    before = tables()
    assert post(client, url, headers=headers).status_code == status
    assert tables() == before
    assert not list(folder.iterdir())
    assert reading().scalar(select(func.sum(RefusedCall.count))) == 1


@pytest.mark.parametrize("known", ["", SECRET])
def test_without_a_secret_set_nobody_knows_it(app, client, known):
    """A31"""
    app.config["INBOUND_SECRET"] = ""
    assert post(client, f"{INBOUND}?secret={known}").status_code == (403 if known else 401)
    assert not rows()


def test_a_request_that_is_told_again_is_kept_once(client, folder):
    for _ in range(3):
        assert post(client, f"{INBOUND}/{SECRET}").status_code == 204
    assert len(rows()) == len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b" ", FORM),
        (b"not a form", FORM),
        (b"{}", "application/json"),
        (os.urandom(30_000_000), FORM),
        (form(email=b"\0" * 1_000), FORM),
    ],
    ids=["next to nothing", "no form", "json", "30 MB", "zeros"],
)
def test_whatever_comes_is_kept_and_answered_2xx(client, folder, body, content_type):
    """A37"""
    answer = post(client, f"{INBOUND}/{SECRET}", body, content_type)
    assert answer.status_code == 204
    assert read_new_inbound(folder, at=NOON) == 1
    (row,) = rows()
    assert row.state in (InboundState.FAILED, InboundState.READ)
    assert (folder / row.stored_name).read_bytes() == body


def test_what_is_larger_than_any_mail_is_refused(client, folder):
    """A37"""
    answer = post(client, f"{INBOUND}/{SECRET}", b"x" * (41 * 1024 * 1024))
    assert answer.status_code == 413
    assert not list(folder.iterdir())


def test_a_full_disk_has_the_provider_try_again(app, client, folder, monkeypatch):
    """A59"""

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(os, "fsync", full)
    assert post(client, f"{INBOUND}/{SECRET}").status_code == 500
    assert not rows()
    assert not list(folder.iterdir())


def test_the_same_mail_in_two_requests_is_read_once(client, folder):
    for dkim in ("one", "two"):
        post(client, f"{INBOUND}/{SECRET}", form(email=mail().as_bytes(), dkim=dkim))
    assert read_new_inbound(folder, at=NOON) == 2
    assert [row.kind for row in rows()] == [InboundKind.REPLY, InboundKind.AGAIN]
