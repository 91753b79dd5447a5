"""Tasks: given, done, opened again."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from outreach.models.task import Task, TaskKind
from outreach.queries.accounts import colleague

LONGEST = 500


def add_task(
    what: str,
    due_on: date,
    *,
    by: Actor,
    at: datetime,
    owner_id: int | None = None,
    stakeholder_id: int | None = None,
    target_id: int | None = None,
) -> int:
    """Give someone of the team something to do by a date; nobody in particular without owner."""
    what = " ".join(what.split())[:LONGEST]
    if not what:
        raise Refusal("Say what is to be done.")
    with transaction() as session:
        _check(session, owner_id, stakeholder_id, target_id)
        task = Task(
            kind=TaskKind.BY_HAND,
            what=what,
            due_on=due_on,
            owner_id=owner_id,
            stakeholder_id=stakeholder_id,
            target_id=target_id,
            created_at=at,
        )
        session.add(task)
        session.flush()
        session.add(_line("gave_task", task, by, at))
        return task.id


def finish_task(task_id: int, *, by: Actor, at: datetime) -> bool:
    """Say that it is done; whether it was not before."""
    with transaction() as session:
        task = _task(session, task_id)
        if task.done_at is not None:
            return False
        task.done_at, task.done_by_id = at, by.account_id
        session.add(_line("finished_task", task, by, at))
        return True


def reopen_task(task_id: int, *, by: Actor, at: datetime) -> None:
    """It was not done after all."""
    with transaction() as session:
        task = _task(session, task_id)
        if task.done_at is not None:
            task.done_at = task.done_by_id = None
            session.add(_line("reopened_task", task, by, at))


def take_task(task_id: int, owner_id: int | None, *, by: Actor, at: datetime) -> None:
    """Give a task to someone else, or to nobody."""
    with transaction() as session:
        task = _task(session, task_id)
        _check(session, owner_id, None, None)
        task.owner_id = owner_id
        session.add(_line("passed_on_task", task, by, at))


def _task(session: Session, task_id: int) -> Task:
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound("task")
    return task


def _check(
    session: Session, owner_id: int | None, stakeholder_id: int | None, target_id: int | None
) -> None:
    colleague(session, owner_id)
    if stakeholder_id is not None and session.get(Stakeholder, stakeholder_id) is None:
        raise NotFound("person")
    if target_id is not None and session.get(Target, target_id) is None:
        raise NotFound("target")


def _line(verb: str, task: Task, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=task.stakeholder_id,
        task_id=task.id,
        what=task.what,
        owner_id=task.owner_id,
    )
