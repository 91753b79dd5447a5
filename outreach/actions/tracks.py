"""Tracks: the strands of the programme."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.event import Event
from outreach.models.track import Track


def create_track(
    event_id: int, name: str, *, by: Actor, at: datetime, summary: str = "", code: str = ""
) -> int:
    """A new track, after those that are there; without a code it gets one from its name."""
    name = name.strip()
    if not name:
        raise Refusal("A track needs a name.")
    with transaction() as session:
        event = session.get(Event, event_id, with_for_update=True)
        if event is None:
            raise NotFound("event")
        code = code.strip() or "-".join(fold(name).split())
        same = select(Track.id).where(Track.event_id == event_id, Track.code == code)
        if session.scalar(same):
            raise Conflict(f"There is a track “{name}” already.")
        track = Track(
            event_id=event_id,
            code=code,
            name=name,
            summary=summary.strip(),
            position=_last(session, event_id) + 1,
        )
        session.add(track)
        session.add(Activity.of("created_track", by, at, event_id=event_id, track=name))
        session.flush()
        return track.id


def _last(session: Session, event_id: int) -> int:
    statement = select(func.max(Track.position)).where(Track.event_id == event_id)
    return session.scalar(statement) or 0
