"""What the demonstration looks up: who was invited, under which link."""

from dataclasses import dataclass

from sqlalchemy import select

from outreach.db import reading
from outreach.demo.answers import Asked
from outreach.demo.people import Person
from outreach.models.account import Account
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target


@dataclass(frozen=True, slots=True)
class Sent:
    """Someone who got the mail of a campaign."""

    asked: Asked
    public_id: str


def sent_by(campaign_id: int, people: dict[str, Person], regions: dict[str, str]) -> list[Sent]:
    """Everyone whom a campaign invited, by the order of the mails.

    people   {full name: person}
    regions  {country code: region code}
    """
    rows = reading().execute(
        select(Message.public_id, Invitation.id, Stakeholder.full_name)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .where(Message.campaign_id == campaign_id, Message.is_first)
        .order_by(Message.id)
    )
    sent = []
    for public_id, invitation_id, name in rows:
        person = people[name]
        region = regions.get(person.body.country_code, "")
        sent.append(Sent(Asked(invitation_id, person, region), public_id))
    return sent


def targets_named(list_id: int) -> dict[str, int]:
    """{full name: target id} of a list."""
    rows = reading().execute(
        select(Stakeholder.full_name, Target.id)
        .join(Target.stakeholder)
        .where(Target.list_id == list_id)
    )
    return {row.full_name: row.id for row in rows}


def stakeholders_named() -> dict[str, int]:
    """{full name: stakeholder id} of everyone."""
    rows = reading().execute(select(Stakeholder.full_name, Stakeholder.id))
    return {row.full_name: row.id for row in rows}


def team_accounts() -> dict[str, int]:
    """{role: account id}, the first of each role; only what the demonstration made, and is on."""
    rows = reading().execute(
        select(Account.role, Account.id)
        .where(Account.is_demonstration, Account.is_disabled.is_(False))
        .order_by(Account.id.desc())
    )
    return {row.role.value: row.id for row in rows}


def delegation_of(organisation_id: int, event_id: int) -> int:
    """The delegation of an organisation at an event, which is asked for."""
    return (
        reading()
        .execute(
            select(Delegation.id).where(
                Delegation.organisation_id == organisation_id, Delegation.event_id == event_id
            )
        )
        .scalar_one()
    )
