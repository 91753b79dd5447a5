"""What a bounce, a complaint or an unsubscribe that the provider told of means for the person."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.models.activity import PROVIDER, Activity
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import OUTCOMES, Outcome, Purpose
from outreach.models.receipt import ReceiptKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import digest_of
from outreach.models.tally import TallyKind
from outreach.models.task import Task, TaskKind
from outreach.placing import settle_places
from outreach.queries.tasks import who_follows_up
from outreach.stops import stop_addresses, stop_digests
from outreach.tally import Place, moved

DUE_IN = timedelta(days=2)

STOPPING = {
    ReceiptKind.SPAM_REPORT: "complained",
    ReceiptKind.UNSUBSCRIBE: "unsubscribed",
    ReceiptKind.GROUP_UNSUBSCRIBE: "unsubscribed",
}


def follow(
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


def gone_elsewhere(messages: Sequence[Any], told: dict[str, list[Any]]) -> list[tuple[Any, Any]]:
    """Take out of what was told what is of another address than the one that a mail has now: it
    was corrected before a further try. Gives (message, event)."""
    found = []
    for message in messages:
        is_open = OUTCOMES[message.state] in (Outcome.WAITING, Outcome.HELD)
        if message.attempts_count + is_open < 2:
            continue  # it had one address only
        present = digest_of(_key(message.address))
        events = told[message.public_id]
        others = [one for one in events if one.address_digest not in ("", present)]
        found += [(message, event) for event in others]
        told[message.public_id] = [one for one in events if one not in others]
    return found


def stop_elsewhere(session: Session, gone: Sequence[tuple[Any, Any]], at: datetime) -> None:
    """What came back from, or was complained of at, an address that the person had before."""
    owners: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for message, event in gone:
        if reason := _stops(event):
            owners[reason].append((event.address_digest, message.stakeholder_id))
    for reason, known in owners.items():
        stop_digests(session, known, reason, source="provider", at=at)


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
