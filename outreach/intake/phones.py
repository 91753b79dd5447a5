"""Phone numbers: as typed, and a key that is the same however one writes it."""

import re
import unicodedata

from outreach.errors import Refusal
from outreach.intake.several import parts_of_line

_NUMBER = r"[+\d][\d\s().\-/\u2010-\u2015\u00a0]*"
_SHAPE = re.compile(_NUMBER + r"(?:(?:ext|x|#|poste|доб)\.?\s*\d{1,6})?\Z")
_BETWEEN = re.compile(r"\s*[;|]\s*")
"""Apart from a line break, what parts the numbers of a cell: it stands in no label."""
FEWEST, MOST = 3, 20
"""Digits; ITU-T E.164 has at most 15, and an extension may follow."""
LONGEST_LABEL = 60


class MalformedPhone(Refusal):
    """Not a number that anyone could dial."""

    def __init__(self, typed: str) -> None:
        super().__init__(f"“{typed[:60]}” is not a phone number.")


def key_of(number: str) -> str:
    """The digits of a number, with which it is found: "+41 (0)22 730 51 11" is 41227305111.

    Raises MalformedPhone.
    """
    plain = unicodedata.normalize("NFKC", number).strip()
    if not _SHAPE.match(plain.casefold()):
        raise MalformedPhone(number)
    digits = "".join(str(unicodedata.digit(letter)) for letter in plain.replace("(0)", "")
                     if letter.isdigit())  # fmt: skip
    if digits.startswith("00"):
        digits = digits[2:]
    if not FEWEST <= len(digits) <= MOST:
        raise MalformedPhone(number)
    return digits


def read_phones(text: str) -> list[tuple[str, str, str]]:
    """(number as typed, its key, what it is for) of each line: "+41 22 730 51 11, office".

    A number that stands there twice is taken once. Raises MalformedPhone.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for line in text.splitlines():
        if line.strip():
            number, label = _parts(line.strip())
            key = key_of(number)
            found.setdefault(key, (number, key, label[:LONGEST_LABEL]))
    return list(found.values())


def _parts(line: str) -> tuple[str, str]:
    number, label = parts_of_line(line)
    return number, _BETWEEN.sub(", ", label)
