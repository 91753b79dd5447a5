"""A letter and a recipient → the bytes of the mail (RFC 5322, MIME).

A `Press` prints one letter for many people. Its parts are encoded once for the whole letter and
joined as bytes: some microseconds a copy. Copies with attachments are single mails; their body is
built by the standard library. Tests parse both and find what EmailMessage alone would have made.
"""

import binascii
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email import policy, quoprimime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from outreach.delivery.fit import check_letter, check_recipient, mailbox
from outreach.delivery.letter import Compiled, UnfitLetter
from outreach.delivery.mailer import Address, Letter, Recipient

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*", re.ASCII)
_BREAK = re.compile(r"\r\n|\r|\n")
_SOFT = b"=\r\n"


class Press:
    """Prints one letter for many people.

    Raises UnsafeValue when the letter itself cannot be a mail (its sender, its headers).
    """

    def __init__(self, letter: Letter, date: datetime) -> None:
        check_letter(letter)
        self.letter = letter
        head = [b"Date: " + format_datetime(date).encode(), b"From: " + _address(letter.sender)]
        if letter.reply_to is not None:
            head.append(b"Reply-To: " + _address(letter.reply_to))
        head += [f"{name}: {value}".encode() for name, value in letter.headers.items()]
        self._head = b"\r\n".join(head) + b"\r\nTo: "
        self._text = _Printable(letter.text)
        self._html = _Printable(letter.html)
        boundary = secrets.token_hex(16).encode()
        between = b"--" + boundary + b"\r\nContent-Type: text/%s; charset=utf-8\r\n"
        between += b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        self._before_text = (
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%s"\r\n\r\n'
            % boundary
        ) + between % b"plain"
        self._before_html = b"\r\n" + between % b"html"
        self._end = b"\r\n--" + boundary + b"--\r\n"

    def copy(self, recipient: Recipient) -> bytes:
        """The mail for one person. Raises UnfitLetter, with a sentence for staff."""
        spec, values = check_recipient(recipient), recipient.values
        parts = [self._head, _named(recipient.to.name, spec), b"\r\nSubject: "]
        parts.append(unstructured(self.letter.subject.fill(values), used=9))
        parts.append(b"\r\nMessage-ID: " + recipient.message_id.encode() + b"\r\n")
        for name, value in recipient.headers.items():
            parts.append(f"{name}: {value}\r\n".encode())
        if recipient.attachments:
            parts.append(_with_attachments(self.letter, recipient))
            return b"".join(parts)
        parts.append(self._before_text)
        self._text.fill_into(parts, values)
        parts.append(self._before_html)
        self._html.fill_into(parts, values)
        parts.append(self._end)
        return b"".join(parts)

    def copies(
        self, recipients: Iterable[Recipient]
    ) -> Iterator[tuple[Recipient, bytes | UnfitLetter]]:
        """Each recipient with their mail, or with the reason why there is none."""
        for recipient in recipients:
            try:
                yield recipient, self.copy(recipient)
            except UnfitLetter as reason:
                yield recipient, reason


def _with_attachments(letter: Letter, recipient: Recipient) -> bytes:
    """Everything from MIME-Version on, by the standard library."""
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(letter.text.fill(recipient.values), cte="quoted-printable")
    html = letter.html.fill(recipient.values)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for attachment in recipient.attachments:
        if attachment.method is not None:
            # Mail programs look for an invitation among the alternatives, by this parameter.
            calendar = attachment.content.decode()
            params = {"method": attachment.method}
            message.add_alternative(calendar, subtype="calendar", cte="base64", params=params)
    for attachment in recipient.attachments:
        if attachment.method is None:
            main, _, sub = attachment.media_type.partition("/")
            message.add_attachment(
                attachment.content, maintype=main, subtype=sub, filename=attachment.filename
            )
    return message.as_bytes()


class _Printable:
    """A text whose literals are quoted-printable already; values are encoded line by line.

    Each value stands between soft line breaks, which vanish in reading, so that what surrounds it
    need not be wrapped again.
    """

    def __init__(self, compiled: Compiled) -> None:
        literals = list(compiled.literals)
        if not literals[-1].endswith("\n"):
            literals[-1] += "\n"
        self._compiled = compiled
        self._literals = [_quoted(literal) for literal in literals]
        for index in range(len(literals) - 1):
            if literals[index] and not literals[index].endswith(("\n", "\r")):
                self._literals[index] += _SOFT

    def fill_into(self, parts: list[bytes], values: Mapping[str, str]) -> None:
        """Append the encoded text, piece by piece."""
        parts.append(self._literals[0])
        for value, literal in zip(self._compiled.filled(values), self._literals[1:], strict=True):
            parts.append(_quoted_value(value))
            parts.append(_SOFT)
            parts.append(literal)


def _quoted(text: str) -> bytes:
    """Quoted-printable with lines of at most 75, so that a soft break fits behind the last."""
    raw = _BREAK.sub("\n", text).encode().decode("latin-1")
    return quoprimime.body_encode(raw, maxlinelen=75, eol="\r\n").encode()


def _quoted_value(value: str) -> bytes:
    if "\n" in value or "\r" in value:
        return _quoted(value)
    encoded = binascii.b2a_qp(value.encode())
    if len(encoded) <= 75:
        return encoded
    if len(encoded) - encoded.rfind(b"\n") > 76:
        return _quoted(value)
    return encoded.replace(b"=\n", _SOFT)


def _address(address: Address) -> bytes:
    return _named(address.name, mailbox(address))


def _named(name: str, spec: str) -> bytes:
    """A mailbox as a header shows it: bare, quoted, or with its name in encoded words."""
    name = name.strip()
    if not name:
        return spec.encode()
    if len(name) <= 60 and name.isascii() and "=?" not in name:
        if _ATOMS.fullmatch(name):
            return f"{name} <{spec}>".encode()
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{spec}>'.encode()
    return encoded_words(name) + b"\r\n <" + spec.encode() + b">"


@lru_cache(64)
def unstructured(text: str, *, used: int) -> bytes:
    """A subject as a header shows it; used is what its first line already holds."""
    if text.isascii() and "=?" not in text and len(text) + used <= 78 and text == text.strip():
        return text.encode()
    return encoded_words(text)


def encoded_words(text: str) -> bytes:
    """RFC 2047: base64 in words of at most 75 characters, each on a line, no letter cut in two.

    Cut behind a space where there is one: some readers show a space between the words, wrongly.
    """
    words, rest = list[bytes](), text.encode()
    while len(rest) > 45:
        end = 45
        while rest[end] & 0xC0 == 0x80:  # in the middle of a letter
            end -= 1
        cut = rest.rfind(b" ", 0, end) + 1 or end
        words.append(rest[:cut])
        rest = rest[cut:]
    words.append(rest)
    return b"\r\n ".join(
        b"=?utf-8?b?" + binascii.b2a_base64(word, newline=False) + b"?=" for word in words
    )
