"""Tasks: what is to be done, by whom, by when; and whose a person is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target, TargetList
from outreach.models.task import Task, TaskKind


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Where a person is wanted, and who of the team follows them up there."""

    target_id: int | None
    owner_id: int | None


def who_follows_up(people: Mapping[int, int]) -> dict[int, FollowUp]:
    """Whose each person is: a target of the event that has an owner comes first, then any other.

    people  {stakeholder id: event id}
    Cost: the targets of these people, by an index.
    """
    rows = reading().execute(
        select(Target.stakeholder_id, Target.id, Target.owner_id, TargetList.event_id)
        .join(TargetList, TargetList.id == Target.list_id)
        .where(Target.stakeholder_id.in_(people))
        .order_by(Target.id)
    )
    found: dict[int, FollowUp] = {id_: FollowUp(None, None) for id_ in people}
    best: dict[int, tuple[bool, bool]] = {}
    for stakeholder_id, target_id, owner_id, event_id in rows:
        worth = (owner_id is not None, event_id == people[stakeholder_id])
        if stakeholder_id not in best or worth > best[stakeholder_id]:
            best[stakeholder_id] = worth
            found[stakeholder_id] = FollowUp(target_id, owner_id)
    return found


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something still to be done."""

    id: int
    kind: TaskKind
    what: str
    due_on: date
    stakeholder_id: int | None
    person: str | None
    owner_id: int | None
    owner: str | None


def open_tasks(owner_id: int | None = None, *, limit: int | None = 50) -> list[OpenTask]:
    """What is to be done, the first due first. Cost: the rows shown, by an index.

    owner_id  only that person's and those that nobody has taken; None for everyone's
    """
    statement = (
        select(Task.id, Task.kind, Task.what, Task.due_on, Task.stakeholder_id,
               Stakeholder.full_name, Task.owner_id, Account.name)
        .outerjoin(Stakeholder, Stakeholder.id == Task.stakeholder_id)
        .outerjoin(Account, Account.id == Task.owner_id)
        .where(Task.done_at.is_(None))
        .order_by(Task.due_on, Task.id)
        .limit(limit)
    )  # fmt: skip
    if owner_id is not None:
        mine: ColumnElement[bool] = or_(Task.owner_id == owner_id, Task.owner_id.is_(None))
        statement = statement.where(mine)
    rows: Any = reading().execute(statement)
    return [OpenTask(*row) for row in rows]


def open_tasks_of(stakeholder_id: int, *, limit: int = 10) -> list[OpenTask]:
    """What is to be done about one person, the first due first. Cost: their tasks, by an index."""
    rows: Any = reading().execute(
        select(Task.id, Task.kind, Task.what, Task.due_on, Task.stakeholder_id,
               Stakeholder.full_name, Task.owner_id, Account.name)
        .join(Stakeholder, Stakeholder.id == Task.stakeholder_id)
        .outerjoin(Account, Account.id == Task.owner_id)
        .where(Task.stakeholder_id == stakeholder_id, Task.done_at.is_(None))
        .order_by(Task.due_on, Task.id)
        .limit(limit)
    )  # fmt: skip
    return [OpenTask(*row) for row in rows]


def due_tasks(owner_id: int, today: date, *, limit: int = 20) -> list[OpenTask]:
    """What is due for one of the team by today, and what nobody has taken. Cost: the rows."""
    return [task for task in open_tasks(owner_id, limit=limit) if task.due_on <= today]


def done_tasks(*, limit: int = 10) -> list[tuple[int, str, datetime, str | None]]:
    """(task, what, when, by whom) of those done last. Cost: the done ones, by index."""
    rows: Any = reading().execute(
        select(Task.id, Task.what, Task.done_at, Account.name)
        .outerjoin(Account, Account.id == Task.done_by_id)
        .where(Task.done_at.is_not(None))
        .order_by(Task.done_at.desc(), Task.id.desc())
        .limit(limit)
    )
    return [(id_, what, done_at, name) for id_, what, done_at, name in rows]
