"""Many targets of a list changed at once, set by set; each change can be taken back for a week.

Whom a change is for is either ids or a rule; with a rule the number that the person was shown
comes along, and where more or fewer fit by now nothing is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)  # fmt: skip
from sqlalchemy.orm import Session

from outreach.advice.segments import Rule
from outreach.db import reading, touched, transaction
from outreach.errors import NotAnApprover, NotFound, Refusal
from outreach.keeping import Done, change_of, check_count, keep, put_back, rows_of_change, tell
from outreach.models.activity import CLOCK, Actor
from outreach.models.base import UTCDateTime
from outreach.models.bulk import BulkChange, BulkRow, RemovedTarget
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.placing import fill, lock_allotment
from outreach.queries.accounts import colleague, may_approve
from outreach.queries.shapes import Ground
from outreach.queries.targets import target_ids
from outreach.starring import may_own
from outreach.tally import add_to_tallies

_KEPT = [column.name for column in Target.__table__.columns if column.name != "id"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom of a list a change is for: these, or all who fit the rule."""

    list_id: int
    ids: Sequence[int] = ()
    rule: Rule | None = None
    ground: Ground | None = None
    said_count: int = 0
    """How many fitted when the person saw it."""

    def targets(self) -> Select[Any]:
        """SELECT of the targets."""
        if self.rule is not None and self.ground is not None:
            return target_ids(self.list_id, self.rule, self.ground)
        return select(Target.id).where(Target.list_id == self.list_id, Target.id.in_(self.ids))

    def check(self, session: Session) -> TargetList:
        """The list, locked. Raises Conflict where others fit by now than the person was shown."""
        target_list = session.get(TargetList, self.list_id, with_for_update=True)
        if target_list is None:
            raise NotFound("list")
        if self.rule is not None:
            check_count(session, self.targets(), self.said_count)
        return target_list


def give_tier(chosen: Chosen, tier: int, *, by: Actor, at: datetime) -> Done:
    """Say how much people are wanted: 1 most, 3 least."""
    if tier not in (1, 2, 3):
        raise Refusal("A tier is 1, 2 or 3.")
    return _set(chosen, Target.tier, tier, f"Tier {tier}", by, at)


def give_wave(chosen: Chosen, wave: int, *, by: Actor, at: datetime) -> Done:
    """Say in which round people are asked."""
    if wave not in range(1, 10):
        raise Refusal("A wave is a number from 1 to 9.")
    return _set(chosen, Target.wave, wave, f"Wave {wave}", by, at)


def give_owner(chosen: Chosen, owner_id: int | None, *, by: Actor, at: datetime) -> Done:
    """Say who of the team follows people up on this list; None for nobody.

    Stars of which somebody else is to say that stay as they are (`starring.may_own`).
    """
    owner = colleague(reading(), owner_id)
    words = f"Followed up by {owner.name if owner else 'nobody'}"
    return _set(chosen, Target.owner_id, owner_id, words, by, at, may_own(reading(), by))


def approve_targets(chosen: Chosen, *, by: Actor, at: datetime) -> Done:
    """Note that these are to be asked. Raises NotAnApprover."""
    with transaction() as session:
        if by.account_id is not None and not may_approve(session, by.account_id):
            raise NotAnApprover("An approver says who is approved. Your role does not.")
        target_list = chosen.check(session)
        change = change_of(
            "targets_approved", by, at, list_id=target_list.id, list=target_list.name,
            said=f"Approved on {target_list.name}",
        )  # fmt: skip
        wanted = chosen.targets().where(Target.approved_at.is_(None))
        if not keep(session, change, wanted, Target.id):
            return Done(None, 0)
        _update(session, change, approved_at=at)
        return tell(session, change, _people(change))


def remove_many(chosen: Chosen, *, by: Actor, at: datetime) -> Done:
    """Take people off a list. Stars, those nominated, and alternates with a place stay."""
    with transaction() as session:
        target_list = chosen.check(session)
        change = change_of(
            "targets_removed", by, at, list_id=target_list.id, list=target_list.name,
            said=f"Taken off {target_list.name}",
        )  # fmt: skip
        is_apart = exists().where(Star.target_id == Target.id)
        wanted = chosen.targets().where(
            ~is_apart, Target.is_star.is_(False), Target.promoted_at.is_(None)
        )
        if not keep(session, change, wanted, Target.id):
            return Done(None, 0)
        columns = [getattr(Target, name) for name in _KEPT]
        rows = select(literal(change.id), Target.id, *columns).where(_is_in(change))
        into = insert(RemovedTarget).from_select(["change_id", "target_id", *_KEPT], rows)
        session.execute(into)
        done = tell(session, change, _people(change))
        touched(session, delete(Target).where(_is_in(change)))
        _count(session, change, -change.count)
        return done


def nominate_many(chosen: Chosen, reason: str, *, by: Actor, at: datetime) -> Done:
    """Propose people for the short list, all for one reason; who is a star or was nominated before
    stays as it is. An approver decides about each."""
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why these people belong on the short list.")
    with transaction() as session:
        target_list = chosen.check(session)
        change = change_of(
            "targets_nominated", by, at, list_id=target_list.id, list=target_list.name,
            said=f"Nominated as stars on {target_list.name}", reason=reason[:500],
        )  # fmt: skip
        nominated = exists().where(Star.target_id == Target.id)
        wanted = chosen.targets().where(Target.is_star.is_(False), ~nominated)
        if not keep(session, change, wanted, Target.id):
            return Done(None, 0)
        moment = literal(at, UTCDateTime())
        rows = rows_of_change(change).with_only_columns(
            BulkRow.row_id, literal(StarStage.NOMINATED, Star.__table__.c.stage.type), moment,
            literal(reason), literal(by.account_id), moment, literal(""), literal(""),
        )  # fmt: skip
        names = "target_id stage stage_at reason nominated_by_id nominated_at decision next_step"
        into = insert(Star).from_select(names.split(), rows, include_defaults=False)
        session.execute(into)
        return tell(session, change, _people(change))


def take_back_targets(change_id: int, *, by: Actor, at: datetime) -> int:
    """Put everything back as it was; what changed again since stays. Says for how many.

    Raises NotFound, Conflict where it was taken back before or is too long ago.
    """
    with transaction() as session:
        mine = may_own(session, by)
        ways = _TAKES_BACK | {"targets_owner": lambda s, change: _set_again(s, change, mine)}
        count = put_back(session, change_id, ways, by, at, _people_again)
        touched(session, delete(RemovedTarget).where(RemovedTarget.change_id == change_id))
        return count


def _set(
    chosen: Chosen,
    column: Any,
    value: int | None,
    words: str,
    by: Actor,
    at: datetime,
    *holds: ColumnElement[bool],
) -> Done:
    """Give one column of the targets, of which something holds, a value."""
    with transaction() as session:
        target_list = chosen.check(session)
        name = column.key.removesuffix("_id")
        change = change_of(
            f"targets_{name}", by, at, list_id=target_list.id, list=target_list.name,
            column=column.key, value=value, said=f"{words} on {target_list.name}",
        )  # fmt: skip
        wanted = chosen.targets().where(column.is_distinct_from(value), *holds)
        if not keep(session, change, wanted, Target.id, before=column):
            return Done(None, 0)
        _update(session, change, **{column.key: value})
        return tell(session, change, _people(change))


def _is_in(change: BulkChange) -> ColumnElement[bool]:
    return Target.id.in_(rows_of_change(change))


def _people(change: BulkChange) -> Select[Any]:
    return select(Target.stakeholder_id).where(_is_in(change))


def _people_again(change: BulkChange) -> Select[Any]:
    """Of whom a change was that is taken back; who stands on the list again does so anew."""
    if change.what == "targets_removed":
        return select(RemovedTarget.stakeholder_id).where(RemovedTarget.change_id == change.id)
    return _people(change)


def _update(session: Session, change: BulkChange, *holds: Any, **values: Any) -> int:
    return touched(session, update(Target).where(_is_in(change), *holds).values(**values))


def _count(session: Session, change: BulkChange, by: int) -> None:
    add_to_tallies(session, {(TallyKind.LIST_TARGETS, change.detail["list_id"], 0, "wanted"): by})


def _set_again(session: Session, change: BulkChange, *holds: ColumnElement[bool]) -> int:
    column = getattr(Target, change.detail["column"])
    was = (
        select(BulkRow.before)
        .where(BulkRow.change_id == change.id, BulkRow.row_id == Target.id)
        .scalar_subquery()
    )
    unchanged = column.is_not_distinct_from(change.detail["value"])
    return _update(session, change, unchanged, *holds, **{column.key: was})


def _unapprove(session: Session, change: BulkChange) -> int:
    return _update(session, change, Target.approved_at == change.at, approved_at=None)


def _want_again(session: Session, change: BulkChange) -> int:
    """Back to the same place; who is on the list again by now, or is another person, stays so."""
    on_list = exists().where(
        Target.list_id == RemovedTarget.list_id,
        Target.stakeholder_id == RemovedTarget.stakeholder_id,
    )
    columns = [getattr(RemovedTarget, name) for name in _KEPT]
    rows = (
        select(*columns)
        .join(
            Stakeholder,
            and_(
                Stakeholder.id == RemovedTarget.stakeholder_id,
                Stakeholder.merged_into_id.is_(None),
            ),
        )
        .where(RemovedTarget.change_id == change.id, ~on_list)
    )
    count = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    session.execute(insert(Target).from_select(_KEPT, rows, include_defaults=False))
    _count(session, change, count)
    return count


def _unnominate(session: Session, change: BulkChange) -> int:
    """Those about whom nobody decided meanwhile."""
    gone = delete(Star).where(
        Star.target_id.in_(rows_of_change(change)),
        Star.stage == StarStage.NOMINATED,
        Star.nominated_at == change.at,
    )
    return touched(session, gone)


def _mark_again(session: Session, change: BulkChange) -> int:
    """Alternates no more, or again; who was promoted meanwhile stays. A place that waits for an
    alternate goes to the first of them."""
    was = bool(change.detail["value"])
    target_list = session.get_one(TargetList, change.detail["list_id"])
    allotment = target_list.allotment_id and lock_allotment(session, target_list.allotment_id)
    unchanged = (Target.is_alternate == was, Target.promoted_at.is_(None))
    count = _update(session, change, *unchanged, is_alternate=not was)
    if allotment:
        at = change.undone_at or change.at
        add_to_tallies(session, fill(session, allotment, at=at, by=CLOCK))
    return count


_TAKES_BACK = {
    "targets_alternate": _mark_again,
    "targets_tier": _set_again,
    "targets_wave": _set_again,
    "targets_approved": _unapprove,
    "targets_removed": _want_again,
    "targets_nominated": _unnominate,
}
