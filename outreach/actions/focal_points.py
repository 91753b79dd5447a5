"""Delegations: asking a focal point, by mail, to name whom an organisation sends; its limits."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Actor
from outreach.models.delegation import Delegation
from outreach.models.event import Event
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.naming import locked_delegation, member_count, of_delegation
from outreach.posting import is_reachable, post
from outreach.tokens import new_key

MOST_MEMBERS = 1_000


def ask_for_delegation(
    organisation_id: int,
    event_id: int,
    focal_point_id: int,
    *,
    authorised_by: str,
    authorised_on: date | None,
    most_members: int,
    name_by: datetime,
    by: Actor,
    at: datetime,
) -> int:
    """Ask a focal point, by mail, whom the organisation sends; gives the delegation's id.

    Asked again after a withdrawal it is the same delegation, with a new link.
    Raises Refusal where the organisation has no standing, no mail could go, or a date is past.
    """
    with transaction() as session:
        event = session.get(Event, event_id)
        organisation = session.get(Organisation, organisation_id, with_for_update=True)
        person = session.get(Stakeholder, focal_point_id)
        if event is None or organisation is None or person is None:
            raise NotFound("event, organisation or person")
        _check(event, authorised_by, most_members, name_by, at)
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            raise Refusal(
                f"No mail can go to {person.full_name}: no address is known, it bounced, or its "
                "owner asked for no more mail."
            )
        delegation = session.scalar(
            select(Delegation).where(
                Delegation.event_id == event_id, Delegation.organisation_id == organisation_id
            )
        )
        if delegation is None:
            delegation = Delegation(
                event_id=event_id, organisation_id=organisation_id,
                group_id=_group(session, organisation, event),
            )  # fmt: skip
            session.add(delegation)
        elif delegation.withdrawn_at is None:
            raise Conflict(f"{organisation.name} is being asked for its delegation already.")
        delegation.focal_point_id, delegation.link_key = person.id, new_key()
        delegation.authorised_by = " ".join(authorised_by.split())
        delegation.authorised_on, delegation.most_members = authorised_on, most_members
        delegation.name_by, delegation.asked_at, delegation.withdrawn_at = name_by, at, None
        delegation.change()
        session.flush()
        _send_request(session, delegation, person, event, organisation.name, at)
        session.add(of_delegation("asked_for_delegation", delegation, person.id, by, at))
        return delegation.id


def ask_again(delegation_id: int, *, by: Actor, at: datetime) -> None:
    """Send the focal point the same link once more. Raises DelegationClosed, Conflict."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        delegation.check_open(at)
        person = delegation.focal_point
        if not is_reachable(session, person, Purpose.FOCAL_POINT):
            raise Conflict(f"No mail can go to {person.full_name} any more.")
        name = delegation.organisation.name
        _send_request(session, delegation, person, delegation.event, name, at)
        delegation.asked_at = at
        session.add(of_delegation("asked_for_delegation", delegation, person.id, by, at))


def change_delegation(
    delegation_id: int, *, most_members: int, name_by: datetime, by: Actor, at: datetime
) -> None:
    """Give a delegation other limits. Raises Refusal where more are named than there is room."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        _check(delegation.event, delegation.authorised_by, most_members, name_by, at)
        if member_count(session, delegation_id) > most_members:
            raise Refusal("More members are named already. Take some out first.")
        delegation.most_members, delegation.name_by = most_members, name_by
        session.add(
            of_delegation("changed_delegation", delegation, delegation.focal_point_id, by, at,
                  most=most_members, name_by=name_by.isoformat())
        )  # fmt: skip


def withdraw_delegation(delegation_id: int, *, by: Actor, at: datetime) -> None:
    """Ask the focal point no more; who was named stays invited."""
    with transaction() as session:
        delegation = locked_delegation(session, delegation_id)
        if delegation.withdrawn_at is not None:
            raise Conflict("This delegation was withdrawn already.")
        delegation.withdrawn_at = at
        session.add(
            of_delegation("withdrew_delegation", delegation, delegation.focal_point_id, by, at)
        )


def _check(
    event: Event, authorised_by: str, most_members: int, name_by: datetime, at: datetime
) -> None:
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


def _send_request(
    session: Session,
    delegation: Delegation,
    person: Stakeholder,
    event: Event,
    organisation: str,
    at: datetime,
) -> None:
    message_id = post(
        session, Purpose.FOCAL_POINT, person, event, at=at, invitation_id=None,
        delegation=organisation, members=str(delegation.most_members),
    )  # fmt: skip
    if message_id is None:
        raise Refusal("The request to name a delegation has no text in a language of this person.")
    session.get_one(Message, message_id).delegation_id = delegation.id
