"""Who waits in a unit, read in one row: a thousand rows cost more to fetch than to find."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Text, bindparam, cast, func, literal_column, select, type_coerce

from outreach.db import is_postgresql, reading
from outreach.dialect import joined, json_list, prefer_indexes
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import Seat, SeatOffer
from outreach.models.track import Track
from outreach.prepared import Prepared

OF_SEATS = (Purpose.SEAT, Purpose.SEAT_ANSWER)
OF_THEIR_OWN = (*OF_SEATS, Purpose.FOCAL_POINT, Purpose.NEW_LINK)
"""Mails that ask about something else than an invitation, or may."""


class Waiting(NamedTuple):
    """Who waits in a unit, column by column: no object is made for a person."""

    ids: Sequence[int]
    public_ids: Sequence[str]
    addresses: Sequence[str]
    names: Sequence[str]
    kept: Mapping[str, Sequence[str]]
    """The personal merge fields as the ledger keeps them, of those that were asked for."""
    link_keys: Sequence[str]
    answers: Sequence[str]
    reply_by: Sequence[str]
    seat_keys: Sequence[str] = ()
    seat_roles: Sequence[str] = ()
    track_names: Sequence[str] = ()
    delegation_keys: Sequence[str] = ()

    def only(self, indexes: Sequence[int]) -> "Waiting":
        """Some of them."""

        def of(column: Any) -> Any:
            if isinstance(column, Mapping):
                return {name: of(one) for name, one in column.items()}
            return column and [column[index] for index in indexes]

        return Waiting(*map(of, self))

    def field(self, name: str) -> Sequence[str]:
        """A kept field of everyone; empty where there is none."""
        return self.kept.get(name) or [""] * len(self.ids)


def who_waits(unit_id: int, purpose: Purpose, names: tuple[str, ...] | None = None) -> Waiting:
    """Those who wait, in one row.

    names  the kept fields that are needed; None for all: SQLite picks them out without Python's
           lock, and an object for each person is what costs most
    """
    picks = names is not None and not is_postgresql()
    statement = _statement(purpose if purpose in OF_THEIR_OWN else None, names if picks else None)
    session = reading()
    if is_postgresql():
        prefer_indexes(session)  # with its statistics it would hash all invitations for each unit
    row = statement.first(session.connection(), {"unit": unit_id})
    if row[0] is None:
        return Waiting((), (), (), (), {}, (), (), ())
    ids, public_ids, addresses, fullnames, snapshots, link_keys, answers, reply_by, *seat = row
    found = Waiting(
        [int(message_id) for message_id in ids.split(",")],
        public_ids.split(","),
        orjson.loads(addresses),
        orjson.loads(fullnames),
        _picked(snapshots, names or ()) if picks else _kept(snapshots, names),
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


def _picked(rows: str, names: Sequence[str]) -> dict[str, Sequence[str]]:
    """{name: column} out of one list of values for each person."""
    if not names:
        return {}
    columns = zip(*orjson.loads(f"[{rows}]"), strict=True)
    return {
        name: [value or "" for value in column]
        for name, column in zip(names, columns, strict=False)  # one alone comes twice
    }


def _kept(snapshots: str, names: Sequence[str] | None) -> dict[str, Sequence[str]]:
    """The same out of all that is kept."""
    rows = orjson.loads(f"[{snapshots}]")
    wanted = dict.fromkeys(name for row in rows for name in row) if names is None else names
    return {name: [row.get(name) or "" for row in rows] for name in wanted}


def _snapshots(names: tuple[str, ...] | None) -> Any:
    """Whole, or the values of these names as a list."""
    if names is None:
        return joined(cast(Message.values, Text))
    if not names:
        return literal_column("''")
    paths = [f'$."{name}"' for name in names]
    # Of one path SQLite gives the value itself, and a list of several.
    paths = paths if len(paths) > 1 else paths * 2
    return joined(func.json_extract(type_coerce(Message.values, Text), *paths, type_=Text))


@cache
def _statement(purpose: Purpose | None, names: tuple[str, ...] | None) -> Prepared:
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
        _snapshots(names),
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
    waits = (Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    return Prepared(statement.where(*waits))


def _text(column: Any) -> Any:
    """As the database writes it; empty where there is none: no place may be lost."""
    return func.coalesce(cast(column, Text), "")
