"""Effects of receipts: the clock applies them in bulk, by rule and never by order of arrival."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.dialect import among
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.models.activity import PROVIDER, Activity
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import (
    Message,
    MessageState,
    Purpose,
    carried,
    is_under_way,
    standing,
)
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState, proof_of, state_after
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import digest_of
from outreach.models.tally import TallyKind
from outreach.models.task import Task, TaskKind
from outreach.placing import settle_places
from outreach.queries.tasks import who_follows_up
from outreach.stops import stop_addresses
from outreach.tally import Place, add_to_tallies, moved, moved_message

BATCH = 2_000
DUE_IN = timedelta(days=2)
YIELDS = ("55P03", "40P01")
"""PostgreSQL: a lock was not to be had in time; a deadlock. The next tick tries again."""
STOPPING = {
    ReceiptKind.SPAM_REPORT: "complained",
    ReceiptKind.UNSUBSCRIBE: "unsubscribed",
    ReceiptKind.GROUP_UNSUBSCRIBE: "unsubscribed",
}
SETTLED = "Settled by the provider’s own events."


def apply_receipts(*, at: datetime, limit: int = BATCH) -> int:
    """Let the oldest new events have their effect, all or nothing; says how many were taken.

    0 where there are none, or where others hold their messages just now.
    """
    try:
        with transaction() as session:
            if is_postgresql():
                # In a deadlock the outbox must win: what it learned is not told a second time.
                session.execute(text("SET LOCAL lock_timeout = '500ms'"))
            return _apply(session, at, limit)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in YIELDS:
            return 0
        raise


def _apply(session: Session, at: datetime, limit: int) -> int:
    receipts = (
        session.connection()
        .execute(
            select(
                Receipt.id,
                Receipt.public_id,
                Receipt.kind,
                Receipt.is_hard,
                Receipt.happened_at,
                Receipt.detail,
            )
            .where(Receipt.state == ReceiptState.NEW)
            .order_by(Receipt.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .all()
    )
    told: dict[str, list[Any]] = defaultdict(list)
    for receipt in receipts:
        told[receipt.public_id].append(receipt)
    messages = _messages(session, list(told))
    numbers: Counter[Place] = Counter()
    if messages:
        _move(session, messages, told, at, numbers)
        _follow(session, messages, told, at, numbers)
        # Last and in one order: whoever waits for these rows then holds nothing that we need.
        add_to_tallies(session, numbers)
    known = {message.public_id for message in messages}
    missing = _unknown(session, told.keys() - known)
    taken = {
        ReceiptState.APPLIED: [row.id for row in receipts if row.public_id in known],
        ReceiptState.PARKED: [row.id for row in receipts if row.public_id in missing],
    }
    for state, ids in taken.items():
        if ids:
            session.connection().execute(
                update(Receipt).where(among(Receipt.id, ids)).values(state=state)
            )
    return sum(map(len, taken.values()))


def _messages(session: Session, public_ids: Sequence[str]) -> Sequence[Any]:
    """Those that nobody else is changing now; the others' events stay new."""
    return (
        session.connection()
        .execute(
            select(
                Message.id,
                Message.public_id,
                standing().label("state"),
                Message.step_id,
                Message.campaign_id,
                Message.group_id,
                Message.is_first,
                Message.changed_at,
                Message.address,
                Message.name,
                Message.stakeholder_id,
                Message.event_id,
                Message.invitation_id,
                Message.purpose,
            )
            .where(among(Message.public_id, public_ids))
            .order_by(Message.id)
            .with_for_update(skip_locked=True)
        )
        .all()
    )


def _unknown(session: Session, public_ids: Iterable[str]) -> set[str]:
    wanted = set(public_ids)
    if not wanted:
        return wanted
    return wanted - set(
        session.scalars(select(Message.public_id).where(among(Message.public_id, wanted)))
    )


def _move(
    session: Session,
    messages: Sequence[Any],
    told: dict[str, list[Any]],
    at: datetime,
    numbers: Counter[Place],
) -> None:
    """Each message to the state that follows from everything told of it."""
    changes: Counter[Any] = Counter()
    moves: dict[tuple[MessageState, str, datetime], list[int]] = defaultdict(list)
    for message in messages:
        events = told[message.public_id]
        new = state_after(message.state, (event.kind for event in events))
        if new is message.state:
            continue
        decisive = next((event for event in events if proof_of(event.kind) is new), events[0])
        since = max(min(decisive.happened_at, at), message.changed_at)
        moves[new, _reason(message.state, decisive), since].append(message.id)
        changes[
            message.step_id,
            message.campaign_id,
            message.group_id,
            message.is_first,
            message.state,
            new,
        ] += 1
    # Told before our own record: it is from here that these know which hand-over carried them.
    early = [one.id for one in messages if one.state is MessageState.HANDING_OVER]
    if early:
        session.connection().execute(
            update(Message).where(among(Message.id, early), is_under_way()).values(carried())
        )
    for (state, reason, since), ids in moves.items():
        session.connection().execute(
            update(Message)
            .where(among(Message.id, ids))
            .values(state=state, reason=reason, changed_at=since)
        )
    for change, count in changes.items():
        for place, number in moved_message(*change).items():
            numbers[place] += number * count


def _reason(old: MessageState, decisive: Any) -> str:
    """The server's words where something went wrong; how it is known where that was in doubt."""
    if proof_of(decisive.kind) not in (MessageState.ACCEPTED, MessageState.DELIVERED):
        prefix = "Blocked: " if decisive.kind is ReceiptKind.BLOCKED else ""
        return f"{prefix}{decisive.detail}"
    usual = (MessageState.HANDING_OVER, MessageState.ACCEPTED, MessageState.DROPPED)
    return "" if old in usual else SETTLED


def _follow(
    session: Session,
    messages: Sequence[Any],
    told: dict[str, list[Any]],
    at: datetime,
    numbers: Counter[Place],
) -> None:
    """What a bounce, a complaint or an unsubscribe means for the person."""
    owners: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    bounced: dict[int, tuple[Any, str]] = {}
    lines = []
    for message in messages:
        for reason in {_stops(event) for event in told[message.public_id]} - {""}:
            key = _key(message.address)
            if not key:
                continue
            owners[reason].append((key, message.stakeholder_id))
            if reason == "bounced" and message.purpose is not Purpose.COPY:
                bounced[message.id] = (message, key)
            lines.append(_line(reason, message, at))
    for reason, known in owners.items():
        stop_addresses(session, known, reason, source="provider", at=at)
    if bounced:
        _give_up_on(session, list(bounced.values()), at, numbers)
        _ask_for_other_addresses(session, list(bounced.values()), at)
    if lines:
        session.execute(insert(Activity), lines)


def _stops(event: Any) -> str:
    """Why this event stops mail to the address; empty for one that does not."""
    if event.kind is ReceiptKind.BOUNCE and event.is_hard:
        return "bounced"
    return STOPPING.get(event.kind, "")


def _key(address: str) -> str:
    try:
        return read_address(address).key
    except MalformedAddress:
        return ""


def _give_up_on(
    session: Session, bounced: Sequence[tuple[Any, str]], at: datetime, numbers: Counter[Place]
) -> None:
    """Silent invitations are undeliverable, unless the person has another address by now."""
    keys = {message.invitation_id: key for message, key in bounced if message.invitation_id}
    rows = session.execute(
        select(Invitation.id, Invitation.event_id, Invitation.group_id, Stakeholder.email_key)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .where(Invitation.id.in_(keys), Invitation.state == InvitationState.SILENT)
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    ).all()
    silent = [row for row in rows if row.email_key == keys[row.id]]
    session.execute(
        update(Invitation)
        .where(Invitation.id.in_([row.id for row in silent]))
        .values(state=InvitationState.UNDELIVERABLE)
        .execution_options(synchronize_session=False)
    )
    numbers.update(settle_places(session, [row.id for row in silent], at=at))
    old, new = InvitationState.SILENT, InvitationState.UNDELIVERABLE
    for row in silent:
        numbers.update(moved(TallyKind.EVENT_INVITATIONS, row.event_id, row.group_id, old, new))


def _ask_for_other_addresses(
    session: Session, bounced: Sequence[tuple[Any, str]], at: datetime
) -> None:
    """A task for whoever follows the person up; one for each address that failed."""
    people = {message.stakeholder_id: message.event_id for message, _ in bounced}
    owners = who_follows_up(people)
    rows = {
        (message.stakeholder_id, key): {
            "stakeholder_id": message.stakeholder_id,
            "kind": TaskKind.BOUNCED,
            "target_id": owners[message.stakeholder_id].target_id,
            "owner_id": owners[message.stakeholder_id].owner_id,
            "what": f"Find another address for {message.name}; mail to the present one came back.",
            "due_on": (at + DUE_IN).date(),
            "created_at": at,
            "origin": f"bounced {message.stakeholder_id} {digest_of(key)}",
        }
        for message, key in bounced
    }
    session.connection().execute(
        (postgresql if is_postgresql() else sqlite)
        .insert(Task)
        .on_conflict_do_nothing(index_elements=["origin"]),
        [rows[origin] for origin in sorted(rows)],
    )


def _line(reason: str, message: Any, at: datetime) -> dict[str, Any]:
    return {
        "verb": reason,
        "actor": PROVIDER.kind,
        "account_id": None,
        "at": at,
        "stakeholder_id": message.stakeholder_id,
        "campaign_id": message.campaign_id,
        "event_id": message.event_id,
        "detail": {"message_id": message.id},
    }
