"""The table of people and the search, at 1,000 and at 1,000,000 people side by side, by database;
target lists of 1,000 and of 100,000 of these million; and the worst cases: two halves of everyone
without anyone in common, of whom a page looks at some, and all bear one name and have no country.
"""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter

from sqlalchemy import select

from bench._ground import application, databases, is_quick, prepare
from bench._lists import questions_of_lists
from bench._people import populate
from bench.floor import Row
from outreach import clock
from outreach.advice.segments import Condition, Rule
from outreach.db import db, reading
from outreach.models.stakeholder import Stakeholder
from outreach.queries.conferences import current_conference
from outreach.queries.counting import people_counted
from outreach.queries.keyset import note_of
from outreach.queries.people import people
from outreach.queries.search import people_named
from outreach.queries.shapes import Ground

TIMES = 15


def rows() -> Iterator[Row]:
    """Medians of the questions of a page, in milliseconds; the floor is 51 rows by their key."""
    sizes = (200, 2_000) if is_quick() else (1_000, 1_000_000)
    for kind in databases():
        for size in sizes:
            with application(kind):
                populate(size)
                yield from _measured(kind, size)
                if size == sizes[-1]:
                    yield from _asked(dict(questions_of_lists(size)), f"{size:,} people, {kind}")
            with application(kind):
                prepare(size)
                yield from _at_worst(kind, size)


def _measured(kind: str, size: int) -> Iterator[Row]:
    ground = _ground()
    silent = Rule.of([Condition("language", ("fr",)), Condition("answer", ("not_asked",))])
    few = Rule.of([Condition("language", ("ru",)), Condition("gender", ("female",))])
    halves = Rule.of([Condition("kind", ("problem_owner",)), Condition("gender", ("male",))])
    middles = _middles(size // 2)
    named, slip = _someone(size // 2)
    rare = Rule.of([Condition("words", (named,))])
    asked: dict[str, Callable[[], object]] = {
        "first page of everyone": lambda: people(Rule(), ground),
        **{
            f"the middle by {sort}": partial(people, Rule(), ground, sort=sort, after=at)
            for sort, at in middles.items()
        },
        "by country, then name falling": lambda: people(Rule(), ground, sort="country,-name"),
        "by language, then country": lambda: people(Rule(), ground, sort="language,country"),
        "two conditions": lambda: people(silent, ground),
        "by country, then when added": lambda: people(Rule(), ground, sort="country,added"),
        "two conditions that nobody meets": lambda: people(few, ground),
        "two halves without anyone in common": lambda: people(halves, ground),
        **{
            f"the same from the middle by {sort}": partial(
                people, halves, ground, sort=sort, after=at
            )
            for sort, at in middles.items()
        },
        "a rare name": lambda: people(rare, ground),
        "typing a name": lambda: people_named(named),
        "typing it with a slip": lambda: people_named(slip),
    }
    asked["how many are known, as the page counts"] = lambda: people_counted(Rule(), ground)
    asked["how many of the two halves"] = lambda: people_counted(halves, ground)
    yield from _asked(asked, f"{size:,} people, {kind}")


def _at_worst(kind: str, size: int) -> Iterator[Row]:
    """All bear the same first word, and nobody has a country: one group of all."""
    ground, name = _ground(), f"nandu {size // 2}"
    asked: dict[str, Callable[[], object]] = {
        "by country, then name falling": lambda: people(Rule(), ground, sort="country,-name"),
        "a rare name": lambda: people(Rule.of([Condition("words", (name,))]), ground),
        "typing a name": lambda: people_named(name),
        "typing it with a slip": lambda: people_named(name.replace("nandu", "nadnu")),
    }
    yield from _asked(asked, f"{size:,} people of one name, {kind}")


def _asked(asked: dict[str, Callable[[], object]], where: str) -> Iterator[Row]:
    floor = _floor()
    for name, question in asked.items():
        yield Row(f"{name}, {where}", _median(question), "ms", floor)


def _ground() -> Ground:
    conference = current_conference()
    return Ground(conference.id if conference else 0, clock.now())


def _someone(id_: int) -> tuple[str, str]:
    """A person's name as one types it, and with two letters of its longest word exchanged."""
    key = reading().scalar(select(Stakeholder.name_key).where(Stakeholder.id == id_)) or ""
    longest = max(key.split(), key=len)
    return key, key.replace(longest, longest[:2] + longest[3:4] + longest[2:3] + longest[4:])


def _middles(id_: int) -> dict[str, str]:
    """{order: the place of this person in it}"""
    key, country, language = (
        reading()
        .execute(
            select(Stakeholder.name_key, Stakeholder.country_code, Stakeholder.language).where(
                Stakeholder.id == id_
            )
        )
        .one()
    )
    return {
        "name": note_of([key, id_]),
        "country": note_of([country, key, id_]),
        "country,-name": note_of([country, key, id_]),
        "language": note_of([language, key, id_]),
    }


def _floor() -> float:
    """51 rows by their key."""
    by_key = select(*Stakeholder.__table__.columns).order_by(Stakeholder.id).limit(51)
    return _median(lambda: reading().execute(by_key).all())


def _median(question: Callable[[], object]) -> float:
    spans = []
    for _ in range(TIMES):
        began = perf_counter()
        question()
        spans.append((perf_counter() - began) * 1000)
        db.session.rollback()
    return median(spans)
