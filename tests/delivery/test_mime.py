"""The bytes of a mail: read back, they are what the standard library would have made."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from outreach.delivery.mailer import Address, Attachment, Letter, Recipient
from outreach.delivery.mime import Press
from tests.delivery.letters import ICS, calendar, make_letter, make_recipient

NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)
NAMES = [
    "Amina Diallo",
    "Dr. Ana María Pérez, PhD",
    'Nils "the" O\'Neil',
    "李小龙",
    "Её Превосходительство г-жа Иванова",
    "صاحب السمو الشيخ محمد",
    "x" * 61,
    "back\\slash",
]


def read(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def squeezed(header: object) -> str:
    """Without spaces: reading, the library adds one where a name goes on in a second word."""
    return "".join(str(header).split())


def by_the_library(letter: Letter, person: Recipient) -> EmailMessage:
    def address(mailbox: Address) -> HeaderAddress:
        return HeaderAddress(mailbox.name, addr_spec=mailbox.email)

    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=300))
    message["Date"] = format_datetime(NOON)
    message["From"] = address(letter.sender)
    assert letter.reply_to is not None
    message["Reply-To"] = address(letter.reply_to)
    message["To"] = address(person.to)
    message["Subject"] = letter.subject.fill(person.values)
    for name, value in {
        "Message-ID": person.message_id,
        **letter.headers,
        **person.headers,
    }.items():
        message[name] = value
    message.set_content(letter.text.fill(person.values))
    message.add_alternative(letter.html.fill(person.values), subtype="html")
    return read(message.as_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_bulk_copy_reads_like_the_librarys_own(name: str) -> None:
    letter, person = make_letter(subject="For {name}: {event}"), make_recipient(name=name)
    ours, theirs = read(Press(letter, NOON).copy(person)), by_the_library(letter, person)
    assert not any(part.defects for part in ours.walk())
    for header in set(theirs.keys()) - {"Content-Type"}:
        assert squeezed(ours[header]) == squeezed(theirs[header]), header
    assert sorted(ours.keys()) == sorted(theirs.keys())
    for mine, other in zip(ours.walk(), theirs.walk(), strict=True):
        assert mine.get_content_type() == other.get_content_type()
        if not mine.is_multipart():
            assert mine.get_content() == other.get_content()


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
        lambda text: not text.isspace()
    )
    | st.text(".=& x\nص李", min_size=70, max_size=80).map("李.".__add__),
    st.integers(0, 90),
    st.sampled_from("x."),
)
def test_any_value_comes_back_as_it_was(value: str, before: int, letter_before: str) -> None:
    """For each of several people, in both parts; no line is too long or begins with a dot."""
    start = letter_before * before
    letter = make_letter(subject="x", text=f"{start}{{name}}{{name}} {{name}}", html=".<p>{name}.")
    names = [value, "Ana", f"{value}.\n.{value}"]
    people = [make_recipient(n, name=name, to_name="Ana") for n, name in enumerate(names)]
    copies = list(Press(letter, NOON).copies(people))
    for name, person, (public_id, address, mail) in zip(names, people, copies, strict=True):
        assert (public_id, address) == (person.public_id, person.to.email)
        assert isinstance(mail, bytes)
        for kind, whole in (
            ("plain", f"{start}{name}{name} {name}\n"), ("html", f".<p>{escape(name)}.\n"),
        ):  # fmt: skip
            body = read(mail).get_body((kind,))
            assert body is not None
            assert body.get_content() == whole.replace("\n", "\r\n")
        lines = mail.split(b"\r\n")
        assert max(map(len, mail.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
        assert b"\n" not in mail.replace(b"\r\n", b"")
        assert not any(line.startswith(b".") for line in lines)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1))
def test_any_subject_comes_back_as_it_was(text: str) -> None:
    letter = make_letter(subject="{name}", text="x", html="x")
    if text.isspace() or text != text.strip() or "\x85" in text:
        return
    mail = Press(letter, NOON).copy(make_recipient(name=text, to_name="Ana"))
    assert str(read(mail)["Subject"]) == text


def test_a_calendar_stands_among_the_alternatives_with_its_method() -> None:
    letter = make_letter()
    pdf = Attachment("Lettre d'invitation – Ü.pdf", b"%PDF-1.7", "application/pdf")
    mail = read(Press(letter, NOON).copy(make_recipient(attachments=(calendar(), pdf))))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/pdf",
    ]
    invitation = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert invitation["Content-Type"].params["method"] == "REQUEST"
    assert invitation.get_content().encode() == ICS
    assert next(iter(mail.iter_attachments())).get_filename() == pdf.filename


def test_a_calendar_alone_needs_no_mixed_part() -> None:
    mail = read(Press(make_letter(), NOON).copy(make_recipient(attachments=(calendar(),))))
    assert mail.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_typed_however_long(name: str) -> None:
    mail = message_from_bytes(Press(make_letter(), NOON).copy(make_recipient(name=name * 3)))
    parts = decode_header(str(mail["To"]).replace('\\"', "'").replace("\\\\", "/"))
    shown = str(make_header(parts)).strip('"')
    assert shown.startswith((name * 3).replace('"', "'").replace("\\", "/"))


def test_a_name_like_an_encoded_word_is_shown_as_typed() -> None:
    mail = read(Press(make_letter(), NOON).copy(make_recipient(name="=?utf-8?q?evil?=")))
    assert mail["To"].addresses[0].display_name == "=?utf-8?q?evil?="


def test_a_domain_in_another_script_is_written_in_ascii() -> None:
    mail = read(Press(make_letter(), NOON).copy(make_recipient(email="info@bücher.example")))
    assert mail["To"].addresses[0].addr_spec == "info@xn--bcher-kva.example"
