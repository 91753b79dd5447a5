"""Who is in a delegation, what they answered, and for whom its focal point may answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
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
    gender: str
    email: str | None
    role: MemberRole
    state: InvitationState
    named_at: datetime
    is_answered_for: bool = False
    """Whether the focal point may answer for them."""


_IS_THEIRS = or_(
    DelegationMember.is_invited_by_it, Stakeholder.organisation_id == Delegation.organisation_id
)
"""Of the organisation, or invited for it alone: to name somebody else's minister is not to speak
for them."""


def members_of(delegation_id: int) -> list[MemberLine]:
    """Who is in it, the head first. Cost: its members, by index."""
    named, counts = aliased(Invitation), aliased(Invitation)
    rows: Any = reading().execute(
        select(
            DelegationMember.id, Stakeholder.id, Stakeholder.full_name, Stakeholder.office,
            Stakeholder.gender, Stakeholder.email, DelegationMember.role, counts.state,
            DelegationMember.named_at, _IS_THEIRS,
        )
        .join(Delegation, Delegation.id == DelegationMember.delegation_id)
        .join(named, named.id == DelegationMember.invitation_id)
        .join(counts, counts.id == func.coalesce(named.merged_into_id, named.id))
        .join(Stakeholder, Stakeholder.id == counts.stakeholder_id)
        .where(DelegationMember.delegation_id == delegation_id, DelegationMember.left_at.is_(None))
        .order_by(PRECEDENCE, DelegationMember.id)
    )  # fmt: skip
    return [MemberLine(*row) for row in rows]


def link_key_of_member(delegation_id: int, member_id: int) -> str | None:
    """Of a member for whom the focal point may answer; a few rows by key."""
    named, counts = aliased(Invitation), aliased(Invitation)
    return reading().scalar(
        select(counts.link_key)
        .select_from(DelegationMember)
        .join(Delegation, Delegation.id == DelegationMember.delegation_id)
        .join(named, named.id == DelegationMember.invitation_id)
        .join(counts, counts.id == func.coalesce(named.merged_into_id, named.id))
        .join(Stakeholder, Stakeholder.id == counts.stakeholder_id)
        .where(
            DelegationMember.delegation_id == delegation_id, DelegationMember.id == member_id,
            DelegationMember.left_at.is_(None), _IS_THEIRS,
        )
    )  # fmt: skip
