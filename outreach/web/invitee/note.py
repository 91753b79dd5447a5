"""A note as an invitee typed it: bounded, on plain lines, and unable to disguise other text."""

import unicodedata

LONGEST_NOTE = 2_000
"""Characters."""

LINE_ENDS = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
DISGUISES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Embeddings, overrides and isolates, which can make a line read otherwise than it is written
(Unicode UAX 9). The plain marks for left and right stay: Arabic and Hebrew are typed with them."""


def clean_note(text: str | None) -> str:
    """The note without control characters and disguises; line ends as LF, no white space around."""
    text = text or ""
    for line_end in LINE_ENDS:
        text = text.replace(line_end, "\n")
    kept = (c for c in text if c in "\n\t" or not (_is_control(c) or c in DISGUISES))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _is_control(character: str) -> bool:
    # Cs: half of a pair, which no database keeps.
    return unicodedata.category(character) in ("Cc", "Cs")


def clean_line(text: str | None) -> str:
    """The same on one line."""
    return " ".join(clean_note(text).split())
