"""A letter and a recipient → the bytes of the mail (RFC 5322, MIME).

A `Press` prints one letter for many people. Its parts are encoded once for the whole letter, what
is one's own column by column, and each copy is one join: some microseconds. Copies with attachments
are single mails; their body is built by the standard library. Tests parse both and find what
EmailMessage alone would have made.

No line of a printed mail begins with a dot, so that none has to be doubled on its way (RFC 5321,
section 4.5.2; RFC 2049, section 3, advises the same for gateways that forget it).
"""

import binascii
import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import policy, quoprimime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from outreach.delivery.fit import check_letter, fit_addresses, mailbox
from outreach.delivery.letter import Compiled, UnfitLetter
from outreach.delivery.mailer import Address, Letter, Recipient
from outreach.delivery.recipients import Column, Recipients

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*", re.ASCII)
_BREAK = re.compile(r"\r\n|\r|\n")
_DOTS = re.compile(rb"^\.+", re.MULTILINE)
_SOFT = b"=\r\n"

Copy = tuple[str, str, bytes | UnfitLetter]
"""A public id, the address in ASCII, and the mail or the reason why there is none."""


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
        ((_, _, mail),) = self._sheet(Recipients.of([recipient])).printed()
        return mail

    def copies(self, recipients: Sequence[Recipient]) -> Iterator[Copy]:
        """Each public id with the address in ASCII and the mail, or why there is none."""
        group = Recipients.of(recipients)
        if group and not group.attachments:
            try:
                sheet = self._sheet(group)
            except UnfitLetter:
                pass  # who it is shows one by one
            else:
                yield from sheet.printed()
                return
        for recipient in group:
            try:
                yield from self._sheet(Recipients.of([recipient])).printed()
            except UnfitLetter as reason:
                yield recipient.public_id, "", reason

    def _sheet(self, group: Recipients) -> "_Sheet":
        """The mails of a group before they are joined. Raises UnfitLetter."""
        sheet = _Sheet(group, fit_addresses(group))
        sheet.write(self._head)
        named = zip(group.names, sheet.addresses, strict=True)
        sheet.gap([_named(name, address) for name, address in named])
        sheet.write(b"\r\nSubject: ")
        sheet.subject(self.letter.subject)
        sheet.write(b"\r\nMessage-ID: ")
        sheet.gap([message_id.encode() for message_id in group.message_ids])
        sheet.write(b"\r\n")
        for name, column in group.headers.items():
            sheet.header(name, column)
        if group.attachments:
            sheet.gap([_with_attachments(self.letter, recipient) for recipient in group])
            return sheet
        sheet.write(self._before_text)
        sheet.body(self._text)
        sheet.write(self._before_html)
        sheet.body(self._html)
        sheet.write(self._end)
        return sheet


class _Sheet:
    """The mails of many: what is equal for all, and between each two such pieces a column."""

    def __init__(self, group: Recipients, addresses: Sequence[str]) -> None:
        self.addresses = addresses
        self._group = group
        self._pieces = [b""]
        self._columns: list[Sequence[bytes]] = []
        self._plain: dict[str, Sequence[bytes]] = {}

    def write(self, content: bytes) -> None:
        """What is equal for everyone."""
        self._pieces[-1] += content

    def gap(self, column: Sequence[bytes]) -> None:
        """What is one's own."""
        self._columns.append(column)
        self._pieces.append(b"")

    def header(self, name: str, column: Column) -> None:
        """A header; none for whom it is empty."""
        if isinstance(column, str):
            self.write(f"{name}: {column}\r\n".encode() if column else b"")
        else:
            self.gap([f"{name}: {value}\r\n".encode() if value else b"" for value in column])

    def subject(self, subject: Compiled) -> None:
        """As a header shows it."""
        columns = [subject.column(name, self._values(name)) for name in subject.fields]
        if not columns:
            self.write(unstructured(subject.literals[0], used=9))
            return
        template = [""] * (len(subject.literals) + len(columns))
        template[::2] = subject.literals
        written = list[bytes]()
        for row in zip(*columns, strict=True):
            template[1::2] = row
            written.append(unstructured("".join(template), used=9))
        self.gap(written)

    def body(self, printable: "_Printable") -> None:
        """A part with everyone's values; who needs none escaped shares them between the parts."""
        self.write(printable.literals[0])
        for name, literal in zip(printable.compiled.fields, printable.literals[1:], strict=True):
            values = self._values(name)
            checked = printable.compiled.column(name, values)
            if checked is values:
                encoded = self._plain.get(name) or _quoted_values(checked)
                self._plain[name] = encoded
            else:
                encoded = _quoted_values(checked)
            self.gap(encoded)
            self.write(_SOFT + literal)

    def printed(self) -> Iterator[tuple[str, str, bytes]]:
        """Public id, address and mail of each, made as they are asked for."""
        template = [b""] * (len(self._pieces) + len(self._columns))
        template[::2] = self._pieces
        rows = zip(*self._columns, strict=True)
        for public_id, address, row in zip(
            self._group.public_ids, self.addresses, rows, strict=True
        ):
            template[1::2] = row
            yield public_id, address, b"".join(template)

    def _values(self, name: str) -> Sequence[str]:
        column = self._group.values.get(name, "")
        return [column] * len(self._group) if isinstance(column, str) else column


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
    return _dotless(message.as_bytes())


class _Printable:
    """A text whose literals are quoted-printable already.

    Each value stands between soft line breaks, which vanish in reading, so that what surrounds it
    need not be wrapped again.
    """

    def __init__(self, compiled: Compiled) -> None:
        literals = list(compiled.literals)
        if not literals[-1].endswith("\n"):
            literals[-1] += "\n"
        self.compiled = compiled
        self.literals = [_quoted(literal) for literal in literals]
        for index in range(len(literals) - 1):
            if literals[index] and not literals[index].endswith(("\n", "\r")):
                self.literals[index] += _SOFT


def _quoted(text: str) -> bytes:
    """Quoted-printable with lines of at most 75, so that a soft break fits behind the last."""
    raw = _BREAK.sub("\n", text).encode().decode("latin-1")
    return _dotless(quoprimime.body_encode(raw, maxlinelen=75, eol="\r\n").encode())


def _dotless(encoded: bytes) -> bytes:
    """Quoted-printable without a dot at the start of a line: such a dot has a line of its own."""
    if not encoded.startswith(b".") and b"\n." not in encoded:
        return encoded  # seen ten times as fast, and a mail may be 20 MB
    return _DOTS.sub(lambda dots: b"=2E=\r\n" * len(dots[0]), encoded)


def _quoted_values(values: Sequence[str]) -> Sequence[bytes]:
    """Each of them encoded, fit to be followed by a soft break; one line each goes all at once."""
    joined = "\n".join(values)
    if "\r" in joined or joined.count("\n") != len(values) - 1:
        return [_quoted(value) for value in values]
    encoded = binascii.b2a_qp(joined.encode())
    lines = encoded.replace(b"=\n", b"=\r").split(b"\n")
    if max(map(len, lines)) <= 75 and b"\n." not in encoded and not encoded.startswith(b"."):
        return lines
    return [_wrapped(line, value) for line, value in zip(lines, values, strict=True)]


def _wrapped(line: bytes, value: str) -> bytes:
    """One value; `line` is what it became, its soft breaks written as bare CR."""
    if len(line) - line.rfind(b"\r") > 76:
        return _quoted(value)
    return _dotless(line.replace(b"\r", b"\r\n"))


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
