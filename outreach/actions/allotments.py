"""Allotments: places for a group or a host, the lists that draw on them, one alternate more."""

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.advice.alternates import reply_by_for
from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.allotment import Allotment, Placement, PlacementState, Vacancy, VacancyState
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.placing import admit_members, fill, lock_allotment, settle, standing_of
from outreach.promoting import ask_alternate, next_alternates
from outreach.tally import add_to_tallies

MOST_PLACES = 1_000_000
MOST_DAYS = 365


class NobodyToAsk(Conflict):
    """No alternate can be asked."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Nobody was asked. {why}")


def create_allotment(
    event_id: int,
    group_id: int,
    places: int,
    *,
    by: Actor,
    at: datetime,
    host: str = "",
    is_automatic: bool = True,
    answer_days: int = 10,
    closing_days: int = 7,
) -> int:
    """Make an allotment; the group's lists that have none draw on it, unless it is a host's.

    Whoever was asked before has their place in it: the yes in the order in which they came.
    """
    _check(places, answer_days, closing_days)
    host = " ".join(host.split())
    with transaction() as session:
        if session.get(Event, event_id) is None:
            raise NotFound("event")
        allotment = Allotment(
            event_id=event_id, group_id=group_id, host=host, places=places, created_at=at,
            is_automatic=is_automatic, answer_days=answer_days, closing_days=closing_days,
        )  # fmt: skip
        session.add(allotment)
        try:
            session.flush()
        except IntegrityError:
            raise Conflict("This group or host has an allotment for the event already.") from None
        if not host:
            _let_lists_draw(session, allotment)
        _admit_earlier(session, allotment, at)
        session.add(
            Activity.of("created_allotment", by, at, event_id=event_id, allotment_id=allotment.id,
                        places=places, host=host)
        )  # fmt: skip
        return allotment.id


def _let_lists_draw(session: Session, allotment: Allotment) -> None:
    """The lists of its group for its event that draw on no places yet."""
    session.execute(
        update(TargetList)
        .where(
            TargetList.event_id == allotment.event_id,
            TargetList.group_id == allotment.group_id,
            TargetList.allotment_id.is_(None),
        )
        .values(allotment_id=allotment.id)
    )


def change_allotment(
    allotment_id: int,
    *,
    places: int,
    is_automatic: bool,
    answer_days: int,
    closing_days: int,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Change the places and the rules; more places go to those who wait, at once.

    seen  the mark of what the page showed. Raises ChangedMeanwhile, Conflict.
    """
    _check(places, answer_days, closing_days)
    with transaction() as session:
        allotment = _allotment(session, allotment_id)
        if seen is not None and allotment.mark != seen:
            raise ChangedMeanwhile
        taken = standing_of(session, allotment).taken
        if places < taken:
            raise Conflict(f"{taken} places are taken already: there can be no fewer.")
        was = allotment.places
        allotment.places, allotment.is_automatic = places, is_automatic
        allotment.answer_days, allotment.closing_days = answer_days, closing_days
        session.flush()
        add_to_tallies(session, fill(session, allotment, at=at, by=by))
        session.add(
            Activity.of(
                "changed_allotment",
                by,
                at,
                event_id=allotment.event_id,
                was=was,
                places=places,
                allotment_id=allotment_id,
            )
        )


def draw_on(list_id: int, allotment_id: int, *, by: Actor, at: datetime) -> None:
    """Let a list draw on an allotment of its event; as long as it draws on none."""
    with transaction() as session:
        allotment = _allotment(session, allotment_id)
        target_list = session.get(TargetList, list_id)
        if target_list is None or target_list.event_id != allotment.event_id:
            raise NotFound("list of this event")
        if target_list.allotment_id == allotment_id:
            return
        if target_list.allotment_id is not None and _has_places(session, target_list):
            raise Conflict("People of this list hold places of another allotment already.")
        target_list.allotment_id = allotment_id
        session.flush()
        _admit_earlier(session, allotment, at)
        add_to_tallies(session, fill(session, allotment, at=at, by=by))
        session.add(
            Activity.of(
                "drew_on_allotment",
                by,
                at,
                event_id=allotment.event_id,
                list_id=list_id,
                allotment_id=allotment_id,
            )
        )


def approve_alternate(vacancy_id: int, *, by: Actor, at: datetime) -> int:
    """Ask the next alternate for a place that was given back; give the target. Once."""
    with transaction() as session:
        vacancy = session.get(Vacancy, vacancy_id)
        if vacancy is None:
            raise NotFound("freed place")
        allotment = _allotment(session, vacancy.allotment_id)
        session.refresh(vacancy)
        if vacancy.state is not VacancyState.OPEN:
            raise NobodyToAsk("This place has been given to someone, or is not free any more.")
        return _ask(session, allotment, vacancy, by, at)


def ask_next(allotment_id: int, *, by: Actor, at: datetime) -> int:
    """Ask the next alternate for a place that nobody was asked for yet; give the target."""
    with transaction() as session:
        allotment = _allotment(session, allotment_id)
        oldest = session.scalar(
            select(Vacancy)
            .where(Vacancy.allotment_id == allotment_id, Vacancy.state == VacancyState.OPEN)
            .order_by(Vacancy.id)
            .limit(1)
        )
        return _ask(session, allotment, oldest, by, at)


def _ask(
    session: Session, allotment: Allotment, vacancy: Vacancy | None, by: Actor, at: datetime
) -> int:
    if not standing_of(session, allotment).free:
        raise NobodyToAsk("Every place is taken or kept for someone who may still answer.")
    reply_by = reply_by_for(
        at, allotment.event.starts_at, allotment.answer_days, allotment.closing_days
    )
    if reply_by is None:
        raise NobodyToAsk("It is too late before the event to await another answer.")
    target_ids = next_alternates(session, allotment, 1)
    if not target_ids:
        raise NobodyToAsk("No alternate with an address is left.")
    target = session.get_one(Target, target_ids[0])
    invitation = ask_alternate(session, allotment, target, reply_by, at=at, by=by)
    if vacancy is not None:
        vacancy.state, vacancy.closed_at = VacancyState.FILLED, at
        vacancy.filled_by_id = invitation.id
    kind, silent = TallyKind.EVENT_INVITATIONS, InvitationState.SILENT.value
    add_to_tallies(session, {(kind, allotment.event_id, allotment.group_id, silent): 1})
    return target.id


def _admit_earlier(session: Session, allotment: Allotment, at: datetime) -> None:
    """Places for those who were asked before; nothing that they did earlier frees one."""
    admit_members(session, allotment.event_id, at)
    rows = session.scalars(
        select(Placement)
        .join(Placement.invitation)
        .where(
            Placement.allotment_id == allotment.id,
            Placement.state == PlacementState.ASKED,
            (Invitation.state != InvitationState.SILENT)
            | (Invitation.reply_by <= at)
            | Invitation.withdrawn_at.is_not(None),
        )
        .order_by(func.coalesce(Invitation.answered_at, Invitation.invited_at), Placement.id)
    ).all()
    for placement in rows:
        settle(session, allotment, placement, at, frees=False)


def _has_places(session: Session, target_list: TargetList) -> bool:
    statement = select(
        exists()
        .where(Target.list_id == target_list.id)
        .where(Invitation.stakeholder_id == Target.stakeholder_id)
        .where(Invitation.event_id == target_list.event_id)
        .where(Placement.invitation_id == Invitation.id)
    )
    return bool(session.scalar(statement))


def _allotment(session: Session, allotment_id: int) -> Allotment:
    if session.get(Allotment, allotment_id) is None:
        raise NotFound("allotment")
    return lock_allotment(session, allotment_id)


def _check(places: int, answer_days: int, closing_days: int) -> None:
    if not 0 <= places <= MOST_PLACES:
        raise Refusal("Say how many places there are: a number from 0.")
    if not (1 <= answer_days <= MOST_DAYS and 0 <= closing_days <= MOST_DAYS):
        raise Refusal("Say days from 1 for the answer, and from 0 before the event.")
