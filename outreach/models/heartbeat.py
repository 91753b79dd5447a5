"""Heartbeat: that the clock is alive; Bucket: how much may leave now."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base


class Heartbeat(Base):
    """One row a job: its last tick, whose it was, and what went wrong in it."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    ticked_at: Mapped[datetime]
    ticked_by: Mapped[str]
    error: Mapped[str] = mapped_column(default="", server_default="")


ALL, FROM, TO = "sender", "from ", "to "
"""Buckets: that of all our mail; the beginning of the name of each From address's own, and of each
recipient domain's."""


class Bucket(Base):
    """A token bucket: a rate limit that holds across processes, machines and restarts."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    refilled_at: Mapped[datetime]
    per_second: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """The rate it was last filled at."""
    rate_since: Mapped[datetime | None]
    """Since when that rate holds: before it, another one may have."""
