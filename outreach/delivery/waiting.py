"""Who waits in a unit, read in one row: a thousand rows cost more to fetch than to find."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, Text, bindparam, cast, func, select

from outreach.db import reading
from outreach.dialect import joined, json_list
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import Seat, SeatOffer
from outreach.models.track import Track

OF_SEATS = (Purpose.SEAT, Purpose.SEAT_ANSWER)
OF_THEIR_OWN = (*OF_SEATS, Purpose.FOCAL_POINT, Purpose.NEW_LINK)
"""Mails that ask about something else than an invitation, or may."""


class Waiting(NamedTuple):
    """Who waits in a unit, column by column: no object is made for a person."""

    ids: Sequence[int]
    public_ids: Sequence[str]
    addresses: Sequence[str]
    names: Sequence[str]
    snapshots: Sequence[Mapping[str, Any]]
    """The personal merge fields as the ledger keeps them."""
    link_keys: Sequence[str]
    answers: Sequence[str]
    reply_by: Sequence[str]
    seat_keys: Sequence[str] = ()
    seat_roles: Sequence[str] = ()
    track_names: Sequence[str] = ()
    delegation_keys: Sequence[str] = ()

    def only(self, indexes: Sequence[int]) -> "Waiting":
        """Some of them."""
        some: list[Any] = [column and [column[index] for index in indexes] for column in self]
        return Waiting(*some)


def who_waits(unit_id: int, purpose: Purpose) -> Waiting:
    statement = _statement(purpose if purpose in OF_THEIR_OWN else None)
    row = reading().connection().execute(statement, {"unit": unit_id}).one()
    if row[0] is None:
        return Waiting(*[()] * 8)
    ids, public_ids, addresses, names, snapshots, link_keys, answers, reply_by, *seat = row
    found = Waiting(
        [int(message_id) for message_id in ids.split(",")],
        public_ids.split(","),
        orjson.loads(addresses),
        orjson.loads(names),
        orjson.loads(f"[{snapshots}]"),
        link_keys.split(","),
        answers.split(","),
        reply_by.split(","),
    )
    if not seat:
        return found
    if purpose is Purpose.FOCAL_POINT:
        return found._replace(delegation_keys=seat[0].split(","))
    if purpose is Purpose.NEW_LINK:
        seats, delegations = seat
        return found._replace(seat_keys=seats.split(","), delegation_keys=delegations.split(","))
    keys, roles, tracks = seat
    return found._replace(
        seat_keys=keys.split(","), seat_roles=roles.split(","), track_names=orjson.loads(tracks)
    )


@cache
def _statement(purpose: Purpose | None) -> Select[Any]:
    """Who waits in a unit. Seats and delegations are joined only where these are asked about."""
    reply_by: Any = Invitation.reply_by
    answer: Any = Invitation.state
    if purpose in OF_SEATS:
        answer = SeatOffer.state
        reply_by = func.coalesce(Invitation.reply_by, Seat.fill_by)
    elif purpose is Purpose.FOCAL_POINT:
        reply_by = Delegation.name_by
    columns: list[Any] = [
        joined(Message.id),
        joined(Message.public_id),
        json_list(Message.address),
        json_list(Message.name),
        joined(cast(Message.values, Text)),
        joined(_text(Invitation.link_key)),
        joined(_text(answer)),
        joined(_text(reply_by)),
    ]
    statement = select(*columns).outerjoin(Invitation, Invitation.id == Message.invitation_id)
    if purpose is Purpose.FOCAL_POINT:
        statement = statement.add_columns(joined(Delegation.link_key)).join(
            Delegation, Delegation.id == Message.delegation_id
        )
    if purpose is Purpose.NEW_LINK:
        statement = (
            statement.add_columns(
                joined(_text(SeatOffer.link_key)), joined(_text(Delegation.link_key))
            )
            .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
            .outerjoin(Delegation, Delegation.id == Message.delegation_id)
        )
    if purpose in OF_SEATS:
        statement = (
            statement.add_columns(
                joined(_text(SeatOffer.link_key)),
                joined(_text(Seat.role)),
                json_list(func.coalesce(Track.name, "")),
            )
            .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
            .outerjoin(Seat, Seat.id == SeatOffer.seat_id)
            .outerjoin(Track, Track.id == Seat.track_id)
        )
    return statement.where(
        Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING
    )


def _text(column: Any) -> Any:
    """As the database writes it; empty where there is none: no place may be lost."""
    return func.coalesce(cast(column, Text), "")
