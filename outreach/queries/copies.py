"""Copies: whose mail an assistant has a copy of, and so for whom they may answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.closed_link import ClosedLink
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.seat import SeatOffer


@dataclass(frozen=True, slots=True)
class CopyOpened:
    """What a copy opens, by the purpose of the person's own link, and for which assistant."""

    purpose: str
    """`answer`, `seat` or `delegation`."""
    link_key: str
    assistant: str


_standing = aliased(Invitation)
_is_standing = _standing.id == func.coalesce(Invitation.merged_into_id, Invitation.id)
"""The invitation itself, or the one that it was merged into: the assistant went along."""
_is_open = ~exists().where(ClosedLink.message_id == Message.id)
_keys = (SeatOffer.link_key, Delegation.link_key, _standing.link_key)


def _with_subjects(statement: Any) -> Any:
    """A SELECT over messages, with what each of them is about: a seat, a delegation, else the
    invitation."""
    return (
        statement.outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
        .outerjoin(Delegation, Delegation.id == Message.delegation_id)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .outerjoin(_standing, _is_standing)
    )


def copy_opened(public_id: str) -> CopyOpened | None:
    """What a copy opens; None once it is no more.

    An assistant who was taken off opens nothing any more, nor does a link that was closed. Seven
    rows by key.
    """
    whose = func.coalesce(
        SeatOffer.stakeholder_id, Delegation.focal_point_id, _standing.stakeholder_id
    )
    row: Any = (
        reading()
        .execute(
            _with_subjects(
                select(*_keys, AnsweringAddress.name, AnsweringAddress.email).select_from(Message)
            )
            .join(
                AnsweringAddress,
                (AnsweringAddress.stakeholder_id == whose)
                & (AnsweringAddress.email == Message.address),
            )
            .where(
                Message.public_id == public_id, Message.purpose == Purpose.COPY,
                AnsweringAddress.is_assistant, _is_open,
            )
        )
        .one_or_none()
    )  # fmt: skip
    if row is None:
        return None
    seat, delegation, invitation, name, email = row
    purpose = "seat" if seat else "delegation" if delegation else "answer"
    return CopyOpened(purpose, seat or delegation or invitation, name or email)


def copies_of(public_id: str) -> dict[str, str]:
    """{link key of what is asked: public id of the latest copy} that the assistant of this copy
    has of the same person's mails. Cost: the mails of one person, by an index."""
    this = aliased(Message)
    theirs = (
        select(func.coalesce(*_keys), Message.public_id)
        .select_from(this)
        .join(
            Message,
            (Message.stakeholder_id == this.stakeholder_id) & (Message.address == this.address),
        )
    )
    rows: Any = reading().execute(
        _with_subjects(theirs)
        .where(this.public_id == public_id, Message.purpose == Purpose.COPY, _is_open)
        .order_by(Message.id)
    )
    return dict(rows.all())
