"""Allotment: the places of a group or a host at an event; Placement: who stands where in it;
Vacancy: one place that someone gave back, and who got it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Key, No, mark_of
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.invitation import Invitation


class PlacementState(StrEnum):
    """How an invitation stands towards the places; exactly one of these."""

    ASKED = "asked"
    """No answer yet, or undecided, and the reply-by has not passed."""
    TAKEN = "taken"
    WAITING = "waiting"
    """Said yes when every place was gone; gets the next one that is freed."""
    AWAY = "away"
    """Holds no place: declined, bounced, let the reply-by pass, was withdrawn."""


class VacancyState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    """An alternate was promoted for it."""
    CLOSED = "closed"
    """Needed no alternate: who left came back, or the places were used in another way."""


class Allotment(Base):
    """How many of a constituent group, or of what one host may invite, there is room for."""

    __tablename__ = "allotments"
    __table_args__ = (UniqueConstraint("event_id", "group_id", "host"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"), index=True)
    host: Mapped[str] = mapped_column(default="", server_default="")
    """Whose guests these are; empty for the group as a whole."""
    places: Mapped[int]
    is_automatic: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Whether the next alternate is asked at once, or after a person's one click."""
    answer_days: Mapped[int] = mapped_column(default=10, server_default="10")
    """How long a promoted alternate has to answer."""
    closing_days: Mapped[int] = mapped_column(default=7, server_default="7")
    """How long before the event no answer is awaited any more."""
    created_at: Mapped[datetime]

    @property
    def mark(self) -> int:
        """Another number once the places or the rules are others."""
        return mark_of(self.places, self.is_automatic, self.answer_days, self.closing_days)

    event: Mapped[Event] = relationship()
    group: Mapped[ConstituentGroup] = relationship()


class Placement(Base):
    """One invitation's standing towards the places of its allotment."""

    __tablename__ = "placements"
    __table_args__ = (
        UniqueConstraint("invitation_id"),
        Index("ix_placements_allotment", "allotment_id", "state", "since"),
    )

    id: Mapped[Key]
    allotment_id: Mapped[int] = mapped_column(ForeignKey("allotments.id"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"))
    state: Mapped[PlacementState]
    since: Mapped[datetime]
    was_away: Mapped[No]
    """Gave the place back once: it may have gone to someone else since."""

    invitation: Mapped[Invitation] = relationship()


class Vacancy(Base):
    """A place that one person gave back, for exactly one other."""

    __tablename__ = "vacancies"
    __table_args__ = (
        UniqueConstraint("filled_by_id"),
        Index("ix_vacancies_allotment", "allotment_id", "state", "id"),
    )

    id: Mapped[Key]
    allotment_id: Mapped[int] = mapped_column(ForeignKey("allotments.id"))
    left_by_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    why: Mapped[str]
    """`declined`, `bounced`, `lapsed`, `withdrawn`."""
    freed_at: Mapped[datetime]
    state: Mapped[VacancyState]
    filled_by_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    closed_at: Mapped[datetime | None]
