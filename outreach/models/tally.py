"""Tally: a count that is changed in the same transaction as the rows that it counts."""

from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from outreach.models.base import Base, Key, Zero


class TallyKind(StrEnum):
    """What a tally counts; `subject_id` is the id of the noun before the full stop."""

    STEP_MESSAGES = "step.messages"
    """Messages of a step by state."""
    CAMPAIGN_PEOPLE = "campaign.people"
    """First messages of a campaign by state: one for each person of its audience."""
    EVENT_INVITATIONS = "event.invitations"
    """Invitations to an event by state."""
    LIST_TARGETS = "list.targets"
    """Targets of a list, by `wanted` and `star`."""
    LIST_ORGANISATIONS = "list.organisations"
    """Organisations that a list wants; all are `wanted`."""


class Tally(Base):
    """One number of a page."""

    __tablename__ = "tallies"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "group_id", "state"),)

    id: Mapped[Key]
    kind: Mapped[TallyKind]
    subject_id: Mapped[int]
    group_id: Mapped[int]
    """0 where there is no group."""
    state: Mapped[str]
    count: Mapped[Zero]
