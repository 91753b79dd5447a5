"""Targets taken off a list, and this taken back.

It writes what stood there before into its line of the journal, and `take_back` reads it from there.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.star import Star, StarStage
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.starring import copy_stars
from outreach.tally import Place, add_to_tallies

UNDO_LIFE = timedelta(hours=1)
"""The bar shows for ten seconds; a page that was left open may still take it back for a while."""

_KEPT = (
    "stakeholder_id",
    "is_star",
    "tier",
    "rank",
    "why",
    "owner_id",
    "decide_on",
    "wave",
    "is_alternate",
    "approved_at",
    "created_at",
)


class TooLate(Conflict):
    """It can no longer be taken back."""

    def __init__(self) -> None:
        super().__init__("This was changed too long ago to be taken back here.")


class IsStar(Conflict):
    """Off a list no mail to them would wait for a signature."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is a star, or nominated. Take them off the short list first: an approver does."
        )


def remove_targets(
    list_id: int, target_ids: Sequence[int], *, by: Actor, at: datetime
) -> int | None:
    """Take people off a list; who they are, and what they were asked, stays.

    Gives the line of the journal by which it can be taken back; None when nothing was to change.
    Raises IsStar, and changes nothing.
    """
    with transaction() as session:
        target_list = _list(session, list_id)
        rows = _targets(session, list_id, target_ids)
        if not rows:
            return None
        _check_no_stars(session, rows)
        line = _journal("removed_from_list", target_list, rows, by, at)
        session.add(line)
        for target in rows:
            session.delete(target)
        session.flush()
        add_to_tallies(session, _numbers(list_id, rows, -1))
        return line.id


def _check_no_stars(session: Session, rows: Sequence[Target]) -> None:
    decided_on = Star.stage != StarStage.REJECTED
    nominated = set(
        session.scalars(
            select(Star.target_id).where(Star.target_id.in_([row.id for row in rows]), decided_on)
        )
    )
    star = next((row for row in rows if row.is_star or row.id in nominated), None)
    if star is not None:
        raise IsStar(star.stakeholder.full_name)


def take_back(list_id: int, activity_id: int, *, by: Actor, at: datetime) -> int:
    """Put targets back to what they were before a change; say how many. Twice does no harm."""
    with transaction() as session:
        target_list = _list(session, list_id)
        line = session.get(Activity, activity_id)
        if line is None or line.detail.get("list_id") != list_id or "before" not in line.detail:
            raise NotFound("change of this list")
        if at - line.at > UNDO_LIFE:
            raise TooLate
        before = [_awake(row) for row in line.detail["before"]]
        now = {
            target.stakeholder_id: target
            for target in _targets_of(session, list_id, [row["stakeholder_id"] for row in before])
        }
        numbers = _numbers(list_id, list(now.values()), -1)
        for row in before:
            if target := now.get(row["stakeholder_id"]):
                target.is_star, target.tier = row["is_star"], row["tier"]
            else:
                session.add(Target(list_id=list_id, **row))
        session.flush()
        people = [row["stakeholder_id"] for row in before]
        numbers.update(_numbers(list_id, _targets_of(session, list_id, people), 1))
        add_to_tallies(session, numbers)
        copy_stars(session, target_list.event_id, people)
        session.add(
            Activity.of("took_back", by, at, list_id=list_id, what=line.verb, count=len(before))
        )
        return len(before)


def _list(session: Session, list_id: int) -> TargetList:
    target_list = session.get(TargetList, list_id)
    if target_list is None:
        raise NotFound("list")
    return target_list


def _targets(session: Session, list_id: int, target_ids: Sequence[int]) -> list[Target]:
    """Locked in one order: two people who change the same rows never wait for each other."""
    wanted = select(Target).where(Target.list_id == list_id, Target.id.in_(target_ids))
    return list(session.scalars(wanted.order_by(Target.id).with_for_update()))


def _targets_of(session: Session, list_id: int, people: Sequence[int]) -> list[Target]:
    wanted = select(Target).where(Target.list_id == list_id, Target.stakeholder_id.in_(people))
    return list(session.scalars(wanted.order_by(Target.id).with_for_update()))


def _numbers(list_id: int, rows: Sequence[Target], sign: int) -> Counter[Place]:
    numbers: Counter[Place] = Counter()
    numbers[TallyKind.LIST_TARGETS, list_id, 0, "wanted"] = sign * len(rows)
    numbers[TallyKind.LIST_TARGETS, list_id, 0, "star"] = sign * sum(row.is_star for row in rows)
    return numbers


def _journal(
    verb: str, target_list: TargetList, rows: Sequence[Target], by: Actor, at: datetime
) -> Activity:
    before = [_asleep({name: getattr(row, name) for name in _KEPT}) for row in rows]
    only = rows[0].stakeholder_id if len(rows) == 1 else None
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=only,
        event_id=target_list.event_id,
        list_id=target_list.id,
        list=target_list.name,
        before=before,
    )


def _asleep(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON."""
    days = ("decide_on", "approved_at", "created_at")
    return row | {name: row[name].isoformat() if row[name] else None for name in days}


def _awake(row: dict[str, Any]) -> dict[str, Any]:
    day, approved = row["decide_on"], row.get("approved_at")
    return row | {
        "decide_on": date.fromisoformat(day) if day else None,
        "approved_at": datetime.fromisoformat(approved) if approved else None,
        "created_at": datetime.fromisoformat(row["created_at"]),
    }
