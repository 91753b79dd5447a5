"""Who may be whom among 200,000 people, against sorting and comparing neighbours alone."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from rapidfuzz.distance import OSA

from bench.floor import Row, seconds
from outreach.advice.duplicates import Known, likely_duplicates
from outreach.advice.folding import words_in_order

PEOPLE = 200_000
GIVEN = 3_000
FAMILY = 9_000
ORGANISATIONS = 20_000
TWICE = 0.02
"""Share of people who are there a second time, with a slip of the pen."""


def rows() -> Iterator[Row]:
    """Seconds for everyone, beside the floor; seconds for a quarter of them: near-linear."""
    people = cast(PEOPLE)
    found: list[int] = []

    def floor() -> None:
        names = sorted(words_in_order(person.name_key) for person in people)
        for one, other in pairwise(names):
            OSA.distance(one, other, score_cutoff=1)

    def whole() -> None:
        found.append(sum(1 for _ in likely_duplicates(people)))

    quarter = seconds(lambda: sum(1 for _ in likely_duplicates(people[::4])), repeats=1)
    yield Row("duplicates among 200,000", seconds(whole, repeats=2), "s", seconds(floor, repeats=2))
    yield Row("duplicates among 50,000", quarter, "s")
    yield Row("pairs found among 200,000", found[0], "pairs")


def cast(count: int) -> list[Known]:
    """People with names and organisations as unevenly spread as in life; the same each time."""
    dice = Random(7)
    given, family = _words(dice, GIVEN), _words(dice, FAMILY)
    people: list[Known] = []
    for number in range(count):
        if people and dice.random() < TWICE:
            known = people[dice.randrange(len(people))]
            name = _slip(dice, known.name_key)
            people.append(known._replace(id=number, name_key=name, email_key=None, looks_like=None))
            continue
        name = f"{_uneven(dice, given)} {_uneven(dice, family)}"
        address = f"{name.replace(' ', '.')}{number}@example.org"
        organisation = int(ORGANISATIONS * dice.random() ** 3) + 1
        country = f"C{organisation % 190}"
        people.append(Known(number, name, address, address, organisation, country))
    return people


def _words(dice: Random, count: int) -> list[str]:
    syllables = [a + b for a in "bcdfghjklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "el")]
    return ["".join(dice.choices(syllables, k=dice.randint(2, 4))) for _ in range(count)]


def _uneven(dice: Random, words: list[str]) -> str:
    return words[int(len(words) * dice.random() ** 2)]


def _slip(dice: Random, name: str) -> str:
    place = dice.randrange(len(name))
    return name[:place] + name[place + 1 :] if dice.random() < 0.5 else " ".join(name.split()[::-1])
