"""The SendGrid mailer against the stand-in: what is asked for, in which requests, for whom."""

import logging
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest
from sendgrid.helpers.mail import Content, Email, Mail, Personalization, Substitution, To

from bench.provider.running import RunningProvider
from outreach.delivery.mailer import Accepted, Address, Busy, Recipient, Refused, Unfit
from outreach.delivery.personalizations import groups, requests
from outreach.delivery.sendgrid import SendGridMailer
from tests.delivery.letters import SOON, calendar, make_letter, make_recipient


@pytest.fixture
def mailer(provider: RunningProvider) -> Iterator[SendGridMailer]:
    made = SendGridMailer(provider.key, provider.url, has_mail_log=True)
    yield made
    made.close()


def people(start: int, count: int) -> list[Recipient]:
    return [make_recipient(start + number, f"Person {number}") for number in range(count)]


def test_a_thousand_go_in_one_request_and_the_1001st_in_another(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    before = provider.control()["requests"]
    persons = people(10_000, 1_001)
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    assert len(outcomes) == 1_001
    assert provider.control()["requests"] - before == 2
    counts = provider.counts()
    assert all(counts[person.public_id] == 1 for person in persons)


def test_a13_each_reader_gets_their_own_words_and_nothing_is_expanded_twice(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    """A13, and two tags for one field: escaped in HTML, plain in text and subject."""
    provider.control(keep=10)
    letter = make_letter(subject="{name}: {event}")
    persons = [
        make_recipient(20_001, "{name} {{ email }}"),
        make_recipient(20_002, "<b>O'Neil</b> & Co"),
        make_recipient(20_003, "%name% -name- {rsvp_link}"),
    ]
    mailer.hand_over(letter, persons, key="k", timeout=SOON)
    arrived = {mail["m"]: mail for mail in provider.mails()}
    for person in persons:
        mail = arrived[person.public_id]
        assert mail["subject"] == letter.subject.fill(person.values)
        assert mail["content"][0] == letter.text.fill(person.values)
        assert mail["content"][1] == letter.html.fill(person.values)
        assert mail["headers"]["Message-ID"] == person.message_id
        assert mail["headers"]["List-Unsubscribe"] == person.headers["List-Unsubscribe"]
        assert mail["headers"]["List-Id"] == "<conference.example.org>"
        assert mail["together_with"] == 2


def test_only_what_differs_is_substituted_and_only_our_id_is_told() -> None:
    persons = people(1, 3)
    (request,), _ = requests(make_letter(), persons)
    body = orjson.loads(request.body())
    assert body["subject"] == "Invitation to WTDC"
    for entry, person in zip(body["personalizations"], persons, strict=True):
        assert entry["custom_args"] == {"m": person.public_id}
        assert sorted(entry["substitutions"].values()) == sorted(
            [person.values["name"], person.values["rsvp_link"]]
        )
    assert "custom_args" not in body
    for setting in body["tracking_settings"].values():
        assert setting["enable"] is False


def test_the_body_is_what_the_packages_own_helpers_would_make() -> None:
    person = make_recipient(1, "Ana; Pérez, Dr.")
    letter = make_letter()
    (request,), _ = requests(letter, [person])
    ours = orjson.loads(request.body())
    mail = Mail(
        from_email=Email(letter.sender.email, letter.sender.name),
        subject="Invitation to WTDC",
        plain_text_content=Content("text/plain", letter.text.fill(person.values)),
        html_content=Content("text/html", letter.html.fill(person.values)),
    )
    entry = Personalization()
    entry.add_to(To(person.to.email, person.to.name))
    entry.add_substitution(Substitution("-x-", "y"))
    mail.add_personalization(entry)
    theirs = mail.get()
    for name in ("from", "subject", "content"):
        assert ours[name] == theirs[name]
    assert ours["personalizations"][0]["to"] == theirs["personalizations"][0]["to"]


def test_two_people_at_one_address_go_in_two_requests(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    office = "Office@example.org"
    persons = [
        make_recipient(30_001, "The minister", office),
        make_recipient(30_002, "Her deputy", office.lower()),
        make_recipient(30_003, "Someone else"),
    ]
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    rows = {row["m"]: row["request"] for row in provider.ledger()}
    first, second, third = (rows[person.public_id] for person in persons)
    assert first == third
    assert first != second


def test_personal_letters_and_attachments_go_alone(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    provider.control(keep=4)
    with_calendar = make_recipient(40_001, attachments=(calendar(),))
    persons = [with_calendar, make_recipient(40_002), make_recipient(40_003)]
    mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    mailer.hand_over(make_letter(is_personal=True), people(40_004, 2), key="k", timeout=SOON)
    mails = {mail["m"]: mail for mail in provider.mails()}
    alone = mails[with_calendar.public_id]
    assert alone["together_with"] == 0
    assert alone["attachments"][0]["type"] == "text/calendar; method=REQUEST"
    assert [group[0].public_id for group in groups(make_letter(), persons)][-1] == (
        with_calendar.public_id
    )
    assert [mails[person.public_id]["together_with"] for person in people(40_004, 2)] == [0, 0]


def test_words_too_long_for_a_substitution_go_in_a_request_of_their_own(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    long = make_recipient(50_001, "é" * 6_000, to_name="Ana")
    persons = [make_recipient(50_002, "Bea"), long, make_recipient(50_003, "Cleo")]
    outcomes = mailer.hand_over(make_letter(subject="x"), persons, key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    rows = {row["m"]: row["request"] for row in provider.ledger()}
    first, alone, last = (rows[person.public_id] for person in persons)
    assert first == last != alone


def test_a12_who_has_an_empty_field_is_left_and_the_others_go(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    """A12."""
    persons = [*people(60_001, 2), make_recipient(60_009, name=" ", to_name="Nobody")]
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    assert isinstance(outcomes[persons[2].public_id], Unfit)
    assert [type(outcomes[person.public_id]) for person in persons[:2]] == [Accepted, Accepted]


@pytest.mark.parametrize("text", ["a\r\nBcc: x@example.com", "a\0b", "a\u2028b"])
def test_a15_a_line_break_never_reaches_the_provider(mailer: SendGridMailer, text: str) -> None:
    """A15."""
    fit = make_recipient(61_000)
    for person in (make_recipient(61_001, to_name=text), make_recipient(61_002, email=text)):
        outcomes = mailer.hand_over(make_letter(), [person, fit], key="k", timeout=SOON)
        assert isinstance(outcomes[person.public_id], Unfit)
    letter = make_letter(sender=Address(text, "a@example.org"))
    assert isinstance(mailer.hand_over(letter, [fit], key="k", timeout=SOON)[fit.public_id], Unfit)


@pytest.mark.parametrize("names_field", [True, False])
def test_one_bad_address_of_a_thousand_is_refused_alone(
    provider: RunningProvider, mailer: SendGridMailer, names_field: bool
) -> None:
    persons = people(70_000 if names_field else 72_000, 1_000)
    bad = persons[617]
    before = provider.control(refuse=[bad.to.email], names_field=names_field)["requests"]
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    refused = [key for key, outcome in outcomes.items() if not isinstance(outcome, Accepted)]
    assert refused == [bad.public_id]
    assert isinstance(outcomes[bad.public_id], Refused)
    assert provider.control()["requests"] - before <= (3 if names_field else 21)
    counts = provider.counts()
    assert all(counts[person.public_id] == (person is not bad) for person in persons)


def test_a_bisection_ends_and_leaves_the_rest_for_later(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    persons = people(74_000, 1_000)
    before = provider.control(refuse=[person.to.email for person in persons])["requests"]
    outcomes = mailer.hand_over(make_letter(), persons, key="k", timeout=SOON)
    assert {type(outcome) for outcome in outcomes.values()} == {Refused, Busy}
    assert provider.control()["requests"] - before <= 150


def test_a_letter_that_is_refused_itself_blames_nobody(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    letter = make_letter(text="{event}", html="<p>{event}</p>", subject="")
    outcomes = mailer.hand_over(letter, people(76_000, 20), key="k", timeout=SOON)
    assert all(
        isinstance(outcome, Refused) and outcome.is_configuration for outcome in outcomes.values()
    )


def test_connections_are_kept(provider: RunningProvider, mailer: SendGridMailer) -> None:
    mailer.hand_over(make_letter(), people(77_000, 1), key="k", timeout=SOON)
    kept = mailer._transport._resting.queue[0]
    for number in range(3):
        mailer.hand_over(make_letter(), people(77_001 + number, 1), key="k", timeout=SOON)
    assert list(mailer._transport._resting.queue) == [kept]


def test_several_threads_may_share_one_mailer(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    provider.control(delay=1.0)
    units = [people(77_100 + 100 * number, 100) for number in range(4)]
    start = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(
                lambda unit: mailer.hand_over(make_letter(), unit, key="k", timeout=SOON), units
            )
        )
    assert time.monotonic() - start < 3.5  # one after another takes four
    for unit, outcomes in zip(units, found, strict=True):
        assert {person.public_id for person in unit} == outcomes.keys()
        assert {type(outcome) for outcome in outcomes.values()} == {Accepted}


def test_a_connection_that_the_provider_closed_meanwhile_is_not_used(
    provider: RunningProvider, mailer: SendGridMailer
) -> None:
    mailer.hand_over(make_letter(), people(78_000, 1), key="k", timeout=SOON)
    provider.kill()
    provider.start()
    outcomes = mailer.hand_over(make_letter(), people(78_001, 1), key="k", timeout=SOON)
    assert [type(outcome) for outcome in outcomes.values()] == [Accepted]


def test_the_log_shows_neither_key_nor_mail(
    provider: RunningProvider, mailer: SendGridMailer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for status in (401, 400, 500):
        provider.control(mode="status", status=status)
        mailer.hand_over(make_letter(), people(79_000, 2), key="k", timeout=SOON)
    provider.control(mode="ok")
    mailer.hand_over(make_letter(), people(79_000, 2), key="k", timeout=SOON)
    for secret in (provider.key, "Person 1", "person79001", "/i/"):
        assert secret not in caplog.text


def test_the_mail_log_is_the_evidence(provider: RunningProvider, mailer: SendGridMailer) -> None:
    persons = people(80_000, 13)
    mailer.hand_over(make_letter(), persons[:12:2], key="k", timeout=SOON)
    found = mailer.evidence([person.public_id for person in persons])
    assert list(found.values()) == [number % 2 == 0 and number < 12 for number in range(13)]
    provider.control(log_lag=-1)
    assert set(mailer.evidence([persons[0].public_id]).values()) == {None}
    without = SendGridMailer(provider.key, provider.url)
    assert without.evidence([persons[0].public_id]) == {persons[0].public_id: None}


def test_tls_is_verified(secure_provider: RunningProvider, trusting: ssl.SSLContext) -> None:
    person = make_recipient(90_000)
    stranger = SendGridMailer(secure_provider.key, secure_provider.url)
    outcome = stranger.hand_over(make_letter(), [person], key="k", timeout=SOON)[person.public_id]
    assert isinstance(outcome, Busy)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
    friend = SendGridMailer(secure_provider.key, secure_provider.url, context=trusting)
    for number in range(3):
        one = make_recipient(90_001 + number)
        outcomes = friend.hand_over(make_letter(), [one], key="k", timeout=SOON)
        assert isinstance(outcomes[one.public_id], Accepted)
    assert friend._transport._resting.qsize() == 1
    friend.close()


@pytest.mark.parametrize("host", ["http://api.sendgrid.com", "ftp://x", "", "api.sendgrid.com"])
def test_the_key_is_never_sent_in_the_clear(host: str) -> None:
    with pytest.raises(ValueError, match="https"):
        SendGridMailer("SG.key", host)


def test_no_time_means_no_call(provider: RunningProvider, mailer: SendGridMailer) -> None:
    before = provider.control()["requests"]
    outcomes = mailer.hand_over(make_letter(), people(91_000, 2), key="k", timeout=timedelta(0))
    assert {type(outcome) for outcome in outcomes.values()} == {Busy}
    assert provider.control()["requests"] == before
