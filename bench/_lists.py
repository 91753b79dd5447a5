"""Two target lists of one database, a thousandth and a tenth of everyone, asked the same questions.

Their people stand in every way: stars, alternates, approved ones, with a deadline and without; half
of them are asked, and answered, and some of these invitations are withdrawn.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import case, insert, literal, select, text

from outreach import clock
from outreach.actions.lists import create_list
from outreach.advice.segments import Condition, Rule
from outreach.db import db, transaction
from outreach.models.activity import CONSOLE
from outreach.models.base import UTCDateTime
from outreach.models.event import Event, EventKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import TallyKind
from outreach.models.target import Target
from outreach.queries.counting import targets_counted
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import SORTS
from outreach.queries.targets import targets
from outreach.tally import add_to_tallies

Questions = dict[str, Callable[[], object]]
SHARES = (1_000, 10)
"""One in so many of all people stands on each."""
_ASKED = """
INSERT INTO invitations (stakeholder_id, event_id, group_id, is_star, state, reply_by, invited_at,
    note, particulars, is_to_be_confirmed, sequence, told_sequence, link_key, withdrawn_at)
SELECT id, :event_id, 0, false, CASE WHEN id % 7 = 0 THEN 'accepted' WHEN id % 11 = 0 THEN
    'declined' ELSE 'silent' END, :at, :at, '', '{}', false, 0, 0, 'bench-' || id,
    CASE WHEN id % 260 = 0 THEN :at END
FROM stakeholders WHERE id % 20 = 0
"""


def questions_of_lists(size: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each question of the smaller list, then the same of the larger one."""
    ask(size)
    both = [_questions(*want(share, size)) for share in SHARES]
    for name in both[0]:
        for share, questions in zip(SHARES, both, strict=True):
            yield f"a list of {size // share:,}, {name}", questions[name]


def _questions(list_id: int, ground: Ground) -> Questions:
    nobody = Rule.of([Condition("gender", ("female",)), Condition("tier", ("1",))])
    asked: Questions = {}
    for sort in [sign + sort for sort in SORTS for sign in ("", "-")]:
        later = targets(list_id, sort=sort).next
        asked[f"by {sort}"] = partial(targets, list_id, sort=sort, after=later)
    for sort in SORTS:
        asked[f"nobody, by {sort}"] = partial(targets, list_id, nobody, ground, sort=sort)
    asked["how many, of nobody"] = partial(targets_counted, list_id, nobody, ground)
    asked["how many"] = partial(targets_counted, list_id, Rule(), ground)
    return asked


def ask(size: int) -> None:
    """Invite half of those who will stand on the lists."""
    at = clock.now()
    event_id = db.session.scalar(select(Event.id).where(Event.kind == EventKind.CONFERENCE)) or 0
    db.session.rollback()
    moment = at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
    numbers = range(20, size + 1, 20)
    accepted = sum(1 for number in numbers if number % 7 == 0)
    declined = sum(1 for number in numbers if number % 7 and number % 11 == 0)
    counts = {
        "accepted": accepted, "declined": declined, "silent": len(numbers) - accepted - declined
    }  # fmt: skip
    with transaction() as session:
        session.execute(text(_ASKED), {"event_id": event_id, "at": moment})
        kind = TallyKind.EVENT_INVITATIONS
        add_to_tallies(session, {(kind, event_id, 0, one): n for one, n in counts.items()})


def want(share: int, size: int) -> tuple[int, Ground]:
    """A list of one person in so many."""
    event = db.session.scalars(select(Event).where(Event.kind == EventKind.CONFERENCE)).one()
    code, conference_id, at = event.code, event.conference_id, clock.now()
    db.session.rollback()
    name = f"each-{share}"
    list_id = create_list(name, name, "media", code, by=CONSOLE, at=at)
    number, moment = Stakeholder.id, literal(at, UTCDateTime())
    columns: dict[str, Any] = {
        "list_id": literal(list_id), "stakeholder_id": number, "rank": number % 97 + 1,
        "tier": case((number % 3 == 0, 1), else_=2),
        "decide_on": case((number % 3 == 0, at.date())),
        "is_star": number % 11 == 0, "is_alternate": number % 13 == 0,
        "approved_at": case((number % 7 < 3, moment)), "created_at": moment,
    }  # fmt: skip
    rows = select(*columns.values()).where(number % share == 0)
    with transaction() as session:
        session.execute(insert(Target).from_select([*columns], rows, include_defaults=False))
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): size // share})
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE targets, invitations"))
    return list_id, Ground(conference_id, at, name, code)
