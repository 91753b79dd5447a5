"""The SMTP mailer over real sockets: kept connections, TLS, sign-in, pipelining, order kept."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.provider.running import RunningProvider
from outreach.delivery.mailer import Accepted, Busy, Refused, Unfit
from outreach.delivery.smtp import SmtpMailer, server_at
from tests.delivery.letters import SOON, make_letter, make_recipient

_starts = iter(range(300_000, 900_000, 1_000))


def people(count: int) -> list[Any]:
    start = next(_starts)
    return [make_recipient(start + number, f"Person {number}") for number in range(count)]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 4])
def test_every_mail_arrives_once(
    provider: RunningProvider, pipelining: bool, connections: int
) -> None:
    provider.control(pipelining=pipelining)
    mailer = SmtpMailer(f"{provider.smtp_url}?connections={connections}")
    persons = people(120)
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    assert mailer._resting.qsize() == connections
    mailer.close()
    rows = {row["m"]: row["to"] for row in provider.ledger()}
    assert all(rows[person.public_id] == person.to.email for person in persons)
    counts = provider.counts()
    assert all(counts[person.public_id] == 1 for person in persons)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("step", "code", "kind"),
    [("RCPT", 550, Refused), ("RCPT", 451, Busy), ("end", 554, Refused), ("DATA", 451, Busy)],
)
def test_one_bad_address_does_not_touch_its_neighbours(
    provider: RunningProvider, pipelining: bool, step: str, code: int, kind: type
) -> None:
    persons = people(9)
    bad = persons[4]
    provider.control(pipelining=pipelining, smtp_step=step, smtp_code=code, smtp_to=bad.to.email)
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    mailer.close()
    for person in persons:
        assert isinstance(outcomes[person.public_id], kind if person is bad else Accepted)
        assert provider.counts()[person.public_id] == (person is not bad)


def test_a_421_in_between_costs_one_mail_a_delay_and_no_more(provider: RunningProvider) -> None:
    persons = people(9)
    bad = persons[4]
    provider.control(smtp_step="RCPT", smtp_code=421, smtp_to=bad.to.email)
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    mailer.close()
    for person in persons:
        assert isinstance(outcomes[person.public_id], Busy if person is bad else Accepted)


def test_a_server_that_ends_every_connection_is_asked_only_once(provider: RunningProvider) -> None:
    provider.control(smtp_step="MAIL", smtp_code=421)
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), people(50), key="k", timeout=SOON)
    mailer.close()
    assert {type(outcome) for outcome in outcomes.values()} == {Busy}
    assert sum("MAIL" in outcome.reason for outcome in outcomes.values()) == 1


def test_after_a_cut_the_rest_goes_over_a_new_connection(provider: RunningProvider) -> None:
    mailer = SmtpMailer(provider.smtp_url)
    mailer.hand_over(make_letter(), people(1), key="k", timeout=SOON)
    provider.kill()
    provider.start()
    outcomes = mailer.hand_over(make_letter(), people(3), key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    mailer.close()


def test_tls_and_sign_in(secure_provider: RunningProvider, trusting: ssl.SSLContext) -> None:
    address = secure_provider.smtp_url.removeprefix("smtp://")
    url = f"smtp://us%40er:{quote('s3cret & more')}@{address}?tls=starttls"
    mailer = SmtpMailer(url, context=trusting)
    for _ in range(2):
        outcomes = mailer.hand_over(make_letter(), people(20), key="k", timeout=SOON)
        assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    mailer.close()
    stranger = SmtpMailer(url)
    (outcome,) = stranger.hand_over(make_letter(), people(1), key="k", timeout=SOON).values()
    assert isinstance(outcome, Busy)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
    wrong = SmtpMailer(url.replace("s3cret", "s3cred"), context=trusting)
    (outcome,) = wrong.hand_over(make_letter(), people(1), key="k", timeout=SOON).values()
    assert isinstance(outcome, Refused)
    assert outcome.is_configuration
    assert "s3cred" not in outcome.reason


def test_without_starttls_nothing_is_sent_in_the_clear(provider: RunningProvider) -> None:
    mailer = SmtpMailer(f"{provider.smtp_url}?tls=starttls")
    (outcome,) = mailer.hand_over(make_letter(), people(1), key="k", timeout=SOON).values()
    assert isinstance(outcome, Refused)
    assert outcome.is_configuration
    mailer.close()


def test_a_server_that_is_not_there_is_busy(provider: RunningProvider) -> None:
    mailer = SmtpMailer("smtp://127.0.0.1:1")
    (outcome,) = mailer.hand_over(make_letter(), people(1), key="k", timeout=SOON).values()
    assert isinstance(outcome, Busy)
    assert outcome.is_provider_down


def test_when_time_is_over_the_rest_waits(provider: RunningProvider) -> None:
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), people(3), key="k", timeout=timedelta(0))
    assert {type(outcome) for outcome in outcomes.values()} == {Busy}


def test_a_server_that_says_nothing_holds_us_no_longer_than_agreed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{deaf.getsockname()[1]}")
        start = time.monotonic()
        outcomes = mailer.hand_over(
            make_letter(), people(3), key="k", timeout=timedelta(seconds=0.5)
        )
        assert time.monotonic() - start < 1
    assert {type(outcome) for outcome in outcomes.values()} == {Busy}


def test_who_cannot_be_written_to_is_left_and_the_others_go(provider: RunningProvider) -> None:
    persons = [*people(2), make_recipient(999_999, rsvp_link="")]
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    mailer.close()
    assert [type(outcomes[person.public_id]) for person in persons] == [Accepted, Accepted, Unfit]
    assert mailer.evidence([persons[0].public_id]) == {persons[0].public_id: None}


class Box:
    """What an independent server took in."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def other_server() -> Iterator[tuple[str, Box]]:
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}", box
    controller.stop()


def test_an_independent_server_reads_the_same_mail_dots_included(
    other_server: tuple[str, Box],
) -> None:
    url, box = other_server
    text = ".\n..two dots\nDear {name},\n.one\n{rsvp_link}\n{event}\n."
    letter, persons = make_letter(text=text), people(3)
    mailer = SmtpMailer(url)
    outcomes = mailer.hand_over(letter, persons, key="k", timeout=SOON)
    mailer.close()
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    for person, envelope in zip(persons, box.mails, strict=True):
        assert envelope.rcpt_tos == [person.to.email]
        assert isinstance(envelope.content, bytes)
        part = message_from_bytes(envelope.content).get_payload(0)
        lines = part.get_payload(decode=True).decode().splitlines()
        assert lines == letter.text.fill(person.values).splitlines()


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example",
        "smtp://",
        "smtp://a:b@mail.example.org?tls=none",
        "smtp://mail.example.org?tls=maybe",
        "smtp://mail.example.org?connections=99",
    ],
)
def test_a_setting_that_makes_no_sense_is_said_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpMailer(url)


def test_a_server_elsewhere_is_spoken_to_over_tls_unless_told_otherwise() -> None:
    server, _ = server_at("smtp://mail.example.org")
    assert (server.tls, server.port) == ("starttls", 25)
    server, _ = server_at("smtps://a%40b:c%2Fd@mail.example.org")
    assert (server.tls, server.port, server.user, server.password) == ("tls", 465, "a@b", "c/d")
    assert "c/d" not in repr(server)
