"""Inbound mail: kept raw as it came, read later by the clock, filed with the person who wrote."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.errors import NotFound
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.intake.inbound_mail import (
    FailedDelivery,
    InboundLetter,
    UnreadableMail,
    read_inbound,
)
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.inbound import MOST_TRIES, Desk, InboundKind, InboundMail, InboundState
from outreach.models.message import Message
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.models.stakeholder import Stakeholder
from outreach.queries.accounts import colleague

_PLAIN = (
    "sender", "sender_name", "subject", "text", "calendar", "dkim", "spf", "envelope_sender",
    "attachments_count",
    "is_cut", "returns_on", "mail_id",
)  # fmt: skip
_LINES = {InboundKind.REPLY: "replied_by_mail", InboundKind.OUT_OF_OFFICE: "is_away"}
_DESK_LINES = {
    Desk.OPEN: "reopened_reply", Desk.ANSWERED: "answered_reply", Desk.DONE: "closed_reply"
}  # fmt: skip


def keep_inbound(
    raw: Path, digest: str, bytes_count: int, content_type: str, *, at: datetime
) -> bool:
    """Remember a request whose bytes stand on disk; False, and its file gone, if it came before."""
    dialect = postgresql if is_postgresql() else sqlite
    try:
        with transaction() as session:
            new = session.scalar(
                dialect.insert(InboundMail)
                .values(
                    stored_name=raw.name,
                    digest=digest,
                    bytes_count=bytes_count,
                    content_type=content_type,
                    received_at=at,
                )
                .on_conflict_do_nothing(index_elements=["digest"])
                .returning(InboundMail.id)
            )
    except BaseException:
        raw.unlink(missing_ok=True)
        raise
    if new is None:
        raw.unlink(missing_ok=True)
    return new is not None


def read_new_inbound(
    folder: Path, *, at: datetime, keeps_going: Callable[[], bool] = lambda: True
) -> int:
    """Read what has come since the last time, oldest first; says how many mails.

    A mail on which the reading dies is tried again MOST_TRIES times in all, then set aside.
    """
    count = 0
    while keeps_going() and (taken := _take(at)):
        mail_id, stored_name, content_type, received_at = taken
        try:
            raw = (folder / stored_name).read_bytes()
            letter = read_inbound(raw, content_type, at=received_at)
        except (UnreadableMail, FileNotFoundError) as problem:
            _give_up(mail_id, str(problem))
        else:
            _file(mail_id, letter, at)
        count += 1
    return count


def _take(at: datetime) -> tuple[int, str, str, datetime] | None:
    """The oldest one that is new; counted before it is read, in case the reading dies."""
    while True:
        with transaction() as session:
            row = session.scalar(
                select(InboundMail)
                .where(InboundMail.state == InboundState.NEW)
                .order_by(InboundMail.tries_count, InboundMail.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            if row.tries_count < MOST_TRIES:
                row.tries_count += 1
                return row.id, row.stored_name, row.content_type, row.received_at
            row.state = InboundState.FAILED
            row.problem = f"Reading it failed {MOST_TRIES} times."


def _give_up(mail_id: int, problem: str) -> None:
    with transaction() as session:
        row = session.get_one(InboundMail, mail_id, with_for_update=True)
        if row.state is InboundState.NEW:
            row.state, row.problem = InboundState.FAILED, problem[:300]


def _file(mail_id: int, letter: InboundLetter, at: datetime) -> None:
    """Write what was read, and what follows from it: all or nothing."""
    with transaction() as session:
        row = session.get_one(InboundMail, mail_id, with_for_update=True)
        if row.state is not InboundState.NEW:
            return
        for name in _PLAIN:
            setattr(row, name, getattr(letter, name))
        row.state, row.kind = InboundState.READ, InboundKind(letter.kind)
        key = sha256(letter.mail_id.encode()).hexdigest() if letter.mail_id else None
        if key and session.scalar(select(InboundMail.id).where(InboundMail.mail_key == key)):
            row.kind = InboundKind.AGAIN
            return
        row.mail_key = key
        if letter.own_id and _message(session, (letter.own_id,)):
            row.kind = InboundKind.OWN
            return
        message = _message(session, letter.answers)
        _match(session, row, message)
        if letter.failed:
            _pass_on(session, row, letter.failed, at)
        if (verb := _LINES.get(row.kind)) and row.stakeholder_id:
            session.add(_line(verb, row, message, at))


def _message(session: Session, public_ids: tuple[str, ...]) -> Message | None:
    """The first of these that is a message of ours."""
    found = session.scalars(select(Message).where(Message.public_id.in_(public_ids)))
    by_id = {message.public_id: message for message in found}
    return next((by_id[public_id] for public_id in public_ids if public_id in by_id), None)


def _match(session: Session, row: InboundMail, message: Message | None) -> None:
    """Whose it is: the addressee's of the mail that it answers, else the one at this address."""
    key = read_address(row.sender).key if row.sender else None
    people = (
        session.scalars(select(Stakeholder.id).where(Stakeholder.email_key == key).limit(2)).all()
        if key
        else []
    )
    row.message_id = message.id if message else None
    if message:
        row.stakeholder_id = message.stakeholder_id
        row.is_known_sender = message.stakeholder_id in people
    elif len(people) == 1:
        # Two people at one address: a person must say whose it is.
        row.stakeholder_id, row.is_known_sender = people[0], True


def _pass_on(session: Session, row: InboundMail, failed: FailedDelivery, at: datetime) -> None:
    """A report on a mail of ours counts as the provider's own event, if it is of that address.

    Whoever forwards to a mailbox that is dead is still there.
    """
    message = _message(session, (failed.public_id,))
    if message is None or _key(message.address) != _key(failed.recipient):
        return
    row.message_id, row.stakeholder_id = message.id, message.stakeholder_id
    session.add(
        Receipt(
            public_id=failed.public_id,
            fingerprint=sha256(row.digest.encode()).hexdigest(),
            kind=ReceiptKind.BOUNCE,
            state=ReceiptState.NEW,
            is_hard=failed.is_hard,
            happened_at=row.received_at,
            received_at=at,
            detail=failed.detail,
        )
    )


def _key(address: str) -> str | None:
    try:
        return read_address(address).key
    except MalformedAddress:
        return None


def _line(verb: str, row: InboundMail, message: Message | None, at: datetime) -> Activity:
    more: dict[str, Any] = {"returns_on": row.returns_on.isoformat()} if row.returns_on else {}
    return Activity.of(
        verb,
        INVITEE,
        at,
        stakeholder_id=row.stakeholder_id,
        campaign_id=message.campaign_id if message else None,
        event_id=message.event_id if message else None,
        inbound_id=row.id,
        **more,
    )


def assign_reply(mail_id: int, account_id: int | None, *, by: Actor, at: datetime) -> None:
    """Say who of the team answers; None puts it back for anyone."""
    with transaction() as session:
        row = _reply(session, mail_id)
        colleague(session, account_id)
        if row.assignee_id != account_id:
            row.assignee_id = account_id
            session.add(_desk_line("assigned_reply", row, by, at))


def put_reply(mail_id: int, desk: Desk, *, by: Actor, at: datetime) -> bool:
    """Say that a reply is answered, done, or open again; whether that changed anything."""
    with transaction() as session:
        row = _reply(session, mail_id)
        changed = row.put(desk, at)
        if changed:
            session.add(_desk_line(_DESK_LINES[desk], row, by, at))
        return changed


def _reply(session: Session, mail_id: int) -> InboundMail:
    row = session.get(InboundMail, mail_id, with_for_update=True)
    if row is None:
        raise NotFound("reply")
    return row


def _desk_line(verb: str, row: InboundMail, by: Actor, at: datetime) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=row.stakeholder_id,
        inbound_id=row.id,
        assignee_id=row.assignee_id,
    )
