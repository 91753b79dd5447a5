"""Tracks of a conference."""

from dataclasses import dataclass

from sqlalchemy import select

from outreach.db import reading
from outreach.models.event import Event
from outreach.models.track import Track


@dataclass(frozen=True, slots=True)
class TrackLine:
    """A strand of the programme."""

    id: int
    code: str
    name: str
    summary: str
    event_id: int
    event: str
    time_zone: str
    place: str


def tracks(conference_id: int, track_id: int | None = None) -> list[TrackLine]:
    """The tracks of a conference in their order, or only the one with this id."""
    statement = (
        select(
            Track.id,
            Track.code,
            Track.name,
            Track.summary,
            Event.id,
            Event.name,
            Event.time_zone,
            Event.city,
        )
        .join(Track.event)
        .where(Event.conference_id == conference_id)
        .order_by(Event.starts_at.desc(), Track.position, Track.id)
    )
    if track_id is not None:
        statement = statement.where(Track.id == track_id)
    return [TrackLine(*row) for row in reading().execute(statement)]
