"""How else a word that was typed may stand in a name: with or without its article, apart or joined.

Words are folded (`outreach.advice.folding`).
"""

from collections.abc import Sequence

ARTICLE = "ال"
_SERVANT = "عبد"
_FIRST, _LAST = "\u0621", "\u064a"
"""Of the Arabic letters that are left after folding."""
LONGEST = 40

Alternatives = tuple[str, ...]


def also_written(words: Sequence[str]) -> tuple[Alternatives, ...]:
    """For each word the ways in which it may stand, the typed one first.

    رشيد and الرشيد are one name, عبد الله and عبدالله, Al Rashid and Alrashid. A typed عبدالله
    becomes two words, each of which the joined one answers, too.
    """
    found: list[Alternatives] = []
    for place, word in enumerate(words):
        parts = _parts(word)
        if len(parts) > 1:
            found += [(word, *_with_article(part)) for part in parts]
            continue
        pairs = (words[max(place - 1, 0) : place + 1], words[place : place + 2])
        joined = ["".join(pair) for pair in pairs if len(pair) == 2 and _can_join(pair)]
        found.append(tuple(dict.fromkeys((*_with_article(word), *joined))))
    return tuple(found)


def without_articles(key: str) -> str:
    """A name without what writers of Arabic put down or leave out: one key for أحمد الرشيد and أحمد
    رشيد, for عبد الله and عبدالله."""
    if key.isascii() or ARTICLE not in key:
        return key
    apart = (part for word in key.split() for part in _parts(word))
    return " ".join(_with_article(word)[-1] if word.startswith(ARTICLE) else word for word in apart)


def _with_article(word: str) -> Alternatives:
    if not all(_FIRST <= letter <= _LAST for letter in word):
        return (word,)
    bare = word.removeprefix(ARTICLE)
    if bare == word:
        return (word, ARTICLE + word) if len(word) > 1 else (word,)
    return (word, bare) if len(bare) > 1 else (word,)


def _parts(word: str) -> list[str]:
    """Servant and whose, of a name of that kind that is written as one word."""
    rest = word.removeprefix(_SERVANT + ARTICLE)
    if rest == word or len(rest) < 2:
        return [word]
    return [_SERVANT, ARTICLE + rest]


def _can_join(pair: Sequence[str]) -> bool:
    """Whether both are words of letters in a script that sets spaces, as Al and Rashid."""
    joined = "".join(pair)
    return (
        joined.isalpha()
        and len(joined) <= LONGEST
        and not any("\u0e00" <= one < "\u0eff" or "\u3040" <= one <= "\u9fff" for one in joined)
    )
