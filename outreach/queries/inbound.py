"""Inbound mail: what people answered by mail, and what else came."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.event import Event
from outreach.models.inbound import Desk, InboundKind, InboundMail, InboundState
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.queries.keyset import Page, page

BEGINNING = 140


@dataclass(frozen=True, slots=True)
class InboundLine:
    """A mail in the list."""

    id: int
    kind: InboundKind
    desk: Desk
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    beginning: str
    returns_on: date | None
    person_id: int | None
    person: str | None
    assignee: str | None

    @property
    def who(self) -> str:
        """The person where we know them, else what the mail says."""
        return self.person or self.sender_name or self.sender or "Unknown sender"


def inbound_mails(
    kind: InboundKind,
    desk: Desk | None = None,
    *,
    assignee_id: int | None = None,
    after: str | None = None,
) -> Page[InboundLine]:
    """A page of mails of one kind, newest first. Cost: the rows of the page, by an index.

    desk  only for replies: those open, answered or done; None for all
    """
    statement = (
        select(
            InboundMail.id, InboundMail.kind, InboundMail.desk, InboundMail.received_at,
            InboundMail.sender, InboundMail.sender_name, InboundMail.subject, InboundMail.text,
            InboundMail.returns_on, InboundMail.stakeholder_id, Stakeholder.full_name, Account.name,
        )
        .outerjoin(Stakeholder, Stakeholder.id == InboundMail.stakeholder_id)
        .outerjoin(Account, Account.id == InboundMail.assignee_id)
        .where(InboundMail.kind == kind)
    )  # fmt: skip
    if desk is not None:
        statement = statement.where(InboundMail.desk == desk)
    if assignee_id is not None:
        statement = statement.where(InboundMail.assignee_id == assignee_id)
    rows, following = page(statement, (InboundMail.id.expression,), after, falling=True)
    return Page([_line(row) for row in rows], following)


def _line(row: Any) -> InboundLine:
    beginning = " ".join(row.text[: 2 * BEGINNING].split())[:BEGINNING]
    values: list[Any] = [*row[:7], beginning, *row[8:12]]
    return InboundLine(*values)


@dataclass(frozen=True, slots=True)
class InboundPage:
    """One mail, as its page shows it."""

    id: int
    state: InboundState
    problem: str
    kind: InboundKind | None
    desk: Desk
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    text: str
    calendar: str
    dkim: str
    spf: str
    attachments_count: int
    is_cut: bool
    returns_on: date | None
    is_known_sender: bool
    mail_id: str
    assignee_id: int | None
    person_id: int | None
    person: str | None
    message_id: int | None
    purpose: Purpose | None
    event: str | None


def inbound_mail(mail_id: int) -> InboundPage | None:
    """One mail. Rows by key."""
    row: Any = reading().execute(
        select(
            InboundMail.id, InboundMail.state, InboundMail.problem, InboundMail.kind,
            InboundMail.desk, InboundMail.received_at, InboundMail.sender,
            InboundMail.sender_name, InboundMail.subject, InboundMail.text, InboundMail.calendar,
            InboundMail.dkim, InboundMail.spf, InboundMail.attachments_count, InboundMail.is_cut,
            InboundMail.returns_on, InboundMail.is_known_sender, InboundMail.mail_id,
            InboundMail.assignee_id, InboundMail.stakeholder_id, Stakeholder.full_name,
            InboundMail.message_id, Message.purpose, Event.name,
        )
        .outerjoin(Stakeholder, Stakeholder.id == InboundMail.stakeholder_id)
        .outerjoin(Message, Message.id == InboundMail.message_id)
        .outerjoin(Event, Event.id == Message.event_id)
        .where(InboundMail.id == mail_id)
    ).one_or_none()  # fmt: skip
    return InboundPage(*row) if row else None


@dataclass(frozen=True, slots=True)
class FailedInbound:
    """A mail that could not be read; its bytes are kept."""

    id: int
    received_at: datetime
    problem: str
    stored_name: str


def failed_inbound(*, limit: int = 20) -> list[FailedInbound]:
    """The latest mails that could not be read. Cost: the rows shown, by an index."""
    rows: Any = reading().execute(
        select(
            InboundMail.id, InboundMail.received_at, InboundMail.problem, InboundMail.stored_name
        )
        .where(InboundMail.state == InboundState.FAILED)
        .order_by(InboundMail.id.desc())
        .limit(limit)
    )
    return [FailedInbound(*row) for row in rows]
