"""Links made a thousand at a time are the links that are made one by one."""

import pytest
from flask import Flask

from outreach.links import answer_url, link_maker
from outreach.tokens import key_of, new_key, personal_token, token_maker


@pytest.mark.parametrize("secret", ["a secret of the tests, long enough", "z" * 64, "y" * 200])
def test_a_token_made_at_once_is_the_same_and_opens_the_same_page(bare_app: Flask, secret: str):
    with bare_app.app_context():
        before, bare_app.config["SECRET_KEY"] = bare_app.config["SECRET_KEY"], secret
        try:
            make, link = token_maker("answer"), link_maker("answer", "/i/")
            keys = [new_key() for _ in range(200)]
            assert make(keys) == [personal_token("answer", key) for key in keys]
            assert [key_of("answer", token) for token in make(keys)] == keys
            assert link(keys) == [answer_url(key) for key in keys]
            assert make([]) == []
        finally:
            bare_app.config["SECRET_KEY"] = before
