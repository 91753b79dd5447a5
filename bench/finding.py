"""The table of people and the search at 1,000 and 1,000,000 people side by side, by database."""

from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

from sqlalchemy import select

from bench._ground import application, databases, is_quick, prepare
from bench.floor import Row
from outreach import clock
from outreach.advice.segments import Condition, Rule
from outreach.db import db, reading
from outreach.models.stakeholder import Stakeholder
from outreach.queries.conferences import current_conference
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
                prepare(size)
                yield from _measured(kind, size)


def _measured(kind: str, size: int) -> Iterator[Row]:
    conference = current_conference()
    ground = Ground(conference.id if conference else 0, clock.now())
    silent = Rule.of([Condition("language", ("fr",)), Condition("answer", ("not_asked",))])
    rare = Rule.of([Condition("words", (f"nandu {size // 2}",))])
    middle = people(Rule(), ground).next
    by_key = select(*Stakeholder.__table__.columns).order_by(Stakeholder.id).limit(51)
    floor = _median(lambda: reading().execute(by_key).all())
    asked: dict[str, Callable[[], object]] = {
        "first page of everyone": lambda: people(Rule(), ground),
        "a later page": lambda: people(Rule(), ground, after=middle),
        "by country, then name falling": lambda: people(Rule(), ground, sort="country,-name"),
        "two conditions": lambda: people(silent, ground),
        "a rare name": lambda: people(rare, ground),
        "typing a name": lambda: people_named(f"nandu {size // 2}"),
        "typing it with a slip": lambda: people_named(f"nadnu {size // 2}"),
    }
    for name, question in asked.items():
        yield Row(f"{name}, {size:,} people, {kind}", _median(question), "ms", floor)


def _median(question: Callable[[], object]) -> float:
    spans = []
    for _ in range(TIMES):
        began = perf_counter()
        question()
        spans.append((perf_counter() - began) * 1000)
        db.session.rollback()
    return median(spans)
