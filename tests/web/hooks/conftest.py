"""The provider at the other end of the hooks: signs batches as SendGrid does."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.provider.events import Signer
from outreach import clock
from tests.every_row import Tables, every_row
from tests.factories import NOON

EVENTS = "/hooks/sendgrid/events"


def event(m: str = "0" * 32, kind: str = "delivered", **fields: Any) -> dict[str, Any]:
    """One event as the provider writes it."""
    common = {"email": "someone@example.org", "timestamp": int(NOON.timestamp()), "m": m}
    return common | {"event": kind, "sg_event_id": uuid4().hex} | fields


class Provider:
    """Posts events; `body` and `headers` of the last post can be sent again, or changed."""

    def __init__(self, client: FlaskClient, signer: Signer) -> None:
        self._client, self._signer = client, signer

    def headers(self, body: bytes, at: datetime = NOON) -> dict[str, str]:
        return self._signer.headers(body, str(int(at.timestamp())))

    def tell(self, *events: Any, at: datetime = NOON) -> int:
        body = orjson.dumps(list(events))
        return self.send(body, self.headers(body, at))

    def send(self, body: bytes, headers: dict[str, str]) -> int:
        return self._client.post(EVENTS, data=body, headers=headers).status_code


@pytest.fixture
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(Path(tmp_path_factory.mktemp("signer")) / "key.pem")


@pytest.fixture
def provider(app: Flask, client: FlaskClient, signer: Signer, _at_noon: None) -> Provider:
    app.config["SENDGRID_EVENT_PUBLIC_KEY"] = signer.public_key
    return Provider(client, signer)


@pytest.fixture
def tables(app: Flask) -> Callable[[], Tables]:
    """Every row of every table but the counter of refused calls, to be compared."""
    return every_row(but=["refused_calls"])


@pytest.fixture
def stopwatch() -> Callable[[], float]:
    """Seconds since it was made."""
    began = time.perf_counter()
    return lambda: time.perf_counter() - began
