"""Which two rows may be one person: everyone is compared, but only with those who may be alike.

People share a block when they share an address, what an address looks like, a whole name in any
order, or one word of a name within one organisation. A block of more than WIDE is sorted, and each
in it is compared with the next few: the work grows with the people, not with their square.

Points: a name that is the same 60, in another order or but for an Arabic article 57, one letter
apart 45, with initials 40, alike or missing 35; one address 40, one that looks so 35; one
organisation 30, two -15; one country 10, two -15. From ENOUGH on a person looks at a pair.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import Any, NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_sort_ratio

from outreach.advice.folding import fold, words_in_order
from outreach.advice.wordings import ARTICLE, without_articles

ENOUGH = 57
"""Of 100: a whole name that is the same, in whatever order, and nothing that speaks against it."""

WIDE = 40
NEXT = 12
SHORTEST = 6
"""Names of fewer letters are one letter apart by chance."""

ALIKE = 85
"""token_sort_ratio, in per cent."""


class Known(NamedTuple):
    """Someone we know, as far as it tells who they are."""

    id: int
    name_key: str
    """From `outreach.advice.folding.fold`."""
    email_key: str | None
    looks_like: str | None
    """The address in the Latin letters that it can be mistaken for (`outreach.intake.scripts`)."""
    organisation_id: int | None
    country_code: str | None


class Pair(NamedTuple):
    """Two that may be one."""

    first_id: int
    second_id: int
    score: int
    reasons: list[str]
    is_lookalike: bool


def likely_duplicates(people: Iterable[Known]) -> Iterator[Pair]:
    """Every pair that is worth a look, each once, the smaller id first.

    Cost: near-linear; memory some 1 kB a person.
    """
    known = sorted(people, key=lambda person: person.id)
    seen: set[int] = set()
    for block in _blocks(known).values():
        for one, other in _pairs(known, block):
            mark = one * len(known) + other
            if mark not in seen:
                seen.add(mark)
                if pair := judge(known[one], known[other]):
                    yield pair


def judge(one: Known, other: Known) -> Pair | None:
    """How much two people look like one, and why; None where it is not enough."""
    points, reasons = _name(one, other)
    is_named_alike, is_lookalike = points > 0, False
    if one.email_key and one.email_key == other.email_key:
        points += 40
        reasons.append("same address")
    elif one.looks_like and one.looks_like == other.looks_like:
        is_lookalike = True
        points += 35
        reasons.append("addresses look the same, in letters of different scripts")
    if one.organisation_id and other.organisation_id:
        same = one.organisation_id == other.organisation_id
        points += 30 if same else -15
        reasons.append("same organisation" if same else "different organisations")
    if one.country_code and other.country_code:
        same = one.country_code == other.country_code
        points += 10 if same else -15
        if not same:
            reasons.append("different countries")
    if not is_lookalike and (points < ENOUGH or not is_named_alike):
        return None  # two names at one address are an office
    first, second = sorted((one.id, other.id))
    return Pair(first, second, max(ENOUGH, min(points, 100)), reasons, is_lookalike)


def _name(one: Known, other: Known) -> tuple[int, list[str]]:
    name, another = one.name_key, other.name_key
    if not name or not another:
        return 0, []
    if name == another:
        return 60, ["same name"]
    if one.email_key == other.email_key and (_is_nameless(one) or _is_nameless(other)):
        return 35, ["one has no name yet"]
    words, others = words_in_order(name), words_in_order(another)
    if words == others:
        return 57, ["same name in another order"]
    if _is_same_but_for_articles(name, another):
        return 57, ["same name, with and without an article"]
    if _DIGITS.findall(name) != _DIGITS.findall(another):
        return 0, []  # "Delegate 7" and "Delegate 8" are two
    if len(name) >= SHORTEST and (_is_near(name, another) or _is_near(words, others)):
        return 45, ["one letter apart"]
    if _is_initialled(name.split(), another.split()):
        return 40, ["same name with an initial"]
    if token_sort_ratio(name, another, score_cutoff=ALIKE):
        return 35, ["names alike"]
    return 0, []


_DIGITS = re.compile(r"\d+")


def _is_nameless(person: Known) -> bool:
    """Whether the address stands where a name should be."""
    return person.email_key is not None and person.name_key == fold(person.email_key)


def _is_same_but_for_articles(one: str, other: str) -> bool:
    if ARTICLE not in one and ARTICLE not in other:
        return False
    one, other = without_articles(one), without_articles(other)
    return words_in_order(one) == words_in_order(other)


def _is_near(one: str, other: str) -> bool:
    """Whether one letter is wrong, missing, too many, or has changed places with its neighbour."""
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _is_initialled(one: list[str], other: list[str]) -> bool:
    """Whether some given names are cut to their first letters, and a whole word is the same."""
    if len(one) != len(other) or len(one) < 2:
        return False
    pairs = list(zip(one, other, strict=True))
    return any(a == b and len(a) > 1 for a, b in pairs) and all(
        a == b or (1 in (len(a), len(b)) and a[0] == b[0]) for a, b in pairs
    )


def _blocks(known: list[Known]) -> dict[tuple[object, ...], list[int]]:
    """{what they share: places in the list}; those who share nothing cost one entry each."""
    blocks: dict[tuple[object, ...], list[int]] = {}
    for place, person in enumerate(known):
        for key in _keys(person):
            blocks.setdefault(key, []).append(place)
    return blocks


def _keys(person: Known) -> Iterator[tuple[object, ...]]:
    if person.looks_like:
        yield ("looks", person.looks_like)
    if person.email_key and person.email_key != person.looks_like:
        yield ("address", person.email_key)
    if not person.name_key:
        return
    words = person.name_key.split()
    yield ("name", words_in_order(without_articles(person.name_key)))
    if person.organisation_id:
        for word in set(words):
            if len(word) > 1:
                yield (person.organisation_id, word)
        if len(words) == 1:
            yield (person.organisation_id, words[0][:3], "")
            yield (person.organisation_id, "", words[0][-3:])


def _pairs(known: list[Known], block: list[int]) -> Iterator[tuple[int, int]]:
    """All pairs of a small block; of a wide one those that stand near each other when sorted."""
    if len(block) <= WIDE:
        yield from combinations(block, 2)
        return
    for in_order in (_by_name, _by_place):
        near = sorted((in_order(known[place]), place) for place in block)
        for number, (_, one) in enumerate(near):
            for _, other in islice(near, number + 1, number + 1 + NEXT):
                yield min(one, other), max(one, other)


def _by_name(person: Known) -> tuple[Any, ...]:
    return words_in_order(person.name_key), person.organisation_id or 0


def _by_place(person: Known) -> tuple[Any, ...]:
    return person.organisation_id or 0, person.country_code or "", person.name_key
