"""An invitee's link, opened as a web program without scripts would."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach import clock
from outreach.tokens import personal_token
from tests.every_row import Tables, every_row
from tests.factories import NOON


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def tables(app: Flask) -> Callable[[], Tables]:
    """Every row of every table, to be compared."""
    return every_row()


class Guest:
    """Someone with a link: opens it, and sends the form as it stands on the page."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self.client, self.path = client, path

    def open(self) -> Any:
        return self.client.get(self.path)

    def hidden(self, page: str = "") -> dict[str, str]:
        """The hidden fields of the page's form, or of that of an answer that is there."""
        text = page or self.open().text
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
        return {name: unescape(value) for name, value in fields}

    def send(self, **fields: str) -> Any:
        return self.client.post(f"{self.path}/answer", data=self.hidden() | fields)


@pytest.fixture
def guest(client: FlaskClient) -> Callable[..., Guest]:
    """guest(invitation), guest(offer, "seat"), guest(message, "unsubscribe")."""

    def with_link(row: Any, purpose: str = "answer") -> Guest:
        key = row.public_id if purpose == "unsubscribe" else row.link_key
        letter = {"answer": "i", "seat": "s", "unsubscribe": "u"}[purpose]
        return Guest(client, f"/{letter}/{personal_token(purpose, key)}")

    return with_link
