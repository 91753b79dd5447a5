"""Asking a focal point, by mail, to name whom an organisation sends; in the transaction around."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.errors import Conflict, Refusal
from outreach.models.activity import Actor
from outreach.models.delegation import MOST_MEMBERS, Delegation
from outreach.models.event import Event
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.naming import of_delegation
from outreach.posting import may_get, post
from outreach.tokens import new_key


@dataclass(frozen=True, slots=True)
class Terms:
    """On whose word a focal point is asked, for how many, until when."""

    authorised_by: str
    authorised_on: date | None
    most_members: int
    name_by: datetime


def may_be_asked(session: Session, organisation_id: int, person: Stakeholder, event: Event) -> bool:
    """Whether a mail can be written to the focal point, and none asks for this delegation yet; for
    who holds the organisation's lock, so that it stays so."""
    is_asked = session.scalar(
        select(Delegation.id).where(
            Delegation.event_id == event.id,
            Delegation.organisation_id == organisation_id,
            Delegation.withdrawn_at.is_(None),
        )
    )
    return is_asked is None and may_get(session, Purpose.FOCAL_POINT, person, event)


def ask(
    session: Session,
    organisation: Organisation,
    event: Event,
    person: Stakeholder,
    terms: Terms,
    *,
    by: Actor,
    at: datetime,
) -> Delegation:
    """Ask, anew after a withdrawal. Raises Refusal; Conflict where that is under way."""
    delegation = session.scalar(
        select(Delegation).where(
            Delegation.event_id == event.id, Delegation.organisation_id == organisation.id
        )
    )
    if delegation is None:
        delegation = Delegation(
            event_id=event.id, organisation_id=organisation.id,
            group_id=_group(session, organisation, event),
        )  # fmt: skip
        session.add(delegation)
    elif delegation.withdrawn_at is None:
        raise Conflict(f"{organisation.name} is being asked for its delegation already.")
    delegation.focal_point_id, delegation.link_key = person.id, new_key()
    delegation.authorised_by = " ".join(terms.authorised_by.split())
    delegation.authorised_on, delegation.most_members = terms.authorised_on, terms.most_members
    delegation.name_by, delegation.asked_at, delegation.withdrawn_at = terms.name_by, at, None
    delegation.change()
    session.flush()
    send_request(session, delegation, person, event, organisation.name, at)
    session.add(of_delegation("asked_for_delegation", delegation, person.id, by, at))
    return delegation


def check_terms(
    event: Event, authorised_by: str, most_members: int, name_by: datetime, at: datetime
) -> None:
    """Raises Refusal where it would not do."""
    if not authorised_by.strip():
        raise Refusal("Say who authorised the focal point, and how: a letter, a note verbale.")
    if not at < name_by <= event.starts_at:
        raise Refusal("Members are named by a date to come, before the event opens.")
    if not 1 <= most_members <= MOST_MEMBERS:
        raise Refusal(f"A delegation has 1 to {MOST_MEMBERS:,} members.")


def _group(session: Session, organisation: Organisation, event: Event) -> int:
    """On which the organisation stands at the conference; its members are invited on it."""
    group_id = session.scalar(
        select(Standing.group_id).where(
            Standing.organisation_id == organisation.id,
            Standing.conference_id == event.conference_id,
        )
    )
    if group_id is None:
        raise Refusal(f"Give {organisation.name} its constituent group at this conference first.")
    return group_id


def send_request(
    session: Session,
    delegation: Delegation,
    person: Stakeholder,
    event: Event,
    organisation: str,
    at: datetime,
) -> None:
    """Send the link by which members are named. Raises Refusal without a text of a language."""
    message_id = post(
        session, Purpose.FOCAL_POINT, person, event, at=at, invitation_id=None,
        delegation=organisation, members=str(delegation.most_members),
    )  # fmt: skip
    if message_id is None:
        raise Refusal("The request to name a delegation has no text in a language of this person.")
    session.get_one(Message, message_id).delegation_id = delegation.id
