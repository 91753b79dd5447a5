"""Signing in: one answer for a wrong password and an unknown address; then only pages of ours."""

import time
from statistics import median

import pytest

from outreach.actions.accounts import (
    change_role,
    create_account,
    disable_account,
    make_one_time_link,
    use_one_time_link,
)
from outreach.clock import now
from outreach.models.account import Role
from tests.factories import sign_in

PASSWORD = "a long enough password"


@pytest.fixture
def account_id(app):
    account_id = create_account("amina@example.org", role=Role.PROMOTER, name="Amina", at=now())
    secret = make_one_time_link(account_id, at=now(), sets_password=True)
    use_one_time_link(secret, at=now(), password=PASSWORD)
    return account_id


def typed(client, email="amina@example.org", password=PASSWORD, **address):
    return client.post(
        "/account/sign-in", data={"email": email, "password": password}, query_string=address
    )


def test_the_right_password_leads_to_the_board(client, account_id):
    answer = typed(client)
    assert answer.status_code == 303
    assert answer.location == "/board"
    assert client.get("/board").status_code == 200


def test_one_is_brought_back_to_the_page_that_was_wanted(client, account_id):
    wanted = client.get("/staff/lists?sort=name").location
    answer = client.post(wanted, data={"email": "amina@example.org", "password": PASSWORD})
    assert answer.location == "/staff/lists?sort=name"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/board",
     "javascript:alert(1)", "\\\\evil.example", "/\tevil", "///evil.example", "http:///evil",
     "/%0d%0aSet-Cookie:x", " //evil.example", "evil.example", ""],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_elsewhere(client, account_id, elsewhere):
    """Case A28."""
    location = typed(client, next=elsewhere).location
    assert location == "/board" or (location.startswith("/%0") and "//" not in location)


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(client, account_id):
    """Case A52."""
    wrong = typed(client, password="not the password")
    unknown = typed(client, email="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("amina@", "") == unknown.text.replace("nobody@", "")


def test_an_unknown_address_takes_as_long_as_a_wrong_password(client, account_id):
    """Case A52: both check one password hash; by the processor's time, whatever else runs here."""

    def took(email):
        times = []
        for _ in range(5):
            began = time.process_time()
            typed(client, email=email, password="not the password")
            times.append(time.process_time() - began)
        return median(times)

    took("nobody@example.org")
    known, unknown = took("amina@example.org"), took("nobody@example.org")
    assert 0.5 < known / unknown < 2


def test_a_disabled_account_gets_that_same_answer(client, account_id):
    """Case A52."""
    disable_account(account_id)
    assert typed(client).status_code == 401


@pytest.mark.parametrize("change", ["role", "state", "password"])
def test_a_change_ends_the_sessions_that_were_open(client, app, account_id, change):
    """Case A52."""
    typed(client)
    assert client.get("/board").status_code == 200
    if change == "role":
        change_role(account_id, Role.APPROVER)
    elif change == "state":
        disable_account(account_id)
    else:
        secret = make_one_time_link(account_id, at=now(), sets_password=True)
        use_one_time_link(secret, at=now(), password="another long password")
    assert client.get("/board").status_code == 302


def test_opening_a_one_time_link_signs_nobody_in_only_its_button_does(client, account_id):
    secret = make_one_time_link(account_id, at=now())
    for _ in range(3):
        assert client.get(f"/account/link/{secret}").status_code == 200
        assert client.head(f"/account/link/{secret}").status_code == 200
    assert client.get("/board").status_code == 302
    assert client.post(f"/account/link/{secret}").status_code == 303
    assert client.get("/board").status_code == 200


def test_a_used_link_says_so_to_whoever_opens_it(client, account_id):
    secret = make_one_time_link(account_id, at=now())
    client.post(f"/account/link/{secret}")
    assert client.get(f"/account/link/{secret}").status_code == 404
    assert client.post(f"/account/link/{secret}").status_code == 404


def test_signing_out_ends_the_session(client):
    sign_in(client)
    assert client.post("/account/sign-out").status_code == 303
    assert client.get("/board").status_code == 302


def test_a_session_of_someone_made_up_is_nobodys(client):
    for made_up in ("1", "1.", ".0", "x.y", "99999.0", "1.0.0", "²"):
        with client.session_transaction() as session:
            session["_user_id"] = made_up
        assert client.get("/board").status_code == 302
