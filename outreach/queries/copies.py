"""Copies: whose mail an assistant has a copy of, and so for whom they may answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
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


_standing = aliased(Invitation)
_is_standing = _standing.id == func.coalesce(Invitation.merged_into_id, Invitation.id)
"""The invitation itself, or the one that it was merged into: the assistant went along."""
_is_open = ~exists().where(ClosedLink.message_id == Message.id)


def copy_opened(public_id: str) -> CopyOpened | None:
    """What a copy opens; None once it is no more.

    An assistant who was taken off opens nothing any more, nor does a link that was closed. Five
    rows by key.
    """
    row = (
        reading()
        .execute(
            select(_standing.link_key, AnsweringAddress.name, AnsweringAddress.email)
            .select_from(Message)
            .join(Invitation, Invitation.id == Message.invitation_id)
            .join(_standing, _is_standing)
            .join(
                AnsweringAddress,
                (AnsweringAddress.stakeholder_id == _standing.stakeholder_id)
                & (AnsweringAddress.email == Message.address),
            )
            .where(
                Message.public_id == public_id, Message.purpose == Purpose.COPY,
                AnsweringAddress.is_assistant, _is_open,
            )
        )
        .one_or_none()
    )  # fmt: skip
    return CopyOpened(row.link_key, row.name or row.email) if row else None


def copies_of(public_id: str) -> dict[str, str]:
    """{link key of an invitation: public id of the latest copy} that the assistant of this copy
    has of the same person's mails. Cost: the mails of one person, by an index."""
    this = aliased(Message)
    rows: Any = reading().execute(
        select(_standing.link_key, Message.public_id)
        .select_from(this)
        .join(
            Message,
            (Message.stakeholder_id == this.stakeholder_id) & (Message.address == this.address),
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(_standing, _is_standing)
        .where(this.public_id == public_id, Message.purpose == Purpose.COPY, _is_open)
        .order_by(Message.id)
    )
    return dict(rows.all())
