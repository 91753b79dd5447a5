"""What anyone may read of a conference."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.conference_page import ConferencePage
from outreach.models.event import Event, EventKind
from outreach.models.track import Track

SHOWN = (EventKind.CONFERENCE, EventKind.PREPARATORY, EventKind.SIDE_EVENT)


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event as the page shows it."""

    kind: EventKind
    name: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    city: str
    country_code: str


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A conference with its events and tracks."""

    conference_id: int
    code: str
    name: str
    host: str
    reply_to: str
    language: str
    is_published: bool
    takes_requests: bool
    about: dict[str, Any]
    events: list[EventLine]
    tracks: list[tuple[str, str]]
    """(name, summary)"""

    @property
    def itself(self) -> EventLine | None:
        """The conference among its events."""
        return next((one for one in self.events if one.kind is EventKind.CONFERENCE), None)

    def of_kind(self, kind: str) -> list[EventLine]:
        """Its events of a kind, by time."""
        return [one for one in self.events if one.kind.value == kind]


def conference_page(code: str | None = None) -> PublicPage | None:
    """A conference by its code, without one that which opens last. Three SELECTs."""
    statement = (
        select(
            Conference.id, Conference.code, Conference.name, Conference.host, Conference.reply_to,
            Conference.language, ConferencePage.published_at, ConferencePage.takes_requests,
            ConferencePage.about,
        )
        .outerjoin(ConferencePage, ConferencePage.conference_id == Conference.id)
        .order_by(Conference.opens_on.desc(), Conference.id)
        .limit(1)
    )  # fmt: skip
    if code is not None:
        statement = statement.where(Conference.code == code)
    row = reading().execute(statement).one_or_none()
    if row is None:
        return None
    return PublicPage(
        row.id, row.code, row.name, row.host, row.reply_to, row.language,
        is_published=row.published_at is not None, takes_requests=bool(row.takes_requests),
        about=row.about or {}, events=_events(row.id), tracks=_tracks(row.id),
    )  # fmt: skip


def _events(conference_id: int) -> list[EventLine]:
    events = reading().execute(
        select(
            Event.kind, Event.name, Event.starts_at, Event.ends_at, Event.time_zone, Event.city,
            Event.country_code,
        )
        .where(Event.conference_id == conference_id, Event.kind.in_(SHOWN))
        .order_by(Event.starts_at, Event.id)
    )  # fmt: skip
    return [EventLine(*one) for one in events]


def _tracks(conference_id: int) -> list[tuple[str, str]]:
    tracks = reading().execute(
        select(Track.name, Track.summary)
        .join(Event, Event.id == Track.event_id)
        .where(Event.conference_id == conference_id)
        .order_by(Track.position, Track.id)
    )
    return [(name, summary) for name, summary in tracks]
