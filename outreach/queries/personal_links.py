"""Every link by which someone opens a page of their own, as far as it opens one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select

from outreach.db import reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.closed_link import ClosedLink
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import NO_UNSUBSCRIBE, Message, MessageState, Purpose, standing
from outreach.models.seat import Seat, SeatOffer, SeatRole
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.track import Track
from outreach.queries.seat_offers import TO_BE_ANSWERED

NEVER_LEFT = (
    MessageState.WAITING, MessageState.LEASED, MessageState.HELD, MessageState.CANCELLED,
    MessageState.LEFT_OUT,
)  # fmt: skip
"""A mail that has not left brings its link yet to come, which nobody can have."""
COPIES = Message.purpose == Purpose.COPY
WITH_STOP = Message.purpose.not_in(NO_UNSUBSCRIBE)


class OwnPage(NamedTuple):
    """A page of the person's own.

    code  which one it is: `invitation-12`, `seat-3`, `delegation-4`
    role  of a seat, whose name is the track's; a delegation has its organisation's
    """

    code: str
    name: str
    event: str
    role: SeatRole | None = None


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """What opens something, and what may hang on it."""

    pages: Sequence[OwnPage]
    assistants: Sequence[str]
    copies_count: int
    """Copies that left and open the page for an assistant."""
    has_feed: bool
    mails_count: int
    """Mails that left and by which mail can be stopped."""


def personal_links(stakeholder_id: int) -> PersonalLinks:
    """The links of one person. Seven SELECTs by index."""
    whose = AnsweringAddress.stakeholder_id == stakeholder_id
    return PersonalLinks(
        [*_invitations(stakeholder_id), *_seats(stakeholder_id), *_delegations(stakeholder_id)],
        reading()
        .scalars(
            select(func.coalesce(func.nullif(AnsweringAddress.name, ""), AnsweringAddress.email))
            .where(whose, AnsweringAddress.is_assistant)
            .order_by(AnsweringAddress.id)
        )
        .all(),
        _open_mails(stakeholder_id, COPIES),
        bool(reading().scalar(select(exists().where(*has_feed(stakeholder_id))))),
        _open_mails(stakeholder_id, WITH_STOP),
    )


def has_feed(stakeholder_id: int) -> tuple[ColumnElement[bool], ...]:
    """The person's row, and those that were merged into it, as far as they have a feed."""
    whose = or_(Stakeholder.id == stakeholder_id, Stakeholder.merged_into_id == stakeholder_id)
    return whose, Stakeholder.feed_key.is_not(None)


def open_mails(stakeholder_id: int, which: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """The person's mails that left, whose links are not closed."""
    merged = select(Stakeholder.id).where(Stakeholder.merged_into_id == stakeholder_id)
    ids = [stakeholder_id, *reading().scalars(merged)]
    is_closed = exists().where(ClosedLink.message_id == Message.id)
    return Message.stakeholder_id.in_(ids), standing().not_in(NEVER_LEFT), which, ~is_closed


def _open_mails(stakeholder_id: int, which: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(Message)
    return reading().scalar(statement.where(*open_mails(stakeholder_id, which))) or 0


def _invitations(stakeholder_id: int) -> list[OwnPage]:
    rows: Any = reading().execute(
        select(Invitation.id, Event.name)
        .join(Event, Event.id == Invitation.event_id)
        .where(Invitation.stakeholder_id == stakeholder_id, Invitation.withdrawn_at.is_(None))
        .where(Invitation.merged_into_id.is_(None))
        .order_by(Event.starts_at, Invitation.id)
    )
    return [OwnPage(f"invitation-{id_}", event, event) for id_, event in rows]


def _seats(stakeholder_id: int) -> list[OwnPage]:
    rows: Any = reading().execute(
        select(SeatOffer.id, Track.name, Event.name, Seat.role)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .join(Event, Event.id == Track.event_id)
        .where(
            SeatOffer.stakeholder_id == stakeholder_id, SeatOffer.state.in_(TO_BE_ANSWERED),
        )
        .order_by(Event.starts_at, SeatOffer.id)
    )  # fmt: skip
    return [OwnPage(f"seat-{id_}", track, event, role) for id_, track, event, role in rows]


def _delegations(stakeholder_id: int) -> list[OwnPage]:
    rows: Any = reading().execute(
        select(Delegation.id, Organisation.name, Event.name)
        .join(Organisation, Organisation.id == Delegation.organisation_id)
        .join(Event, Event.id == Delegation.event_id)
        .where(Delegation.focal_point_id == stakeholder_id, Delegation.withdrawn_at.is_(None))
        .order_by(Event.starts_at, Delegation.id)
    )
    return [OwnPage(f"delegation-{id_}", name, event) for id_, name, event in rows]
