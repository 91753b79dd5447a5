"""Accounts: a one-time link works once; a change of password, role or state ends what was open."""

from datetime import timedelta

import pytest

from outreach.actions.accounts import (
    LinkUsed,
    WeakPassword,
    WrongPassword,
    change_role,
    create_account,
    disable_account,
    make_one_time_link,
    sign_in,
    use_one_time_link,
)
from outreach.errors import Conflict
from outreach.models.account import Role
from outreach.queries.accounts import one_time_link, signed_in_account
from outreach.tokens import digest
from tests.factories import NOON, afresh

PASSWORD = "a long enough password"


@pytest.fixture
def account_id(app):
    return create_account("Amina@Example.org", role=Role.PROMOTER, name="Amina", at=NOON)


def with_password(account_id):
    secret = make_one_time_link(account_id, at=NOON, sets_password=True)
    return use_one_time_link(secret, at=NOON, password=PASSWORD)


def test_an_address_has_one_account_whatever_its_capitals(account_id):
    with pytest.raises(Conflict):
        create_account("amina@example.ORG", role=Role.ORGANISER, at=NOON)


def test_a_link_signs_in_once(account_id):
    secret = make_one_time_link(account_id, at=NOON)
    assert use_one_time_link(secret, at=NOON).account_id == account_id
    with pytest.raises(LinkUsed):
        use_one_time_link(secret, at=NOON)


def test_a_link_ends_after_a_day(account_id):
    secret = make_one_time_link(account_id, at=NOON)
    late = NOON + timedelta(hours=24)
    assert one_time_link(digest(secret), late) is None
    with pytest.raises(LinkUsed):
        use_one_time_link(secret, at=late)


def test_the_database_keeps_no_secret_of_a_link(account_id):
    secret = make_one_time_link(account_id, at=NOON)
    assert one_time_link(secret, NOON) is None
    assert one_time_link(digest(secret), NOON) is not None


def test_a_password_that_is_too_short_is_refused_and_the_link_stays_good(account_id):
    secret = make_one_time_link(account_id, at=NOON, sets_password=True)
    with pytest.raises(WeakPassword):
        use_one_time_link(secret, at=NOON, password="short")
    assert use_one_time_link(secret, at=NOON, password=PASSWORD).account_id == account_id


def test_a_password_signs_in_and_a_wrong_one_does_not(account_id):
    with_password(account_id)
    assert sign_in(" AMINA@example.org ", PASSWORD).account_id == account_id
    with pytest.raises(WrongPassword):
        sign_in("amina@example.org", PASSWORD + "!")
    with pytest.raises(WrongPassword):
        sign_in("nobody@example.org", PASSWORD)


def test_a_new_password_ends_every_older_session(account_id):
    """Case A52."""
    before = with_password(account_id)
    after = with_password(account_id)
    assert afresh(signed_in_account, account_id, before.epoch) is None
    assert afresh(signed_in_account, account_id, after.epoch) is not None


def test_a_new_role_ends_every_session(account_id):
    """Case A52."""
    session = with_password(account_id)
    change_role(account_id, Role.APPROVER)
    assert afresh(signed_in_account, account_id, session.epoch) is None


def test_a_disabled_account_is_shut_out_with_its_links(account_id):
    """Case A52."""
    session = with_password(account_id)
    secret = make_one_time_link(account_id, at=NOON)
    disable_account(account_id)
    assert afresh(signed_in_account, account_id, session.epoch) is None
    with pytest.raises(LinkUsed):
        use_one_time_link(secret, at=NOON)
    with pytest.raises(WrongPassword):
        sign_in("amina@example.org", PASSWORD)
    disable_account(account_id, is_disabled=False)
    with pytest.raises(LinkUsed):  # what ended stays ended
        use_one_time_link(secret, at=NOON)
