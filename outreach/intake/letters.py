"""Which letters bytes stand for, where a file does not say: of the scripts of six languages.

Spreadsheets of Cairo, Moscow and Beijing still save CSV in the encoding of their machine. A guess
is told to whoever imports, and shows in the first rows, before anything is written.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from itertools import islice

LATIN = "cp1252"
NAMES = {
    LATIN: "Western European (Windows-1252)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1256": "Arabic (Windows-1256)",
    "gb18030": "Chinese (GB18030)",
}
_USUAL = {
    "cp1251": frozenset("оеаинтсрвлкмдпуяыьгз"),
    "koi8-r": frozenset("оеаинтсрвлкмдпуяыьгз"),
    "cp1256": frozenset("اليمنورتبةهدسعفقأحكشىجخ"),
}
"""The letters of which most of a text consists, in small letters."""
_FIRST_LEVEL = range(0xB0, 0xD8)
"""First bytes of the 3,755 usual characters of GB 2312; they are most of any Chinese text."""

_FAR = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_LEAST = 0.6
"""Of the letters that much are usual ones, where the guess is right; else it stays Western."""


def likely_encoding(sample: bytes) -> str:
    """One of NAMES.

    sample  a part of the file that holds letters beyond ASCII; it may be cut anywhere
    """
    far = (line for line in sample.split(b"\n") if not line.isascii())
    sample = b"\n".join(islice(far, 500))[:50_000]
    if not sample or _stands_among_plain(sample):
        return LATIN
    scores = dict(_scores(sample))
    best = max(scores, key=lambda encoding: scores[encoding], default=LATIN)
    return best if scores.get(best, 0) >= _LEAST else LATIN


def _stands_among_plain(sample: bytes) -> bool:
    """Whether letters beyond ASCII stand in words of plain ones, as in Zoë, or never two by two."""
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    longest = [max(map(len, _FAR.findall(word))) for word in words]
    mixed = sum(far < min(3, len(word)) for word, far in zip(words, longest, strict=True))
    return mixed * 2 > len(words) or max(longest, default=0) < 2


def _scores(sample: bytes) -> Iterator[tuple[str, float]]:
    """(encoding, which part of its letters are usual ones) of those that fit at all."""
    for encoding, usual in _USUAL.items():
        # A capital after a small letter: the two Cyrillic ones have them the other way round.
        text = sample.decode(encoding, "replace")
        letters = [letter for letter in text if letter > "\x7f" and letter.isalpha()]
        known = sum(letter.lower() in usual for letter in letters)
        wrong = len(re.findall(r"[а-яё][А-ЯЁ]", text)) + text.count("\ufffd")
        yield encoding, (known - wrong) / max(1, sum(letter > "\x7f" for letter in text))
    try:
        text = getincrementaldecoder("gb18030")().decode(sample)  # cut within a letter, it waits
    except UnicodeDecodeError:
        return
    far = [letter for letter in text if letter > "\x7f" and letter.isalpha()]
    known = sum(_is_usual_chinese(letter) for letter in far)
    yield "gb18030", known / max(1, len(far))


def _is_usual_chinese(letter: str) -> bool:
    return letter.encode("gb18030")[0] in _FIRST_LEVEL and len(letter.encode("gb18030")) == 2
