"""The event webhook: only what the provider signed is kept, and each event once."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState, RefusedCall
from outreach.tokens import new_key
from tests.factories import NOON
from tests.web.hooks.conftest import EVENTS, event

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def receipts(**where):
    reading().rollback()
    statement = select(Receipt).order_by(Receipt.id).filter_by(**where)
    return list(reading().scalars(statement))


def count():
    reading().rollback()
    return reading().scalar(select(func.count()).select_from(Receipt))


def refused_calls():
    reading().rollback()
    return reading().scalar(select(func.sum(RefusedCall.count))) or 0


def test_signed_events_are_kept_and_answered_without_cookie_or_token(provider, client, csrf):
    m = new_key()
    body = orjson.dumps([event(m, "processed"), event(m, "delivered", response="250 OK")])
    answer = client.post(EVENTS, data=body, headers=provider.headers(body))
    assert answer.status_code == 204
    assert "Set-Cookie" not in answer.headers
    assert {(row.public_id, row.kind, row.state) for row in receipts()} == {
        (m, ReceiptKind.PROCESSED, ReceiptState.NEW),
        (m, ReceiptKind.DELIVERED, ReceiptState.NEW),
    }
    assert not refused_calls()


WRONG = {
    "no signature": lambda headers, body: ({TIMESTAMP: headers[TIMESTAMP]}, body),
    "no time": lambda headers, body: ({SIGNATURE: headers[SIGNATURE]}, body),
    "bad base64": lambda headers, body: (headers | {SIGNATURE: "%%%"}, body),
    "base64 of nothing": lambda headers, body: (headers | {SIGNATURE: "===="}, body),
    "another's signature": lambda headers, body: (
        headers | {SIGNATURE: b64encode(b"x" * 70).decode()},
        body,
    ),
    "letters beyond ASCII": lambda headers, body: (headers | {SIGNATURE: "é" * 8}, body),
    "time in other digits": lambda headers, body: (headers | {TIMESTAMP: "١٧٢٥"}, body),
    "time in words": lambda headers, body: (headers | {TIMESTAMP: "abc"}, body),
    "time without end": lambda headers, body: (headers | {TIMESTAMP: "9" * 400}, body),
    "another time": lambda headers, body: (
        headers | {TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)},
        body,
    ),
    "one byte more": lambda headers, body: (headers, body + b" "),
    "one byte less": lambda headers, body: (headers, body[:-1]),
    "one byte changed": lambda headers, body: (headers, body.replace(b"delivered", b"deliveree")),
    "serialised again": lambda headers, body: (headers, body.replace(b'":', b'": ')),
    "no body": lambda headers, body: (headers, b""),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_not_signed_as_it_stands_is_refused_and_only_counted(provider, tables, what):
    """A41"""
    body = orjson.dumps([event(new_key())])
    before = tables()
    headers, body = WRONG[what](provider.headers(body), body)
    headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert 400 <= provider.send(body, headers) < 500
    assert tables() == before
    assert refused_calls() == 1


@pytest.mark.parametrize("late", [timedelta(hours=26), timedelta(minutes=-20)])
def test_a_batch_signed_long_ago_or_in_the_future_is_refused(provider, tables, late):
    """A41"""
    before = tables()
    assert provider.tell(event(new_key()), at=NOON - late) == 403
    assert tables() == before


def test_a_batch_that_was_tried_for_a_day_is_still_taken(provider):
    assert provider.tell(event(new_key()), at=NOON - timedelta(hours=24)) == 204


def test_without_a_key_nothing_is_taken(app, provider):
    app.config["SENDGRID_EVENT_PUBLIC_KEY"] = ""
    assert provider.tell(event(new_key())) == 403


@pytest.mark.parametrize("body", [b"{}", b"null", b"[", b"\xff\xfe", b"[" * 100_000, b'"x"', b""])
def test_signed_bytes_that_are_no_list_are_refused_and_never_a_fault(provider, body):
    """A41"""
    assert provider.send(body, provider.headers(body)) == 400
    assert count() == 0


def test_a_batch_without_end_is_refused(provider):
    body = b" " * (9 * 1024 * 1024)
    assert provider.send(body, provider.headers(body)) == 413


def test_the_librarys_own_verifier_says_the_same(signer):
    """Checked across: same curve, same hash, the library's public key format."""
    body = orjson.dumps([event(new_key(), reason="naïve")])
    headers = signer.headers(body, "1788264000")
    library = EventWebhook()
    key = library.convert_public_key_to_ecdsa(signer.public_key)
    known = (headers[SIGNATURE], headers[TIMESTAMP])
    assert library.verify_signature(body.decode(), *known, public_key=key)
    assert not library.verify_signature(body.decode() + " ", *known, public_key=key)


def test_the_same_batch_three_times_counts_once(provider):
    """A42"""
    batch = [event(new_key()) for _ in range(10)]
    assert [provider.tell(*batch) for _ in range(3)] == [204] * 3
    assert count() == 10


def test_an_event_that_is_told_again_under_another_id_counts_once(provider):
    """A42"""
    m = new_key()
    provider.tell(event(m, "deferred", attempt="1"))
    provider.tell(event(m, "deferred", attempt="1"), event(m, "deferred", attempt="2"))
    assert count() == 2


def test_batches_that_overlap_and_come_at_once_count_each_event_once(app, provider):
    """A42"""
    events = [event(new_key()) for _ in range(300)]

    def tell(start: int) -> int:
        chosen = events[start : start + 200]
        return provider.tell(*(chosen if start % 100 else reversed(chosen)))

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(tell, [0, 50, 100, 0, 50, 100, 99, 1]))
    assert answers == [204] * 8
    assert count() == 300


def test_one_bad_event_in_a_thousand_spoils_no_other(provider):
    """A44"""
    good = [event(new_key()) for _ in range(996)]
    bad = [
        "no object",
        event(new_key(), "teleported"),
        event("another-senders-id"),
        event(new_key(), timestamp="soon"),
    ]
    assert provider.tell(*good[:500], *bad, *good[500:]) == 204
    assert len(receipts(state=ReceiptState.NEW)) == 996
    quarantined = receipts(state=ReceiptState.QUARANTINED)
    assert {row.problem for row in quarantined} == {
        "It is no object.",
        "Its kind is not known here.",
        "It names no message of ours.",
        "Its time cannot be right.",
    }


ODD = [
    {"event": ["delivered"]},
    {"event": None},
    {"m": 5},
    {"m": None},
    {"m": "A" * 32},
    {"timestamp": -1},
    {"timestamp": 1e300},
    {"timestamp": True},
    {"timestamp": 99_999_999_999},
    {"timestamp": 10**40},
]


@pytest.mark.parametrize("fields", ODD, ids=str)
def test_odd_values_are_quarantined(provider, fields):
    """A44"""
    body = json.dumps([event(new_key()) | fields, event(new_key())]).encode()
    assert provider.send(body, provider.headers(body)) == 204
    states = sorted(row.state for row in receipts())
    assert states == [ReceiptState.NEW, ReceiptState.QUARANTINED]


def test_texts_that_no_database_takes_are_cleaned_and_cut(provider):
    """A44, A14"""
    m = new_key()
    told = rb'[{"event":"bounce","type":"bounce","timestamp":1788264000,"sg_event_id":7,"m":"'
    told += m.encode() + rb'","reason":"<script>\u0000\r\n\ud800</script>' + b"x" * 5_000 + b'"}]'
    assert provider.send(told, provider.headers(told)) == 204
    (row,) = receipts()
    assert row.detail.startswith("<script> </script>xxx")
    assert len(row.detail) <= 300
