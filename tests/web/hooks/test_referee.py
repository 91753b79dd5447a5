"""The stand-in provider tells late, twice, out of order and with forgeries; the ledger holds."""

import http.client
import time
from collections import Counter
from urllib.parse import urlsplit

import orjson
import pytest
from sqlalchemy import func, select

from bench.provider.running import RunningProvider
from outreach import clock
from outreach.actions.receipt_effects import apply_receipts
from outreach.db import reading
from outreach.models.message import Message, MessageState
from outreach.models.receipt import Receipt, ReceiptState, RefusedCall
from outreach.models.suppression import Suppression
from tests.factories import make_message, make_stakeholder

COUNT = 60
EVERY = 6
"""Of so many messages one bounces."""


@pytest.fixture
def referee(app, live, tmp_path):
    with RunningProvider(tmp_path) as provider:
        app.config["SENDGRID_EVENT_PUBLIC_KEY"] = provider.control()["event_public_key"]
        provider.control(
            events=f"{live}/hooks/sendgrid/events",
            event_twice=True,
            event_shuffle=True,
            event_forged=True,
            bounce_every=EVERY,
        )
        yield provider


def hand_over(provider, messages):
    """As the mailer does, in one request."""
    mail = {
        "from": {"email": "invitations@example.org"},
        "subject": "Invitation",
        "content": [{"type": "text/plain", "value": "Please come."}],
        "personalizations": [
            {"to": [{"email": message.address}], "custom_args": {"m": message.public_id}}
            for message in messages
        ],
    }
    connection = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=10)
    connection.request(
        "POST", "/v3/mail/send", orjson.dumps(mail), {"Authorization": f"Bearer {provider.key}"}
    )
    assert connection.getresponse().status == 202
    connection.close()


def wait_for_answers(provider, count):
    ends = time.monotonic() + 20
    while sum(answers := provider.control()["events"].values()) < count:
        assert time.monotonic() < ends, answers
        time.sleep(0.05)
    return Counter(provider.control()["events"])


def test_every_message_ends_as_the_referee_says_and_forgeries_change_nothing(referee):
    """A41, A42, A43, A45"""
    states = [MessageState.HANDING_OVER, MessageState.ACCEPTED, MessageState.UNKNOWN]
    messages = [make_message(make_stakeholder(), state=states[n % 3]) for n in range(COUNT)]
    hand_over(referee, messages)
    answers = wait_for_answers(referee, 3)
    assert answers == {"204": 2, "403": 1}
    reading().rollback()
    while apply_receipts(at=clock.now(), limit=50):
        pass
    reading().rollback()
    found = Counter(reading().scalars(select(Message.state)))
    assert found == {
        MessageState.DELIVERED: COUNT - COUNT // EVERY,
        MessageState.BOUNCED: COUNT // EVERY,
    }
    assert set(reading().scalars(select(Receipt.state))) == {ReceiptState.APPLIED}
    assert reading().scalar(select(func.count()).select_from(Receipt)) == 2 * COUNT
    assert reading().scalar(select(func.count()).select_from(Suppression)) == COUNT // EVERY
    assert reading().scalar(select(func.sum(RefusedCall.count))) == 1
