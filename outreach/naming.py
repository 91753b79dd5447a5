"""Someone who is named on a page of an invitee or a focal point: found among those whom we know, or
made; and what the actions about delegations share."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.errors import NotFound, Refusal
from outreach.intake.addresses import Address, MalformedAddress, read_address
from outreach.languages import marked
from outreach.models.activity import Activity, Actor
from outreach.models.delegation import Delegation, DelegationMember
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import TallyKind
from outreach.tally import Place
from outreach.tokens import new_key


class CannotBeSent(Refusal):
    """The person who was named cannot come in this way; says why. Nothing was changed."""


def address_given(address: str) -> Address:
    """The one address that was typed. Raises CannotBeSent."""
    try:
        return read_address(address)
    except MalformedAddress:
        raise CannotBeSent(
            marked("Give one address that mail can go to, as in name@example.org.")
        ) from None


def person_named(
    session: Session, name: str, read: Address, like: Stakeholder, at: datetime
) -> Stakeholder:
    """Whom we know by this address and name (two people may share an address), else a new person.

    like  who names them: a new person is of the same organisation, country and language
    """
    known = session.scalars(
        select(Stakeholder).where(Stakeholder.email_key == read.key).order_by(Stakeholder.id)
    ).all()
    for person in known:
        if person.name_key == fold(name):
            return person
    if len(known) == 1 and known[0].id != like.id:
        return known[0]
    person = Stakeholder(
        full_name=name, name_key=fold(name), email=read.email, email_key=read.key, created_at=at,
        changed_at=at, organisation_id=like.organisation_id, language=like.language,
        country_code=like.country_code,
    )  # fmt: skip
    session.add(person)
    session.flush()
    return person


def invitation_for(
    session: Session,
    person: Stakeholder,
    event_id: int,
    group_id: int,
    reply_by: datetime,
    *,
    at: datetime,
    delegated_by_id: int | None = None,
) -> Invitation:
    """A new invitation to the event. Its mail is the caller's, and so is `counted`, which comes
    after places are settled (see placing)."""
    invitation = Invitation(
        stakeholder_id=person.id, event_id=event_id, group_id=group_id, reply_by=reply_by,
        invited_at=at, link_key=new_key(), delegated_by_id=delegated_by_id,
        state=InvitationState.SILENT,
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    return invitation


def counted(invitation: Invitation) -> Counter[Place]:
    """What a new invitation changes in the summary rows."""
    silent = InvitationState.SILENT.value
    return Counter(
        {(TallyKind.EVENT_INVITATIONS, invitation.event_id, invitation.group_id, silent): 1}
    )


def locked_delegation(session: Session, delegation_id: int) -> Delegation:
    """The delegation, for us alone until the transaction ends. Raises NotFound."""
    delegation = session.scalar(
        select(Delegation).where(Delegation.id == delegation_id).with_for_update(of=Delegation)
    )
    if delegation is None:
        raise NotFound("delegation")
    return delegation


def member_count(session: Session, delegation_id: int) -> int:
    """How many are in the delegation now."""
    return (
        session.scalar(
            select(func.count()).where(
                DelegationMember.delegation_id == delegation_id, DelegationMember.left_at.is_(None)
            )
        )
        or 0
    )


def of_delegation(
    verb: str,
    delegation: Delegation,
    stakeholder_id: int,
    by: Actor,
    at: datetime,
    **detail: Any,
) -> Activity:
    """A line of the journal about a delegation, for the person and for the organisation."""
    return Activity.of(
        verb, by, at, stakeholder_id=stakeholder_id, event_id=delegation.event_id,
        organisation_id=delegation.organisation_id, delegation_id=delegation.id, **detail,
    )  # fmt: skip
