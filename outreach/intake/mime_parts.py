"""The parts of a mail that anyone may have made, within bounds of time and memory.

The standard library's reader recurses once for each level and looks at every line once for each
level: a thousand levels end it, and some hundred cost minutes. Here a level is one `split`.
Source: RFC 2045, RFC 2046 section 5.1, RFC 2047.
"""

import codecs
import quopri
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

DEEPEST = 20
MOST_PARTS = 200
LONGEST_HEAD = 64 * 1024
LONGEST_VALUE = 2_000
LONGEST_CONTENT = 1024 * 1024
"""Bytes of one part that are decoded; nobody writes a longer reply by hand."""

_CHARSETS = re.compile(
    r"(ascii|utf|iso8859|cp\d|koi8|mac|latin|gb|big5|hz|euc|shift_jis|iso2022|johab|tis|ptcp)"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_HEADERS = BytesHeaderParser(policy=compat32)


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a mail: no part has parts in it."""

    head: Message
    body: bytes
    """As it was sent, still encoded."""

    @property
    def media_type(self) -> str:
        """`text/plain`, …; in small letters."""
        return self.head.get_content_type()

    @property
    def is_attachment(self) -> bool:
        """Meant to be kept, not to be read in place."""
        return self.head.get_content_disposition() == "attachment"

    def parameter(self, name: str) -> str:
        """A parameter of the content type; empty where it is not there, or odd."""
        value = self.head.get_param(name)
        return value[:LONGEST_VALUE] if isinstance(value, str) else ""

    def text(self) -> str:
        """The content as text, whatever its author said of it; cut at LONGEST_CONTENT."""
        content = _decoded(self.body, header(self.head, "Content-Transfer-Encoding"))
        return as_text(content[:LONGEST_CONTENT], self.parameter("charset"))


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart."""

    head: Message
    parts: tuple[Part, ...]
    is_cut: bool
    """There are more or deeper parts than these."""


def read_mail(raw: bytes) -> Mail:
    """Take a mail apart: at most MOST_PARTS leaves, from at most DEEPEST levels."""
    head, body = split_head(raw)
    leaves: list[Part] = []
    is_whole = _collect(head, body, DEEPEST, leaves)
    return Mail(head, tuple(leaves), not is_whole)


def split_head(raw: bytes) -> tuple[Message, bytes]:
    """Headers and body. Without an empty line within bounds there is no body."""
    match = re.search(rb"\r?\n\r?\n", raw[: LONGEST_HEAD + 4])
    end, start = match.span() if match else (min(len(raw), LONGEST_HEAD), len(raw))
    return _HEADERS.parsebytes(raw[:end]), raw[start:]


def split_parts(body: bytes, boundary: bytes, most: int) -> tuple[list[bytes], bool]:
    """The bodies between the boundaries, and whether that is all of them."""
    line = rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?=--|[ \t]*\r?\n|\Z)"
    pieces = re.split(
        line,
        body,
        maxsplit=most + 1,
    )
    inner = [piece for piece in pieces[1:] if not piece.startswith(b"--")]
    return [re.sub(rb"\A[ \t]*\r?\n", b"", piece, count=1) for piece in inner[:most]], (
        len(inner) <= most
    )


def _collect(head: Message, body: bytes, levels: int, leaves: list[Part]) -> bool:
    """Add the leaves below this part; False where there were too many or too deep ones."""
    boundary = head.get_boundary() if head.get_content_maintype() == "multipart" else None
    if not boundary:
        if len(leaves) >= MOST_PARTS:
            return False
        leaves.append(Part(head, body))
        return True
    if not levels:
        return False
    bodies, is_whole = split_parts(
        body, boundary.encode("ascii", "replace"), MOST_PARTS - len(leaves) + 1
    )
    for inner in bodies:
        is_whole = _collect(*split_head(inner), levels - 1, leaves) and is_whole
    return is_whole


def header(head: Message, name: str) -> str:
    """A header as text on one line, cut; empty where there is none."""
    raw = next((value for key, value in head.raw_items() if key.lower() == name.lower()), None)
    if raw is None:
        return ""
    # Letters that stand there without any code are UTF-8 (RFC 6532), or nobody knows.
    value = as_text(str(raw)[:LONGEST_VALUE].encode("ascii", "surrogateescape"), "")
    return " ".join(_CONTROLS.sub("", _header_text(value)).split())


def _header_text(value: str) -> str:
    try:
        return "".join(_words(value))
    except (HeaderParseError, ValueError, Base64Error):
        return value


def _words(value: str) -> Iterator[str]:
    for word, charset in decode_header(value):
        yield word if isinstance(word, str) else as_text(word, charset or "")


def as_text(content: bytes, charset: str) -> str:
    """Bytes as text: as they say, or as UTF-8, or what is left of it; without control letters."""
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        name = "utf-8"
    # Only charsets: Python would also unpack, or interpret, what calls itself zip or idna.
    plain = name.replace("-", "").replace("_", "") if name != "shift_jis" else name
    if not _CHARSETS.match(plain):
        name = "utf-8"
    try:
        text = content.decode(name, "replace")
    except (UnicodeError, LookupError):
        text = content.decode("utf-8", "replace")
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(body: bytes, encoding: str) -> bytes:
    kind = encoding.strip().lower()
    if kind == "base64":
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body[: LONGEST_CONTENT * 2])
        try:
            return b64decode(letters[: len(letters) // 4 * 4] + _padded(letters))
        except Base64Error:
            return b""
    if kind == "quoted-printable":
        return quopri.decodestring(body[: LONGEST_CONTENT * 3])
    return body[:LONGEST_CONTENT]


def _padded(letters: bytes) -> bytes:
    """The last, incomplete group of four, filled up; a single letter holds no byte."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
