"""What a new date would change, told before anything does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.event import Event, EventKind
from outreach.models.invitation import Invitation
from outreach.models.step import RELATIVE, Step, StepState
from outreach.moving import (
    OVER,
    Shift,
    campaigns_to_move,
    has_date_of,
    may_still_answer,
    open_delegations,
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
    new_zone: str = ""
    """The zone in which it would be read, where that is another."""


@dataclass(frozen=True, slots=True)
class ReplyByMove:
    """What another reply-by would change."""

    moves: list[Move]
    invitations_count: int


STAYS = "Keeps its date: the new one would have passed already."
LAPSES = "It is approved; it must be approved again."
SAME_HOUR = "Each at the same hour there"
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
    """The open deadlines that would move with the conference: reply-bys, steps, answers,
    seats, delegations.

    Cost: its events' campaigns, seats and counts of invitations and delegations for each.
    """
    events = reading().scalars(
        select(Event).where(Event.conference_id == conference_id).order_by(Event.starts_at)
    )
    return [
        move
        for event in events.all()
        for move in _of_event(event, Shift(event.zone, event.zone, days), at)
    ]


def zone_moves(conference_id: int, time_zone: str, country_code: str, at: datetime) -> list[Move]:
    """The open deadlines that would move if the conference were held elsewhere; its other events
    keep their own zones. Cost: as of `conference_moves`, for one event."""
    event = (
        reading()
        .scalars(
            select(Event).where(
                Event.conference_id == conference_id, Event.kind == EventKind.CONFERENCE
            )
        )
        .one()
    )
    if (event.time_zone, event.country_code) == (time_zone, country_code):
        return []
    shift = Shift(event.zone, ZoneInfo(time_zone))
    moves = _of_event(event, shift, at, country_code)
    return [replace(move, new_zone=time_zone) for move in moves]


def _of_event(
    event: Event, shift: Shift, at: datetime, country_code: str | None = None
) -> Iterator[Move]:
    opens_at = shift(event.starts_at)
    for campaign in campaigns_to_move(reading(), event.id):
        was = campaign.reply_by
        reply_by = shift(was)
        if was <= at:
            reply_by = was
        elif reply_by <= at:
            yield _line("Reply-by", campaign.name, was, was, event, STAYS)
            reply_by = was
        elif reply_by != was:
            yield _reply_by(campaign, reply_by)
        where = (shift.becomes, country_code or event.country_code)
        yield from _steps(campaign, at, reply_by, opens_at, where)
    if not shift.days and shift(event.starts_at) == event.starts_at:
        return  # another country in the same zone: only days off differ
    open_ones = may_still_answer(event.id, at)
    count = reading().scalar(select(func.count(Invitation.id)).where(open_ones))
    if count:
        note = "" if shift.days else SAME_HOUR
        yield _line(f"Answers of {count:,} invitations", event.name, None, None, event, note)
    delegations = open_delegations(event.id, at).order_by(None).subquery()
    count = reading().scalar(select(func.count()).select_from(delegations))
    if count:
        what = (
            "The day by which 1 delegation is named"
            if count == 1
            else (f"The days by which {count:,} delegations are named")
        )
        yield _line(what, event.name, None, None, event, "" if shift.days else SAME_HOUR)
    for seat in reading().scalars(open_seats(event.id, at)):
        becomes = shift(seat.fill_by)
        name = f"A seat of {seat.track.name}"
        if becomes > at:
            yield _line(name, event.name, seat.fill_by, becomes, event)
        else:
            yield _line(name, event.name, seat.fill_by, seat.fill_by, event, STAYS)


def _reply_by(campaign: Campaign, reply_by: datetime) -> Move:
    note = LAPSES if campaign.state is CampaignState.APPROVED else ""
    return _line("Reply-by", campaign.name, campaign.reply_by, reply_by, campaign.event, note)


def _steps(
    campaign: Campaign,
    at: datetime,
    reply_by: datetime,
    opens_at: datetime | None,
    where: tuple[ZoneInfo, str] | None = None,
) -> Iterator[Move]:
    """The relative steps to come that would go at another time.

    where  the event would be held then: (zone, country)
    """
    for step in campaign.steps:
        if step.anchor not in RELATIVE or step.state is not StepState.WAITING:
            continue
        was = step.due_at or step.due(at)
        timing = step.timing_in(*where) if where else None
        becomes = step.due(at, reply_by=reply_by, opens_at=opens_at, timing=timing)
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
