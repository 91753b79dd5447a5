"""Events of the provider, read one by one."""

import orjson
import pytest

from outreach.intake.provider_events import NotEvents, read_events
from outreach.models.receipt import ReceiptKind
from outreach.tokens import new_key
from tests.factories import NOON

SECONDS = int(NOON.timestamp())


def read(*events):
    return list(read_events(orjson.dumps(list(events)), at=NOON))


def event(kind, **fields):
    return {"event": kind, "m": new_key(), "timestamp": SECONDS, "sg_event_id": "x"} | fields


@pytest.mark.parametrize(
    "kind", [kind for kind in ReceiptKind if kind not in ("blocked", "unreadable")]
)
def test_every_kind_that_we_know_is_read(kind):
    (told,) = read(event(kind.value))
    assert ReceiptKind(told.kind) is kind
    assert (told.happened_at, told.provider_key) == (NOON, "x")


@pytest.mark.parametrize(
    ("fields", "kind", "is_hard"),
    [
        ({"type": "bounce", "status": "5.1.1"}, "bounce", True),
        ({"type": "bounce"}, "bounce", True),
        ({"type": "bounce", "status": "4.2.2"}, "bounce", False),
        ({"type": "blocked", "status": "5.7.1"}, "blocked", False),
        ({"status": "5.1.1"}, "bounce", True),
        ({}, "bounce", False),
    ],
)
def test_a_block_is_no_bounce_and_a_full_mailbox_no_dead_one(fields, kind, is_hard):
    """A46"""
    (told,) = read(event("bounce", **fields))
    assert (told.kind, told.is_hard) == (kind, is_hard)


def test_the_same_event_under_another_id_has_the_same_fingerprint():
    """A42"""
    first = event("deferred", attempt="1")
    same, other = first | {"sg_event_id": "y", "ip": "::1"}, first | {"attempt": "2"}
    prints = [told.fingerprint for told in read(first, same, other)]
    assert prints[0] == prints[1] != prints[2]


def test_a_machine_that_opens_is_known_as_one():
    opened = read(event("open", sg_machine_open=True), event("open", sg_machine_open=False))
    assert [told.is_machine for told in opened] == [True, False]


@pytest.mark.parametrize("body", [b"", b"{}", b'"x"', b"[", b"[" * 5_000 + b"]" * 5_000 + b"x"])
def test_what_is_no_list_is_no_batch(body):
    with pytest.raises(NotEvents):
        list(read_events(body, at=NOON))


def test_what_cannot_be_read_keeps_its_beginning():
    """A44"""
    (told,) = read({"event": "delivered", "m": "not-ours", "reason": "<script>" * 1_000})
    assert told.kind == "unreadable"
    assert told.problem
    assert len(told.detail) <= 4_000
