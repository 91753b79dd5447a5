"""Signed events, as SendGrid's event webhook sends them: late, twice, out of order, forged.

Source: SendGrid, "Event Webhook" and its signature: ECDSA on P-256 with SHA-256 over the
timestamp header and the raw body.
"""

import http.client
import queue
import random
import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.provider.behaviour import Behaviour

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_BATCH = 1_000
_TRIES = 5


class Signer:
    """Signs batches; the key is kept in a file, so that it survives the stand-in's own death."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            path.write_bytes(
                made.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @property
    def public_key(self) -> str:
        """As SendGrid shows it and SENDGRID_EVENT_PUBLIC_KEY wants it: base64 of the DER."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return b64encode(
            self._key.public_key().public_bytes(serialization.Encoding.DER, form)
        ).decode()

    def headers(self, body: bytes, timestamp: str) -> dict[str, str]:
        """The two headers for a body."""
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            SIGNATURE: b64encode(signature).decode(),
            TIMESTAMP: timestamp,
        }


def story(m: str, to: str, *, bounces: bool) -> list[dict[str, Any]]:
    """The events of one message: processed, then delivered or bounced."""
    at = int(time.time())
    common = {"email": to, "m": m, "sg_message_id": f"{m[:14]}.standin", "smtp-id": f"<{m}@x>"}
    end: dict[str, Any] = {"event": "delivered", "response": "250 OK"}
    if bounces:
        words = "550 5.1.1 no such mailbox"
        end = {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": words}
    events = [{"event": "processed", "timestamp": at}, {**end, "timestamp": at + 1}]
    return [{**common, **event, "sg_event_id": uuid.uuid4().hex} for event in events]


class Postman:
    """Posts events from a thread of its own; each batch until it is answered 2xx, five times."""

    def __init__(self, behaviour: Behaviour, signer: Signer) -> None:
        self._behaviour = behaviour
        self._signer = signer
        self._count = 0
        self.answers: dict[int, int] = {}
        """Status → how many batches were answered so; 0 for those that never were."""
        self._waiting: queue.Queue[tuple[float, list[tuple[str, str]]]] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def tell(self, accepted: Sequence[tuple[str, str]]) -> None:
        """Queue the events of what was accepted, if events are wanted at all."""
        if self._behaviour.events:
            self._waiting.put((time.monotonic() + self._behaviour.event_delay, list(accepted)))

    def _work(self) -> None:
        while True:
            due, accepted = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            events = list[dict[str, Any]]()
            for m, to in accepted:
                self._count += 1
                every = self._behaviour.bounce_every
                events += story(m, to, bounces=bool(every) and self._count % every == 0)
            if self._behaviour.event_shuffle:
                random.shuffle(events)
            for start in range(0, len(events), _BATCH):
                self._send(events[start : start + _BATCH])

    def _send(self, events: list[dict[str, Any]]) -> None:
        timestamp = str(int(time.time()))
        body = orjson.dumps(events)
        if self._behaviour.event_forged:
            lie = orjson.dumps([{**event, "event": "bounce"} for event in events])
            # Signed for other words than it carries: a forger has our headers, not our key.
            self._post(lie, self._signer.headers(body, timestamp), tries=1)
        self._post(body, self._signer.headers(body, timestamp), tries=_TRIES)
        if self._behaviour.event_twice:
            again = orjson.dumps([{**event, "sg_event_id": uuid.uuid4().hex} for event in events])
            self._post(again, self._signer.headers(again, timestamp), tries=_TRIES)

    def _post(self, body: bytes, headers: dict[str, str], *, tries: int) -> None:
        address = urlsplit(self._behaviour.events)
        status = 0
        for attempt in range(tries):
            connection = http.client.HTTPConnection(
                address.hostname or "127.0.0.1", address.port, timeout=10
            )
            try:
                connection.request("POST", address.path or "/", body, headers)
                status = connection.getresponse().status
            except OSError:
                status = 0
            finally:
                connection.close()
            self.answers[status] = self.answers.get(status, 0) + 1
            if 200 <= status < 300:
                return
            time.sleep(0.1 * 2**attempt)
