"""Case A47: every route and method × every role, from the application's own map of addresses.

Refusals change nothing: the whole database is compared before and after.
"""

from hashlib import sha256

import pytest
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from outreach.actions.accounts import change_role, disable_account
from outreach.db import reading
from outreach.models.account import Role
from outreach.models.base import Base
from tests.factories import make_account, sign_in

PEOPLE = ("staff", "organiser", "invitee", "account", "public")
MACHINES = ("hooks", "api")
"""Doors that know machines by signature or key; their own tests say who comes in."""

ADMINISTRATION = "/staff/settings"
ACTS = ("POST", "PUT", "PATCH", "DELETE")


def routes(app, *doors):
    """(method, address, rule) of every page behind these doors; its arguments name nothing."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] not in doors:
            continue
        arguments = {
            name: 999_999 if isinstance(converter, IntegerConverter) else "nothing"
            for name, converter in rule._converters.items()
        }
        address = app.url_map.bind("localhost").build(rule.endpoint, arguments)
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield method, address, rule


def checksum():
    """Of every row of every table."""
    reading().rollback()
    whole = sha256()
    for table in Base.metadata.sorted_tables:
        for row in reading().execute(select(table).order_by(*table.primary_key.columns)):
            whole.update(repr(tuple(row)).encode())
    return whole.hexdigest()


def refused(answer):
    """To the way in, or told that the role does not allow it."""
    return answer.status_code == 403 or (
        answer.status_code == 302 and "/account/sign-in" in answer.location
    )


def test_every_page_stands_behind_a_door_that_this_matrix_knows(app):
    doors = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()} - {"static"}
    assert doors <= {*PEOPLE, *MACHINES}


def test_nobody_gets_in_without_signing_in(app, client):
    before = checksum()
    open_ = [
        f"{method} {address}"
        for method, address, _ in routes(app, "staff", "organiser")
        if not refused(client.open(address, method=method))
    ]
    assert not open_
    assert checksum() == before


def test_an_organiser_reads_the_board_and_nothing_of_the_staff(app, client):
    sign_in(client, Role.ORGANISER)
    before = checksum()
    open_ = [
        f"{method} {address}"
        for method, address, _ in routes(app, "staff")
        if client.open(address, method=method).status_code != 403
    ]
    closed = [
        address for method, address, _ in routes(app, "organiser")
        if method == "GET" and refused(client.get(address))
    ]  # fmt: skip
    assert not open_
    assert not closed
    assert checksum() == before


def test_organisers_have_no_page_that_changes_anything(app):
    """Whoever reads needs no method but GET; approving stands behind the staff's door."""
    assert {method for method, *_ in routes(app, "organiser")} <= {"GET"}


@pytest.mark.parametrize("role", [Role.PROMOTER, Role.APPROVER])
def test_settings_are_for_administrators(app, client, role):
    sign_in(client, role)
    before = checksum()
    pages = [entry for entry in routes(app, "staff") if entry[1].startswith(ADMINISTRATION)]
    assert len(pages) >= 7
    assert [
        f"{method} {address}" for method, address, _ in pages
        if client.open(address, method=method).status_code != 403
    ] == []  # fmt: skip
    assert checksum() == before


@pytest.mark.parametrize("role", [Role.PROMOTER, Role.APPROVER, Role.ADMINISTRATOR])
def test_the_team_may_open_every_page_of_the_staff(app, client, role):
    sign_in(client, role)
    closed = [
        f"{address} {answer.status_code}"
        for method, address, _ in routes(app, "staff", "organiser")
        if method == "GET" and (role is Role.ADMINISTRATOR or ADMINISTRATION not in address)
        for answer in [client.get(address)]
        if refused(answer) or answer.status_code >= 500
    ]
    assert not closed


@pytest.mark.parametrize("end", ["disabled", "another role", "another epoch"])
def test_a_session_that_has_ended_opens_nothing(app, client, end):
    account = make_account(Role.ADMINISTRATOR)
    sign_in(client, account=account)
    assert client.get("/board").status_code == 200
    if end == "disabled":
        disable_account(account.id)
    elif end == "another role":
        change_role(account.id, Role.ORGANISER)
    else:
        with client.session_transaction() as session:
            session["_user_id"] = f"{account.id}.{account.epoch + 1}"
    before = checksum()
    open_ = [
        f"{method} {address}"
        for method, address, _ in routes(app, "staff", "organiser")
        if not refused(client.open(address, method=method))
    ]
    assert not open_
    assert checksum() == before


@pytest.mark.parametrize("role", [None, *Role])
def test_a_link_that_is_nobodys_opens_nothing_for_anyone(app, client, role):
    if role:
        sign_in(client, role)
    before = checksum()
    strange = [
        f"{method} {address}"
        for method, address, _ in routes(app, "invitee")
        if client.open(address, method=method).status_code != 404
    ]
    assert not strange
    assert checksum() == before


def test_no_page_changes_anything_because_it_was_opened(app, client):
    """GET and HEAD are safe for whoever is signed in (case A18's rule, for the staff's pages)."""
    sign_in(client, Role.ADMINISTRATOR)
    before = checksum()
    for method, address, _ in routes(app, "staff", "organiser", "public", "account"):
        if method == "GET":
            client.get(address)
            client.head(address)
    assert checksum() == before


def test_every_change_wants_a_token_of_the_session(app, client, csrf):
    """Case A53: without one, with another's, or as text/plain from another site."""
    sign_in(client, Role.ADMINISTRATOR)
    with client.session_transaction() as session:
        session["csrf_token"] = "0" * 40
    before = checksum()
    ways = (
        {"data": {}},
        {"data": {"csrf_token": "IjEyMyI.of.another"}},
        {"data": '{"role": "administrator"}', "content_type": "text/plain"},
        {"json": {"role": "administrator"}},
        {"data": {}, "headers": {"X-CSRFToken": "forged", "Origin": "https://evil.example"}},
    )
    taken = [
        f"{method} {address} {way}"
        for method, address, _ in routes(app, "staff", "organiser", "account")
        if method in ACTS
        for way in ways
        if client.open(address, method=method, **way).status_code != 400
    ]
    assert not taken
    assert checksum() == before
