"""Changing the summary rows: always in the transaction that changes the rows they count."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.models.message import MessageState, counted_as
from outreach.models.tally import Tally, TallyKind, TallyPart
from outreach.prepared import Change, Prepared

Place = tuple[TallyKind, int, int, str]
"""(kind, subject_id, group_id, state)"""


COLUMNS = ("kind", "subject_id", "group_id", "state", "count")
FEW = 4
"""Rows that are added as one statement of its own; more go the way of many."""


PARTS = 16
"""Shares of a number, so that connections at work at the same time seldom meet in one."""


def _adding(insert: Any, table: Any = Tally, *more: str) -> Any:
    """Add to a number, or begin it."""
    statement = insert(table.__table__)
    return statement.on_conflict_do_update(
        index_elements=[*COLUMNS[:4], *more],
        set_={"count": table.count + statement.excluded.count},
    )


_ADD = {"postgresql": _adding(postgresql.insert), "sqlite": _adding(sqlite.insert)}
_ADD_SHARE = _adding(postgresql.insert, TallyPart, "part")


@cache
def _add_few(dialect: str, count: int, *, is_shared: bool = False) -> Prepared:
    """So many at once. An answer changes two numbers."""
    table = Tally.__table__.c
    share = {"part": func.mod(func.pg_backend_pid(), PARTS)} if is_shared else {}
    rows = [
        share | {name: bindparam(f"{name}_{row}", type_=table[name].type) for name in COLUMNS}
        for row in range(count)
    ]
    return Prepared((_ADD_SHARE if is_shared else _ADD[dialect]).values(rows))


def tally_changes(
    dialect: str, changes: Mapping[Place, int], *, is_shared: bool = False
) -> list[Change]:
    """What adds a few changes to their numbers; see `add_to_tallies`.

    is_shared  on PostgreSQL to the connection's own share of them; SQLite has one writer anyway
    """
    rows = [(*place, by) for place, by in sorted(changes.items()) if by]
    values = {
        f"{name}_{number}": value
        for number, row in enumerate(rows)
        for name, value in zip(COLUMNS, row, strict=True)
    }
    if not rows:
        return []
    is_shared = is_shared and dialect == "postgresql"
    return [(_add_few(dialect, len(rows), is_shared=is_shared), values)]


def add_to_tallies(session: Session, changes: Mapping[Place, int]) -> None:
    """Add each change to its number.

    Rows are taken in one order, so that two transactions never wait for each other.
    """
    connection = session.connection()
    if len(changes) <= FEW:
        for statement, values in tally_changes(connection.dialect.name, changes):
            statement.key(connection, values)
        return
    rows = [
        dict(zip(COLUMNS, (*place, by), strict=True)) for place, by in sorted(changes.items()) if by
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)


def moved(
    kind: TallyKind, subject_id: int, group_id: int | None, old: str, new: str
) -> Counter[Place]:
    """The change that one row makes by going from one state to another."""
    change: Counter[Place] = Counter()
    change[kind, subject_id, group_id or 0, old] -= 1
    change[kind, subject_id, group_id or 0, new] += 1
    return change


def moved_message(
    step_id: int | None,
    campaign_id: int | None,
    group_id: int | None,
    is_first: bool,
    old: MessageState,
    new: MessageState,
) -> Counter[Place]:
    """The change that one message makes: in its step and, as a person's first, in its campaign."""
    subjects = [(TallyKind.STEP_MESSAGES, step_id)]
    if is_first:
        subjects.append((TallyKind.CAMPAIGN_PEOPLE, campaign_id))
    return total(
        moved(kind, subject_id, group_id, counted_as(old), counted_as(new))
        for kind, subject_id in subjects
        if subject_id is not None
    )


def total(parts: Iterable[Counter[Place]]) -> Counter[Place]:
    """Several changes as one. (Counter's own sum would drop what is negative.)"""
    whole: Counter[Place] = Counter()
    for part in parts:
        whole.update(part)
    return whole
