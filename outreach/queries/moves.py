"""What a new date would change, told before anything does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.step import RELATIVE, Step, StepState
from outreach.moving import (
    OVER,
    by_wall_clock,
    campaigns_to_move,
    has_date_of,
    may_still_answer,
    open_seats,
)


@dataclass(frozen=True, slots=True)
class Move:
    """One date, as it is and as it would be."""

    what: str
    subject: str
    """Of what: the campaign's name, or the event's."""
    was: datetime | None
    becomes: datetime | None
    time_zone: str
    place: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReplyByMove:
    """What another reply-by would change."""

    moves: list[Move]
    invitations_count: int


STAYS = "Keeps its date: the new one would have passed already."
LAPSES = "It is approved; it must be approved again."
ASKS = "Would have passed already: you will be asked whether it still goes."


def reply_by_move(campaign_id: int, reply_by: datetime, at: datetime) -> ReplyByMove | None:
    """What another reply-by would change; None where there is no such campaign.

    Cost: the campaign, its steps, and one count over its lists.
    """
    campaign = reading().get(Campaign, campaign_id)
    if campaign is None or campaign.state in OVER:
        return None
    count = reading().scalar(select(func.count(Invitation.id)).where(has_date_of(campaign, at)))
    moves = [_reply_by(campaign, reply_by), *_steps(campaign, at, reply_by, None)]
    return ReplyByMove(moves, count or 0)


def conference_moves(conference_id: int, days: timedelta, at: datetime) -> list[Move]:
    """The open deadlines that would move with the conference: reply-bys, steps, answers, seats.

    Cost: its events' campaigns, seats and a count of invitations for each.
    """
    events = reading().scalars(
        select(Event).where(Event.conference_id == conference_id).order_by(Event.starts_at)
    )
    return [move for event in events.all() for move in _of_event(event, days, at)]


def _of_event(event: Event, days: timedelta, at: datetime) -> Iterator[Move]:
    opens_at = by_wall_clock(event.starts_at, days, event)
    for campaign in campaigns_to_move(reading(), event.id):
        reply_by = by_wall_clock(campaign.reply_by, days, event)
        was = campaign.reply_by
        if was <= at:
            reply_by = was
        elif reply_by <= at:
            yield _line("Reply-by", campaign.name, was, was, event, STAYS)
            reply_by = was
        else:
            yield _reply_by(campaign, reply_by)
        yield from _steps(campaign, at, reply_by, opens_at)
    open_ones = may_still_answer(event.id, at)
    count = reading().scalar(select(func.count(Invitation.id)).where(open_ones))
    if count:
        yield _line(f"Answers of {count:,} invitations", event.name, None, None, event)
    for seat in reading().scalars(open_seats(event.id, at)):
        becomes = by_wall_clock(seat.fill_by, days, event)
        name = f"A seat of {seat.track.name}"
        if becomes > at:
            yield _line(name, event.name, seat.fill_by, becomes, event)
        else:
            yield _line(name, event.name, seat.fill_by, seat.fill_by, event, STAYS)


def _reply_by(campaign: Campaign, reply_by: datetime) -> Move:
    note = LAPSES if campaign.state is CampaignState.APPROVED else ""
    return _line("Reply-by", campaign.name, campaign.reply_by, reply_by, campaign.event, note)


def _steps(
    campaign: Campaign, at: datetime, reply_by: datetime, opens_at: datetime | None
) -> Iterator[Move]:
    """The relative steps to come that would go at another time."""
    for step in campaign.steps:
        if step.anchor not in RELATIVE or step.state is not StepState.WAITING:
            continue
        was = step.due_at or step.due(at)
        becomes = step.due(at, reply_by=reply_by, opens_at=opens_at)
        if becomes != was:
            is_late = becomes is not None and becomes <= at
            note = ASKS if is_late and campaign.scheduled_at else ""
            yield _line(_name(step), campaign.name, was, becomes, campaign.event, note)


def _name(step: Step) -> str:
    return step.kind.value.replace("_", " ").capitalize()


def _line(
    what: str,
    subject: str,
    was: datetime | None,
    becomes: datetime | None,
    event: Event,
    note: str = "",
) -> Move:
    return Move(what, subject, was, becomes, event.time_zone, event.city, note)
