"""Copies: whose mail an assistant has a copy of, and so for whom they may answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.closed_link import ClosedLink
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose


@dataclass(frozen=True, slots=True)
class CopyOpened:
    """Which invitation a copy opens, and for which assistant."""

    link_key: str
    assistant: str


def copy_opened(public_id: str) -> CopyOpened | None:
    """What a copy opens; None once it is no more.

    An assistant who was taken off opens nothing any more, nor does a link that was closed. Four
    rows by key.
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
                ~exists().where(ClosedLink.message_id == Message.id),
            )
        )
        .one_or_none()
    )
    return CopyOpened(row.link_key, row.name or row.email) if row else None


def copies_of(public_id: str) -> dict[str, str]:
    """{link key of an invitation: public id of the latest copy} that the assistant of this copy
    has of the same person's mails. Cost: the mails of one person, by an index."""
    this = aliased(Message)
    rows: Any = reading().execute(
        select(Invitation.link_key, Message.public_id)
        .join(Message, Message.invitation_id == Invitation.id)
        .join(
            this,
            (this.stakeholder_id == Message.stakeholder_id) & (this.address == Message.address),
        )
        .where(
            this.public_id == public_id,
            Message.purpose == Purpose.COPY,
            ~exists().where(ClosedLink.message_id == Message.id),
        )
        .order_by(Message.id)
    )
    return dict(rows.all())
