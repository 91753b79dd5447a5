"""Which known words someone may have meant: one slip of the finger, two in a long word.

Words are folded (`outreach.advice.folding`). Source of the measure: optimal string alignment, in
which two neighbours exchanged are one slip; rapidfuzz.
"""

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA, Prefix

SHORTEST = 4
"""Shorter words are taken as they are: of three letters one slip leaves another name."""
SHORTEST_OF_SIGNS = 3
SIGNS = ("\u3040", "\ud7a4")
"""Kana, Chinese characters and Korean syllables: each tells as much as two or three letters."""
LONG = 8
MOST = 6

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def of_signs(word: str) -> bool:
    """Whether it is written in signs that are no letters."""
    return all(SIGNS[0] <= sign < SIGNS[1] for sign in word)


def slips(word: str) -> int:
    """How many slips are forgiven in a word."""
    if of_signs(word):
        return 1 if len(word) >= SHORTEST_OF_SIGNS else 0
    if len(word) < SHORTEST or not word.isalpha():
        return 0
    return 1 if len(word) < LONG else 2


def starts(word: str) -> Iterator[str]:
    """The three letters with which a word may begin that differs by one slip, the likeliest first.

    Some 170 for a Latin word: each is one look into an ordered list of words.
    """
    yield word[:3]
    seen = {word[:3]}
    for start in _bent(word):
        if start[:3] not in seen:
            seen.add(start[:3])
            yield start[:3]


def _bent(word: str) -> Iterator[str]:
    letters = _letters_of(word)
    for place in range(3):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 : 4]
    for place in range(3):
        yield word[:place] + word[place + 1 : 4]
    for place in range(3):
        for letter in letters:
            yield word[:place] + letter + word[place + 1 : 3]
            yield word[:place] + letter + word[place:2]


def _letters_of(word: str) -> str:
    if word.isascii():
        return _LATIN
    return _ARABIC if "\u0600" <= word[0] <= "\u06ff" else ""


_OF_ADDRESSES = _LATIN + "0123456789.-_+@"


def slipped(address: str) -> set[str]:
    """Every text from which an address differs by one slip: some 80 for each of its letters."""
    cuts = [(address[:place], address[place:]) for place in range(len(address) + 1)]
    found = {begin + end[1:] for begin, end in cuts if end}
    found |= {begin + end[1] + end[0] + end[2:] for begin, end in cuts if len(end) > 1}
    for letter in _OF_ADDRESSES:
        found |= {begin + letter + end for begin, end in cuts}
        found |= {begin + letter + end[1:] for begin, end in cuts if end}
    return found - {address}


def nearest(word: str, known: Iterable[str], most: int = MOST) -> list[str]:
    """Those of the known words that it may have been meant for, the nearest first.

    A known word may go on after what was typed: `nandy` is near `nandufo` by its first letters.
    """
    allowed = slips(word)
    if not allowed:
        return []
    found = []
    for other in known:
        whole = OSA.distance(word, other, score_cutoff=allowed)
        begun = OSA.distance(word, other[: len(word)], score_cutoff=allowed)
        slip = min(whole, begun)
        if slip <= allowed:
            found.append((slip, -Prefix.similarity(word, other), len(other), other))
    return [entry[-1] for entry in sorted(set(found))[:most]]
