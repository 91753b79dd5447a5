"""Merges: two people made one, and made two again with nothing lost.

Both histories, links and opt-outs stay, and of two invitations to one event one is left.
The row of the one who goes stays where it is, without an address, in no list; its mails and its
journal stay with it and are shown on the kept one. Everything that acts moves to the kept person.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.advice.same_person import merged
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.scripts import skeleton
from outreach.joining import (
    MESSAGES,
    PEOPLE,
    PLACEMENTS,
    Row,
    follow_address,
    follow_stars,
    join_invitations,
    join_offers,
    join_people,
    join_targets,
    keep_addresses,
    move_the_rest,
)
from outreach.models.activity import Activity, Actor
from outreach.models.allotment import Allotment, Placement, PlacementState
from outreach.models.duplicate import Duplicate, DuplicateState, Merge, MergeUndone
from outreach.models.invitation import Invitation
from outreach.models.message import RESTING, Message, MessageState, Unit, standing
from outreach.models.task import Task, TaskKind
from outreach.placing import COMES, MAY_COME, settle_places, wish_of
from outreach.queries.given_on import places_given_on
from outreach.queries.reasons import MERGED
from outreach.resting import hold_still
from outreach.rows import Change, Rows
from outreach.tally import add_to_tallies


class LooksTheSame(Refusal):
    """Two addresses that look the same and are two: nobody merges that in passing (case A09)."""

    def __init__(self) -> None:
        super().__init__(
            "The two addresses look the same and are written in letters of different scripts: one "
            "of them may belong to someone who passes for the other. Confirm that you asked."
        )


def merge_stakeholders(
    kept_id: int,
    gone_id: int,
    choices: Mapping[str, str],
    *,
    by: Actor,
    at: datetime,
    seen_at: tuple[datetime, datetime] | None = None,
    is_confirmed: bool = False,
) -> int:
    """Make two people one; gives the id of the merge, by which it is undone.

    choices       {field: KEPT, GONE or BOTH} (`outreach.advice.same_person`); else the fuller one
    seen_at       when each of the two had last been changed, as the person who chooses saw them
    is_confirmed  addresses that look the same were looked into
    Raises Conflict where either changed, is merged already, or was sent in place of the other.
    """
    with transaction() as session:
        rows = Rows(session)
        kept, gone = _both(rows, kept_id, gone_id)
        if seen_at and seen_at != (kept["changed_at"], gone["changed_at"]):
            raise Conflict("Someone changed one of the two since you opened the page. Look again.")
        if look_the_same(kept["email"], gone["email"]) and not is_confirmed:
            raise LooksTheSame
        values = merged(kept, gone, choices)
        _leave_out_waiting(session, rows, gone_id, at)
        join_targets(session, rows, kept_id, gone_id)
        places = join_invitations(session, rows, kept_id, gone_id, at)
        join_offers(session, rows, kept_id, gone_id, at)
        move_the_rest(session, rows, kept_id, gone_id)
        follow_stars(session, rows, kept_id, at)
        join_people(session, rows, kept, gone, values, at)
        follow_address(session, rows, kept, values)
        keep_addresses(session, rows, kept, gone, values, at)
        rows.finish()
        stood = _placements(session, places)
        add_to_tallies(session, settle_places(session, places, at=at))
        _note_placements(session, rows, stood)
        merge = Merge(
            kept_id=kept_id, gone_id=gone_id, merged_at=at, merged_by_id=by.account_id,
            changes=rows.changes,
        )  # fmt: skip
        session.add(merge)
        _decide_pair(session, kept_id, gone_id, DuplicateState.MERGED, by, at)
        session.flush()
        session.add(
            Activity.of(
                "merged", by, at, stakeholder_id=kept_id, merge_id=merge.id, name=gone["full_name"]
            )
        )
        return merge.id


def undo_merge(merge_id: int, *, by: Actor, at: datetime) -> Merge:
    """Make the two people two again, each with what was theirs; what changed since then stays.

    Whoever was asked for a place that the merge had freed keeps it: where there is no room for
    both, the one whose place it was waits for another, and a task says so.

    Raises MergeUndone, Conflict where either was merged again later.
    """
    with transaction() as session:
        merge = session.get(Merge, merge_id, with_for_update=True)
        if merge is None:
            raise NotFound("merge")
        if merge.undone_at is not None:
            raise MergeUndone
        _check_newest(session, merge)
        rows = Rows(session)
        given_on = {one.allotment_id for one in places_given_on(merge.id, at)}
        gone_out = _left_for_good(session, merge)
        settled = [c for c in merge.changes if c[1] == PLACEMENTS.name and "since" in c[3]]
        rows.take_back([
            change for change in merge.changes
            if change not in settled and not (change[1] == "messages" and change[2] in gone_out)
        ])  # fmt: skip
        rows.finish()
        places = [change[2] for change in merge.changes if change[1] == "invitations"]
        add_to_tallies(session, settle_places(session, places, at=at))
        _as_if_never_away(session, rows, merge, settled, given_on, at)
        session.add_all(_without_places(merge, at))
        merge.undone_at, merge.undone_by_id = at, by.account_id
        _decide_pair(session, merge.kept_id, merge.gone_id, DuplicateState.FOUND, by, at)
        for person_id in (merge.kept_id, merge.gone_id):
            session.add(
                Activity.of("unmerged", by, at, stakeholder_id=person_id, merge_id=merge.id)
            )
        return merge


def _without_places(merge: Merge, at: datetime) -> list[Task]:
    """Something to do about each of the two whose place somebody else has by now."""
    return [
        Task(
            kind=TaskKind.PLACE, stakeholder_id=one.stakeholder_id, target_id=one.target_id,
            owner_id=one.owner_id, due_on=at.date(), created_at=at,
            origin=f"unmerged {merge.id} {one.invitation_id}",
            what=f"{one.name} has no place at {one.event} any more: while two records were one, "
            f"{one.other or 'someone who waited'} got it. Write to them, or make a place more.",
        )
        for one in places_given_on(merge.id, at)
        if not one.has_place
    ]  # fmt: skip


def _both(rows: Rows, kept_id: int, gone_id: int) -> tuple[Row, Row]:
    if kept_id == gone_id:
        raise Refusal("A person cannot be merged with themselves.")
    found = {id_: rows.row(PEOPLE, id_) for id_ in sorted((kept_id, gone_id))}
    kept, gone = found[kept_id], found[gone_id]
    if kept is None or gone is None:
        raise NotFound("stakeholder")
    if kept["merged_into_id"] or gone["merged_into_id"]:
        raise Conflict("One of these two has been merged already.")
    return kept, gone


def look_the_same(one: str | None, other: str | None) -> bool:
    """Whether two addresses are two and pass for one (case A09)."""
    if not one or not other or one.casefold() == other.casefold():
        return False
    return skeleton(one) == skeleton(other)


def _leave_out_waiting(session: Session, rows: Rows, gone_id: int, at: datetime) -> None:
    """What waits for the one who goes is not sent: the kept person has mails of their own."""
    waiting = (MessageState.WAITING, MessageState.HELD)
    hold_still(session, Message.stakeholder_id == gone_id)
    ids = session.scalars(
        select(Message.id)
        .where(Message.stakeholder_id == gone_id, standing().in_(waiting))
        .order_by(Message.id)
    ).all()
    for id_ in ids:
        row = rows.row(MESSAGES, id_)
        if row and row["state"] in waiting:  # a worker may have taken it a moment ago
            rows.change(MESSAGES, id_, state=MessageState.LEFT_OUT, reason=MERGED, changed_at=at)


def _left_for_good(session: Session, merge: Merge) -> set[int]:
    """Mails that were left out and whose turn has gone by: they stay left out."""
    ids = [change[2] for change in merge.changes if change[1] == "messages"]
    theirs = select(Message.unit_id).where(Message.id.in_(ids))
    # Held still: nobody is to join a unit that a worker takes meanwhile.
    session.execute(
        select(Unit.id).where(Unit.id.in_(theirs)).order_by(Unit.id).with_for_update(read=True)
    )
    return set(
        session.scalars(
            select(Message.id)
            .join(Unit, Unit.id == Message.unit_id)
            .where(
                Message.id.in_(ids),
                Unit.state.not_in(RESTING),
            )
        )
    )


def _placements(session: Session, invitation_ids: list[int]) -> dict[int, Row]:
    """{id: the row} of the placements of these invitations."""
    found = session.execute(
        select(PLACEMENTS)
        .where(PLACEMENTS.c.invitation_id.in_(invitation_ids))
        .order_by(PLACEMENTS.c.id)
    )
    return {row.id: dict(row._mapping) for row in found}


def _note_placements(session: Session, rows: Rows, stood: dict[int, Row]) -> None:
    """Keep how they stood; what the merge makes of them is not their doing."""
    session.flush()
    for id_, before in stood.items():
        rows.note(PLACEMENTS, id_, before, rows.row(PLACEMENTS, id_) or before)


def _as_if_never_away(
    session: Session, rows: Rows, merge: Merge, settled: list[Change], given_on: Collection[int],
    at: datetime,
) -> None:  # fmt: skip
    """Whoever stood somehow towards the places before the merge stands so again: they never gave
    a place back, and theirs is no lesser yes. Not where somebody else has it by now, or where an
    answer came meanwhile.

    given_on  the allotments whose places others have
    """
    session.flush()
    by_allotment: dict[int, list[tuple[Change, Row]]] = {}
    for change in settled:
        now = rows.row(PLACEMENTS, change[2])
        if now is not None:
            by_allotment.setdefault(now["allotment_id"], []).append((change, now))
    for allotment_id, theirs in by_allotment.items():
        may_all = (
            allotment_id not in given_on
            and all(_could_stand_so(session, change, now, at) for change, now in theirs)
            and _others_stand_as_then(session, merge, allotment_id, theirs)
        )
        for change, now in theirs:
            if may_all or now["state"].value == change[3].get("state", [None])[0]:
                rows.take_back([change], is_whole=True)


def _others_stand_as_then(
    session: Session, merge: Merge, allotment_id: int, theirs: list[tuple[Change, Row]]
) -> bool:
    """Whether nobody else came to a place since the merge, and there is still room for the two."""
    ids = [now["id"] for _, now in theirs]
    others = session.execute(
        select(Placement.state, Placement.since).where(
            Placement.allotment_id == allotment_id, Placement.id.not_in(ids),
            Placement.state != PlacementState.AWAY,
        )
    ).all()  # fmt: skip
    taken = [PlacementState.TAKEN.value for state, _ in others if state is PlacementState.TAKEN]
    taken += [change[3].get("state", [now["state"].value])[0] for change, now in theirs]
    places = session.get_one(Allotment, allotment_id).places
    return taken.count(PlacementState.TAKEN.value) <= places and all(
        since < merge.merged_at for _, since in others
    )


def _could_stand_so(session: Session, change: Change, now: Row, at: datetime) -> bool:
    """Whether the answer on record is one with which a placement stands as it stood."""
    before = change[3].get("state", [now["state"].value])[0]
    wish = wish_of(session.get_one(Invitation, now["invitation_id"]), at)
    wishes = {"taken": COMES, "waiting": COMES, "asked": MAY_COME}
    return before not in wishes or wish == wishes[before]


def _check_newest(session: Session, merge: Merge) -> None:
    later = session.scalar(
        select(Merge.id).where(
            Merge.id > merge.id,
            Merge.undone_at.is_(None),
            or_(
                Merge.kept_id.in_([merge.kept_id, merge.gone_id]),
                Merge.gone_id.in_([merge.kept_id, merge.gone_id]),
            ),
        )
    )
    if later is not None:
        raise Conflict("This person was merged again after that. Take the later one back first.")


def _decide_pair(
    session: Session, kept_id: int, gone_id: int, state: DuplicateState, by: Actor, at: datetime
) -> None:
    first, second = sorted((kept_id, gone_id))
    pair = session.scalar(
        select(Duplicate).where(Duplicate.first_id == first, Duplicate.second_id == second)
    )
    if pair is not None:
        pair.decide(state, by.account_id, at)
