"""Deadlines to come: reply-bys, steps, seats to be filled, events that open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.models.campaign import CampaignState
from outreach.queries.events import EventLine
from outreach.queries.seats import SeatLine
from outreach.queries.today import CampaignInBrief, DueStep

RUNNING = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that happens, or must have happened, by an instant."""

    at: datetime
    kind: str
    """`reply_by`, `step`, `seat` or `opening`."""
    subject_id: int
    what: str
    time_zone: str
    place: str
    event_id: int | None = None


def deadlines(
    campaigns: Sequence[CampaignInBrief],
    steps: Sequence[DueStep],
    seats: Sequence[SeatLine],
    events: Sequence[EventLine],
    at: datetime,
) -> list[Deadline]:
    """Everything that is still to come, the next one first. Asks the database nothing."""
    found = [
        *(_of_campaign(one) for one in campaigns if one.state in RUNNING and one.asks),
        *(_of_step(step) for step in steps),
        *_of_seats(seats),
        *(_of_event(event) for event in events),
    ]
    return sorted((line for line in found if line.at > at), key=lambda line: line.at)


def _of_campaign(campaign: CampaignInBrief) -> Deadline:
    return Deadline(
        campaign.reply_by,
        "reply_by",
        campaign.id,
        f"Answers close: {campaign.name}",
        campaign.time_zone,
        campaign.place,
        campaign.event_id,
    )


def _of_step(step: DueStep) -> Deadline:
    return Deadline(
        step.due_at,
        "step",
        step.campaign_id,
        f"{step.words} goes out: {step.campaign}",
        step.time_zone,
        step.place,
    )


def _of_seats(seats: Sequence[SeatLine]) -> list[Deadline]:
    """Seats of one date in one line."""
    by_date: dict[datetime, list[SeatLine]] = {}
    for seat in seats:
        if seat.holder_id is None:
            by_date.setdefault(seat.fill_by, []).append(seat)
    return [
        Deadline(
            at,
            "seat",
            some[0].id,
            f"{_seats_in_words(some)} to be filled",
            some[0].time_zone,
            some[0].place,
        )
        for at, some in by_date.items()
    ]


def _seats_in_words(some: Sequence[SeatLine]) -> str:
    tracks = list(dict.fromkeys(seat.track for seat in some))
    if len(tracks) > 2:
        return f"{len(some)} seats in {len(tracks)} tracks"
    many = "A seat" if len(some) == 1 else f"{len(some)} seats"
    return f"{many} of {' and '.join(tracks)}"


def _of_event(event: EventLine) -> Deadline:
    return Deadline(
        event.starts_at,
        "opening",
        event.id,
        f"{event.name} opens",
        event.time_zone,
        event.city,
        event.id,
    )
