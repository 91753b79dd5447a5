"""Changes of many rows at once: who was changed and how they were, kept to be taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, literal, null, select
from sqlalchemy.orm import Session

from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.base import UTCDateTime
from outreach.models.bulk import BulkChange, BulkRow

WayBack = Callable[[Session, BulkChange], int]
"""Puts everything back; says for how many."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a change."""

    change_id: int | None
    """By which it is taken back; None where nothing was to change."""
    count: int


def check_count(session: Session, wanted: Select[Any], said_count: int) -> None:
    """Raises Conflict where others fit by now than the person was shown."""
    count = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if count != said_count:
        raise Conflict(
            f"Who fits has changed: {count:,} by now, not {said_count:,}. "
            "Nothing was changed; look again."
        )


def change_of(what: str, by: Actor, at: datetime, **detail: Any) -> BulkChange:
    """A change that is about to be made."""
    return BulkChange(
        what=what, detail=detail, account_id=by.account_id, actor=by.kind, at=at, count=0
    )


def rows_of_change(change: BulkChange) -> Select[Any]:
    """SELECT of the ids of its rows."""
    return select(BulkRow.row_id).where(BulkRow.change_id == change.id)


def keep(
    session: Session, change: BulkChange, wanted: Select[Any], id_: Any, before: Any = None
) -> int:
    """Write down whom it is for and how they were; says how many. Nothing is kept of nobody.

    wanted  SELECT that `id_` and `before` are columns of
    """
    session.add(change)
    session.flush()
    held = null() if before is None else before
    chosen = wanted.with_only_columns(literal(change.id), id_, held)
    session.execute(insert(BulkRow).from_select(["change_id", "row_id", "before"], chosen))
    rows = rows_of_change(change).subquery()
    change.count = session.scalar(select(func.count()).select_from(rows)) or 0
    if not change.count:
        session.delete(change)
    return change.count


def tell(session: Session, change: BulkChange, people: Select[Any] | None = None) -> Done:
    """A line of the journal for each person, in one statement.

    people  SELECT of their ids; where there is none, the rows of the change are people
    """
    by = Actor(change.actor, change.account_id)
    _tell_each(session, f"bulk_{change.what}", change, people, by, change.at, count=change.count)
    return Done(change.id, change.count)


def _tell_each(
    session: Session,
    verb: str,
    change: BulkChange,
    people: Select[Any] | None,
    by: Actor,
    at: datetime,
    **said: int,
) -> None:
    these = (rows_of_change(change) if people is None else people).subquery()
    rows = select(
        literal(at, UTCDateTime()),
        literal(verb),
        literal(by.account_id),
        literal(by.kind),
        these.c[0],
        literal(change.detail | said, Activity.__table__.c.detail.type),
    )
    names = ["at", "verb", "account_id", "actor", "stakeholder_id", "detail"]
    session.execute(insert(Activity).from_select(names, rows, include_defaults=False))


def put_back(
    session: Session,
    change_id: int,
    ways: Mapping[str, WayBack],
    by: Actor,
    at: datetime,
    people: Callable[[BulkChange], Select[Any]] = rows_of_change,
) -> int:
    """Take a change back, the way its kind goes; says for how many, and tells of it as of a change.

    Raises NotFound, Conflict where it was taken back before or is too long ago.
    """
    change = session.get(BulkChange, change_id, with_for_update=True)
    if change is None or change.what not in ways:
        raise NotFound("change")
    change.take_back(at)
    count = ways[change.what](session, change)
    session.add(
        Activity.of("took_back_bulk", by, at, change_id=change.id, what=change.what, count=count)
    )
    if count:
        said = {"count": change.count, "back_count": count}
        _tell_each(session, "bulk_taken_back", change, people(change), by, at, **said)
    return count
