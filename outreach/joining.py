"""What one of two people has becomes the other's: targets, invitations, offers, addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, select
from sqlalchemy.orm import Session

from outreach.advice.same_person import how_it_stands
from outreach.errors import Conflict
from outreach.models.answering_address import AnsweringAddress
from outreach.models.base import Base
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.seat import OfferState, SeatOffer
from outreach.resting import hold_still, own_waiting
from outreach.rows import Rows
from outreach.signing import SIGN_OFF, signers, unsigned
from outreach.starring import owner_of_both, star_events
from outreach.stops import carry_stops

PEOPLE = Base.metadata.tables["stakeholders"]
TARGETS = Base.metadata.tables["targets"]
INVITATIONS = Base.metadata.tables["invitations"]
PLACEMENTS = Base.metadata.tables["placements"]
MESSAGES = Base.metadata.tables["messages"]
STAY = frozenset({"activities", "messages", "duplicates", "merges"})
"""History, which is shown on the kept person from where it stands."""

BY_THEMSELVES = frozenset({"targets", "invitations"})
LIVE = (OfferState.PROPOSED, OfferState.ASKED, OfferState.ACCEPTED)

Row = dict[str, Any]


def join_targets(session: Session, rows: Rows, kept_id: int, gone_id: int) -> None:
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


def follow_stars(session: Session, rows: Rows, kept_id: int, at: datetime) -> None:
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


def follow_address(session: Session, rows: Rows, kept: Row, values: Row) -> None:
    """What waits for the one who is kept goes to the address that they keep."""
    if values["email"] in (None, kept["email"]):
        return
    waiting = select(Message.id).where(*own_waiting(session, kept["id"]))
    for id_ in session.scalars(waiting.order_by(Message.id)).all():
        rows.change(MESSAGES, id_, address=values["email"])


def join_invitations(
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
        winner, loser = (row, other) if counts_before(row, other) else (other, row)
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
        _hand_over_place(session, rows, winner, loser.id)
        touched += [winner.id, loser.id]
    return touched


def _hand_over_place(session: Session, rows: Rows, winner: Any, loser_id: int) -> None:
    """The invitation that counts stands where the other stood, unless it has a place of its own or
    that of the one who sends the person: else somebody comes who is counted nowhere."""
    places = {
        row.invitation_id: row.id
        for row in session.execute(
            select(PLACEMENTS.c.invitation_id, PLACEMENTS.c.id).where(
                PLACEMENTS.c.invitation_id.in_([winner.id, loser_id])
            )
        )
    }
    is_counted = winner.id in places or winner.delegated_by_id is not None
    if loser_id in places and not is_counted:
        rows.change(PLACEMENTS, places[loser_id], invitation_id=winner.id)


def counts_before(one: Any, other: Any) -> bool:
    """Whether this invitation of two to one event stands rather than the other."""
    return _standing(one) > _standing(other)


def _standing(row: Any) -> tuple[bool, bool, float, float]:
    is_reached = row.state is not InvitationState.UNDELIVERABLE
    return how_it_stands(row.withdrawn_at is None, is_reached, row.answered_at, row.reply_by)


def join_offers(session: Session, rows: Rows, kept_id: int, gone_id: int, at: datetime) -> None:
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


def move_the_rest(session: Session, rows: Rows, kept_id: int, gone_id: int) -> None:
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


def join_people(
    session: Session, rows: Rows, kept: Row, gone: Row, values: Row, at: datetime
) -> None:
    feed = {} if kept["feed_key"] or not gone["feed_key"] else {"feed_key": gone["feed_key"]}
    left = {"email": None, "email_key": None, "external_id": None} | dict.fromkeys(feed)
    rows.change(PEOPLE, gone["id"], **left, merged_into_id=kept["id"],
                version=gone["version"] + 1, changed_at=at)  # fmt: skip
    stopped = kept["is_mail_stopped"] or gone["is_mail_stopped"]
    rows.change(PEOPLE, kept["id"], **values, **feed, is_mail_stopped=stopped,
                version=kept["version"] + 1, changed_at=at)  # fmt: skip


def keep_addresses(
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
