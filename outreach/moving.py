"""Deadlines that move along when a date moves: of invitations, campaigns, seats.

The same hour of the event's zone is kept, whatever daylight saving does in between. What has
passed stays as it was, and what would have passed already keeps its date.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.orm import Session

from outreach.db import touched
from outreach.models.campaign import Campaign, CampaignList, CampaignState
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.models.seat import Seat
from outreach.models.target import Target
from outreach.models.track import Track

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Shift:
    """So many days later, at the same hour of the clock on the wall, which may hang elsewhere."""

    zone: ZoneInfo
    becomes: ZoneInfo
    days: timedelta = timedelta(0)

    def __call__(self, at: datetime) -> datetime:
        return (at.astimezone(self.zone) + self.days).replace(tzinfo=self.becomes)


def may_still_answer(event_id: int, at: datetime) -> ColumnElement[bool]:
    """The invitations to an event whose answers are still taken."""
    return and_(
        Invitation.event_id == event_id,
        Invitation.reply_by > at,
        Invitation.withdrawn_at.is_(None),
    )


def has_date_of(campaign: Campaign, at: datetime) -> ColumnElement[bool]:
    """The open invitations that stand under a campaign's reply-by.

    Those of people of its lists and segments, and of whoever is sent in their place. An alternate
    who was given a date of their own keeps it.
    """
    listed = (
        select(Target.stakeholder_id)
        .join(CampaignList, CampaignList.list_id == Target.list_id)
        .where(CampaignList.campaign_id == campaign.id)
    )
    whose: ColumnElement[bool] = Invitation.stakeholder_id.in_(listed)
    if campaign.reaches_segments:  # whom it invited, wherever they stand
        written = select(Message.invitation_id).where(
            Message.campaign_id == campaign.id, Message.invitation_id.is_not(None)
        )
        whose |= Invitation.id.in_(written)
    senders = select(Invitation.id).where(Invitation.event_id == campaign.event_id, whose)
    return and_(
        may_still_answer(campaign.event_id, at),
        Invitation.reply_by == campaign.reply_by,
        whose | Invitation.delegated_by_id.in_(senders),
    )


def move_campaign(session: Session, campaign: Campaign, reply_by: datetime, at: datetime) -> int:
    """Let a campaign's answers count until another instant, invitations and steps moving along.

    Returns how many invitations moved. Cost: one UPDATE over the campaign's lists.
    """
    whose = has_date_of(campaign, at)  # before the date changes: it is what they are known by
    count = touched(session, update(Invitation).where(whose).values(reply_by=reply_by))
    campaign.move_reply_by(reply_by, at)
    return count


def campaigns_to_move(session: Session, event_id: int) -> Sequence[Campaign]:
    """The campaigns of an event that are not over."""
    return session.scalars(
        select(Campaign)
        .where(Campaign.event_id == event_id, Campaign.state.not_in(OVER))
        .order_by(Campaign.id)
    ).all()


def lapsed_before(session: Session, event_id: int) -> set[int]:
    """The campaigns of an event whose approval has lapsed: asked before the event moves."""
    return {one.id for one in campaigns_to_move(session, event_id) if one.has_lapsed}


def move_with_event(
    session: Session, event: Event, shift: Shift, at: datetime, lapsed: Container[int]
) -> None:
    """Move every open deadline of an event that has just moved, in time or to another zone.

    lapsed  what `lapsed_before` has said

    Cost: an UPDATE for each date that its invitations have; the campaigns,
    seats and delegations one by one.
    """
    open_ones = may_still_answer(event.id, at)
    changes = {
        old: new
        for old in session.scalars(select(Invitation.reply_by).where(open_ones).distinct())
        if (new := shift(old)) > at and new != old
    }
    # From the far end, so that none that has moved is met again under another one's old date.
    for old in sorted(changes, reverse=any(new > old for old, new in changes.items())):
        session.execute(
            update(Invitation)
            .where(open_ones, Invitation.reply_by == old)
            .values(reply_by=changes[old])
            .execution_options(synchronize_session=False)
        )
    for campaign in campaigns_to_move(session, event.id):
        reply_by = shift(campaign.reply_by)
        if campaign.reply_by > at and reply_by > at:
            campaign.move_reply_by(reply_by, at, had_lapsed=campaign.id in lapsed)
        elif campaign.scheduled_at is not None:
            campaign.follow_dates(at, had_lapsed=campaign.id in lapsed)
    for seat in session.scalars(open_seats(event.id, at)):
        moved = shift(seat.fill_by)
        if moved > at:
            seat.fill_by = moved
    for delegation in session.scalars(open_delegations(event.id, at)):
        moved = shift(delegation.name_by)
        if moved > at:
            delegation.name_by = moved


def open_seats(event_id: int, at: datetime) -> Select[Seat]:
    """The seats of an event that are still to be filled by a date to come."""
    return (
        select(Seat)
        .join(Track, Track.id == Seat.track_id)
        .where(Track.event_id == event_id, Seat.holder_id.is_(None), Seat.fill_by > at)
        .order_by(Seat.fill_by, Seat.id)
    )


def open_delegations(event_id: int, at: datetime) -> Select[Delegation]:
    """The delegations to an event that are still to be named by a date to come."""
    return (
        select(Delegation)
        .where(
            Delegation.event_id == event_id, Delegation.name_by > at,
            Delegation.completed_at.is_(None), Delegation.withdrawn_at.is_(None),
        )
        .order_by(Delegation.id)
    )  # fmt: skip
