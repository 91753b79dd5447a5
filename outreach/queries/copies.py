"""Copies: whose mail an assistant has a copy of, and so for whom they may answer."""

from sqlalchemy import select

from outreach.db import reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose


def copy_opened(public_id: str) -> tuple[str, str] | None:
    """(link key of the invitation, name of the assistant) of a copy; None once it is no more.

    An assistant who was taken off opens nothing any more. Three rows by key.
    """
    row = (
        reading()
        .execute(
            select(Invitation.link_key, AnsweringAddress.name, AnsweringAddress.email)
            .join(Message, Message.invitation_id == Invitation.id)
            .join(
                AnsweringAddress,
                (AnsweringAddress.stakeholder_id == Invitation.stakeholder_id)
                & (AnsweringAddress.email == Message.address),
            )
            .where(
                Message.public_id == public_id,
                Message.purpose == Purpose.COPY,
                AnsweringAddress.is_assistant,
            )
        )
        .one_or_none()
    )
    return (row.link_key, row.name or row.email) if row else None
