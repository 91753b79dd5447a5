"""Names of nobody, put together by lot from what is usual in a place, each given once.

A name is written as its owner writes it; beside it stands a spelling in Latin letters, of which
the address is made.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from outreach.demo.wordlists import WORDS, table, tree

_NO_DECOMPOSITION = str.maketrans(
    {
        "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th",
        "Þ": "Th", "æ": "ae", "Æ": "Ae", "œ": "oe", "ı": "i", "ə": "a", "Ə": "A", "ħ": "h",
    }
)  # fmt: skip


_ATTEMPTS = 120
"""Where few names are listed and many are wanted, the later half of these draws two given names."""


@dataclass(frozen=True, slots=True)
class Name:
    """One person's name; `latin` is (given, family) in ASCII letters, for an address."""

    given: str
    family: str
    full: str
    latin: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Culture:
    """How people are called somewhere: spellings are (as written, in Latin letters)."""

    given: dict[str, list[tuple[str, str]]]
    family: dict[str, list[tuple[str, str]]]
    is_family_first: bool
    join: str
    native_share: float
    single_share: float


@dataclass(slots=True)
class NameBook:
    """Draws names; no full name comes twice from one book."""

    lot: Random
    given_out: set[str] = field(default_factory=set)

    def draw(self, country_code: str, gender: str) -> Name:
        """A name that is usual in the country.

        gender  `female`, `male` or "": which given names to draw from
        Raises LookupError when every combination has been given out.
        """
        for attempt in range(_ATTEMPTS):
            culture = _culture(self.lot.choice(cultures_of(country_code)))
            drawn = gender or self.lot.choice(("female", "male"))
            name = self._put_together(culture, drawn, has_two_given=attempt > _ATTEMPTS // 2)
            # In Latin letters: nobody is another one written in another script.
            spelling = ascii_letters(" ".join(name.latin))
            if spelling not in self.given_out:
                self.given_out.add(spelling)
                return name
        raise LookupError(f"too few names for {country_code}")

    def _put_together(self, culture: _Culture, gender: str, has_two_given: bool) -> Name:
        given = self.lot.choice(culture.given[gender])
        if has_two_given:
            second = self.lot.choice([name for name in culture.given[gender] if name != given])
            given = (f"{given[0]} {second[0]}", f"{given[1]} {second[1]}")
        is_single = not culture.family[gender] or self.lot.random() < culture.single_share
        family = ("", "") if is_single else self.lot.choice(culture.family[gender])
        spelling = 0 if self.lot.random() < culture.native_share else 1
        parts = [given[spelling], family[spelling]]
        if culture.is_family_first:
            parts.reverse()
        is_latin = ascii_letters(given[spelling]) != ""
        full = (" " if is_latin else culture.join).join(filter(None, parts))
        return Name(given[spelling], family[spelling], full, (given[1], family[1]))


def ascii_letters(text: str) -> str:
    """The text in a to z, words parted by dots; empty where it holds no Latin letter."""
    plain = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()
    kept = re.sub(r"['’ʻ`]", "", kept)
    return re.sub(r"[^a-z0-9]+", ".", kept).strip(".")


@cache
def _places() -> dict[str, dict[str, str]]:
    return {row["country"]: row for row in table("places")}


def cultures_of(country_code: str) -> list[str]:
    """Where names of a country come from; of two cultures the first is the larger."""
    first, *others = _places()[country_code]["cultures"].split()
    return [first, first, *others] if others else [first]


def language_of(country_code: str) -> str:
    """The language of the six in which an office of this country is written to."""
    return _places()[country_code]["language"]


@cache
def _all_cultures() -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted(WORDS.glob("names_*.toml")):
        merged |= tree(path.stem)
    return merged


@cache
def _culture(name: str) -> _Culture:
    entry = _all_cultures()[name]
    return _Culture(
        given={gender: _spellings(entry[gender]) for gender in ("female", "male")},
        family={"male": _spellings(entry["family"], 0), "female": _spellings(entry["family"], -1)},
        is_family_first=entry.get("order") == "family given",
        join=entry.get("join", " "),
        native_share=entry.get("native", 1.0),
        single_share=entry.get("single", 0.0),
    )


def _spellings(words: str, form: int = 0) -> list[tuple[str, str]]:
    """`written/Latin` words, parted by commas; `his|hers` gives the form asked for."""
    pairs = []
    for word in filter(None, (word.strip() for word in words.split(","))):
        chosen = word.split("|")[form].strip()
        if chosen:
            written, _, latin = chosen.partition("/")
            pairs.append((written, latin or written))
    return pairs
