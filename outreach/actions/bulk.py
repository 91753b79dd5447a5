"""Changes of many people at once: set by set, with a record from which each can be taken back.

Whom a change is for is either ids or a rule; with a rule the number that the person was shown
comes along, and where more or fewer fit by now nothing is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.advice.segments import Rule
from outreach.db import touched, transaction
from outreach.errors import NotFound, Refusal
from outreach.keeping import Done, change_of, check_count, keep, put_back, rows_of_change, tell
from outreach.models.activity import Actor
from outreach.models.base import UTCDateTime
from outreach.models.bulk import BulkChange, BulkRow
from outreach.models.stakeholder import Stakeholder
from outreach.models.tag import StakeholderTag, Tag
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.accounts import colleague
from outreach.queries.segments import conditions_of
from outreach.queries.shapes import IS_KEPT, Ground
from outreach.tally import add_to_tallies

LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a change is for: these, or all who fit the rule."""

    ids: Sequence[int] = ()
    rule: Rule | None = None
    ground: Ground | None = None
    said_count: int | None = None
    """How many fitted when the person saw it."""

    def people(self) -> Select[Any]:
        """SELECT of their ids."""
        wanted = select(Stakeholder.id).where(IS_KEPT)
        if self.rule is None or self.ground is None:
            return wanted.where(Stakeholder.id.in_(self.ids))
        return wanted.where(*conditions_of(self.rule, self.ground))

    def check(self, session: Session) -> None:
        """Raises Conflict where others fit by now than the person was shown."""
        if self.rule is not None and self.said_count is not None:
            check_count(session, self.people(), self.said_count)


def tag_people(chosen: Chosen, name: str, *, by: Actor, at: datetime) -> Done:
    """Give people a tag; those who bear it already are left as they are."""
    name = " ".join(name.split())
    key = fold(name)
    if not key or len(name) > LONGEST_TAG:
        raise Refusal(f"A tag is a word or a few, at most {LONGEST_TAG} letters.")
    with transaction() as session:
        chosen.check(session)
        tag = session.scalars(select(Tag).where(Tag.name_key == key)).one_or_none()
        if tag is None:
            tag = Tag(name=name, name_key=key)
            session.add(tag)
            session.flush()
        bears = exists().where(
            StakeholderTag.stakeholder_id == Stakeholder.id, StakeholderTag.tag_id == tag.id
        )
        change = change_of(
            "tagged", by, at, tag_id=tag.id, tag=tag.name, said=f"Tagged “{tag.name}”"
        )
        if not keep(session, change, chosen.people().where(~bears), Stakeholder.id):
            return Done(None, 0)
        rows = select(BulkRow.row_id, literal(tag.id)).where(BulkRow.change_id == change.id)
        into = insert(StakeholderTag).from_select(["stakeholder_id", "tag_id"], rows)
        session.execute(into)
        return tell(session, change)


def untag_people(chosen: Chosen, name: str, *, by: Actor, at: datetime) -> Done:
    """Take a tag from people."""
    with transaction() as session:
        chosen.check(session)
        tag = session.scalars(select(Tag).where(Tag.name_key == fold(name))).one_or_none()
        if tag is None:
            raise NotFound("tag")
        bears = exists().where(
            StakeholderTag.stakeholder_id == Stakeholder.id, StakeholderTag.tag_id == tag.id
        )
        said = f"Took the tag “{tag.name}” off"
        change = change_of("untagged", by, at, tag_id=tag.id, tag=tag.name, said=said)
        if not keep(session, change, chosen.people().where(bears), Stakeholder.id):
            return Done(None, 0)
        _take_tag(session, change, tag.id)
        return tell(session, change)


def give_owner(chosen: Chosen, owner_id: int | None, *, by: Actor, at: datetime) -> Done:
    """Say who of the team looks after people; None for nobody."""
    with transaction() as session:
        chosen.check(session)
        owner = colleague(session, owner_id)
        name = owner.name if owner else "nobody"
        change = change_of(
            "gave_owner", by, at, owner_id=owner_id, owner=name, said=f"Looked after by {name}"
        )
        other = Stakeholder.owner_id.is_distinct_from(owner_id)
        wanted = chosen.people().where(other)
        if not keep(session, change, wanted, Stakeholder.id, before=Stakeholder.owner_id):
            return Done(None, 0)
        touched(
            session,
            update(Stakeholder)
            .where(Stakeholder.id.in_(rows_of_change(change)))
            .values(owner_id=owner_id, version=Stakeholder.version + 1, changed_at=at),
        )
        return tell(session, change)


def put_on_list(chosen: Chosen, list_id: int, *, by: Actor, at: datetime) -> Done:
    """Want people on a list too, after those who stand there; known ones are left as they are."""
    with transaction() as session:
        chosen.check(session)
        target_list = session.get(TargetList, list_id, with_for_update=True)
        if target_list is None:
            raise NotFound("list")
        wanted = exists().where(Target.stakeholder_id == Stakeholder.id, Target.list_id == list_id)
        said = f"Put on {target_list.name}"
        change = change_of("put_on_list", by, at, list_id=list_id, list=target_list.name, said=said)
        if not keep(session, change, chosen.people().where(~wanted), Stakeholder.id):
            return Done(None, 0)
        last = session.scalar(select(func.max(Target.rank)).where(Target.list_id == list_id)) or 0
        rank = func.row_number().over(order_by=Stakeholder.name_key) + last
        rows = (
            select(literal(list_id), Stakeholder.id, rank, literal(at, UTCDateTime()))
            .join(BulkRow, BulkRow.row_id == Stakeholder.id)
            .where(BulkRow.change_id == change.id)
        )
        names = ["list_id", "stakeholder_id", "rank", "created_at"]
        session.execute(insert(Target).from_select(names, rows, include_defaults=False))
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): change.count})
        return tell(session, change)


def take_back_bulk(change_id: int, *, by: Actor, at: datetime) -> int:
    """Put everything back as it was; what changed again since stays. Says for how many.

    Raises NotFound, Conflict where it was taken back before or is too long ago.
    """
    with transaction() as session:
        return put_back(session, change_id, _TAKES_BACK, by, at)


def _take_tag(session: Session, change: BulkChange, tag_id: int) -> int:
    bears = StakeholderTag.stakeholder_id.in_(rows_of_change(change))
    return touched(session, delete(StakeholderTag).where(StakeholderTag.tag_id == tag_id, bears))


def _untag_again(session: Session, change: BulkChange) -> int:
    return _take_tag(session, change, change.detail["tag_id"])


def _tag_again(session: Session, change: BulkChange) -> int:
    tag_id = change.detail["tag_id"]
    bears = exists().where(
        StakeholderTag.stakeholder_id == BulkRow.row_id, StakeholderTag.tag_id == tag_id
    )
    still = exists().where(Stakeholder.id == BulkRow.row_id)
    rows = select(BulkRow.row_id, literal(tag_id)).where(
        BulkRow.change_id == change.id, ~bears, still
    )
    count = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    session.execute(insert(StakeholderTag).from_select(["stakeholder_id", "tag_id"], rows))
    return count


def _own_again(session: Session, change: BulkChange) -> int:
    was = (
        select(BulkRow.before)
        .where(BulkRow.change_id == change.id, BulkRow.row_id == Stakeholder.id)
        .scalar_subquery()
    )
    unchanged = Stakeholder.owner_id.is_not_distinct_from(change.detail["owner_id"])
    return touched(
        session,
        update(Stakeholder)
        .where(Stakeholder.id.in_(rows_of_change(change)), unchanged)
        .values(owner_id=was, version=Stakeholder.version + 1),
    )


def _off_list_again(session: Session, change: BulkChange) -> int:
    """Who became a star, or was given a reason or an owner meanwhile, stays on the list."""
    list_id = change.detail["list_id"]
    gone = delete(Target).where(
        Target.list_id == list_id,
        Target.stakeholder_id.in_(rows_of_change(change)),
        ~Target.is_star,
        Target.why == "",
        Target.owner_id.is_(None),
        Target.promoted_at.is_(None),
    )
    count = touched(session, gone)
    add_to_tallies(session, {(TallyKind.LIST_TARGETS, list_id, 0, "wanted"): -count})
    return count


_TAKES_BACK = {
    "tagged": _untag_again,
    "untagged": _tag_again,
    "gave_owner": _own_again,
    "put_on_list": _off_list_again,
}
