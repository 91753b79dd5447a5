"""Whose the mails of a unit are, with all that a reason to leave one out may depend on."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from outreach.models.answering_address import AnsweringAddress
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.seat import Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression


def from_unit(
    purpose: Purpose, columns: Select[Any], is_listed: ColumnElement[bool]
) -> Select[Any]:
    """These columns of those who wait in a unit, with all that a reason may depend on."""
    whose = columns.select_from(Message).outerjoin(
        Stakeholder, Stakeholder.id == Message.stakeholder_id
    )
    if purpose is Purpose.COPY:
        whose = whose.outerjoin(AnsweringAddress, _gets_the_copy())
    whose = (
        whose.outerjoin(Suppression, is_listed)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .where(Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    )
    if purpose is Purpose.FOCAL_POINT:
        return whose.outerjoin(Delegation, Delegation.id == Message.delegation_id)
    if purpose is not Purpose.SEAT:
        return whose
    return whose.outerjoin(SeatOffer, SeatOffer.id == Message.offer_id).outerjoin(
        Seat, Seat.id == SeatOffer.seat_id
    )


def assistants_key() -> ColumnElement[str]:
    """The address of an assistant as lists keep it; as near as SQL comes where they are no more."""
    known = select(func.min(AnsweringAddress.email_key)).where(
        AnsweringAddress.stakeholder_id == Message.stakeholder_id,
        AnsweringAddress.email == Message.address,
    )
    return func.coalesce(known.correlate(Message).scalar_subquery(), func.lower(Message.address))


def _gets_the_copy() -> ColumnElement[bool]:
    """The assistant to whom a copy goes."""
    return and_(
        AnsweringAddress.stakeholder_id == Message.stakeholder_id,
        AnsweringAddress.email == Message.address,
        AnsweringAddress.gets_copies,
    )
