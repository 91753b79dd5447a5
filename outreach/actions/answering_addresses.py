"""Where else someone's answers may come from: noted, and taken off again."""

from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.intake.addresses import read_address
from outreach.models.activity import Activity, Actor
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Stakeholder


class KnownAddress(Conflict):
    """The person has this address already."""

    def __init__(self) -> None:
        super().__init__("This address stands with the person already.")


def add_answering_address(
    stakeholder_id: int,
    email: str,
    *,
    is_assistant: bool,
    name: str,
    by: Actor,
    at: datetime,
    gets_copies: bool = True,
) -> None:
    """Let answers from this address count as the person's, or as their assistant's.

    gets_copies  whether an assistant is sent what the person is sent from now on

    Raises MalformedAddress, KnownAddress.
    """
    address = read_address(email)
    with transaction() as session:
        person = session.get(Stakeholder, stakeholder_id, with_for_update={"of": Stakeholder})
        if person is None:
            raise NotFound("person")
        known = session.scalars(
            select(AnsweringAddress.email_key).where(
                AnsweringAddress.stakeholder_id == stakeholder_id
            )
        )
        if address.key in {person.email_key, *known}:
            raise KnownAddress
        session.add_all([
            AnsweringAddress(
                stakeholder_id=stakeholder_id, email=address.email, email_key=address.key,
                is_assistant=is_assistant, name=name if is_assistant else "", created_at=at,
                gets_copies=is_assistant and gets_copies,
            ),
            Activity.of("added_address", by, at, stakeholder_id=stakeholder_id,
                        is_assistant=is_assistant),
        ])  # fmt: skip


def remove_answering_address(address_id: int, *, by: Actor, at: datetime) -> int:
    """Answers from there count no more; gives whose it was."""
    with transaction() as session:
        row = session.get(AnsweringAddress, address_id)
        if row is None:
            raise NotFound("address")
        session.delete(row)
        session.add(Activity.of("removed_address", by, at, stakeholder_id=row.stakeholder_id))
        return row.stakeholder_id
