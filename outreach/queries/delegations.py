"""Delegations: as the focal point sees one, and as the team sees all of an event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.conference import Conference
from outreach.models.delegation import Delegation, DelegationMember
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.invitations import ADDRESSEE, EVENT, Addressee, EventShown, person_and_event

PAGE = 100


@dataclass(frozen=True, slots=True)
class DelegationPage:
    """All that stands on a focal point's page but the members."""

    id: int
    organisation: str
    most_members: int
    name_by: datetime
    version: int
    """Which form of the delegation the page shows."""
    completed_at: datetime | None
    withdrawn_at: datetime | None
    stakeholder_id: int
    person: Addressee
    event: EventShown

    def is_open(self, at: datetime) -> bool:
        """Whether members may be named."""
        return self.withdrawn_at is None and at < self.name_by


_sent = aliased(Organisation)
OWN: tuple[Any, ...] = (
    Delegation.id, _sent.name, Delegation.most_members, Delegation.name_by, Delegation.version,
    Delegation.completed_at, Delegation.withdrawn_at, Delegation.focal_point_id,
)  # fmt: skip


def delegation_page(link_key: str) -> DelegationPage | None:
    """The page of the link with this key. One row by unique key."""
    row: Any = (
        reading()
        .execute(
            select(*OWN, *ADDRESSEE, *EVENT)
            .join(_sent, _sent.id == Delegation.organisation_id)
            .join(Stakeholder, Stakeholder.id == Delegation.focal_point_id)
            .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
            .join(Event, Event.id == Delegation.event_id)
            .join(Conference, Conference.id == Event.conference_id)
            .where(Delegation.link_key == link_key)
        )
        .one_or_none()
    )
    if row is None:
        return None
    values: list[Any] = [*row[: len(OWN)], *person_and_event(row[len(OWN) :])]
    return DelegationPage(*values)


@dataclass(frozen=True, slots=True)
class DelegationLine:
    """An organisation's delegation, in a row."""

    id: int
    organisation_id: int
    organisation: str
    focal_point_id: int
    focal_point: str
    most_members: int
    name_by: datetime
    completed_at: datetime | None
    withdrawn_at: datetime | None
    member_count: int
    women_count: int
    stated_count: int
    """Of how many the gender is stated."""
    accepted_count: int

    def state(self, at: datetime) -> str:
        """`withdrawn`, `complete`, `naming`, `late` or `asked`."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.completed_at:
            return "complete"
        if at >= self.name_by:
            return "late"
        return "naming" if self.member_count else "asked"


def delegations_of(
    event_id: int, *, name: str = "", after: str = "", limit: int = PAGE
) -> tuple[list[DelegationLine], str | None]:
    """The delegations of an event by organisation, one page, and where the next one begins.

    after  the folded name after which the page begins
    Cost: that page, by the folded name.
    """
    folded = fold(name)
    statement = (
        _lines()
        .add_columns(Organisation.name_key)
        .where(Delegation.event_id == event_id, Organisation.name_key > after)
        .order_by(Organisation.name_key)
        .limit(limit + 1)
    )
    if folded:
        statement = statement.where(Organisation.name_key.contains(folded, autoescape=True))
    rows = reading().execute(statement).all()
    lines = [DelegationLine(*row[:-1]) for row in rows[:limit]]
    return lines, rows[limit - 1].name_key if len(rows) > limit else None


def delegation_line(delegation_id: int) -> DelegationLine | None:
    """One delegation. One SELECT by key."""
    row = reading().execute(_lines().where(Delegation.id == delegation_id)).one_or_none()
    return DelegationLine(*row) if row else None


def _lines() -> Any:
    is_woman = case((Stakeholder.gender == "female", 1), else_=0)
    is_stated = case((Stakeholder.gender.not_in(("", "undisclosed")), 1), else_=0)
    comes = case((Invitation.state == InvitationState.ACCEPTED, 1), else_=0)
    counted = (
        select(
            DelegationMember.delegation_id.label("of"),
            func.count().label("members"),
            func.sum(is_woman).label("women"),
            func.sum(is_stated).label("stated"),
            func.sum(comes).label("accepted"),
        )
        .join(Invitation, Invitation.id == DelegationMember.invitation_id)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .where(DelegationMember.left_at.is_(None))
        .group_by(DelegationMember.delegation_id)
        .subquery()
    )
    focal = aliased(Stakeholder)
    return (
        select(
            Delegation.id, Organisation.id, Organisation.name, focal.id, focal.full_name,
            Delegation.most_members, Delegation.name_by, Delegation.completed_at,
            Delegation.withdrawn_at, func.coalesce(counted.c.members, 0),
            func.coalesce(counted.c.women, 0), func.coalesce(counted.c.stated, 0),
            func.coalesce(counted.c.accepted, 0),
        )
        .join(Organisation, Organisation.id == Delegation.organisation_id)
        .join(focal, focal.id == Delegation.focal_point_id)
        .outerjoin(counted, counted.c.of == Delegation.id)
    )  # fmt: skip
