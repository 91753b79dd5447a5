"""Places that a merge gave back and somebody else got: what stands once the two are two again."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.allotment import Allotment, Placement, PlacementState, Vacancy, VacancyState
from outreach.models.duplicate import Merge
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target, TargetList
from outreach.placing import COMES, may_take_now, wish_of

GOT_IT = [PlacementState.WAITING.value, PlacementState.TAKEN.value]


@dataclass(frozen=True, slots=True)
class GivenOn:
    """A place of one of two merged people that went to somebody else meanwhile."""

    invitation_id: int
    stakeholder_id: int
    """Whose place it was, and whose invitation it is again."""
    name: str
    answer: InvitationState
    event_id: int
    event: str
    allotment_id: int
    has_place: bool
    """Whether there is room for both: the place of the one goes on being theirs."""
    other: str | None
    """Who was asked instead; None where somebody who waited got it, or it is no more."""
    other_answer: InvitationState | None
    target_id: int | None = None
    owner_id: int | None = None
    owner: str | None = None


def places_given_on(merge_id: int, at: datetime) -> list[GivenOn]:
    """What the undoing of a merge cannot give back. Cost: the invitations of the two, by key."""
    merge = reading().get(Merge, merge_id)
    if merge is None:
        return []
    whose: dict[int, int] = {}
    """{invitation: whose it was, where that changed}"""
    for _, table, id_, columns in merge.changes:
        if table == "invitations":
            before = columns.get("stakeholder_id", (None, None))[0]
            whose.setdefault(id_, before or 0)
    other, asked = aliased(Stakeholder), aliased(Invitation)
    rows = reading().execute(
        select(
            Vacancy.left_by_id, Allotment, Event.name, other.full_name,
            asked.state.label("answer"), Vacancy.state,
        )
        .join(Allotment, Allotment.id == Vacancy.allotment_id)
        .join(Event, Event.id == Allotment.event_id)
        .outerjoin(asked, asked.id == Vacancy.filled_by_id)
        .outerjoin(other, other.id == asked.stakeholder_id)
        .where(
            Vacancy.left_by_id.in_(whose), Vacancy.freed_at == merge.merged_at,
            Vacancy.state != VacancyState.OPEN,
        )
        .order_by(Vacancy.id)
    )  # fmt: skip
    between = _given_between_them(merge)
    found = []
    for row in rows:
        if row.state is VacancyState.CLOSED and between[row.Allotment.id]:
            between[row.Allotment.id] -= 1
        elif (one := _given_on(row, merge.kept_id, whose, at)) is not None:
            found.append(one)
    return found


def _given_between_them(merge: Merge) -> Counter[int]:
    """{allotment: how often one of the two got the place that the merge took from the other}: that
    is taken back with it."""
    ids = [
        id_ for _, table, id_, columns in merge.changes
        if table == Placement.__tablename__ and columns.get("state") == GOT_IT
    ]  # fmt: skip
    return Counter(
        reading().scalars(select(Placement.allotment_id).where(Placement.id.in_(ids)))
        if ids
        else ()
    )


def _given_on(row: Any, kept_id: int, whose: dict[int, int], at: datetime) -> GivenOn | None:
    left_by, allotment, event, other, other_answer, _ = row
    invitation = reading().get_one(Invitation, left_by)
    person_id = whose[left_by] or invitation.stakeholder_id
    if wish_of(invitation, at) is None:
        return None  # answers have closed for them: they want no place any more
    placement = reading().scalar(select(Placement).where(Placement.invitation_id == left_by))
    held = placement is not None and placement.state in (
        PlacementState.TAKEN, PlacementState.ASKED,
    )  # fmt: skip
    target = (
        reading()
        .execute(
            select(Target.id, Target.owner_id, Account.name)
            .join(TargetList, TargetList.id == Target.list_id)
            .outerjoin(Account, and_(Account.id == Target.owner_id, ~Account.is_disabled))
            .where(
                Target.stakeholder_id.in_([person_id, kept_id]),
                TargetList.event_id == allotment.event_id,
            )
            .order_by(Target.stakeholder_id != person_id, Target.id)
            .limit(1)
        )
        .one_or_none()
    )
    return GivenOn(
        left_by, person_id, reading().get_one(Stakeholder, person_id).full_name, invitation.state,
        allotment.event_id, event, allotment.id,
        held or may_take_now(reading(), allotment, wish_of(invitation, at) == COMES), other,
        other_answer, *(target or (None, None, None)),
    )  # fmt: skip
