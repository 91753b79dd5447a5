"""Who is expected at an event, who is in, and since when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.attendance import Attendance
from outreach.models.conference import ConstituentGroup
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tally import NUMBERS, TallyKind

MOST_FOUND = 30
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """An invitee, as the person at the door needs them."""

    invitation_id: int
    full_name: str
    title: str
    office: str
    organisation: str | None
    group: str
    state: InvitationState
    is_withdrawn: bool
    is_star: bool
    came_at: datetime | None


_COLUMNS: tuple[Any, ...] = (
    Invitation.id, Stakeholder.full_name, Stakeholder.title, Stakeholder.office,
    Organisation.name, ConstituentGroup.name, Invitation.state,
    Invitation.withdrawn_at.is_not(None), Invitation.is_star, Attendance.came_at,
)  # fmt: skip


def _people() -> Any:
    is_in = and_(Attendance.invitation_id == Invitation.id, Attendance.taken_back_at.is_(None))
    return (
        select(*_COLUMNS)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .join(ConstituentGroup, ConstituentGroup.id == Invitation.group_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Attendance, is_in)
    )


def at_the_door(invitation_id: int) -> AtTheDoor | None:
    """One invitee. One SELECT by key."""
    row = reading().execute(_people().where(Invitation.id == invitation_id)).one_or_none()
    return AtTheDoor(*row) if row else None


def found_at_the_door(event_id: int, words: str) -> list[AtTheDoor]:
    """Invitees whose name, or whose organisation, holds every word; at most MOST_FOUND.

    Cost: the invitations to the event, some thousand at most.
    """
    wanted = fold(words[:LONGEST_SEARCH]).split()[:5]
    if not wanted:
        return []
    statement = _people().where(Invitation.event_id == event_id)
    for word in wanted:
        statement = statement.where(
            or_(
                Stakeholder.name_key.contains(word, autoescape=True),
                Organisation.name_key.contains(word, autoescape=True),
            )
        )
    rows = reading().execute(statement.order_by(Stakeholder.name_key).limit(MOST_FOUND))
    return [AtTheDoor(*row) for row in rows]


def latest_arrivals(event_id: int, limit: int = 10) -> list[AtTheDoor]:
    """Who came last, newest first. Cost: the rows shown, by an index."""
    rows = reading().execute(
        _people()
        .where(Attendance.event_id == event_id)
        .order_by(Attendance.came_at.desc(), Attendance.id.desc())
        .limit(limit)
    )
    return [AtTheDoor(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many of a group are in, and how many accepted."""

    group: str
    in_count: int
    accepted_count: int


def counts_by_group(event_id: int) -> list[GroupCount]:
    """Of every group that is expected or came. Cost: the arrivals, and the summary rows."""
    came = (
        select(Attendance.group_id, func.count().label("count"))
        .where(Attendance.event_id == event_id, Attendance.taken_back_at.is_(None))
        .group_by(Attendance.group_id)
        .subquery()
    )
    accepted = (
        select(NUMBERS.group_id, func.sum(NUMBERS.count).label("count"))
        .where(
            NUMBERS.kind == TallyKind.EVENT_INVITATIONS, NUMBERS.subject_id == event_id,
            NUMBERS.state == InvitationState.ACCEPTED.value,
        )
        .group_by(NUMBERS.group_id)
        .subquery()
    )  # fmt: skip
    numbers = (func.coalesce(one.c.count, 0) for one in (came, accepted))
    rows = reading().execute(
        select(ConstituentGroup.name, *numbers)
        .outerjoin(came, came.c.group_id == ConstituentGroup.id)
        .outerjoin(accepted, accepted.c.group_id == ConstituentGroup.id)
        .where(or_(came.c.count > 0, accepted.c.count > 0))
        .order_by(ConstituentGroup.position)
    )
    return [GroupCount(*row) for row in rows]
