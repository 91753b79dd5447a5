"""Text as it is kept: composed, trimmed, one line, without what no one can see."""

import re
import unicodedata

from outreach.errors import Refusal

_BREAK = r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]"
_STARTS_WITH_BREAK = re.compile(rf"[ \u00a0]*{_BREAK}")
_BREAKS = re.compile(rf"[ \u00a0]*{_BREAK}+[ \u00a0]*")
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# They are in nobody's name, and turn what stands beside them into something else.
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff0-\ufffb\ufffe\uffff"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
# Without width. The joiners U+200C and U+200D stay: Persian and Hindi names need them; so do the
# marks of direction U+200E and U+200F, which override nothing.
_INVISIBLE = re.compile(r"[\u200b\u2060\u00ad\ufeff]")

UNUSUAL = re.compile(f"{_BREAK}|#|{_FORBIDDEN.pattern}|{_INVISIBLE.pattern}")
"""Finds what makes more of a cell than its letters: `one_line` would change or refuse it."""


class Unread(Refusal):
    """A cell that does not say what its column should; the text completes “Column: …”."""


def one_line(text: str) -> tuple[str, str | None]:
    """The text in NFC on one line without white space around it, and what had to be changed.

    Raises Unread for control characters, NUL and what overrides the direction of text.
    """
    if text.isascii() and text.isprintable():
        return text.strip(), None
    plain = unicodedata.normalize("NFC", text).strip()
    joined = _BREAKS.sub(" ", plain)
    _refuse_forbidden(joined)
    visible = _INVISIBLE.sub("", joined).strip()
    if joined != plain:
        return visible, "a line break became a space"
    if visible and _STARTS_WITH_BREAK.match(text):
        return visible, "a tab or line break before the first letter was taken away"
    return visible, None if visible == joined else "invisible characters were taken out"


def many_lines(text: str) -> tuple[str, str | None]:
    """The text in NFC with \\n as its only line break, and what had to be changed.

    White space behind it goes, and spaces before it; a tab or line break before it was typed.
    Raises Unread as `one_line` does.
    """
    plain = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text)).rstrip().lstrip(" \u00a0")
    _refuse_forbidden(plain)
    visible = _INVISIBLE.sub("", plain).rstrip().lstrip(" \u00a0")
    return visible, None if visible == plain else "invisible characters were taken out"


def _refuse_forbidden(text: str) -> None:
    if found := _FORBIDDEN.search(text):
        code = ord(found.group())
        name = unicodedata.name(found.group(), "a control character").lower()
        raise Unread(f"holds {name} (U+{code:04X}), which no text needs; type it again")
