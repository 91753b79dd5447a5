"""Who waits in a unit, read in one row: a thousand rows cost more to fetch than to find."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from outreach.db import is_postgresql, reading
from outreach.dialect import PARTING, joined, json_list, parted
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import Seat, SeatOffer
from outreach.models.track import Track
from outreach.prepared import Prepared

OF_SEATS = (Purpose.SEAT, Purpose.SEAT_ANSWER)
OF_THEIR_OWN = (*OF_SEATS, Purpose.FOCAL_POINT, Purpose.NEW_LINK, Purpose.COPY)
"""Mails that ask about something else than an invitation, or may."""
OF_INVITATIONS = ("rsvp_link", "reply_by", "answer")
"""Fields that are made of an invitation as it stands: read only where a letter has them."""


class Waiting(NamedTuple):
    """Who waits in a unit, column by column: no object is made for a person."""

    ids: Sequence[int]
    public_ids: Sequence[str]
    addresses: Sequence[str]
    names: Sequence[str]
    kept: Mapping[str, Sequence[str]]
    """The personal merge fields as the ledger keeps them, of those that were asked for."""
    link_keys: Sequence[str] = ()
    answers: Sequence[str] = ()
    reply_by: Sequence[str] = ()
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

    names  the kept fields and those of invitations that are needed; None for all
    """
    connection, unit = reading().connection(), {"unit": unit_id}
    wanted = tuple(one for one in OF_INVITATIONS if names is None or one in names)
    kept = None if names is None else tuple(one for one in names if one not in OF_INVITATIONS)
    # SQLite picks them out without Python's lock, and an object for each person costs most.
    picked = None if is_postgresql() else kept
    shape = (purpose if purpose in OF_THEIR_OWN else None, picked, wanted)
    row = _statement(*shape).first(connection, unit)
    if row.ids is None:
        return Waiting((), (), (), (), {})
    found = _read(row, kept, is_picked=picked is not None, words=_parts)
    if not len(found.ids) == len(found.addresses) == len(found.names):
        row = _statement(*shape, is_odd=True).first(connection, unit)
        found = _read(row, kept, is_picked=picked is not None, words=orjson.loads)
    return found


def _parts(written: str) -> list[str]:
    return written.split(PARTING)


def _read(
    row: Any, kept: Sequence[str] | None, *, is_picked: bool, words: Callable[[str], list[str]]
) -> Waiting:
    """The columns, each out of one text.

    words  what takes the texts apart in which a comma may stand
    """
    texts = row._asdict()
    ids = [int(message_id) for message_id in texts.pop("ids").split(",")]
    snapshots = texts.pop("snapshots")
    fields = _picked(snapshots, kept or ()) if is_picked else _kept(snapshots, kept)
    apart = {"addresses": words, "names": words, "track_names": orjson.loads}
    columns = {name: apart.get(name, _at_commas)(written) for name, written in texts.items()}
    return Waiting(ids=ids, kept=fields, **columns)


def _at_commas(written: str) -> list[str]:
    return written.split(",")


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
def _statement(
    purpose: Purpose | None,
    names: tuple[str, ...] | None,
    wanted: tuple[str, ...],
    *,
    is_odd: bool = False,
) -> Prepared:
    """Who waits in a unit. Seats and delegations are joined only where these are asked about.

    wanted  of OF_INVITATIONS
    is_odd  a text holds PARTING
    """
    listed = json_list if is_odd else parted
    columns: list[ColumnElement[Any]] = [
        joined(Message.id).label("ids"),
        joined(Message.public_id).label("public_ids"),
        listed(Message.address).label("addresses"),
        listed(Message.name).label("names"),
        _snapshots(names).label("snapshots"),
    ]
    columns += _of_invitations(purpose, wanted)
    statement = select(*columns).select_from(Message)
    if wanted or purpose in OF_SEATS:
        statement = statement.outerjoin(Invitation, Invitation.id == Message.invitation_id)
    waits = (Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    return Prepared(_with_their_own(statement, purpose).where(*waits))


def _of_invitations(
    purpose: Purpose | None, wanted: tuple[str, ...]
) -> Iterator[ColumnElement[Any]]:
    """The columns of these fields, or of what stands instead of an invitation."""
    reply_by: Any = Invitation.reply_by
    answer: Any = Invitation.state
    if purpose in OF_SEATS:
        answer = SeatOffer.state
        reply_by = func.coalesce(Invitation.reply_by, Seat.fill_by)
    elif purpose is Purpose.COPY:
        answer = func.coalesce(SeatOffer.state, Invitation.state)
        reply_by = func.coalesce(Seat.fill_by, Delegation.name_by, Invitation.reply_by)
    elif purpose is Purpose.FOCAL_POINT:
        reply_by = Delegation.name_by
    if "rsvp_link" in wanted:
        yield joined(_text(Invitation.link_key)).label("link_keys")
    if "answer" in wanted:
        yield joined(_text(answer)).label("answers")
    if "reply_by" in wanted:
        yield joined(_text(reply_by)).label("reply_by")


def _with_their_own(statement: Select[Any], purpose: Purpose | None) -> Select[Any]:
    """With what these mails ask about."""
    seat_keys = joined(_text(SeatOffer.link_key)).label("seat_keys")
    if purpose is Purpose.FOCAL_POINT:
        keys = joined(Delegation.link_key).label("delegation_keys")
        return statement.add_columns(keys).join(Delegation, Delegation.id == Message.delegation_id)
    if purpose is Purpose.NEW_LINK:
        keys = joined(_text(Delegation.link_key)).label("delegation_keys")
        return (
            statement.add_columns(seat_keys, keys)
            .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
            .outerjoin(Delegation, Delegation.id == Message.delegation_id)
        )
    if purpose is Purpose.COPY:
        statement = statement.outerjoin(Delegation, Delegation.id == Message.delegation_id)
    elif purpose not in OF_SEATS:
        return statement
    return (
        statement.add_columns(
            seat_keys,
            joined(_text(Seat.role)).label("seat_roles"),
            json_list(func.coalesce(Track.name, "")).label("track_names"),
        )
        .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
        .outerjoin(Seat, Seat.id == SeatOffer.seat_id)
        .outerjoin(Track, Track.id == Seat.track_id)
    )


def _text(column: Any) -> Any:
    """As the database writes it; empty where there is none: no place may be lost."""
    return func.coalesce(cast(column, Text), "")
