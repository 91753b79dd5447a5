"""The stand-in itself: a referee that is wrong would make every fault test worthless."""

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from bench.provider.events import SIGNATURE, TIMESTAMP
from bench.provider.rules import faults
from bench.provider.running import RunningProvider
from outreach.delivery.personalizations import requests
from outreach.delivery.sendgrid import SendGridMailer
from tests.delivery.letters import SOON, make_letter, make_recipient


def a_mail(count: int = 2) -> Any:
    persons = [make_recipient(number, f"Person {number}") for number in range(count)]
    return orjson.loads(requests(make_letter(), persons)[0][0].body())


def test_a_mail_by_the_book_has_no_fault() -> None:
    assert list(faults(a_mail(1000))) == []


BREAK: dict[str, Callable[[Any], Any]] = {
    "an address twice": lambda m: m["personalizations"][0].update(m["personalizations"][1]),
    "1,001 personalizations": lambda m: m["personalizations"].extend(
        a_mail(1000)["personalizations"]
    ),
    "no personalization": lambda m: m["personalizations"].clear(),
    "a substitution that is no text": lambda m: m["personalizations"][0]["substitutions"].update(
        a=1
    ),
    "10,001 bytes": lambda m: m["personalizations"][0]["substitutions"].update(a="x" * 10_001),
    "a reserved header": lambda m: m["personalizations"][0]["headers"].update(Subject="x"),
    "html before text": lambda m: m["content"].reverse(),
    "a semicolon in a type": lambda m: m["content"][0].update(type="text/plain; charset=utf-8"),
    "an empty subject": lambda m: m.update(subject=""),
    "an unknown parameter": lambda m: m.update(idempotency_key="x"),
    "no address": lambda m: m["personalizations"][0]["to"][0].update(email="nobody"),
    "a name that is no text": lambda m: m["from"].update(name=7),
}


@pytest.mark.parametrize("what", BREAK)
def test_what_the_documentation_forbids_is_refused(what: str) -> None:
    mail = a_mail()
    BREAK[what](mail)
    assert list(faults(mail))


def test_its_ledger_survives_its_own_death_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    with RunningProvider(tmp_path) as provider:
        mailer = SendGridMailer(provider.key, provider.url, has_mail_log=True)
        person = make_recipient(1)
        mailer.hand_over(make_letter(), [person], key="k", timeout=SOON)
        provider.kill()
        with provider.ledger_path.open("ab") as ledger:
            ledger.write(b'{"m":"half')
        assert [row["m"] for row in provider.ledger()] == [person.public_id]
        provider.start()
        assert mailer.evidence([person.public_id]) == {person.public_id: True}
        mailer.hand_over(make_letter(), [make_recipient(2)], key="k", timeout=SOON)
        assert [row["request"] for row in provider.ledger()] == [1, 2]
        mailer.close()


def test_a_wrong_key_is_401(provider: RunningProvider) -> None:
    mailer = SendGridMailer("SG.wrong", provider.url)
    (outcome,) = mailer.hand_over(make_letter(), [make_recipient()], key="k", timeout=SOON).values()
    assert "401" in str(outcome)
    mailer.close()


def test_a_wish_that_it_does_not_know_is_refused(provider: RunningProvider) -> None:
    with pytest.raises(ValueError, match="unknown: colour"):
        provider.control(colour="blue")


class Hook(BaseHTTPRequestHandler):
    got: list[tuple[bytes, str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((body, self.headers[SIGNATURE], self.headers[TIMESTAMP]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[bytes, str, str]]]]:
    got: list[tuple[bytes, str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneHook", (Hook,), {"got": got}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


def test_events_are_signed_come_twice_and_with_a_forgery(
    provider: RunningProvider, hook: tuple[str, list[tuple[bytes, str, str]]]
) -> None:
    url, got = hook
    about = provider.control(
        events=url, event_twice=True, event_forged=True, event_shuffle=True, bounce_every=2
    )
    mailer = SendGridMailer(provider.key, provider.url)
    persons = [make_recipient(number) for number in (1, 2)]
    mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    mailer.close()
    deadline = time.monotonic() + 5
    while len(got) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    verifier = EventWebhook(about["event_public_key"])
    valid = [verifier.verify_signature(body.decode(), sign, at) for body, sign, at in got]
    assert valid == [False, True, True]
    first, second = (orjson.loads(body) for body, _, _ in got[1:])
    assert {event["m"] for event in first} == {person.public_id for person in persons}
    assert sorted(event["event"] for event in first) == [
        *("bounce", "delivered", "processed", "processed")
    ]
    assert {event["sg_event_id"] for event in first}.isdisjoint(
        event["sg_event_id"] for event in second
    )
