"""The fields that an import knows, and how a cell of each is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from outreach.intake.addresses import Address, read_address
from outreach.intake.choices import GENDERS, KINDS, PROTOCOL, YES_NO
from outreach.intake.countries import read_country
from outreach.intake.headings import HEADINGS
from outreach.intake.languages import read_language
from outreach.intake.limits import LIMITS
from outreach.intake.lines import Unread
from outreach.intake.phones import read_phones
from outreach.intake.several import parts_of, parts_of_line
from outreach.intake.words import fold
from outreach.intake.zones import read_zone

_BETWEEN_PHONES = re.compile(r"\s*[;|\n]\s*")
_BETWEEN_ADDRESSES = re.compile(r"[;,\s]+")
_IN = {
    "ar": "Arabic", "zh": "Chinese", "en": "English", "fr": "French", "ru": "Russian",
    "es": "Spanish",
}  # fmt: skip
_TIER = re.compile(r"(?:tier|t|level|niveau|nivel|уровень|级)?\s*([1-9])(?:\.0)?\Z")

_WAVE = re.compile(
    r"(?:wave|w|round|vague|ola|oleada|волна|الموجة|第)?\s*([1-9])(?:\.0)?\s*[批轮]?\Z"
)

LONGEST = 10_000
"""Letters of a cell that holds many things."""


@dataclass(frozen=True, slots=True)
class Field:
    """A kind of column."""

    code: str
    label: str
    """As staff read it when they choose what a column holds."""
    read: Callable[[str], Any]
    """From a trimmed cell that is not empty; raises Unread or another Refusal."""
    longest: int = 300
    is_vital: bool = False
    """What cannot be read refuses the row; elsewhere the cell is left empty, with a warning."""
    many_columns: bool = False
    """Several columns may hold it; their values are put together."""
    many_lines: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """What such columns are called, in six languages and by well-known programs."""
        return HEADINGS.get(self.code, ())


def as_text(text: str) -> str:
    """The text itself."""
    return text


def _several(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(parts_of(text))
    if any(len(part) > 60 for part in found):
        raise Unread("holds a word of more than 60 letters; separate words by commas")
    return tuple(found)


def _one_of(words: dict[str, str], what: str, text: str) -> str:
    found = _by_word(tuple(words.items())).get(fold(text))
    if found is None:
        raise Unread(f"“{text[:60]}” is not a known {what}; left empty")
    return found


@lru_cache(maxsize=16)
def _by_word(words: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {fold(word): code for code, line in words for word in line.split("|")}


Assistant = tuple[Address, str, bool]
"""An address, whose it is, and whether copies go there."""

_STARS = frozenset("★☆*✓✔✗✘√⭐")


def _kinds(text: str) -> tuple[str, ...]:
    kinds = (_one_of(KINDS, "kind of participant", part) for part in parts_of(text))
    return tuple(dict.fromkeys(kinds))


def yes_or_no(text: str) -> bool:
    if set(text) <= _STARS:
        return not set(text) & set("☆✗✘")
    return _one_of(YES_NO, "yes or no", text) == "yes"


def _tier(text: str) -> int:
    if found := _TIER.match(text.casefold()):
        return int(found.group(1))
    raise Unread(f"“{text[:60]}” is not a tier (1 to 9); left empty")


def _rank(text: str) -> int:
    digits = text.removesuffix(".0").lstrip("#")
    if digits.isascii() and digits.isdigit() and 0 < int(digits[:8]) <= 1_000_000:
        return int(digits[:8])
    raise Unread(f"“{text[:60]}” is not a rank (1, 2, 3 …); left empty")


def _wave(text: str) -> int:
    if found := _WAVE.match(text.casefold()):
        return int(found.group(1))
    raise Unread(f"“{text[:60]}” is not a wave (1 to 9); left empty")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.partition(" ")[0].partition("T")[0])
    except ValueError:
        raise Unread(f"“{text[:60]}” is not a date such as 2026-11-30; left empty") from None


def _country(text: str) -> str:
    if code := read_country(text):
        return code
    raise Unread(f"“{text[:60]}” is not a known country; left empty")


def _language(text: str) -> str:
    if code := read_language(text):
        return code
    raise Unread(f"“{text[:60]}” is not a known language; left empty")


def _phones(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(read_phones(_BETWEEN_PHONES.sub("\n", text)))


def _addresses(text: str) -> tuple[Address, ...]:
    parts = (part for part in _BETWEEN_ADDRESSES.split(text) if part)
    # A bar parts addresses, but one address may hold it too.
    each = (one for part in parts for one in (part.split("|") if part.count("@") > 1 else (part,)))
    return tuple({address.key: address for address in map(read_address, each)}.values())


def _assistants(gets_copies: bool, text: str) -> tuple[Assistant, ...]:
    found: dict[str, Assistant] = {}
    for line in text.splitlines():
        if line.strip():
            typed, name = parts_of_line(line)
            if len(name) > 200:
                raise Unread("holds a name of more than 200 letters")
            address = read_address(typed)
            found.setdefault(address.key, (address, name, gets_copies))
    return tuple(found.values())


def _zone(text: str) -> str:
    if zone := read_zone(text):
        return zone
    raise Unread(f"“{text[:60]}” is not a time zone such as Africa/Nairobi; left empty")


_FIELDS = (
    Field("email", "E-mail address", read_address, is_vital=True),
    Field("full_name", "Full name", as_text, 200, is_vital=True),
    Field("given_name", "Given name", as_text, 200, is_vital=True),
    Field("family_name", "Family name", as_text, 200, is_vital=True),
    Field("title", "Title (Dr, H.E.)", as_text, 100),
    Field("salutation", "Salutation (Excellency)", as_text),
    Field("office", "Office held", as_text),
    Field("organisation", "Organisation", as_text),
    Field("country", "Country", _country),
    Field("language", "Language", _language),
    Field("gender", "Gender, as stated", partial(_one_of, GENDERS, "gender"), 100),
    Field("group", "Constituent group", as_text, 200),
    Field("region", "Region", as_text, 100),
    Field("kind", "Kind (problem owner, fund owner …)", _kinds, many_columns=True),
    Field("tags", "Tags", _several, LONGEST, many_columns=True),
    Field("star", "Star", yes_or_no, 60),
    Field("tier", "Tier", _tier, 60),
    Field("rank", "Rank", _rank, 60),
    Field("wave", "Wave", _wave, 60),
    Field("decide_on", "Decide by", _day, 60),
    Field("alternate", "Alternate", yes_or_no, 60),
    Field("follower", "Followed up by (e-mail address)", as_text, 254),
    Field("why", "Why wanted", as_text, 2_000, many_lines=True),
    Field("notes", "Notes", as_text, LIMITS.cell_length, many_columns=True, many_lines=True),
    Field("phone", "Phone", _phones, LONGEST, many_columns=True, many_lines=True),
    Field("other_emails", "Other e-mail addresses", _addresses, LONGEST, many_columns=True),
    Field("pronouns", "Pronouns", as_text, 60),
    Field("time_zone", "Time zone", _zone, 64),
    Field(
        "protocol",
        "Protocol category set by hand",
        partial(_one_of, PROTOCOL, "protocol category"),
    ),
    Field("owner", "Owner on the team (e-mail address)", as_text, 254),
    Field("external_id", "Number in another system", as_text, 200, is_vital=True),
    Field("assistant_name", "Assistant's name", as_text, 200),
    Field("assistant_email", "Assistant's e-mail address", read_address),
    Field(
        "assistants",
        "Assistants who get copies",
        partial(_assistants, True),
        LONGEST,
        many_columns=True,
        many_lines=True,
    ),
    Field(
        "quiet_assistants",
        "Assistants who get no copies",
        partial(_assistants, False),
        LONGEST,
        many_columns=True,
        many_lines=True,
    ),
    *(Field(f"title_{code}", f"Title in {name}", as_text, 100) for code, name in _IN.items()),
    *(Field(f"salutation_{code}", f"Salutation in {name}", as_text) for code, name in _IN.items()),
)
FIELDS: dict[str, Field] = {field.code: field for field in _FIELDS}
