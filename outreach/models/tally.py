"""Tally: a count that is changed in the same transaction as the rows that it counts."""

from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint, select, union_all
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


class TallyPart(Base):
    """A share of a number that many people change at once: it counts beside the number itself.

    PostgreSQL lets nobody else change a row until the disk has the change: were there one row only,
    answers would wait for each other's disk. Each connection has a share of its own.
    """

    __tablename__ = "tally_parts"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "group_id", "state", "part"),)

    id: Mapped[Key]
    kind: Mapped[TallyKind]
    subject_id: Mapped[int]
    group_id: Mapped[int]
    state: Mapped[str]
    part: Mapped[int]
    count: Mapped[Zero]


def _numbers_in(table: type[Tally] | type[TallyPart]) -> Any:
    return select(table.kind, table.subject_id, table.group_id, table.state, table.count)


NUMBERS = union_all(_numbers_in(Tally), _numbers_in(TallyPart)).subquery("numbers").c
"""The columns of all summary rows, shares among them: what is to be added up for invitations, of
which answers change shares. All other kinds have no shares."""
