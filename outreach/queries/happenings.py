"""Everything that ever happened to a person or with an organisation, newest first, in sentences.

Several tables tell of it: the journal, the mails, what the provider said of them, invitations and
notes. Each is asked for its next few rows after one place, so that the hundredth page costs what
the first one does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.activity import Activity
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import SENTENCES as MESSAGE_SENTENCES
from outreach.models.message import Message, standing
from outreach.models.note import Note
from outreach.models.receipt import Receipt, ReceiptKind
from outreach.models.stakeholder import Stakeholder
from outreach.queries.activities import by_whom, sentence
from outreach.queries.keyset import Page
from outreach.queries.stakeholders import everyone_of

PAGE = 30
MOST_PEOPLE = 200

KINDS = {
    "": "everything",
    "mail": "mail",
    "answer": "invitations and answers",
    "programme": "seats and presence",
    "note": "notes and tasks",
    "record": "changes of the record",
}
"""{what the time line can be narrowed to: as it is shown}"""

VERBS: dict[str, tuple[str, ...]] = {
    "mail": (
        "replied_by_mail", "is_away", "assigned_reply", "answered_reply", "closed_reply",
        "reopened_reply", "bounced", "complained", "unsubscribed", "resubscribed", "suppressed",
        "lifted_suppression", "stopped_mail", "allowed_mail", "stopped_news", "stopped_campaign",
        "stopped_everything", "left_out", "took_back_in", "stopped_for_person",
        "went_on_for_person", "released_message", "held_message", "cancelled_message",
        "resent_message",
    ),
    "answer": (
        "invited", "answered", "recorded_answer", "took_back_answer", "calendar_reply_ignored",
        "calendar_reply_unverified", "put_aside_calendar_reply", "withdrew_invitation",
        "renewed_link",
        "named_delegate", "promoted_alternate", "moved_reply_by", "confirmed_answer",
    ),
    "programme": (
        "proposed_for_seat", "asked_for_seat", "took_seat", "declined_seat",
        "recorded_seat_answer", "took_back_seat_answer", "withdrew_offer", "freed_seat", "came",
        "arrival_taken_back",
    ),
    "note": (
        "added_task", "gave_task", "finished_task", "reopened_task", "took_task", "passed_on_task",
    ),
}  # fmt: skip
"""{kind: the verbs of the journal that belong to it}; "record" holds all others."""

TOLD = {
    ReceiptKind.DELIVERED: "Taken by the recipient’s server",
    ReceiptKind.BOUNCE: "Sent back by the recipient’s server",
}
"""What the provider said, in words; other kinds are shown by their name."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened."""

    at: datetime
    what: str
    by: str
    kind: str
    text: str = ""
    """Of a note, as it was written."""
    message_id: int | None = None
    person: str = ""
    """To whom it happened, on the page of an organisation."""
    person_id: int | None = None


class Place(NamedTuple):
    """Where a page of the time line begins."""

    at: datetime
    source: int
    id: int


def happenings_of(
    stakeholder_id: int, *, kind: str = "", after: str | None = None, limit: int = PAGE
) -> Page[Happening]:
    """What happened to someone, and to those merged into them. Cost: the page, five SELECTs."""
    people = everyone_of(stakeholder_id)
    conditions: dict[Any, ColumnElement[bool]] = {
        Activity: Activity.stakeholder_id.in_(people),
        Message: Message.stakeholder_id.in_(people),
        Receipt: Message.stakeholder_id.in_(people),
        Invitation: Invitation.stakeholder_id.in_(people),
        Note: Note.stakeholder_id == stakeholder_id,
    }
    return _page(conditions, kind, after, limit)


def happenings_with(
    organisation_id: int, *, kind: str = "", after: str | None = None, limit: int = PAGE
) -> Page[Happening]:
    """What happened with an organisation, and to its people, each of whom is named.

    Cost: seven SELECTs by index, and all that happened to its people. Of more than 200 people
    each has a page of their own, and this one tells of the organisation itself.
    """
    asked = select(Stakeholder.id).where(Stakeholder.organisation_id == organisation_id)
    people = reading().scalars(asked.order_by(Stakeholder.id).limit(MOST_PEOPLE + 1)).all()
    conditions: dict[Any, ColumnElement[bool]] = {
        Activity: Activity.organisation_id == organisation_id,
        Note: Note.organisation_id == organisation_id,
    }
    if 0 < len(people) <= MOST_PEOPLE:
        conditions = {
            Activity: conditions[Activity] | Activity.stakeholder_id.in_(people),
            Message: Message.stakeholder_id.in_(people),
            Receipt: Message.stakeholder_id.in_(people),
            Invitation: Invitation.stakeholder_id.in_(people),
            Note: conditions[Note] | Note.stakeholder_id.in_(people),
        }
    page = _page(conditions, kind, after, limit)
    ids = {line.person_id for line in page.lines if line.person_id is not None}
    named = select(Stakeholder.id, Stakeholder.full_name).where(Stakeholder.id.in_(ids))
    names = {row.id: row.full_name for row in reading().execute(named)} if ids else {}
    lines = [replace(one, person=names.get(one.person_id or 0, "")) for one in page.lines]
    return Page(lines, page.next)


def _page(
    conditions: dict[Any, ColumnElement[bool]], kind: str, after: str | None, limit: int
) -> Page[Happening]:
    place = _read(after)
    found: list[tuple[Place, Happening]] = []
    for number, (model, source) in enumerate(_SOURCES.items()):
        statement = source.ask(kind) if model in conditions else None
        if statement is None:
            continue
        statement = statement.where(conditions[model])
        if place is not None:
            statement = statement.where(_earlier(source.at, source.id, number, place))
        order = (source.at.desc(), source.id.desc())
        for row in reading().execute(statement.order_by(*order).limit(limit + 1)):
            happening = replace(source.tell(row), person_id=row.person_id)
            found.append((Place(happening.at, number, row.id), happening))
    found.sort(key=lambda pair: pair[0], reverse=True)
    shown = found[:limit]
    following = _write(shown[-1][0]) if len(found) > limit else None
    return Page([happening for _, happening in shown], following)


def _earlier(at: Any, id_: Any, number: int, place: Place) -> ColumnElement[bool]:
    """Before a place in the order of (time, source, id), all falling."""
    before: ColumnElement[bool] = at < place.at
    if number > place.source:
        return before
    same = id_ < place.id if number == place.source else at == place.at
    return or_(before, and_(at == place.at, same))


def _ask_journal(kind: str) -> Any:
    statement = (
        select(
            Activity.id, Activity.stakeholder_id.label("person_id"), Activity.at, Activity.verb,
            Activity.detail, Activity.actor,
            Account.name.label("account"), Event.name.label("event"),
        )
        .outerjoin(Account, Activity.account_id == Account.id)
        .outerjoin(Event, Activity.event_id == Event.id)
    )  # fmt: skip
    if kind in VERBS:
        return statement.where(Activity.verb.in_(VERBS[kind]))
    if kind == "record":
        others = [verb for verbs in VERBS.values() for verb in verbs]
        return statement.where(Activity.verb.not_in(others))
    return statement


def _tell_journal(row: Any) -> Happening:
    kind = next((kind for kind, verbs in VERBS.items() if row.verb in verbs), "record")
    what = sentence(row.verb, row.detail, row.event)
    return Happening(row.at, what, _by(row), kind)


def _by(row: Any) -> str:
    """Who did it; an answer may be given by someone else than the invitee, or by their calendar."""
    given_by = row.detail.get("given_by")
    if given_by and not row.account:
        return f"by {given_by}, for the invitee"
    if row.detail.get("channel") == "calendar" and not row.account:
        return "by the invitee’s calendar"
    by = by_whom(row.actor, row.account)
    return f"{by}, as {given_by} said" if given_by else by


def _ask_mails(kind: str) -> Any:
    if kind not in ("", "mail"):
        return None
    return select(
        Message.id, Message.stakeholder_id.label("person_id"), Message.created_at,
        Message.purpose, standing().label("state"), Message.reason,
        Event.name.label("event"),
    ).outerjoin(Event, Event.id == Message.event_id)  # fmt: skip


def _tell_mail(row: Any) -> Happening:
    stands = MESSAGE_SENTENCES[row.state].rstrip(".")
    name = row.purpose.value.replace("_", " ").capitalize()
    what = f"{name} mail for {row.event}. {stands}{': ' + row.reason if row.reason else '.'}"
    return Happening(row.created_at, what, "", "mail", message_id=row.id)


def _ask_receipts(kind: str) -> Any:
    if kind not in ("", "mail"):
        return None
    return (
        select(
            Receipt.id,
            Message.stakeholder_id.label("person_id"),
            Receipt.happened_at,
            Receipt.kind,
            Receipt.detail,
            Message.purpose,
        )
        .join(Message, Message.public_id == Receipt.public_id)
        .where(Receipt.kind.in_([kind for kind in ReceiptKind if kind not in _MACHINES]))
    )


def _tell_receipt(row: Any) -> Happening:
    said = TOLD.get(row.kind, row.kind.value.replace("_", " ").capitalize())
    what = f"{row.purpose.value.replace('_', ' ').capitalize()}: {said[0].lower()}{said[1:]}"
    return Happening(row.happened_at, what, "by the provider", "mail", text=row.detail)


def _ask_invitations(kind: str) -> Any:
    if kind not in ("", "answer"):
        return None
    return select(
        Invitation.id, Invitation.stakeholder_id.label("person_id"), Invitation.invited_at,
        Event.name.label("event"),
    ).join(Event, Event.id == Invitation.event_id)  # fmt: skip


def _tell_invitation(row: Any) -> Happening:
    return Happening(row.invited_at, f"Invited to {row.event}", "", "answer")


def _ask_notes(kind: str) -> Any:
    if kind not in ("", "note"):
        return None
    return select(
        Note.id, Note.stakeholder_id.label("person_id"), Note.written_at, Note.text,
        Account.name.label("account"),
    ).outerjoin(Account, Account.id == Note.written_by_id)  # fmt: skip


def _tell_note(row: Any) -> Happening:
    return Happening(row.written_at, "Note", by_whom("", row.account), "note", text=row.text)


class _Source(NamedTuple):
    """A table that tells of what happened: how it is asked, and what a row of it says."""

    at: Any
    id: Any
    ask: Callable[[str], Any]
    """Gives a SELECT; None where the table tells nothing of this kind."""
    tell: Callable[[Any], Happening]


_MACHINES = (ReceiptKind.OPEN, ReceiptKind.CLICK)
"""Scanners open and click: that is nothing that a person did (so never shown as read)."""

_SOURCES: dict[Any, _Source] = {
    Invitation: _Source(
        Invitation.invited_at, Invitation.id, _ask_invitations, _tell_invitation
    ),
    Message: _Source(Message.created_at, Message.id, _ask_mails, _tell_mail),
    Receipt: _Source(Receipt.happened_at, Receipt.id, _ask_receipts, _tell_receipt),
    Activity: _Source(Activity.at, Activity.id, _ask_journal, _tell_journal),
    Note: _Source(Note.written_at, Note.id, _ask_notes, _tell_note),
}  # fmt: skip


def _write(place: Place) -> str:
    return f"{int(place.at.timestamp() * 1_000_000)}.{place.source}.{place.id}"


def _read(text: str | None) -> Place | None:
    """The place in an address; None for anything that is none."""
    parts = (text or "").split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        return None
    micros, source, id_ = (int(part) for part in parts)
    try:
        seconds = datetime.fromtimestamp(micros // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Place(seconds.replace(microsecond=micros % 1_000_000), source, id_)
