"""What someone typed into a field of the team's own: a checked value, or the reason why not."""

import math
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from outreach.errors import Refusal
from outreach.intake.fields import yes_or_no
from outreach.intake.lines import Unread, one_line
from outreach.intake.words import fold

LONGEST_TEXT = 500
"""In letters; an index entry of PostgreSQL holds no more than 2,704 bytes."""


class UnfitValue(Refusal):
    """The value is not of the field's kind; says what is."""


def read_custom(kind: str, choices: Sequence[str], typed: str) -> Any:
    """The value of a cell or form field: str, float, date or bool; None where nothing is typed.

    kind  text, number, date, choice or yes_no (`outreach.models.custom_field.CustomKind`)
    Raises UnfitValue.
    """
    try:
        text = " ".join(one_line(typed)[0].split())
    except Unread as refusal:
        raise UnfitValue(f"This {refusal}.") from None
    return _READERS[kind](text, choices) if text else None


def _text(text: str, choices: Sequence[str]) -> str:
    if len(text) > LONGEST_TEXT:
        raise UnfitValue(f"This is longer than {LONGEST_TEXT} letters ({len(text):,}).")
    return text


def _number(text: str, choices: Sequence[str]) -> float:
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    plain = plain.replace(" ", "").replace("'", "").replace("’", "")
    if plain.count(",") == 1 and "." not in plain and len(plain.partition(",")[2]) != 3:
        plain = plain.replace(",", ".")
    try:
        number = float(plain.replace(",", "").replace("_", "x"))
    except ValueError:
        raise UnfitValue(f"“{text[:60]}” is not a number.") from None
    if not math.isfinite(number):
        raise UnfitValue(f"“{text[:60]}” is not a number.")
    return number


def _date(text: str, choices: Sequence[str]) -> date:
    try:
        return date.fromisoformat(text.partition(" ")[0].partition("T")[0])
    except ValueError:
        raise UnfitValue(f"“{text[:60]}” is not a date. Write it as 2026-11-30.") from None


def _choice(text: str, choices: Sequence[str]) -> str:
    wanted = fold(text)
    for choice in choices:
        if choice == text or fold(choice) == wanted:
            return choice
    raise UnfitValue(f"“{text[:60]}” is none of: {', '.join(choices)}.")


def _yes_no(text: str, choices: Sequence[str]) -> bool:
    try:
        return yes_or_no(text)
    except Unread:
        raise UnfitValue(f"“{text[:60]}” is neither yes nor no.") from None


_READERS = {
    "text": _text, "number": _number, "date": _date, "choice": _choice, "yes_no": _yes_no,
}  # fmt: skip
