"""Places: taken, given back, given to the next, in the transaction of what caused it.

Whoever comes here has locked the invitations it is about; here the allotment is locked, and what
stands in its rows is read after that. Nothing is counted in a summary row before: two
transactions that wait for each other's rows would never end. The numbers are handed back instead.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, literal, select, type_coerce, update
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from outreach.advice.alternates import Standing, next_moves, reply_by_for
from outreach.models.activity import CLOCK, Actor
from outreach.models.allotment import (
    Allotment,
    Placement,
    PlacementState,
    Vacancy,
    VacancyState,
)
from outreach.models.base import UTCDateTime
from outreach.models.delegation import DelegationMember
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.promoting import ask_alternate, next_alternates
from outreach.tally import Place

COMES, MAY_COME = "comes", "may come"
_PLACED = ["allotment_id", "invitation_id", "state", "since", "was_away"]
GONE = {
    InvitationState.DECLINED: "declined",
    InvitationState.UNDELIVERABLE: "bounced",
}


def settle_places(
    session: Session, invitation_ids: Iterable[int], *, at: datetime
) -> Counter[Place]:
    """Give each of these invitations its place or take it, and give what is freed to the next.

    Gives the changes of the summary rows, for the caller to add with its own. Cost: one SELECT
    where the invitations belong to no allotment.
    """
    ids = set(invitation_ids)
    named_by = select(Invitation.delegated_by_id).where(
        Invitation.id.in_(ids), Invitation.delegated_by_id.is_not(None)
    )
    rows = session.execute(
        select(Placement.id, Placement.allotment_id).where(
            Placement.invitation_id.in_(ids) | Placement.invitation_id.in_(named_by)
        )
    ).all()
    numbers: Counter[Place] = Counter()
    for allotment_id in sorted({row.allotment_id for row in rows}):
        allotment = lock_allotment(session, allotment_id)
        placements = session.scalars(
            select(Placement)
            .where(Placement.id.in_([r.id for r in rows if r.allotment_id == allotment_id]))
            .order_by(Placement.id)
            .execution_options(populate_existing=True)
        )
        for placement in placements:
            settle(session, allotment, placement, at)
        numbers.update(fill(session, allotment, at=at, by=CLOCK))
    return numbers


def lock_allotment(session: Session, allotment_id: int) -> Allotment:
    """The allotment, for us alone until the transaction ends."""
    session.flush()
    return session.get_one(Allotment, allotment_id, with_for_update=True, populate_existing=True)


def standing_of(session: Session, allotment: Allotment) -> Standing:
    """The allotment in numbers, from its rows. Cost: its placements, by index."""
    session.flush()
    rows = session.execute(
        select(Placement.state, func.count())
        .where(Placement.allotment_id == allotment.id)
        .group_by(Placement.state)
    )
    counts = {row[0]: row[1] for row in rows}
    vacancies = session.scalar(
        select(func.count()).where(
            Vacancy.allotment_id == allotment.id, Vacancy.state == VacancyState.OPEN
        )
    )
    return Standing(
        allotment.places, counts.get(PlacementState.TAKEN, 0), counts.get(PlacementState.ASKED, 0),
        counts.get(PlacementState.WAITING, 0), vacancies or 0,
    )  # fmt: skip


def settle(
    session: Session,
    allotment: Allotment,
    placement: Placement,
    at: datetime,
    *,
    frees: bool = True,
) -> None:
    """Let a placement follow its invitation.

    frees  whether a place that is given up is one for an alternate
    """
    wish = _wish(session, placement.invitation, at)
    old, standing = placement.state, standing_of(session, allotment)
    if wish == COMES and old in (PlacementState.ASKED, PlacementState.AWAY):
        takes = standing.may_take(was_away=placement.was_away)
        new = PlacementState.TAKEN if takes else PlacementState.WAITING
    elif wish == MAY_COME and old is PlacementState.AWAY:
        new = PlacementState.ASKED if standing.free else old
    elif wish == MAY_COME and old is PlacementState.WAITING:
        new = PlacementState.AWAY if placement.was_away else PlacementState.ASKED
    elif wish == MAY_COME:
        new = PlacementState.ASKED
    elif wish == COMES:
        new = old
    else:
        new = PlacementState.AWAY
    if new is old:
        return
    placement.state, placement.since = new, at
    if new is PlacementState.AWAY:
        placement.was_away = True
        had_one = old in (PlacementState.TAKEN, PlacementState.ASKED)
        if frees and had_one and standing_of(session, allotment).free > standing.vacancies:
            session.add(
                Vacancy(
                    allotment_id=allotment.id,
                    left_by_id=placement.invitation_id,
                    why=wish,
                    freed_at=at,
                    state=VacancyState.OPEN,
                )
            )
    elif old is PlacementState.AWAY and new is not PlacementState.WAITING:
        _take_back_vacancy(session, placement.invitation_id, at)


def fill(
    session: Session, allotment: Allotment, *, at: datetime, by: Actor, asks: bool | None = None
) -> Counter[Place]:
    """Give what is free to those who wait, and freed places to the next alternates by rank.

    asks  whether alternates are asked; None does as the allotment says
    """
    standing = standing_of(session, allotment)
    waiting = session.scalars(
        select(Placement)
        .where(Placement.allotment_id == allotment.id, Placement.state == PlacementState.WAITING)
        .order_by(Placement.since, Placement.id)
        .execution_options(populate_existing=True)
    ).all()
    reply_by = reply_by_for(
        at, allotment.event.starts_at, allotment.answer_days, allotment.closing_days
    )
    may_ask = reply_by is not None and (allotment.is_automatic if asks is None else asks)
    wanted = min(standing.vacancies, standing.free)
    alternates = next_alternates(session, allotment, wanted) if may_ask and wanted else []
    moves = next_moves(standing, [(row.id, row.was_away) for row in waiting], alternates)
    for row in waiting:
        if row.id in moves.takes:
            row.state, row.since = PlacementState.TAKEN, at
    vacancies = _open_vacancies(session, allotment)
    for vacancy in vacancies[len(vacancies) - moves.surplus_vacancies :]:
        vacancy.state, vacancy.closed_at = VacancyState.CLOSED, at
    numbers: Counter[Place] = Counter()
    for vacancy, target_id in zip(vacancies, moves.promotes, strict=False):
        assert reply_by is not None
        target = session.get_one(Target, target_id)
        invitation = ask_alternate(session, allotment, target, reply_by, at=at, by=by)
        vacancy.state, vacancy.closed_at = VacancyState.FILLED, at
        vacancy.filled_by_id = invitation.id
        numbers[TallyKind.EVENT_INVITATIONS, allotment.event_id, allotment.group_id, "silent"] += 1
    session.flush()
    return numbers


def admit(session: Session, event_id: int, at: datetime, people: Select[Any] | None = None) -> None:
    """A placement for each invitation of the event that has none, where its list has an allotment.

    people  the ids of those alone who are looked at
    Cost: one row by key where the event has no allotment; else its invitations, once.
    """
    if session.scalar(select(Allotment.id).where(Allotment.event_id == event_id).limit(1)) is None:
        return
    allotments = session.scalars(
        select(Allotment.id).where(Allotment.event_id == event_id).order_by(Allotment.id)
    ).all()
    for allotment_id in allotments:
        lock_allotment(session, allotment_id)
    new = (
        select(
            func.min(TargetList.allotment_id),
            Invitation.id,
            type_coerce(PlacementState.ASKED.value, Text),
            literal(at, UTCDateTime()),
            literal(False),
        )
        .join(Target, Target.stakeholder_id == Invitation.stakeholder_id)
        .join(TargetList, TargetList.id == Target.list_id)
        .where(
            Invitation.event_id == event_id,
            TargetList.event_id == event_id,
            TargetList.allotment_id.is_not(None),
            ~exists().where(Placement.invitation_id == Invitation.id),
            *([] if people is None else [Invitation.stakeholder_id.in_(people)]),
        )
        .group_by(Invitation.id)
    )
    session.execute(insert(Placement).from_select(_PLACED, new))


def admit_members(
    session: Session, event_id: int, at: datetime, people: Select[Any] | None = None
) -> None:
    """The same, and for those whom focal points named: who is on no list with an allotment takes a
    place of the group's own."""
    admit(session, event_id, at, people)
    new = (
        select(
            func.min(Allotment.id), Invitation.id, type_coerce(PlacementState.ASKED.value, Text),
            literal(at, UTCDateTime()), literal(False),
        )
        .join(DelegationMember, DelegationMember.invitation_id == Invitation.id)
        .join(Allotment, Allotment.event_id == Invitation.event_id)
        .where(
            Invitation.event_id == event_id,
            Allotment.group_id == Invitation.group_id,
            Allotment.host == "",
            DelegationMember.is_invited_by_it,
            Invitation.delegated_by_id.is_(None),
            ~exists().where(Placement.invitation_id == Invitation.id),
            *([] if people is None else [Invitation.stakeholder_id.in_(people)]),
        )
        .group_by(Invitation.id)
    )  # fmt: skip
    session.execute(insert(Placement).from_select(_PLACED, new))


def wish_of(invitation: Invitation, at: datetime) -> str | None:
    """COMES or MAY_COME by the answer alone, withdrawn or not; None where no place is wanted."""
    if invitation.state in (InvitationState.ACCEPTED, InvitationState.DELEGATED):
        return COMES
    if invitation.state in GONE or at >= invitation.reply_by:
        return None
    return MAY_COME


def may_take_now(session: Session, allotment: Allotment, is_coming: bool) -> bool:
    """Whether somebody who had given a place back would get one now."""
    standing = standing_of(session, allotment)
    return standing.may_take(was_away=True) if is_coming else standing.free > 0


def _wish(session: Session, invitation: Invitation, at: datetime) -> str:
    """What an invitation says: COMES, MAY_COME, or why not."""
    if invitation.withdrawn_at is not None:
        return "withdrawn"
    if invitation.state is InvitationState.ACCEPTED:
        return COMES
    if invitation.state is InvitationState.DELEGATED:
        if invitation.delegate_id is None:
            return COMES
        other = session.get_one(Invitation, invitation.delegate_id, populate_existing=True)
        if other.delegated_by_id != invitation.id:
            return "declined"  # who is sent was asked anyway, and has a place of their own
        return "withdrawn" if other.withdrawn_at else GONE.get(other.state, COMES)
    if invitation.state in GONE:
        return GONE[invitation.state]
    return MAY_COME if at < invitation.reply_by else "lapsed"


def _take_back_vacancy(session: Session, invitation_id: int, at: datetime) -> None:
    """Who left is here again: the place that they freed needs nobody else."""
    session.execute(
        update(Vacancy)
        .where(Vacancy.left_by_id == invitation_id, Vacancy.state == VacancyState.OPEN)
        .values(state=VacancyState.CLOSED, closed_at=at)
    )


def _open_vacancies(session: Session, allotment: Allotment) -> list[Vacancy]:
    return list(
        session.scalars(
            select(Vacancy)
            .where(Vacancy.allotment_id == allotment.id, Vacancy.state == VacancyState.OPEN)
            .order_by(Vacancy.id)
            .execution_options(populate_existing=True)
        )
    )
