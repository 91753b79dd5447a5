"""The provider's events: who sent them is proven by a signature; each is read by itself.

Source: SendGrid, "Event Webhook Reference" and "Event Webhook Security": ECDSA on P-256 with
SHA-256 over the timestamp header followed by the raw body; events as a JSON array of objects.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from outreach.errors import Refusal
from outreach.intake.addresses import MalformedAddress, read_address

OLDEST_CALL = timedelta(hours=25)
"""The provider tries again for 24 hours; what is replayed within that counts once all the same."""
CLOCKS_DIFFER = timedelta(minutes=10)
OLDEST_EVENT = datetime(2015, 1, 1, tzinfo=UTC)
MOST_EVENTS = 10_000
LONGEST_DETAIL = 300
LONGEST_RAW = 4_000

_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_KINDS = frozenset(
    [
        *("processed", "deferred", "delivered", "bounce", "dropped", "open", "click"),
        *("spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe"),
    ]
)
_OF_THE_ADDRESS = frozenset(["bounce", "dropped", "spamreport", "unsubscribe", "group_unsubscribe"])
"""What may say something of the mailbox, and not of the mail alone."""
_MAKES_IT_ITSELF = ("event", "timestamp", "type", "attempt", "url", "asm_group_id")


class NotSigned(Refusal):
    """Nothing shows that the provider sent this."""

    status = 403

    def __init__(self, why: str) -> None:
        super().__init__(f"Not taken: {why}.")


class NotEvents(Refusal):
    """Signed, and yet no list of events."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The body is no JSON array of events.")


@dataclass(frozen=True, slots=True)
class Told:
    """One event: what was told of which message. Of an unreadable one, why, and its beginning."""

    kind: str
    """As the provider calls it; `blocked` for a bounce of that type; `unreadable`."""
    fingerprint: str
    """64 hexadecimal digits; the same for an event that is told again."""
    public_id: str = ""
    provider_key: str | None = None
    happened_at: datetime = OLDEST_EVENT
    is_hard: bool = False
    """A bounce that says that the address is no good."""
    is_machine: bool = False
    detail: str = ""
    problem: str = ""
    address_digest: str = ""
    """SHA-256 of the key of the address to which that try went, of what may stop mail to it."""


def check_signature(
    public_key: str, signature: str | None, timestamp: str | None, body: bytes, *, at: datetime
) -> None:
    """Nothing, if the holder of the key signed this body not long ago. Raises NotSigned.

    public_key  base64 of its DER form, as the provider shows it
    body        exactly the bytes that came: they need not be text
    """
    if not public_key:
        raise NotSigned("no key is set to check it by")
    if not signature or not timestamp:
        raise NotSigned("it is not signed")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise NotSigned("its time is no number of seconds")
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    if not at - OLDEST_CALL <= signed_at <= at + CLOCKS_DIFFER:
        raise NotSigned("it was signed too long ago, or in the future")
    try:
        signed = b64decode(signature.encode("ascii"), validate=True)
    except ValueError:
        raise NotSigned("its signature is no base64") from None
    try:
        _key(public_key).verify(signed, timestamp.encode() + body, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise NotSigned("its signature is not for these bytes") from None


@lru_cache(maxsize=4)
def _key(public_key: str) -> EllipticCurvePublicKey:
    key = load_der_public_key(b64decode(public_key))
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("SENDGRID_EVENT_PUBLIC_KEY is no elliptic-curve key.")
    return key


def read_events(body: bytes, *, at: datetime) -> Iterator[Told]:
    """Each event of a batch; one that cannot be understood spoils no other. Raises NotEvents."""
    try:
        events = orjson.loads(body)
    except ValueError:
        events = _read_slowly(body)
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise NotEvents
    return (_told(event, at) for event in events)


def _read_slowly(body: bytes) -> Any:
    """Takes what the strict reader does not: half a character, a number beyond 64 bits."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotEvents from None


def _told(event: Any, at: datetime) -> Told:
    if not isinstance(event, dict):
        return _unreadable(event, "It is no object.")
    kind, public_id = event.get("event"), event.get("m")
    if not isinstance(public_id, str) or not _PUBLIC_ID.fullmatch(public_id):
        return _unreadable(event, "It names no message of ours.")
    if not isinstance(kind, str) or kind not in _KINDS:
        return _unreadable(event, "Its kind is not known here.")
    happened_at = _instant(event.get("timestamp"))
    if happened_at is None or not OLDEST_EVENT <= happened_at <= at + timedelta(days=1):
        return _unreadable(event, "Its time cannot be right.")
    key = event.get("sg_event_id")
    is_blocked = kind == "bounce" and event.get("type") == "blocked"
    return Told(
        kind="blocked" if is_blocked else kind,
        fingerprint=_fingerprint([event.get(name) for name in _MAKES_IT_ITSELF]),
        public_id=public_id,
        provider_key=_shown(key, 100) or None,
        happened_at=happened_at,
        is_hard=kind == "bounce" and not is_blocked and _is_for_good(event),
        is_machine=event.get("sg_machine_open") is True,
        detail=_shown(event.get("reason") or event.get("response"), LONGEST_DETAIL),
        address_digest=_digest(event.get("email")) if kind in _OF_THE_ADDRESS else "",
    )


def _digest(address: Any) -> str:
    """As lists of those not to write to keep an address; empty for what is none."""
    try:
        return sha256(read_address(address).key.encode()).hexdigest()
    except (MalformedAddress, AttributeError, ValueError):
        return ""


def _is_for_good(event: dict[str, Any]) -> bool:
    """A bounce says so by its status, 5.x.x; the provider leaves the status out now and then."""
    status = event.get("status")
    if isinstance(status, str) and status[:1] in ("4", "5"):
        return status[0] == "5"
    return event.get("type") == "bounce"


def _instant(seconds: Any) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _unreadable(event: Any, problem: str) -> Told:
    raw = json.dumps(event, sort_keys=True)
    return Told(
        kind="unreadable",
        fingerprint=_fingerprint(raw),
        detail=raw[:LONGEST_RAW],
        problem=problem,
    )


def _fingerprint(parts: Any) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()


def _shown(text: Any, longest: int) -> str:
    """Text that any database takes and that stays on one line; empty for what is no text."""
    return _NOT_SHOWN.sub(" ", text[:longest]).strip() if isinstance(text, str) else ""
