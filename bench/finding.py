"""The table of people, the search and a target list of a tenth of them, at 1,000 and at 1,000,000
people side by side, by database."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter

from sqlalchemy import case, insert, literal, select, text

from bench._ground import application, databases, is_quick, prepare
from bench.floor import Row
from outreach import clock
from outreach.actions.lists import create_list
from outreach.advice.segments import Condition, Rule
from outreach.db import db, reading, transaction
from outreach.models.activity import CONSOLE
from outreach.models.base import UTCDateTime
from outreach.models.event import Event, EventKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.queries.conferences import current_conference
from outreach.queries.people import people
from outreach.queries.search import people_named
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import SORTS
from outreach.queries.targets import targets
from outreach.tally import add_to_tallies

TIMES = 15


def rows() -> Iterator[Row]:
    """Medians of the questions of a page, in milliseconds; the floor is 51 rows by their key."""
    sizes = (200, 2_000) if is_quick() else (1_000, 1_000_000)
    for kind in databases():
        for size in sizes:
            with application(kind):
                prepare(size)
                yield from _measured(kind, size)
                yield from _of_a_list(kind, size)


def _measured(kind: str, size: int) -> Iterator[Row]:
    conference = current_conference()
    ground = Ground(conference.id if conference else 0, clock.now())
    silent = Rule.of([Condition("language", ("fr",)), Condition("answer", ("not_asked",))])
    rare = Rule.of([Condition("words", (f"nandu {size // 2}",))])
    middle = people(Rule(), ground).next
    floor = _floor()
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


def _of_a_list(kind: str, size: int) -> Iterator[Row]:
    """A list of every tenth person: its second page in each order, both ways."""
    list_id, ground = _tenth(size)
    silent = Rule.of([Condition("language", ("fr",)), Condition("tier", ("1",))])
    name = f"of a list of {size // 10:,}, {size:,} people, {kind}"
    for sort in SORTS:
        later = targets(list_id, sort=sort).next
        took = _median(partial(targets, list_id, sort=sort, after=later))
        yield Row(f"by {sort}, {name}", took, "ms", _floor())
        end = targets(list_id, sort=f"-{sort}").next
        took = _median(partial(targets, list_id, sort=f"-{sort}", after=end))
        yield Row(f"by {sort} falling, {name}", took, "ms", _floor())
    yield Row(f"two conditions, {name}", _median(partial(targets, list_id, silent, ground)), "ms")


def _tenth(size: int) -> tuple[int, Ground]:
    event = db.session.scalars(select(Event).where(Event.kind == EventKind.CONFERENCE)).one()
    code, conference_id, at = event.code, event.conference_id, clock.now()
    db.session.rollback()
    list_id = create_list("tenth", "tenth", "media", code, by=CONSOLE, at=at)
    rows = select(
        literal(list_id), Stakeholder.id, Stakeholder.id % 97 + 1,
        case((Stakeholder.id % 50 == 0, 1), else_=2), case((Stakeholder.id % 3 == 0, at.date())),
        literal(at, UTCDateTime()),
    ).where(Stakeholder.id % 10 == 0)  # fmt: skip
    names = ["list_id", "stakeholder_id", "rank", "tier", "decide_on", "created_at"]
    with transaction() as session:
        session.execute(insert(Target).from_select(names, rows, include_defaults=False))
        tell = {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): size // 10}
        add_to_tallies(session, tell)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE targets"))
    return list_id, Ground(conference_id, at, "tenth", code)


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
