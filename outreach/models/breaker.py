"""Breaker: whether a mailer's provider is worth calling, known to all workers at once."""

import random
from datetime import datetime, timedelta

from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Zero

OPENS_AFTER = 3
"""Provider-down answers in a row."""

FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=5)
PROBE = timedelta(seconds=45)
"""A probe that has not ended by then died with its worker: longer than a lease."""


class Breaker(Base):
    """One row a mailer. Closed: all may call. Open: nobody, until one probe at a time may."""

    __tablename__ = "breakers"

    name: Mapped[str] = mapped_column(primary_key=True)
    """The mailer: `file`, `smtp`, `sendgrid`."""
    down_count: Mapped[Zero]
    """Provider-down answers in a row."""
    opened_at: Mapped[datetime | None]
    """Since when nothing is handed over; nothing while it is closed."""
    probe_at: Mapped[datetime | None]
    """While it is open: not before this instant may one worker try one mail."""
    rests_until: Mapped[datetime | None]
    """Until when the provider asked to be left alone, be it open or closed."""
    reason: Mapped[str] = mapped_column(default="", server_default="")

    def note_limit(self, until: datetime, reason: str) -> None:
        """The provider named an instant before which nobody is to come; the later one holds."""
        self.rests_until = max(until, self.rests_until or until)
        self.reason = reason

    def note_down(self, reason: str, at: datetime) -> bool:
        """The provider was down for a call; says whether this opened it."""
        self.down_count = (self.down_count or 0) + 1
        self.reason = reason
        if self.down_count < OPENS_AFTER and self.opened_at is None:
            return False
        was_closed = self.opened_at is None
        self.opened_at = self.opened_at or at
        next_probe = at + rest(self.down_count - OPENS_AFTER)
        self.probe_at = max(next_probe, self.rests_until or next_probe)
        return was_closed

    def note_up(self) -> bool:
        """The provider answered; says whether this closed it."""
        was_open = self.opened_at is not None
        self.down_count, self.opened_at, self.probe_at = 0, None, None
        return was_open


def rest(failed_probes: int) -> timedelta:
    """How long nothing is tried: doubling, a quarter of it by chance, at most 5 minutes."""
    longest: timedelta = min(FIRST_REST * 2 ** min(max(failed_probes, 0), 10), LONGEST_REST)
    return longest * (0.75 + random.random() / 4)
