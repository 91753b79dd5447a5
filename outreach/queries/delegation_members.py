"""Who is in a delegation, what they answered, and for whom its focal point may answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.delegation import Delegation, DelegationMember, MemberRole
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Stakeholder

PRECEDENCE = case(
    {MemberRole.HEAD.value: 0, MemberRole.DEPUTY.value: 1}, value=DelegationMember.role, else_=2
)


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Someone of a delegation, and what they answered."""

    id: int
    stakeholder_id: int
    full_name: str
    office: str
    email: str | None
    role: MemberRole
    state: InvitationState
    named_at: datetime
    typed_name: str = ""
    """As they were named; "" where that is not known."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """Someone of a delegation as their focal point named them: nothing that we know besides."""

    id: int
    name: str
    """As typed; their address where that is all that is known to have been typed."""
    address: str
    office: str
    gender: str
    role: MemberRole
    is_answered_for: bool
    """Whether the focal point may answer for them."""
    state: InvitationState | None
    """Of those for whom the focal point may answer; the others' answers are their own."""


@dataclass(frozen=True, slots=True)
class AnsweredFor:
    """A member for whom the focal point may answer, as they were named."""

    link_key: str
    name: str
    address: str
    office: str


TYPED: tuple[Any, ...] = (
    case((DelegationMember.typed_name != "", DelegationMember.typed_name),
         else_=DelegationMember.typed_address),
    DelegationMember.typed_address, DelegationMember.typed_office,
)  # fmt: skip
_IS_THEIRS = or_(
    DelegationMember.is_invited_by_it, Stakeholder.organisation_id == Delegation.organisation_id
)
"""Of the organisation, or invited for it alone: to name somebody else's minister is not to speak
for them."""


_named, _counts = aliased(Invitation), aliased(Invitation)
"""The invitation that a member was named with, and the one that it counts as since a merge."""


def _members(*columns: Any) -> Select[Any]:
    """These columns of everyone who is in a delegation."""
    return (
        select(*columns)
        .select_from(DelegationMember)
        .join(Delegation, Delegation.id == DelegationMember.delegation_id)
        .join(_named, _named.id == DelegationMember.invitation_id)
        .join(_counts, _counts.id == func.coalesce(_named.merged_into_id, _named.id))
        .join(Stakeholder, Stakeholder.id == _counts.stakeholder_id)
        .where(DelegationMember.left_at.is_(None))
    )


def members_of(delegation_id: int) -> list[MemberLine]:
    """Who is in it as the team knows them, the head first. Cost: its members, by index."""
    rows: Any = reading().execute(
        _members(
            DelegationMember.id, Stakeholder.id, Stakeholder.full_name, Stakeholder.office,
            Stakeholder.email, DelegationMember.role, _counts.state, DelegationMember.named_at,
            DelegationMember.typed_name,
        )
        .where(DelegationMember.delegation_id == delegation_id)
        .order_by(PRECEDENCE, DelegationMember.id)
    )  # fmt: skip
    return [MemberLine(*row) for row in rows]


def members_named(delegation_id: int) -> list[NamedLine]:
    """Who is in it as the focal point may see them, the head first. Cost: as above."""
    rows: Any = reading().execute(
        _members(
            DelegationMember.id, *TYPED, DelegationMember.typed_gender, DelegationMember.role,
            _IS_THEIRS, case((_IS_THEIRS, _counts.state)),
        )
        .where(DelegationMember.delegation_id == delegation_id)
        .order_by(PRECEDENCE, DelegationMember.id)
    )  # fmt: skip
    return [NamedLine(*row) for row in rows]


def member_answered_for(delegation_id: int, member_id: int) -> AnsweredFor | None:
    """A member for whom the focal point may answer; a few rows by key."""
    row: Any = (
        reading()
        .execute(
            _members(_counts.link_key, *TYPED).where(
                DelegationMember.delegation_id == delegation_id, DelegationMember.id == member_id,
                _IS_THEIRS,
            )
        )
        .one_or_none()
    )  # fmt: skip
    return AnsweredFor(*row) if row else None
