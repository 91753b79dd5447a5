"""Organisations wanted on lists: how they are wanted, and where each truly stands.

Where it stands follows from its delegation to the list's event, from the focal point on record, and
from its people on the same list; nobody sets it by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.dialect import key_digest
from outreach.models.account import Account
from outreach.models.delegation import Delegation, DelegationMember
from outreach.models.event import Event
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.step import GIVEN
from outreach.models.suppression import Suppression
from outreach.models.target import Target, TargetList


@dataclass(slots=True)
class WantedOrganisation:
    """An organisation on a list, and what is known of its coming."""

    id: int
    list_id: int
    list: str
    event_id: int
    event: str
    organisation_id: int
    name: str
    country_code: str | None
    language: str | None
    tier: int
    rank: int
    wave: int
    why: str
    owner_id: int | None
    owner: str | None
    decide_on: date | None
    most_members: int
    approved_at: datetime | None
    mark: int
    has_standing: bool
    delegation_id: int | None
    name_by: datetime | None
    completed_at: datetime | None
    withdrawn_at: datetime | None
    focal_point_id: int | None
    focal_point: str | None
    """On record at the conference, or asked for this event."""
    can_be_written: bool
    """Mail may go to the focal point: an address is known, and nobody forbade it."""
    authorised_by: str | None
    authorised_on: date | None
    """Of the focal point on record."""
    named_count: int = 0
    named_accepted: int = 0
    named_answered: int = 0
    people_count: int = 0
    """Its people on this list; how many of them are asked, accepted, answered."""
    people_asked: int = 0
    people_accepted: int = 0
    people_answered: int = 0

    @property
    def is_asked(self) -> bool:
        """Whether its focal point is asked for a delegation, and that was not taken back."""
        return self.delegation_id is not None and self.withdrawn_at is None

    def state(self, at: datetime) -> str:
        """Where it stands: `complete`, `naming`, `late` or `asked` of its delegation; else
        `by_people`, where some of its people are asked; else `approved` or `wanted`."""
        if self.is_asked:
            if self.completed_at is not None and self.named_count:
                return "complete"
            if self.named_count:
                return "naming"
            return "late" if self.name_by is not None and at >= self.name_by else "asked"
        if self.named_count or self.people_asked:
            return "by_people"
        return "approved" if self.approved_at is not None else "wanted"

    def words(self, at: datetime) -> str:
        """The rest of its status, in a sentence of one line; empty where the state says it all."""
        state, said = self.state(at), []
        if self.named_count:
            answers = _answers(self.named_answered, self.named_accepted)
            said.append(f"{_people(self.named_count)} named, {answers}")
        if not self.named_count and state in ("asked", "late"):
            said.append("nobody named yet" if state == "asked" else "nobody was named in time")
        if self.people_asked:
            answers = _answers(self.people_answered, self.people_accepted)
            said.append(f"{_people(self.people_asked)} of it asked on this list, {answers}")
        if self.withdrawn_at is not None:
            said.append("its focal point is asked no more")
        if state in ("approved", "wanted"):
            said.append(self.obstacle or f"{self.focal_point} can be asked")
        return "; ".join(said)

    @property
    def obstacle(self) -> str:
        """Why its focal point cannot be asked; empty where it can be, or is."""
        if self.is_asked:
            return ""
        if not self.has_standing:
            return "no constituent group yet"
        if self.focal_point is None:
            return "no focal point yet"
        return "" if self.can_be_written else "no mail can go to its focal point"

    @property
    def can_be_asked(self) -> bool:
        """Whether its focal point can be asked, and is not."""
        return not self.is_asked and not self.obstacle

    @property
    def authority(self) -> str:
        """On whose word its focal point speaks."""
        return self.authorised_by or "on record"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _answers(answered: int, accepted: int) -> str:
    if not answered:
        return "no answer yet"
    return f"{accepted:,} accepted" if accepted else f"{answered:,} answered, nobody accepted"


def organisation_lines(
    list_id: int, ids: Sequence[int] | None = None, *, limit: int | None = None
) -> list[WantedOrganisation]:
    """Organisations of a list by rank; those with these ids, where any are given.

    Cost: they; three SELECTs, or one where there are none.
    """
    statement = _lines().where(OrganisationTarget.list_id == list_id)
    if ids is not None:
        statement = statement.where(OrganisationTarget.id.in_(ids))
    order = (OrganisationTarget.rank, OrganisationTarget.id)
    return _read(statement.order_by(*order).limit(limit))


def lines_where(these: ColumnElement[bool]) -> list[WantedOrganisation]:
    """Organisations of any lists for which something holds, by list and rank. Cost: they."""
    of = OrganisationTarget
    return _read(_lines().where(these).order_by(of.list_id, of.rank, of.id))


def organisation_line(list_id: int, target_id: int) -> WantedOrganisation | None:
    """One of them. Three SELECTs by key."""
    return next(iter(organisation_lines(list_id, [target_id])), None)


def where_wanted(organisation_id: int) -> list[WantedOrganisation]:
    """On which lists an organisation is wanted, and what came of it. Cost: they, by an index."""
    wanted = _lines().where(OrganisationTarget.organisation_id == organisation_id)
    return _read(wanted.order_by(Event.starts_at.desc(), OrganisationTarget.id).limit(100))


_owner, _focal = aliased(Account), aliased(Stakeholder)
_speaks = func.coalesce(
    case((Delegation.withdrawn_at.is_(None), Delegation.focal_point_id)), FocalPoint.stakeholder_id
)
_STANDING = and_(
    Standing.organisation_id == OrganisationTarget.organisation_id,
    Standing.conference_id == Event.conference_id,
)
_DELEGATION = and_(
    Delegation.organisation_id == OrganisationTarget.organisation_id,
    Delegation.event_id == Event.id,
)
_FOCAL_POINT = and_(
    FocalPoint.organisation_id == OrganisationTarget.organisation_id,
    FocalPoint.conference_id == Event.conference_id,
    FocalPoint.ended_at.is_(None),
)


def _lines() -> Select[Any]:
    columns: list[Any] = [
        OrganisationTarget, TargetList.name.label("list_name"), Event.id.label("event_id"),
        Event.name.label("event_name"), Organisation.name, Organisation.country_code,
        Organisation.language, _owner.name.label("owner"), Standing.id.label("standing_id"),
        Delegation.id.label("delegation_id"), Delegation.name_by, Delegation.completed_at,
        Delegation.withdrawn_at, _focal.id.label("focal_id"), _focal.full_name.label("focal"),
        and_(
            _focal.email.is_not(None), _focal.is_mail_stopped.is_(False), Suppression.id.is_(None)
        ).label("can_be_written"),
        FocalPoint.authorised_by, FocalPoint.authorised_on,
    ]  # fmt: skip
    return (
        select(*columns)
        .join(TargetList, TargetList.id == OrganisationTarget.list_id)
        .join(Event, Event.id == TargetList.event_id)
        .join(Organisation, Organisation.id == OrganisationTarget.organisation_id)
        .outerjoin(_owner, _owner.id == OrganisationTarget.owner_id)
        .outerjoin(Standing, _STANDING)
        .outerjoin(Delegation, _DELEGATION)
        .outerjoin(FocalPoint, _FOCAL_POINT)
        .outerjoin(_focal, and_(_focal.id == _speaks, _focal.merged_into_id.is_(None)))
        .outerjoin(Suppression, Suppression.digest == key_digest(_focal.email_key))
    )


def _read(statement: Select[Any]) -> list[WantedOrganisation]:
    lines = []
    for row in reading().execute(statement):
        of: OrganisationTarget = row[0]
        lines.append(
            WantedOrganisation(
                of.id, of.list_id, row.list_name, row.event_id, row.event_name, of.organisation_id,
                row.name, row.country_code, row.language, of.tier, of.rank, of.wave, of.why,
                of.owner_id, row.owner, of.decide_on, of.most_members, of.approved_at, of.mark,
                row.standing_id is not None, row.delegation_id, row.name_by, row.completed_at,
                row.withdrawn_at, row.focal_id, row.focal, bool(row.can_be_written),
 row.authorised_by, row.authorised_on,
            )
        )  # fmt: skip
    _add_named(lines)
    _add_people(lines)
    return lines


def _counts() -> tuple[Any, ...]:
    accepted = case((Invitation.state == InvitationState.ACCEPTED, 1), else_=0)
    answered = case((Invitation.state.in_(GIVEN), 1), else_=0)
    return func.count(Invitation.id), func.sum(accepted), func.sum(answered)


def _add_named(lines: Sequence[WantedOrganisation]) -> None:
    of = {line.delegation_id: line for line in lines if line.delegation_id is not None}
    if not of:
        return
    rows = reading().execute(
        select(DelegationMember.delegation_id, *_counts())
        .join(Invitation, Invitation.id == DelegationMember.invitation_id)
        .where(DelegationMember.delegation_id.in_(of), DelegationMember.left_at.is_(None))
        .group_by(DelegationMember.delegation_id)
    )
    for delegation_id, named, accepted, answered in rows:
        line = of[delegation_id]
        line.named_count, line.named_accepted = named, int(accepted or 0)
        line.named_answered = int(answered or 0)


def _add_people(lines: Sequence[WantedOrganisation]) -> None:
    """Its people on the same list; who is named in its delegation is counted there alone."""
    of = {(line.list_id, line.organisation_id): line for line in lines}
    if not of:
        return
    is_named = (
        select(DelegationMember.id)
        .where(DelegationMember.invitation_id == Invitation.id, DelegationMember.left_at.is_(None))
        .exists()
    )
    rows = reading().execute(
        select(Target.list_id, Stakeholder.organisation_id, func.count(), *_counts())
        .select_from(Stakeholder)
        .join(Target, Target.stakeholder_id == Stakeholder.id)
        .join(TargetList, TargetList.id == Target.list_id)
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Stakeholder.id,
                Invitation.event_id == TargetList.event_id,
                Invitation.withdrawn_at.is_(None),
                ~is_named,
            ),
        )
        .where(
            Stakeholder.organisation_id.in_({organisation_id for _, organisation_id in of}),
            Target.list_id.in_({list_id for list_id, _ in of}),
        )
        .group_by(Target.list_id, Stakeholder.organisation_id)
    )
    for list_id, organisation_id, people, asked, accepted, answered in rows:
        if line := of.get((list_id, organisation_id)):
            line.people_count, line.people_asked = people, asked
            line.people_accepted, line.people_answered = int(accepted or 0), int(answered or 0)
