"""Answers with what they rest on, as staff see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.event import Event
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.proof import Proof, Way
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
    reply: Reply | None
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
    rows = reading().execute(
        select(
            Answer.id, Answer.reply, Answer.note, Answer.given_at, Answer.channel, Answer.given_by,
            Proof.way, Proof.came_on, Proof.reference, Account.name, Proof.stored_name,
            Proof.file_name,
        )
        .outerjoin(Proof, Proof.answer_id == Answer.id)
        .outerjoin(Account, Account.id == Proof.account_id)
        .where(Answer.invitation_id == invitation_id)
        .order_by(Answer.id.desc())
    )  # fmt: skip
    return [GivenAnswer(*values) for values in map(tuple, rows)]


def proof_file(answer_id: int) -> tuple[str, str] | None:
    """(name on disk, media type) of an answer's paper."""
    row = reading().execute(
        select(Proof.stored_name, Proof.media_type).where(
            Proof.answer_id == answer_id, Proof.stored_name.is_not(None)
        )
    ).one_or_none()  # fmt: skip
    return (row[0], row[1]) if row and row[0] else None
