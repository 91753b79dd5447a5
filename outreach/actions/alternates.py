"""Alternates: named, put in order, and promoted when time has passed; waves."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from outreach.advice.alternates import reordered
from outreach.db import touched, transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.keeping import Done, change_of, keep, rows_of_change, tell
from outreach.models.activity import CLOCK, Activity, Actor
from outreach.models.allotment import Allotment, Placement, PlacementState
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.target import Target, TargetList
from outreach.placing import fill, lock_allotment, settle_places
from outreach.tally import Place, add_to_tallies

MOST_TO_REORDER = 5_000
WAVES = range(1, 10)
BATCH = 500


def mark_alternates(
    list_id: int, target_ids: Sequence[int], is_alternate: bool, *, by: Actor, at: datetime
) -> Done:
    """Ask people only when a place is freed, or with the others again; can be taken back.

    Who was promoted stays as it is. A place that waits for an alternate goes to the first of them
    at once, where the allotment does so by itself.
    """
    with transaction() as session:
        target_list = _list(session, list_id)
        allotment = _lock(session, target_list)
        said = "Asked when a place is freed" if is_alternate else "Asked with the others"
        change = change_of(
            "targets_alternate", by, at, list_id=list_id, list=target_list.name,
            value=is_alternate, said=f"{said} on {target_list.name}",
        )  # fmt: skip
        wanted = select(Target.id).where(
            Target.list_id == list_id, Target.id.in_(target_ids),
            Target.promoted_at.is_(None), Target.is_alternate != is_alternate,
        )  # fmt: skip
        if not keep(session, change, wanted, Target.id):
            return Done(None, 0)
        these = Target.id.in_(rows_of_change(change))
        touched(session, update(Target).where(these).values(is_alternate=is_alternate))
        if allotment is not None:
            add_to_tallies(session, fill(session, allotment, at=at, by=by))
        return tell(session, change, select(Target.stakeholder_id).where(these))


def set_wave(list_id: int, target_ids: Sequence[int], wave: int, *, by: Actor, at: datetime) -> int:
    """Say in which round people are asked; says how many changed."""
    if wave not in WAVES:
        raise Refusal("A wave is a number from 1 to 9.")
    with transaction() as session:
        target_list = _list(session, list_id)
        rows = session.scalars(
            select(Target)
            .where(Target.list_id == list_id, Target.id.in_(target_ids), Target.wave != wave)
            .order_by(Target.id)
            .with_for_update()
        ).all()
        for row in rows:
            row.wave = wave
        if rows:
            session.add(_line("set_wave", target_list, rows, by, at, count=len(rows), wave=wave))
        return len(rows)


def move_alternate(list_id: int, target_id: int, place: int, *, by: Actor, at: datetime) -> int:
    """Put an alternate at a place among those who still wait, counted from 1; says where they were
    before."""
    with transaction() as session:
        target_list = _list(session, list_id)
        _lock(session, target_list)
        rows = session.scalars(
            select(Target)
            .where(Target.list_id == list_id, Target.is_alternate, Target.promoted_at.is_(None))
            .order_by(Target.rank, Target.id)
            .limit(MOST_TO_REORDER + 1)
            .with_for_update()
        ).all()
        if len(rows) > MOST_TO_REORDER:
            raise Conflict(f"More than {MOST_TO_REORDER} alternates cannot be put in order here.")
        by_id = {row.id: row for row in rows}
        if target_id not in by_id:
            raise NotFound("alternate who still waits")
        ranks = sorted(row.rank for row in rows)
        lowest = ranks[0] - 1
        for id_, rank in zip(reordered(list(by_id), target_id, place), ranks, strict=True):
            lowest = max(lowest + 1, rank)
            by_id[id_].rank = lowest
        session.add(_line("moved_alternate", target_list, [by_id[target_id]], by, at, place=place))
        return list(by_id).index(target_id) + 1


def promote_alternates(*, at: datetime) -> int:
    """What time changes: a reply-by that passed frees its place; says how many places moved.

    Answers and bounces do so in their own transactions; whatever these could not (no alternate
    then, one by now; an answer while the person was being given a place) is done here too. Late or
    twice does no harm.
    """
    with transaction() as session:
        ids = session.scalars(select(Allotment.id).order_by(Allotment.id)).all()
    return sum(_promote(allotment_id, at) for allotment_id in ids)


def _promote(allotment_id: int, at: datetime) -> int:
    with transaction() as session:
        # The invitations first: an answer on its way holds its own, and comes before us.
        ended = session.scalars(
            select(Invitation.id)
            .join(Placement, Placement.invitation_id == Invitation.id)
            .where(
                Placement.allotment_id == allotment_id,
                or_(
                    (Placement.state == PlacementState.ASKED)
                    & (
                        (Invitation.reply_by <= at)
                        | Invitation.state.not_in(
                            (InvitationState.SILENT, InvitationState.TENTATIVE)
                        )
                    ),
                    (Placement.state != PlacementState.AWAY) & Invitation.withdrawn_at.is_not(None),
                ),
            )
            .order_by(Invitation.id)
            .limit(BATCH)
            .with_for_update(of=Invitation, skip_locked=True)
        ).all()
        allotment = lock_allotment(session, allotment_id)
        numbers: Counter[Place] = settle_places(session, ended, at=at)
        numbers.update(fill(session, allotment, at=at, by=CLOCK))
        add_to_tallies(session, numbers)
        return len(ended) + sum(numbers.values())


def _list(session: Session, list_id: int) -> TargetList:
    target_list = session.get(TargetList, list_id)
    if target_list is None:
        raise NotFound("list")
    return target_list


def _lock(session: Session, target_list: TargetList) -> Allotment | None:
    """The allotment before its targets, as everywhere: two who change both never wait in a ring."""
    if target_list.allotment_id is None:
        return None
    return lock_allotment(session, target_list.allotment_id)


def _line(
    verb: str,
    target_list: TargetList,
    rows: Sequence[Target],
    by: Actor,
    at: datetime,
    **detail: int,
) -> Activity:
    only = rows[0].stakeholder_id if len(rows) == 1 else None
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=only,
        event_id=target_list.event_id,
        list_id=target_list.id,
        list=target_list.name,
        **detail,
    )
