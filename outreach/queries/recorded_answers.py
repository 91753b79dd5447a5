"""Answers with what they rest on, as staff see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.event import Event
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.proof import Proof, Way
from outreach.models.seat import OfferState, SeatAnswer
from outreach.models.stakeholder import Stakeholder


@dataclass(frozen=True, slots=True)
class Standing:
    """An invitation, for the form that records its answer."""

    id: int
    stakeholder_id: int
    full_name: str
    event: str
    time_zone: str
    state: InvitationState
    reply_by: datetime
    withdrawn_at: datetime | None
    note: str
    is_to_be_confirmed: bool


def standing(invitation_id: int) -> Standing | None:
    """One invitation. One SELECT by key."""
    row: Any = reading().execute(
        select(
            Invitation.id, Stakeholder.id, Stakeholder.full_name, Event.name, Event.time_zone,
            Invitation.state, Invitation.reply_by, Invitation.withdrawn_at, Invitation.note,
            Invitation.is_to_be_confirmed,
        )
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .join(Event, Event.id == Invitation.event_id)
        .where(Invitation.id == invitation_id)
    ).one_or_none()  # fmt: skip
    return Standing(*row) if row else None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as it was given, with its proof where staff recorded it."""

    id: int
    reply: Reply | OfferState | None
    note: str
    given_at: datetime
    channel: str
    given_by: str
    way: Way | None
    came_on: date | None
    reference: str | None
    author: str | None
    stored_name: str | None
    file_name: str | None


def answers_with_proof(invitation_id: int) -> list[GivenAnswer]:
    """Every answer to an invitation, newest first. Cost: they, by an index."""
    return _with_proof(Answer, Answer.invitation_id == invitation_id, Proof.answer_id)


def seat_answers_with_proof(offer_id: int) -> list[GivenAnswer]:
    """Every answer about a seat by who was asked, newest first. Cost: they, by an index."""
    return _with_proof(SeatAnswer, SeatAnswer.offer_id == offer_id, Proof.seat_answer_id)


def _with_proof(
    of: type[Answer] | type[SeatAnswer],
    wanted: ColumnElement[bool],
    proven: InstrumentedAttribute[int | None],
) -> list[GivenAnswer]:
    rows = reading().execute(
        select(
            of.id, of.reply, of.note, of.given_at, of.channel, of.given_by,
            Proof.way, Proof.came_on, Proof.reference, Account.name, Proof.stored_name,
            Proof.file_name,
        )
        .outerjoin(Proof, proven == of.id)
        .outerjoin(Account, Account.id == Proof.account_id)
        .where(wanted)
        .order_by(of.id.desc())
    )  # fmt: skip
    return [GivenAnswer(*values) for values in map(tuple, rows)]


def proof_file(answer_id: int) -> tuple[str, str] | None:
    """(name on disk, media type) of an answer's paper."""
    return _file_of(Proof.answer_id == answer_id)


def seat_proof_file(answer_id: int) -> tuple[str, str] | None:
    """The same of an answer about a seat."""
    return _file_of(Proof.seat_answer_id == answer_id)


def _file_of(wanted: ColumnElement[bool]) -> tuple[str, str] | None:
    row = reading().execute(
        select(Proof.stored_name, Proof.media_type).where(wanted, Proof.stored_name.is_not(None))
    ).one_or_none()  # fmt: skip
    return (row[0], row[1]) if row and row[0] else None
