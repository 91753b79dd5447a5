"""Events of a conference."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.event import Event, EventKind


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event as lists show it."""

    id: int
    code: str
    kind: EventKind
    name: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue: str
    city: str
    country_code: str
    conference: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **asdict(self),
            "kind": self.kind.value,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
        }


def events() -> list[EventLine]:
    """Every event, the conference itself first, then by opening. Cost: the events."""
    rows = reading().execute(
        select(
            Event.id,
            Event.code,
            Event.kind,
            Event.name,
            Event.starts_at,
            Event.ends_at,
            Event.time_zone,
            Event.venue,
            Event.city,
            Event.country_code,
            Conference.code,
        )
        .join(Conference)
        .order_by(Conference.opens_on.desc(), Event.kind != EventKind.CONFERENCE, Event.starts_at)
    )
    return [EventLine(*row) for row in rows]


def event_named(code: str) -> EventLine | None:
    """The event with this code, in any case of letters."""
    wanted = code.strip().casefold()
    return next((event for event in events() if event.code.casefold() == wanted), None)
