"""Merges: two people made one, and made two again with nothing lost.

Both histories, links and opt-outs stay, and of two invitations to one event one is left.
The row of the one who goes stays where it is, without an address, in no list; its mails and its
journal stay with it and are shown on the kept one. Everything that acts moves to the kept person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, or_, select
from sqlalchemy.orm import Session

from outreach.advice.same_person import merged
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.scripts import skeleton
from outreach.models.activity import Activity, Actor
from outreach.models.answering_address import AnsweringAddress
from outreach.models.base import Base
from outreach.models.duplicate import Duplicate, DuplicateState, Merge, MergeUndone
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import RESTING, Message, MessageState, Unit, standing
from outreach.models.seat import OfferState, SeatOffer
from outreach.placing import settle_places
from outreach.resting import hold_still
from outreach.rows import Rows
from outreach.signing import SIGN_OFF, signers, unsigned
from outreach.starring import owner_of_both, star_events
from outreach.stops import carry_stops
from outreach.tally import add_to_tallies

Row = dict[str, Any]
REASON = "merged"
PEOPLE = Base.metadata.tables["stakeholders"]
TARGETS = Base.metadata.tables["targets"]
INVITATIONS = Base.metadata.tables["invitations"]
MESSAGES = Base.metadata.tables["messages"]
STAY = frozenset({"activities", "messages", "duplicates", "merges"})
"""History, which is shown on the kept person from where it stands."""
BY_THEMSELVES = frozenset({"targets", "invitations"})
LIVE = (OfferState.PROPOSED, OfferState.ASKED, OfferState.ACCEPTED)


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
        _join_targets(session, rows, kept_id, gone_id)
        places = _join_invitations(session, rows, kept_id, gone_id, at)
        _join_offers(session, rows, kept_id, gone_id, at)
        _move_the_rest(session, rows, kept_id, gone_id)
        _follow_stars(session, rows, kept_id, at)
        _join_people(session, rows, kept, gone, values, at)
        _keep_addresses(session, rows, kept, gone, values, at)
        rows.finish()
        add_to_tallies(session, settle_places(session, places, at=at))
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
        gone_out = _left_for_good(session, merge)
        rows.take_back([c for c in merge.changes if not (c[1] == "messages" and c[2] in gone_out)])
        rows.finish()
        places = [change[2] for change in merge.changes if change[1] == "invitations"]
        add_to_tallies(session, settle_places(session, places, at=at))
        merge.undone_at, merge.undone_by_id = at, by.account_id
        _decide_pair(session, merge.kept_id, merge.gone_id, DuplicateState.FOUND, by, at)
        for person_id in (merge.kept_id, merge.gone_id):
            session.add(
                Activity.of("unmerged", by, at, stakeholder_id=person_id, merge_id=merge.id)
            )
        return merge


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
            rows.change(MESSAGES, id_, state=MessageState.LEFT_OUT, reason=REASON, changed_at=at)


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


def _join_targets(session: Session, rows: Rows, kept_id: int, gone_id: int) -> None:
    """On a list where both stand one stays: the best tier, the star, the earliest day."""
    theirs = {row.list_id: row.id for row in _of(session, TARGETS, kept_id)}
    for row in _of(session, TARGETS, gone_id):
        other_id = theirs.get(row.list_id)
        if other_id is None:
            rows.change(TARGETS, row.id, stakeholder_id=kept_id)
            continue
        other = rows.row(TARGETS, other_id) or {}
        days = [day for day in (other["decide_on"], row.decide_on) if day]
        rows.change(
            TARGETS, other_id, tier=min(other["tier"], row.tier),
            is_star=other["is_star"] or row.is_star, why=other["why"] or row.why,
            owner_id=owner_of_both(other, row._mapping), decide_on=min(days, default=None),
            wave=min(other["wave"], row.wave),
            is_alternate=other["is_alternate"] and row.is_alternate,
            promoted_at=other["promoted_at"] or row.promoted_at,
            approved_at=other["approved_at"] or row.approved_at,
        )  # fmt: skip
        for table, column in _pointing_at(TARGETS):
            for each in session.execute(select(table).where(column == row.id)).all():
                if _has_it(session, table, column, each, other_id):
                    rows.remove(table, each.id)
                else:
                    rows.change(table, each.id, **{column.name: other_id})
        rows.remove(TARGETS, row.id)


def _follow_stars(session: Session, rows: Rows, kept_id: int, at: datetime) -> None:
    """Whoever is a star from now on: their invitations say so, and what waits is signed first."""
    hold_still(session, Message.stakeholder_id == kept_id)
    for event_id in star_events(session, kept_id):
        for row in _of(session, INVITATIONS, kept_id):
            if row.event_id == event_id:
                rows.change(INVITATIONS, row.id, is_star=True)
        signer = signers(event_id, kept_id)[kept_id][1]
        for id_ in session.scalars(unsigned(kept_id, event_id)).all():
            reason = f"{SIGN_OFF}{signer}."
            rows.change(MESSAGES, id_, state=MessageState.HELD, reason=reason, changed_at=at)


def _join_invitations(
    session: Session, rows: Rows, kept_id: int, gone_id: int, at: datetime
) -> list[int]:
    """Of two invitations to one event the later answer counts; the other's link leads there.

    Gives the ids of those whose places may have changed.
    """
    theirs = {row.event_id: row for row in _of(session, INVITATIONS, kept_id)}
    touched = []
    for row in _of(session, INVITATIONS, gone_id):
        other = theirs.get(row.event_id)
        if other is None:
            rows.change(INVITATIONS, row.id, stakeholder_id=kept_id)
            continue
        sent = {row.delegate_id, row.delegated_by_id, other.delegate_id, other.delegated_by_id}
        if sent & {row.id, other.id}:
            raise Conflict(
                "One of the two was sent in the place of the other. Take that back first, or leave "
                "them two."
            )
        winner, loser = (row, other) if _counts_before(row, other) else (other, row)
        if winner is row:  # neither may have both for an instant: no person has this number
            rows.change(INVITATIONS, other.id, stakeholder_id=-gone_id)
            rows.change(INVITATIONS, row.id, stakeholder_id=kept_id)
            rows.change(INVITATIONS, other.id, stakeholder_id=gone_id)
        for id_ in session.scalars(
            select(Invitation.id).where(Invitation.merged_into_id == loser.id)
        ).all():
            rows.change(INVITATIONS, id_, merged_into_id=winner.id)
        rows.change(
            INVITATIONS, loser.id, merged_into_id=winner.id, withdrawn_at=loser.withdrawn_at or at
        )
        touched += [winner.id, loser.id]
    return touched


def _counts_before(one: Any, other: Any) -> bool:
    """Whether this invitation stands rather than the other: open, reached, answered later."""
    return _standing(one) > _standing(other)


def _standing(row: Any) -> tuple[bool, bool, float, float]:
    return (
        row.withdrawn_at is None,
        row.state is not InvitationState.UNDELIVERABLE,
        row.answered_at.timestamp() if row.answered_at else 0.0,
        row.reply_by.timestamp(),
    )


def _join_offers(session: Session, rows: Rows, kept_id: int, gone_id: int, at: datetime) -> None:
    """Two who were asked for one seat are asked once: the offer that got further stays."""
    offers = session.execute(
        select(SeatOffer.id, SeatOffer.seat_id, SeatOffer.state)
        .where(SeatOffer.stakeholder_id.in_([kept_id, gone_id]), SeatOffer.state.in_(LIVE))
        .order_by(SeatOffer.id)
    ).all()
    furthest: dict[int, Any] = {}
    for offer in sorted(offers, key=lambda row: LIVE.index(row.state), reverse=True):
        if furthest.setdefault(offer.seat_id, offer) is not offer:
            table = Base.metadata.tables["seat_offers"]
            rows.change(table, offer.id, state=OfferState.WITHDRAWN, answered_at=at)


def _move_the_rest(session: Session, rows: Rows, kept_id: int, gone_id: int) -> None:
    """Whatever else points at the one who goes; what the kept person has already stays behind."""
    for table, column in _pointing_at(PEOPLE):
        if table.name in STAY | BY_THEMSELVES:
            continue
        for row in session.execute(select(table).where(column == gone_id)).all():
            if not _has_it(session, table, column, row, kept_id):
                rows.change(table, row.id, **{column.name: kept_id})


def _has_it(session: Session, table: Table, column: Column[Any], row: Any, kept_id: int) -> bool:
    """Whether a unique key leaves no room for this row beside one that is there already."""
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and column.name in constraint.columns:
            others = [each for each in constraint.columns if each.name != column.name]
            same = [each == row._mapping[each.name] for each in others]
            if session.execute(select(table.c.id).where(column == kept_id, *same)).first():
                return True
    return False


def _join_people(
    session: Session, rows: Rows, kept: Row, gone: Row, values: Row, at: datetime
) -> None:
    feed = {} if kept["feed_key"] or not gone["feed_key"] else {"feed_key": gone["feed_key"]}
    left = {"email": None, "email_key": None, "external_id": None} | dict.fromkeys(feed)
    rows.change(PEOPLE, gone["id"], **left, merged_into_id=kept["id"],
                version=gone["version"] + 1, changed_at=at)  # fmt: skip
    stopped = kept["is_mail_stopped"] or gone["is_mail_stopped"]
    rows.change(PEOPLE, kept["id"], **values, **feed, is_mail_stopped=stopped,
                version=kept["version"] + 1, changed_at=at)  # fmt: skip


def _keep_addresses(
    session: Session, rows: Rows, kept: Row, gone: Row, values: Row, at: datetime
) -> None:
    """Answers from the other address still count, and what stopped either address stops both."""
    known = {row["email_key"]: row["email"] for row in (kept, gone) if row["email_key"] is not None}
    key = values["email_key"]
    table = Base.metadata.tables["answering_addresses"]
    for other in sorted(known.keys() - {key}):
        wanted = select(AnsweringAddress.id).where(
            AnsweringAddress.stakeholder_id == kept["id"], AnsweringAddress.email_key == other
        )
        if session.execute(wanted).first() is None:
            rows.add(
                table, stakeholder_id=kept["id"], email_key=other, email=known[other],
                created_at=at,
            )  # fmt: skip
    if key is not None:
        carry_stops(session, rows, known, key, kept["id"], at)


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


def _of(session: Session, table: Table, person_id: int) -> list[Any]:
    """The rows of a person, locked, in one order."""
    wanted = select(table).where(table.c.stakeholder_id == person_id)
    return list(session.execute(wanted.order_by(table.c.id).with_for_update()))


def _pointing_at(table: Table) -> list[tuple[Table, Column[Any]]]:
    """Every column that holds ids of this table's rows, whoever added it."""
    return [
        (other, column)
        for other in Base.metadata.sorted_tables
        for column in other.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
