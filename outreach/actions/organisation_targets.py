"""Organisations wanted on a list: put on it, corrected, approved, taken off, and that taken back.

A change writes what stood there before into its line of the journal, and `take_back` reads it from
there. Every organisation has a line of its own, for its time line.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotAnApprover, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.stakeholder import Organisation
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.models.wish import OrganisationWish
from outreach.queries.accounts import colleague, may_approve
from outreach.tally import add_to_tallies

UNDO_LIFE = timedelta(hours=1)
"""As for people: the bar is short, a page that was left open may still take it back for a while."""
_BEFORE, _REMOVED = "organisations_before", "removed_from_list"
_SET = {"tier": range(1, 4), "wave": range(1, 10), "owner_id": range(0)}


class WantedAlready(Conflict):
    """It stands on the list."""

    def __init__(self, name: str, list_name: str) -> None:
        super().__init__(f"{name} is on the list “{list_name}” already.")


def want_organisation(
    list_id: int, organisation_id: int, wish: OrganisationWish, *, by: Actor, at: datetime
) -> int:
    """Put an organisation on a list, with rank 0 at its end; gives the target's id.

    Raises WantedAlready, Refusal, NotFound.
    """
    wish.check()
    with transaction() as session:
        target_list = _list(session, list_id)
        body = session.get(Organisation, organisation_id)
        if body is None:
            raise NotFound("organisation")
        colleague(session, wish.owner_id)
        made = _want(session, target_list, [organisation_id], wish, by, at)
        if not made:
            raise WantedAlready(body.name, target_list.name)
        return made[0]


def want_many(
    list_id: int,
    organisation_ids: Sequence[int],
    wish: OrganisationWish,
    *,
    by: Actor,
    at: datetime,
) -> int:
    """Put organisations at the end of a list, in this order; says how many were not on it yet."""
    wish.check()
    with transaction() as session:
        target_list = _list(session, list_id)
        colleague(session, wish.owner_id)
        known = select(Organisation.id).where(Organisation.id.in_(organisation_ids))
        there = set(session.scalars(known))
        ids = [id_ for id_ in dict.fromkeys(organisation_ids) if id_ in there]
        return len(_want(session, target_list, ids, replace(wish, rank=0), by, at))


def _want(
    session: Session,
    target_list: TargetList,
    organisation_ids: Sequence[int],
    wish: OrganisationWish,
    by: Actor,
    at: datetime,
) -> list[int]:
    """Those that were not there yet; somebody else may be putting the same ones there just now."""
    last = max(
        session.scalar(select(func.max(of.rank)).where(of.list_id == target_list.id)) or 0
        for of in (Target, OrganisationTarget)
    )
    rows = [
        {
            "list_id": target_list.id, "organisation_id": id_, "tier": wish.tier,
            "rank": wish.rank or place, "wave": wish.wave, "why": wish.why,
            "owner_id": wish.owner_id, "decide_on": wish.decide_on,
            "most_members": wish.most_members, "created_at": at,
        }
        for place, id_ in enumerate(organisation_ids, last + 1)
    ]  # fmt: skip
    made: Any = _add(session, rows)
    for _, organisation_id in made:
        session.add(_line("wanted_organisation", target_list, organisation_id, by, at))
    return [id_ for id_, _ in made]


def edit_organisation_target(
    list_id: int, target_id: int, wish: OrganisationWish, *, seen: int, by: Actor, at: datetime
) -> None:
    """Say how an organisation is wanted. seen  the `mark` of what the page showed.

    Raises ChangedMeanwhile, Refusal, NotFound.
    """
    wish.check()
    with transaction() as session:
        target_list = _list(session, list_id)
        target = next(iter(_targets(session, list_id, [target_id])), None)
        if target is None:
            raise NotFound("organisation on this list")
        if target.mark != seen:
            raise ChangedMeanwhile
        if wish.owner_id != target.owner_id:
            colleague(session, wish.owner_id)
        if fields := wish.give_to(target):
            session.add(
                _line("edited_target", target_list, target.organisation_id, by, at, fields=fields)
            )


def approve_organisations(
    list_id: int, target_ids: Sequence[int], *, by: Actor, at: datetime
) -> int | None:
    """Note that these are to be asked: an approver's. Gives the line of the journal by which it can
    be taken back; None where all of them are approved."""
    with transaction() as session:
        if by.account_id is not None and not may_approve(session, by.account_id):
            raise NotAnApprover("An approver says who is approved. Your role does not.")
        target_list = _list(session, list_id)
        rows = [row for row in _targets(session, list_id, target_ids) if row.approved_at is None]
        line_id = _journal(session, "approved_on_list", target_list, rows, by, at)
        for target in rows:
            target.approved_at = at
        return line_id


def set_organisations(
    list_id: int,
    target_ids: Sequence[int],
    name: str,
    value: int | None,
    *,
    by: Actor,
    at: datetime,
) -> tuple[int | None, int]:
    """Give organisations of a list one tier, wave or owner.

    name  `tier`, `wave` or `owner_id`
    Gives the line of the journal by which it can be taken back, and for how many something changed;
    None where it was so for all of them. Raises Refusal, NotFound.
    """
    if name not in _SET or (name != "owner_id" and value not in _SET[name]):
        raise Refusal("A tier is 1 to 3, a wave 1 to 9.")
    with transaction() as session:
        target_list = _list(session, list_id)
        if name == "owner_id":
            colleague(session, value)
        rows = [
            row for row in _targets(session, list_id, target_ids) if getattr(row, name) != value
        ]
        said = {"fields": [name.removesuffix("_id")], "column": name, "value": value}
        line_id = _journal(session, "edited_target", target_list, rows, by, at, **said)
        for target in rows:
            setattr(target, name, value)
        return line_id, len(rows)


def remove_organisations(
    list_id: int, target_ids: Sequence[int], *, by: Actor, at: datetime
) -> int | None:
    """Take organisations off a list; whom they were asked to send, and who is named, stays.

    Gives the line of the journal by which it can be taken back; None when nothing was to change.
    """
    with transaction() as session:
        target_list = _list(session, list_id)
        rows = _targets(session, list_id, target_ids)
        line_id = _journal(session, _REMOVED, target_list, rows, by, at)
        for target in rows:
            session.delete(target)
        session.flush()
        _count(session, list_id, -len(rows))
        return line_id


def take_back(list_id: int, activity_id: int, *, by: Actor, at: datetime) -> int:
    """Put organisations back to what they were before a change; say how many. Twice does no harm.

    Only what the change did goes: what was corrected or put there in between stays.
    """
    with transaction() as session:
        target_list = _list(session, list_id)
        line = session.get(Activity, activity_id)
        if line is None or line.detail.get("list_id") != list_id or _BEFORE not in line.detail:
            raise NotFound("change of this list")
        if at - line.at > UNDO_LIFE:
            raise Conflict("This was changed too long ago to be taken back here.")
        before = {row["organisation_id"]: _awake(row) for row in line.detail[_BEFORE]}
        if line.verb == _REMOVED:
            _add(session, [row | {"list_id": list_id} for row in before.values()])
        elif name := line.detail.get("column"):
            for target in _of(session, list_id, OrganisationTarget.organisation_id.in_(before)):
                if getattr(target, name) == line.detail["value"]:
                    setattr(target, name, before[target.organisation_id][name])
        else:
            for target in _of(session, list_id, OrganisationTarget.organisation_id.in_(before)):
                target.approved_at = before[target.organisation_id]["approved_at"]
        for organisation_id in before:
            session.add(_line("took_back", target_list, organisation_id, by, at, what=line.verb))
        return len(before)


def _add(session: Session, rows: list[dict[str, Any]]) -> list[Any]:
    """Insert those that are not on the list, and count them; (id, organisation) of each."""
    if not rows:
        return []
    dialect = postgresql if is_postgresql() else sqlite
    table = OrganisationTarget.__table__
    made = session.execute(
        dialect.insert(table)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["list_id", "organisation_id"])
        .returning(table.c.id, table.c.organisation_id)
    ).all()
    _count(session, rows[0]["list_id"], len(made))
    return sorted(made)


def _count(session: Session, list_id: int, by: int) -> None:
    add_to_tallies(session, {(TallyKind.LIST_ORGANISATIONS, list_id, 0, "wanted"): by})


def _list(session: Session, list_id: int) -> TargetList:
    target_list = session.get(TargetList, list_id)
    if target_list is None:
        raise NotFound("list")
    return target_list


def _targets(session: Session, list_id: int, target_ids: Sequence[int]) -> list[OrganisationTarget]:
    return _of(session, list_id, OrganisationTarget.id.in_(target_ids))


def _of(session: Session, list_id: int, these: ColumnElement[bool]) -> list[OrganisationTarget]:
    """Locked in one order: two people who change the same rows never wait for each other."""
    wanted = select(OrganisationTarget).where(OrganisationTarget.list_id == list_id, these)
    ordered = wanted.order_by(OrganisationTarget.id).with_for_update()
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


def _journal(
    session: Session,
    verb: str,
    target_list: TargetList,
    rows: Sequence[OrganisationTarget],
    by: Actor,
    at: datetime,
    **more: Any,
) -> int | None:
    """A line for each; the first holds how all of them were."""
    if not rows:
        return None
    lines = [_line(verb, target_list, row.organisation_id, by, at, **more) for row in rows]
    lines[0].detail = lines[0].detail | {_BEFORE: [_asleep(row) for row in rows]}
    session.add_all(lines)
    session.flush()
    return lines[0].id


def _line(
    verb: str, target_list: TargetList, organisation_id: int, by: Actor, at: datetime, **more: Any
) -> Activity:
    return Activity.of(
        verb, by, at, organisation_id=organisation_id, event_id=target_list.event_id,
        list_id=target_list.id, list=target_list.name, **more,
    )  # fmt: skip


def _asleep(row: OrganisationTarget) -> dict[str, Any]:
    """A row as JSON, without its id and list."""
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    kept = {name: value for name, value in values.items() if name not in ("id", "list_id")}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in kept.items()
    }


def _awake(row: dict[str, Any]) -> dict[str, Any]:
    day, approved = row["decide_on"], row["approved_at"]
    return row | {
        "decide_on": date.fromisoformat(day) if day else None,
        "approved_at": datetime.fromisoformat(approved) if approved else None,
        "created_at": datetime.fromisoformat(row["created_at"]),
    }
