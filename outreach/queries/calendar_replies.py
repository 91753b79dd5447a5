"""Replies of calendars: what is to be judged, and those that wait for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, exists, func, select

from outreach.db import reading
from outreach.models.answering_address import AnsweringAddress
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.conference import Conference
from outreach.models.event import Event, seat_uid_of, uid_of
from outreach.models.inbound import InboundKind, InboundMail, InboundState
from outreach.models.invitation import Answer, Invitation, Reply
from outreach.models.seat import OfferState, Seat, SeatAnswer, SeatOffer, SeatRole
from outreach.models.stakeholder import Stakeholder
from outreach.models.track import Track


def unjudged(limit: int = 100) -> list[int]:
    """Calendar mails that were read and not judged yet, oldest first. Cost: by an index."""
    statement = (
        select(InboundMail.id)
        .outerjoin(CalendarReply, CalendarReply.inbound_id == InboundMail.id)
        .where(
            InboundMail.kind == InboundKind.CALENDAR, InboundMail.state == InboundState.READ,
            CalendarReply.id.is_(None),
        )
        .order_by(InboundMail.id)
        .limit(limit)
    )  # fmt: skip
    return list(reading().scalars(statement))


def event_uids() -> dict[str, int]:
    """{UID: event id} of every event. Some tens of rows."""
    rows = reading().execute(
        select(Conference.code, Event.id).join(Conference, Conference.id == Event.conference_id)
    )
    return {uid_of(code, event_id): event_id for code, event_id in rows}


class SeatEntry(NamedTuple):
    """A seat in someone's calendar."""

    offer_id: int
    event_id: int


def seat_uids() -> dict[str, SeatEntry]:
    """{UID: its seat} of every seat that someone ever said yes to. Some tens of rows."""
    rows = reading().execute(
        select(Conference.code, SeatOffer.id, Event.id)
        .join(Seat, Seat.id == SeatOffer.seat_id)
        .join(Track, Track.id == Seat.track_id)
        .join(Event, Event.id == Track.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(
            exists().where(
                SeatAnswer.offer_id == SeatOffer.id, SeatAnswer.reply == OfferState.ACCEPTED
            )
        )
    )
    return {
        seat_uid_of(code, offer_id): SeatEntry(offer_id, event_id)
        for code, offer_id, event_id in rows
    }


def asked_for_seat(offer_id: int) -> int | None:
    """Who was asked to take this seat."""
    return reading().scalar(select(SeatOffer.stakeholder_id).where(SeatOffer.id == offer_id))


def people_at(email_key: str) -> list[int]:
    """Whose address this is: preferred, or another one of their own."""
    preferred = select(Stakeholder.id).where(Stakeholder.email_key == email_key)
    others = select(AnsweringAddress.stakeholder_id).where(
        AnsweringAddress.email_key == email_key, ~AnsweringAddress.is_assistant
    )
    return list(reading().scalars(preferred.union(others)))


def invitations_to(event_id: int, stakeholder_ids: list[int]) -> list[int]:
    """Their invitations to an event."""
    statement = select(Invitation.id).where(
        Invitation.event_id == event_id, Invitation.stakeholder_id.in_(stakeholder_ids)
    )
    return list(reading().scalars(statement))


def addresses_of(stakeholder_id: int) -> tuple[frozenset[str], dict[str, str]]:
    """A person's own addresses, and {address: name} of the assistants who may answer."""
    preferred = reading().scalar(
        select(Stakeholder.email_key).where(Stakeholder.id == stakeholder_id)
    )
    rows = reading().execute(
        select(AnsweringAddress.email_key, AnsweringAddress.is_assistant, AnsweringAddress.name)
        .where(AnsweringAddress.stakeholder_id == stakeholder_id)
    ).all()  # fmt: skip
    own = {key for key, is_assistant, _ in rows if not is_assistant} | {preferred or ""}
    return frozenset(own - {""}), {key: name for key, is_assistant, name in rows if is_assistant}


def newest_applied(of: ColumnElement[bool]) -> tuple[int, datetime] | None:
    """(SEQUENCE, DTSTAMP) of the newest reply that counted, of these."""
    row = reading().execute(
        select(CalendarReply.sequence, CalendarReply.stamped_at)
        .where(
            of, CalendarReply.stamped_at.is_not(None),
            CalendarReply.verdict == Verdict.APPLIED,
        )
        .order_by(CalendarReply.sequence.desc(), CalendarReply.stamped_at.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return (row.sequence, row.stamped_at) if row else None


def answered_otherwise_at(invitation_id: int) -> datetime | None:
    """When the latest answer came that no calendar gave."""
    return reading().scalar(
        select(func.max(Answer.given_at, type_=Answer.given_at.type)).where(
            Answer.invitation_id == invitation_id, Answer.channel != "calendar"
        )
    )


def seat_answered_otherwise_at(offer_id: int) -> datetime | None:
    """The same of a seat."""
    return reading().scalar(
        select(func.max(SeatAnswer.given_at, type_=SeatAnswer.given_at.type)).where(
            SeatAnswer.offer_id == offer_id, SeatAnswer.channel != "calendar"
        )
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply that nobody could prove, beside what we have."""

    id: int
    because: str
    reply: Reply | None
    comment: str
    attendee: str
    attendee_name: str
    sent_by: str
    delegated_to: str
    stamped_at: datetime | None
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    dkim: str
    spf: str
    text: str
    event: str | None
    time_zone: str | None
    invitation_id: int | None
    offer_id: int | None
    state: str | None
    answered_at: datetime | None
    note: str | None
    role: SeatRole | None
    track: str | None
    """Of a seat, beside its event."""
    stakeholder_id: int | None
    full_name: str | None
    email: str | None

    @property
    def can_be_taken(self) -> bool:
        """Whether it says an answer, and whose."""
        if self.offer_id is not None:
            return self.reply in (Reply.ACCEPTED, Reply.DECLINED)
        return self.reply is not None and self.invitation_id is not None


def waiting_replies(after: int = 0, limit: int = 50) -> list[Waiting]:
    """Those that wait, oldest first. Cost: the rows shown, by an index."""
    columns: tuple[Any, ...] = (
        CalendarReply.id, CalendarReply.because, CalendarReply.reply, CalendarReply.comment,
        CalendarReply.attendee, CalendarReply.attendee_name, CalendarReply.sent_by,
        CalendarReply.delegated_to, CalendarReply.stamped_at, CalendarReply.received_at,
        InboundMail.sender, InboundMail.sender_name, InboundMail.subject, InboundMail.dkim,
        InboundMail.spf, func.substr(InboundMail.text, 1, 1_000), Event.name, Event.time_zone,
        Invitation.id, SeatOffer.id,
        func.coalesce(cast(Invitation.state, Text), cast(SeatOffer.state, Text)),
        func.coalesce(Invitation.answered_at, SeatOffer.answered_at),
        func.coalesce(Invitation.note, SeatOffer.note), Seat.role, Track.name,
        Stakeholder.id, Stakeholder.full_name, Stakeholder.email,
    )  # fmt: skip
    rows = reading().execute(
        select(*columns)
        .join(InboundMail, InboundMail.id == CalendarReply.inbound_id)
        .outerjoin(Invitation, Invitation.id == CalendarReply.invitation_id)
        .outerjoin(SeatOffer, SeatOffer.id == CalendarReply.offer_id)
        .outerjoin(Seat, Seat.id == SeatOffer.seat_id)
        .outerjoin(Track, Track.id == Seat.track_id)
        .outerjoin(
            Stakeholder,
            Stakeholder.id == func.coalesce(Invitation.stakeholder_id, SeatOffer.stakeholder_id),
        )
        .outerjoin(Event, Event.id == CalendarReply.event_id)
        .where(
            CalendarReply.verdict == Verdict.UNVERIFIED, CalendarReply.settled_at.is_(None),
            CalendarReply.id > after,
        )
        .order_by(CalendarReply.id)
        .limit(limit)
    )  # fmt: skip
    return [Waiting(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class AddressLine:
    """Another address than the preferred one, and whose it is."""

    id: int
    email: str
    name: str
    is_assistant: bool
    gets_copies: bool


def answering_addresses(stakeholder_id: int) -> list[AddressLine]:
    """A person's other addresses and their assistants'. Cost: they, by an index."""
    rows = reading().execute(
        select(
            AnsweringAddress.id, AnsweringAddress.email, AnsweringAddress.name,
            AnsweringAddress.is_assistant, AnsweringAddress.gets_copies,
        )
        .where(AnsweringAddress.stakeholder_id == stakeholder_id)
        .order_by(AnsweringAddress.id)
    )  # fmt: skip
    return [AddressLine(*row) for row in rows]
