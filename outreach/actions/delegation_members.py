"""The members of a delegation: named, taken out, called complete. Each gets a link of their own.

Who is asked to the event already keeps that invitation and gets no second mail. Whoever is taken
out is asked no more, unless they were asked anyway.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.languages import marked
from outreach.models.activity import INVITEE, Actor
from outreach.models.delegation import Delegation, DelegationMember, MemberRole
from outreach.models.invitation import Invitation
from outreach.models.message import Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.naming import (
    CannotBeSent,
    address_given,
    counted,
    invitation_for,
    locked_delegation,
    member_count,
    of_delegation,
    person_named,
)
from outreach.placing import admit_members, settle_places
from outreach.posting import is_reachable, post
from outreach.tally import add_to_tallies
from outreach.tokens import new_key


class DelegationChangedMeanwhile(Conflict):
    """Somebody named or took out a member after this page was opened."""

    def __init__(self) -> None:
        super().__init__(
            marked("The delegation was changed while this page was open. Here is how it stands.")
        )


class PlacesChange(Conflict):
    """Who is named already, or is the head, would get another place: that is asked first."""

    def __init__(self, name: str, old: MemberRole | None, head: str) -> None:
        super().__init__("Somebody who is named already would get another place.")
        self.name, self.old, self.head = name, old, head
        """As typed; the place so far, where the person has one; who is the head so far, if that
        is another and would change."""


@dataclass(frozen=True, slots=True)
class Named:
    """Someone as the focal point types them."""

    name: str
    address: str
    role: MemberRole = MemberRole.MEMBER
    office: str = ""
    gender: str = ""
    """As stated; empty where nothing is said."""


def name_member(
    delegation_id: int,
    named: Named,
    *,
    seen: int | None = None,
    is_sure: bool = True,
    by: Actor = INVITEE,
    at: datetime,
    given_by: str = "",
) -> bool:
    """Put someone into the delegation and invite them; say whether it changed anything.

    seen      the version that the page showed
    is_sure   whether someone who is named already may get another place; else PlacesChange
    given_by  who said so, where it was not the focal point; for the journal
    Raises CannotBeSent, DelegationFull, DelegationClosed, DelegationChangedMeanwhile.
    """
    read = address_given(named.address)
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        delegation.check_open(at)
        person = person_named(session, named.name, read, delegation.focal_point, at)
        member = _member(session, delegation_id, person)
        if member is not None and member.left_at is None and member.role is named.role:
            return False
        _check_seen(delegation, seen)
        if not is_sure:
            _ask_first(session, delegation_id, member, named)
        if member is None or member.left_at is not None:
            delegation.check_room(member_count(session, delegation_id))
        if named.role is MemberRole.HEAD:
            _step_down(session, delegation_id)
        _describe(person, delegation, named, at)
        if member is None:
            _count_in(session, person, delegation, at)
            member = _new_member(session, delegation, person, named.role, at)
        elif member.left_at is not None:
            member.role = named.role
            _ask_once_more(session, delegation, member, at)
        member.role = named.role
        _note_typed(member, named, read.email)
        delegation.change()
        said = {"role": named.role.value, **_said_by(given_by)}
        session.add(of_delegation("named_member", delegation, person.id, by, at, **said))
        return True


def _ask_first(
    session: Session, delegation_id: int, member: DelegationMember | None, named: Named
) -> None:
    """Raises PlacesChange where anybody's place would be another."""
    old = member.role if member is not None and member.left_at is None else None
    head = ""
    if named.role is MemberRole.HEAD:
        other = session.scalar(
            select(DelegationMember).where(
                DelegationMember.delegation_id == delegation_id,
                DelegationMember.role == MemberRole.HEAD, DelegationMember.left_at.is_(None),
            )
        )  # fmt: skip
        head = (other.typed_name or other.typed_address) if other is not None else ""
    if old is not None or head:
        raise PlacesChange(named.name, old, head)


def _member(session: Session, delegation_id: int, person: Stakeholder) -> DelegationMember | None:
    """The person's place in the delegation, also one that was left."""
    return session.scalar(
        select(DelegationMember)
        .join(Invitation, Invitation.id == DelegationMember.invitation_id)
        .where(
            DelegationMember.delegation_id == delegation_id,
            Invitation.stakeholder_id == person.id,
        )
    )


def take_out_member(
    delegation_id: int, member_id: int, *, seen: int | None = None, by: Actor = INVITEE,
    at: datetime, given_by: str = "",
) -> bool:  # fmt: skip
    """Take someone out; who was asked only for this delegation is asked no more, and told."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        delegation.check_open(at)
        member = session.get(DelegationMember, member_id, with_for_update=True)
        if member is None or member.delegation_id != delegation_id:
            raise NotFound("member")
        if member.left_at is not None:
            return False
        _check_seen(delegation, seen)
        member.left_at = at
        invitation = member.invitation
        if member.is_invited_by_it and invitation.withdrawn_at is None:
            invitation.withdrawn_at = at
            invitation.sequence += 1
            post(
                session, Purpose.WITHDRAWN, invitation.stakeholder, delegation.event, at=at,
                invitation_id=invitation.id,
            )  # fmt: skip
        delegation.change()
        person_id, said = invitation.stakeholder_id, _said_by(given_by)
        session.add(of_delegation("took_out_member", delegation, person_id, by, at, **said))
        return True


def complete_delegation(
    delegation_id: int, *, seen: int | None = None, by: Actor = INVITEE, at: datetime,
    given_by: str = "",
) -> bool:  # fmt: skip
    """The focal point says that this is everybody. Raises CannotBeSent for an empty one."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        delegation.check_open(at)
        if delegation.completed_at is not None:
            return False
        _check_seen(delegation, seen)
        if member_count(session, delegation_id) == 0:
            raise CannotBeSent(marked("Name somebody first."))
        delegation.change()
        delegation.completed_at = at
        said = _said_by(given_by)
        person_id = delegation.focal_point_id
        session.add(of_delegation("completed_delegation", delegation, person_id, by, at, **said))
        return True


def _said_by(given_by: str) -> dict[str, str]:
    return {"given_by": given_by} if given_by else {}


def _check_seen(delegation: Delegation, seen: int | None) -> None:
    if seen is not None and seen != delegation.version:
        raise DelegationChangedMeanwhile


def _step_down(session: Session, delegation_id: int) -> None:
    """A delegation has one head: who was it before is a member."""
    session.execute(
        update(DelegationMember)
        .where(
            DelegationMember.delegation_id == delegation_id,
            DelegationMember.role == MemberRole.HEAD,
        )
        .values(role=MemberRole.MEMBER)
    )


def _describe(person: Stakeholder, delegation: Delegation, named: Named, at: datetime) -> None:
    """What the focal point tells of someone of whom we did not know it; nothing is overwritten."""
    known = (person.office, person.gender)
    person.office = person.office or named.office
    person.gender = person.gender or named.gender
    if (person.office, person.gender) != known:
        person.changed_at = at


def _note_typed(member: DelegationMember, named: Named, address: str) -> None:
    member.typed_name, member.typed_address = named.name, address
    member.typed_office, member.typed_gender = named.office, named.gender


def _count_in(session: Session, person: Stakeholder, delegation: Delegation, at: datetime) -> None:
    """They are of the organisation, where no other is known, and nobody else asked them.

    Whoever was invited anyway stays whose they were: a focal point answers for their own alone.
    """
    invited = select(Invitation.id).where(
        Invitation.stakeholder_id == person.id, Invitation.event_id == delegation.event_id
    )
    is_unknown = person.organisation_id is None and session.scalar(invited) is None
    if is_unknown or person.created_at == at:
        person.organisation_id, person.changed_at = delegation.organisation_id, at


def _new_member(
    session: Session, delegation: Delegation, person: Stakeholder, role: MemberRole, at: datetime
) -> DelegationMember:
    if not is_reachable(session, person, Purpose.MEMBER):
        raise CannotBeSent(marked("We cannot write to this address. Please give another one."))
    invitation = session.scalar(
        select(Invitation).where(
            Invitation.stakeholder_id == person.id, Invitation.event_id == delegation.event_id
        )
    )
    is_new = invitation is None
    if invitation is None:
        invitation = invitation_for(
            session, person, delegation.event_id, delegation.group_id, delegation.answers_by(at),
            at=at,
        )  # fmt: skip
    elif invitation.withdrawn_at is not None:
        raise CannotBeSent(marked("This person cannot be named. Please name someone else."))
    member = DelegationMember(
        delegation_id=delegation.id, invitation_id=invitation.id, role=role, named_at=at,
        is_invited_by_it=is_new,
    )  # fmt: skip
    session.add(member)
    session.flush()
    if is_new:
        _invite(session, delegation, invitation, role, at)
        add_to_tallies(session, counted(invitation))
    return member


def _ask_once_more(
    session: Session, delegation: Delegation, member: DelegationMember, at: datetime
) -> None:
    """Somebody who had been taken out is named again, with a new link."""
    invitation = member.invitation
    if member.is_invited_by_it and invitation.withdrawn_at is not None:
        invitation.withdrawn_at, invitation.link_key = None, new_key()
        invitation.reply_by = max(invitation.reply_by, delegation.answers_by(at))
        invitation.sequence += 1
        _invite(session, delegation, invitation, member.role, at)
        add_to_tallies(session, settle_places(session, [invitation.id], at=at))
    member.left_at, member.named_at = None, at


def _invite(
    session: Session,
    delegation: Delegation,
    invitation: Invitation,
    role: MemberRole,
    at: datetime,
) -> None:
    """Their mail, and their part in the places that there are, as everybody has who is asked."""
    person = select(literal(invitation.stakeholder_id))
    admit_members(session, delegation.event_id, at, person)
    post(
        session, Purpose.MEMBER, invitation.stakeholder, delegation.event, at=at,
        invitation_id=invitation.id, named_by=delegation.focal_point.full_name,
        delegation=delegation.organisation.name, member_role=role.value,
    )  # fmt: skip
