"""Texts with fields: what staff write cannot run, what people are called cannot break out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.provider.running import RunningProvider
from outreach.delivery.file import FileMailer
from outreach.delivery.letter import (
    UnfilledField,
    UnfitLetter,
    UnknownField,
    UnsafeValue,
    compile_html,
    compile_line,
    compile_text,
)
from outreach.delivery.mailer import Address, Attachment, Letter, Mailer, Recipient, Unfit
from outreach.delivery.sendgrid import SendGridMailer
from outreach.delivery.smtp import SmtpMailer
from tests.delivery.letters import SOON, make_letter, make_recipient

FIELDS = ("name", "link")


def test_each_field_is_filled_where_it_stands() -> None:
    compiled = compile_text("Dear {name}, {name}!\n{link}", FIELDS)
    assert compiled.fill({"name": "Ana", "link": "x"}) == "Dear Ana, Ana!\nx"


def test_markdown_may_have_encoded_the_braces_of_a_link() -> None:
    compiled = compile_html('<a href="%7Blink%7D">go</a>', FIELDS)
    assert compiled.fill({"link": "https://x.example"}) == '<a href="https://x.example">go</a>'


def test_values_are_escaped_in_html_and_plain_in_text() -> None:
    name = {"name": '<b>O\'Neil & "Co"'}
    html = compile_html("<p>{name}</p>", FIELDS).fill(name)
    assert html == "<p>&lt;b&gt;O&#39;Neil &amp; &#34;Co&#34;</p>"
    assert compile_text("{name}", FIELDS).fill(name) == name["name"]


@pytest.mark.parametrize("value", [None, "", "   ", "\u00a0"])
def test_a12_a_missing_or_empty_value_is_an_error_and_never_dear_none(value: str | None) -> None:
    """A12."""
    values = {} if value is None else {"name": value}
    with pytest.raises(UnfilledField, match="name"):
        compile_text("Dear {name}", FIELDS).fill(values)


@pytest.mark.parametrize("name", ["{link}", "{{ link }}", "{name}", "%7Blink%7D"])
def test_a13_someone_who_is_called_like_a_field_stays_so(name: str) -> None:
    """A13."""
    filled = compile_text("{name} {link}", FIELDS).fill({"name": name, "link": "LINK"})
    assert filled == f"{name} LINK"


@pytest.mark.parametrize("source", ["{{ config }}", "{% for %}", "{name", "name}", "{ name }"])
def test_braces_that_are_no_field_are_refused_at_saving(source: str) -> None:
    with pytest.raises(UnfitLetter):
        compile_text(source, FIELDS)


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(UnknownField, match="nmae"):
        compile_text("Dear {nmae}", FIELDS)


def test_a_style_sheet_keeps_its_braces() -> None:
    source = "<style>@media print{a{color:red}}</style><p>{name}</p>"
    filled = compile_html(source, FIELDS).fill({"name": "Ana"})
    assert filled == "<style>@media print{a{color:red}}</style><p>Ana</p>"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
def test_a_link_is_a_link(link: str) -> None:
    compiled = compile_html("<a href='{link}'>go</a>", FIELDS)
    with pytest.raises(UnsafeValue, match="link"):
        compiled.fill({"link": link})


BREAKS = [
    "a\r\nBcc: x@example.com",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u2028b",
    "a\x85b",
    "a\ud800b",
    "x" * 10_000,
]


@pytest.fixture(params=["file", "smtp", "sendgrid"])
def refuses(
    request: pytest.FixtureRequest, provider: RunningProvider, tmp_path: Path
) -> Iterator[Callable[[Letter, Recipient], bool]]:
    """Whether a mailer calls it unfit, with nobody called and nothing written."""
    mailer: Mailer = {
        "file": lambda: FileMailer(tmp_path),
        "smtp": lambda: SmtpMailer(provider.smtp_url),
        "sendgrid": lambda: SendGridMailer(provider.key, provider.url),
    }[request.param]()

    def is_refused(letter: Letter, person: Recipient) -> bool:
        outcomes = mailer.hand_over(letter, [person], key="k", timeout=SOON)
        return [type(outcome) for outcome in outcomes.values()] == [Unfit]

    yield is_refused
    assert list(tmp_path.glob("*.eml")) == []
    mailer.close()


@pytest.mark.parametrize("text", BREAKS)
def test_a15_no_line_break_enters_a_header(
    refuses: Callable[[Letter, Recipient], bool], text: str
) -> None:
    """A15: in a subject or its value, a name, an address, a header, an attachment's name or type;
    for all three mailers."""
    with pytest.raises(UnsafeValue):
        compile_line(text, FIELDS)
    fit, person = make_letter(), make_recipient()
    for letter in (
        make_letter(reply_to=Address(text, "a@example.org")),
        make_letter(sender=Address(text, "a@example.org")),
        make_letter(headers={"X": text}),
    ):
        assert refuses(letter, person)
    assert refuses(make_letter(subject="To {name}"), make_recipient(name=text, to_name="Ana"))
    assert refuses(fit, make_recipient(to_name=text))
    assert refuses(fit, make_recipient(email=text))
    for attachment in [Attachment(text, b"", "text/plain"), Attachment("x", b"", f"text/{text}")]:
        assert refuses(fit, make_recipient(attachments=(attachment,)))


@pytest.mark.parametrize(
    "email",
    ["a@b@c.example", "a b@example.org", "x@y.org,z@w.org", "", "<a@example.org>", "é@example.org"],
)
def test_a_malformed_address_is_refused_before_anyone_is_called(
    refuses: Callable[[Letter, Recipient], bool], email: str
) -> None:
    assert refuses(make_letter(), make_recipient(email=email))


@pytest.mark.parametrize("name", ["From", "Subject", "Content-Type", "X\r\nBcc", "X:Y", ""])
def test_no_header_replaces_one_of_ours(
    refuses: Callable[[Letter, Recipient], bool], name: str
) -> None:
    assert refuses(make_letter(headers={name: "x"}), make_recipient())
