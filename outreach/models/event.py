"""Event: the conference itself, a preparatory meeting, a side event, a session."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Code, Key, No, Zero, mark_of
from outreach.models.conference import Conference


class EventKind(StrEnum):
    CONFERENCE = "conference"
    PREPARATORY = "preparatory"
    SIDE_EVENT = "side_event"
    SESSION = "session"


class Parts(StrEnum):
    """Of what somebody who comes in part may choose."""

    WHOLE = "whole"
    DAYS = "days"
    SESSIONS = "sessions"
    """The sessions of the same conference."""


NEEDS = ("accessibility", "interpretation", "visa_letter", "diet")
"""What an event may ask about, in the order in which it is asked."""


UIDS = UUID("0b6f0b1e-6b0e-5e57-9d5c-6f1f3b1c7a4d")
"""Of all UIDs of events; another one would make every calendar show every event twice."""


def uid_of(conference_code: str, event_id: int) -> str:
    """How calendars know an event: the same for everyone, for ever."""
    return str(uuid5(UIDS, f"{conference_code}/{event_id}"))


def seat_uid_of(conference_code: str, offer_id: int) -> str:
    """How calendars know someone's seat, which is an entry beside the event's."""
    return str(uuid5(UIDS, f"{conference_code}/seat/{offer_id}"))


class Event(Base):
    """Something to which people are invited."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_events_conference_starts", "conference_id", "starts_at"),
    )

    id: Mapped[Key]
    conference_id: Mapped[int] = mapped_column(ForeignKey("conferences.id"))
    code: Mapped[Code]
    kind: Mapped[EventKind]
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(default="", server_default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str]
    """IANA name; every time of the event is shown in it."""
    venue: Mapped[str] = mapped_column(default="", server_default="")
    city: Mapped[str]
    country_code: Mapped[str]
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    sequence: Mapped[Zero]
    """Rises with every change that calendars must learn of (RFC 5545, 3.8.7.4)."""
    allows_remote: Mapped[No]
    """Whether people may take part from afar, and so are asked which of the two."""
    party_limit: Mapped[Zero]
    """How many may come along with an invitee; nobody asks about it at 0."""
    needs_asked: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """Which of NEEDS the answer form asks about."""
    parts_asked: Mapped[Parts] = mapped_column(default=Parts.WHOLE, server_default="whole")
    """In which parts people may come."""

    conference: Mapped[Conference] = relationship()

    @property
    def asks_mark(self) -> int:
        """Another number once its answer form asks something else besides its questions."""
        return asks_mark(self.allows_remote, self.party_limit, self.needs_asked, self.parts_asked)

    @property
    def zone(self) -> ZoneInfo:
        """The event's own zone."""
        return ZoneInfo(self.time_zone)


def asks_mark(allows_remote: bool, party_limit: int, needs: Iterable[str], parts: Parts) -> int:
    """The mark of a form that asks this."""
    return mark_of(bool(allows_remote), party_limit, list(needs), parts.value)
