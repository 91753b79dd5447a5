"""Which protocol category an office carries, and its place in the order of precedence.

The category goes with the office and with nothing else, so it is not transferable: the longest
of the known beginnings counts, whole words only, so that "Minister of Health" is a minister and
"Minister Counsellor" or "Adviser to the Minister" is none.
"""

from collections.abc import Iterable
from typing import NamedTuple

from outreach.advice.folding import fold

UNRANKED = 1_000
"""The precedence of everyone without a protocol category; the lower number comes first."""


class Protocol(NamedTuple):
    """What follows from an office."""

    category: str | None
    precedence: int


NONE = Protocol(None, UNRANKED)


class Offices:
    """The known beginnings of offices.

    rows  (folded beginning, category or None, precedence)
    """

    def __init__(self, rows: Iterable[tuple[str, str | None, int]]) -> None:
        self._by_key = {key: Protocol(category, place) for key, category, place in rows}
        self._longest = max((len(key.split()) for key in self._by_key), default=0)

    def is_as(self, other: "Offices") -> bool:
        """Whether the same follows from every office."""
        return self._by_key == other._by_key

    def protocol_of(self, office: str) -> Protocol:
        """The category of an office as somebody typed it, and its place; NONE for most."""
        return self._by_key.get(self.beginning_of(office), NONE)

    def beginning_of(self, office: str) -> str:
        """The longest known beginning of an office, folded; "" where there is none."""
        words = fold(office).split()
        for count in range(min(len(words), self._longest), 0, -1):
            if (key := " ".join(words[:count])) in self._by_key:
                return key
        return ""
