"""Everything that one person is asked to, as that person sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from outreach.db import reading
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.seat import OfferState, Seat, SeatOffer, SeatRole
from outreach.models.track import Track
from outreach.queries.focal_points import delegations_to_name
from outreach.queries.invitations import ANSWERED
from outreach.queries.seat_offers import TO_BE_ANSWERED

MOST = 12
"""Lines on a page; nobody was ever asked to more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the person is asked to, with a link of its own.

    role   of a seat; None for an invitation to the event
    name   the event's, or the track's for a seat
    """

    link_key: str
    role: SeatRole | None
    name: str
    answer: str
    """`accepted`, …; empty while the person has not answered."""
    reply_by: datetime
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    city: str
    is_delegation: bool = False
    """Whether a delegation is to be named; its organisation is the name."""

    def is_waiting(self, at: datetime) -> bool:
        """Whether an answer is wanted and still taken."""
        return not self.answer and at < self.reply_by


_EVENT: tuple[Any, ...] = (Event.starts_at, Event.ends_at, Event.time_zone, Event.city)


def asked_of(stakeholder_id: int, link_key: str, at: datetime) -> list[Asked]:
    """All but the one of this link that are not over: what waits for an answer first, the soonest
    first. Three SELECTs by index."""
    found = [
        *_invitations(stakeholder_id, at), *_seats(stakeholder_id, at),
        *_delegations(stakeholder_id, at),
    ]  # fmt: skip
    others = [each for each in found if each.link_key != link_key]
    others.sort(
        key=lambda each: (
            not each.is_waiting(at),
            each.reply_by if each.is_waiting(at) else each.starts_at,
        )
    )
    return others[:MOST]


def _invitations(stakeholder_id: int, at: datetime) -> list[Asked]:
    rows = reading().execute(
        select(Invitation.link_key, Event.name, Invitation.state, Invitation.reply_by, *_EVENT)
        .join(Event, Event.id == Invitation.event_id)
        .where(
            Invitation.stakeholder_id == stakeholder_id,
            Invitation.withdrawn_at.is_(None),
            Event.ends_at > at,
        )
    )
    return [
        Asked(key, None, name, _word(state), reply_by, *event)
        for key, name, state, reply_by, *event in rows
    ]


def _seats(stakeholder_id: int, at: datetime) -> list[Asked]:
    rows = reading().execute(
        select(SeatOffer.link_key, Seat.role, Track.name, SeatOffer.state, Seat.fill_by, *_EVENT)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .join(Event, Event.id == Track.event_id)
        .where(
            SeatOffer.stakeholder_id == stakeholder_id,
            SeatOffer.state.in_(TO_BE_ANSWERED),
            or_(Seat.holder_id.is_(None), Seat.holder_id == stakeholder_id),
            Event.ends_at > at,
        )
    )
    return [
        Asked(key, role, name, "" if state is OfferState.ASKED else state.value, fill_by, *event)
        for key, role, name, state, fill_by, *event in rows
    ]


def _delegations(stakeholder_id: int, at: datetime) -> list[Asked]:
    return [
        Asked(
            each.link_key, None, each.organisation, "accepted" if each.is_complete else "",
            each.name_by, each.starts_at, each.ends_at, each.time_zone, each.city, True,
        )
        for each in delegations_to_name(stakeholder_id, at)
    ]  # fmt: skip


def _word(state: InvitationState) -> str:
    reply = ANSWERED.get(state)
    return reply.value if reply else ""
