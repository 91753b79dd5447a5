"""What those who come must learn of: the event has moved, or the invitation is no more."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Purpose
from outreach.models.seat import OfferState, Seat, SeatOffer
from outreach.models.track import Track
from outreach.posting import post
from outreach.seating import tell_how_it_stands

COMING = (InvitationState.ACCEPTED, InvitationState.TENTATIVE)
AT_ONCE = 200
"""How many are told in one transaction; the rest follows at the next tick."""


class WithdrawnAlready(Conflict):
    """Somebody was faster."""

    def __init__(self) -> None:
        super().__init__("This invitation has been withdrawn already.")


def tell_of_changes(*, at: datetime) -> int:
    """Write a mail to those who come, or sit, at an event that changed since they were told of it.

    Says how many were told. Who changes an event twice before a tick causes one mail.
    """
    return _tell_those_who_come(at) + _tell_those_who_sit(at)


def _tell_those_who_sit(at: datetime) -> int:
    """The entry of a seat moves with its event."""
    with transaction() as session:
        told = session.scalars(
            select(SeatOffer)
            .join(Seat, Seat.id == SeatOffer.seat_id)
            .join(Track, Track.id == Seat.track_id)
            .join(Event, Event.id == Track.event_id)
            .where(
                Event.sequence > SeatOffer.told_sequence, SeatOffer.state == OfferState.ACCEPTED,
                Event.ends_at > at,
            )
            .order_by(SeatOffer.id)
            .limit(AT_ONCE)
            .with_for_update(of=SeatOffer, skip_locked=True)
        ).all()  # fmt: skip
        for offer in told:
            offer.told_sequence = offer.seat.track.event.sequence
            tell_how_it_stands(session, offer, at=at)
        return len(told)


def _tell_those_who_come(at: datetime) -> int:
    with transaction() as session:
        told = session.scalars(
            select(Invitation)
            .join(Event, Event.id == Invitation.event_id)
            .where(
                Event.sequence > Invitation.told_sequence, Invitation.state.in_(COMING),
                Invitation.withdrawn_at.is_(None), Event.ends_at > at,
            )
            .order_by(Invitation.id)
            .limit(AT_ONCE)
            .with_for_update(of=Invitation, skip_locked=True)
        ).all()  # fmt: skip
        for invitation in told:
            invitation.told_sequence = invitation.event.sequence
            post(
                session, Purpose.MOVED, invitation.stakeholder, invitation.event, at=at,
                invitation_id=invitation.id,
            )  # fmt: skip
        return len(told)


def withdraw_invitation(invitation_id: int, *, by: Actor, at: datetime) -> None:
    """Ask someone no more, and tell them; their calendar takes the event out.

    Raises WithdrawnAlready.
    """
    with transaction() as session:
        invitation = session.scalar(
            select(Invitation).where(Invitation.id == invitation_id).with_for_update(of=Invitation)
        )
        if invitation is None:
            raise NotFound("invitation")
        if invitation.withdrawn_at is not None:
            raise WithdrawnAlready
        invitation.withdrawn_at = at
        invitation.sequence += 1
        post(
            session, Purpose.WITHDRAWN, invitation.stakeholder, invitation.event, at=at,
            invitation_id=invitation.id,
        )  # fmt: skip
        session.add(
            Activity.of("withdrew_invitation", by, at, event_id=invitation.event_id,
                        stakeholder_id=invitation.stakeholder_id)
        )  # fmt: skip
