"""A57: what each answer of a provider means; one case an answer."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bench.provider.running import RunningProvider
from outreach.delivery.mailer import Accepted, Attachment, Busy, Outcome, Refused, Silent
from outreach.delivery.sendgrid import SendGridMailer
from outreach.delivery.smtp import SmtpMailer
from tests.delivery.letters import make_letter, make_recipient

A_WHILE = timedelta(seconds=1.5)
_numbers = iter(range(200_000, 300_000))


def one_by(mailer: Any) -> tuple[str, Outcome, float]:
    """Hand one mail over; returns its id, its outcome and the seconds it took."""
    person = make_recipient(next(_numbers))
    start = time.monotonic()
    outcomes = mailer.hand_over(make_letter(), [person], key="k", timeout=A_WHILE)
    assert list(outcomes) == [person.public_id]
    return person.public_id, outcomes[person.public_id], time.monotonic() - start


@pytest.fixture
def sendgrid(provider: RunningProvider) -> Iterator[SendGridMailer]:
    mailer = SendGridMailer(provider.key, provider.url)
    yield mailer
    mailer.close()


HTTP: list[tuple[dict[str, Any], type, dict[str, Any]]] = [
    ({}, Accepted, {}),
    ({"mode": "status", "status": 400}, Refused, {"is_configuration": False}),
    ({"mode": "status", "status": 413}, Refused, {"is_configuration": False}),
    ({"mode": "status", "status": 401}, Refused, {"is_configuration": True}),
    ({"mode": "status", "status": 403}, Refused, {"is_configuration": True}),
    ({"mode": "status", "status": 404}, Refused, {"is_configuration": True}),
    ({"mode": "status", "status": 429}, Busy, {"is_provider_down": False}),
    ({"mode": "status", "status": 500}, Busy, {"is_provider_down": True}),
    ({"mode": "status", "status": 503}, Busy, {"is_provider_down": True}),
    ({"mode": "status", "status": 502}, Silent, {}),
    ({"mode": "status", "status": 502, "accept": True}, Silent, {}),
    ({"mode": "status", "status": 504}, Silent, {}),
    ({"mode": "status", "status": 504, "accept": True}, Silent, {}),
    ({"mode": "html"}, Silent, {}),
    ({"mode": "redirect"}, Silent, {}),
    ({"mode": "reset"}, Silent, {}),
    ({"mode": "reset", "accept": True}, Silent, {}),
    ({"mode": "silent"}, Silent, {}),
    ({"mode": "silent", "accept": True}, Silent, {}),
    ({"mode": "drip"}, Silent, {}),
    ({"mode": "drip", "accept": True}, Silent, {}),
]


@pytest.mark.parametrize(("wishes", "kind", "about"), HTTP, ids=str)
def test_a57_what_sendgrids_answer_means(
    provider: RunningProvider,
    sendgrid: SendGridMailer,
    wishes: dict[str, Any],
    kind: type,
    about: dict[str, Any],
) -> None:
    """A57. Whatever it is, the call ends in time, and what was not accepted is never called so."""
    provider.control(**wishes)
    public_id, outcome, seconds = one_by(sendgrid)
    assert isinstance(outcome, kind), outcome
    for name, value in about.items():
        assert getattr(outcome, name) == value
    assert seconds < A_WHILE.total_seconds() + 0.5
    is_accepted = kind is Accepted or wishes.get("accept", False)
    assert provider.counts()[public_id] == int(is_accepted)


@pytest.mark.parametrize("accept", [True, False])
def test_a57_a_provider_that_dies_in_the_call_is_silence(
    provider: RunningProvider, sendgrid: SendGridMailer, accept: bool
) -> None:
    """A57, A55."""
    provider.control(mode="die", accept=accept)
    try:
        public_id, outcome, _ = one_by(sendgrid)
        assert isinstance(outcome, Silent)
        assert provider.counts()[public_id] == int(accept)
        provider.wait_until_dead()
        _, again, _ = one_by(sendgrid)
        assert isinstance(again, Busy)
        assert again.is_provider_down
    finally:
        provider.kill()
        provider.start()


def test_a57_429_says_how_long_to_wait(provider: RunningProvider, sendgrid: SendGridMailer) -> None:
    """A57."""
    provider.control(mode="status", status=429, reset_in=40)
    _, outcome, _ = one_by(sendgrid)
    assert isinstance(outcome, Busy)
    assert outcome.retry_after is not None
    assert timedelta(seconds=37) <= outcome.retry_after <= timedelta(seconds=41)


def test_after_silence_or_trouble_no_further_request_is_made(
    provider: RunningProvider, sendgrid: SendGridMailer
) -> None:
    persons = [make_recipient(next(_numbers)) for _ in range(4)]
    before = provider.control(mode="status", status=502)["requests"]
    letter = make_letter(is_personal=True)
    outcomes = sendgrid.hand_over(letter, persons, key="k", timeout=A_WHILE)
    kinds = [type(outcomes[person.public_id]) for person in persons]
    assert kinds == [Silent, Busy, Busy, Busy]
    assert provider.control()["requests"] - before == 1


SMTP: list[tuple[dict[str, Any], type, dict[str, Any]]] = [
    ({}, Accepted, {}),
    *(
        ({"smtp_step": step, "smtp_code": code}, Busy, {"is_limited": False})
        for step in ("RCPT", "end")
        for code in (421, 450, 451, 452, 454)
    ),
    ({"smtp_step": "MAIL", "smtp_code": 451}, Busy, {"is_limited": False}),
    ({"smtp_step": "DATA", "smtp_code": 451}, Busy, {"is_limited": False}),
    ({"smtp_step": "RCPT", "smtp_code": 442}, Busy, {"is_limited": True}),
    ({"smtp_step": "RCPT", "smtp_code": 550}, Refused, {"is_configuration": False}),
    ({"smtp_step": "end", "smtp_code": 554}, Refused, {"is_configuration": False}),
    ({"smtp_step": "MAIL", "smtp_code": 530}, Refused, {"is_configuration": True}),
    ({"smtp_step": "MAIL", "smtp_code": 553}, Refused, {"is_configuration": True}),
    ({"smtp_step": "greeting", "smtp_code": 421}, Busy, {"is_provider_down": True}),
    ({"smtp_step": "greeting", "smtp_code": 554}, Refused, {"is_configuration": True}),
    ({"smtp_cut": "envelope"}, Busy, {}),
    # The mail had left us whole: that the other side read none of it is more than we can know.
    ({"smtp_cut": "before"}, Silent, {}),
    ({"smtp_cut": "after"}, Silent, {}),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("wishes", "kind", "about"), SMTP, ids=str)
def test_a57_what_a_mail_servers_reply_means(
    provider: RunningProvider,
    wishes: dict[str, Any],
    kind: type,
    about: dict[str, Any],
    pipelining: bool,
) -> None:
    """A57."""
    provider.control(pipelining=pipelining, **wishes)
    mailer = SmtpMailer(provider.smtp_url)
    public_id, outcome, _ = one_by(mailer)
    mailer.close()
    assert isinstance(outcome, kind), outcome
    for name, value in about.items():
        assert getattr(outcome, name) == value
    is_accepted = kind is Accepted or wishes.get("smtp_cut") == "after"
    assert provider.counts()[public_id] == int(is_accepted)


def test_a57_a_connection_lost_in_the_middle_of_a_mail_is_busy(provider: RunningProvider) -> None:
    """A57: the final dot had not left us, so the mail did not go out."""
    provider.control(smtp_cut="before")
    large = Attachment("plan.pdf", b"x" * 20_000_000, "application/pdf")
    person = make_recipient(next(_numbers), attachments=(large,))
    mailer = SmtpMailer(provider.smtp_url)
    outcomes = mailer.hand_over(make_letter(), [person], key="k", timeout=A_WHILE * 8)
    outcome = outcomes[person.public_id]
    assert isinstance(outcome, Busy)
    assert "before the mail was complete" in outcome.reason
    assert provider.counts()[person.public_id] == 0
