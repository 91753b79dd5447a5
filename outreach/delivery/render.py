"""A unit of the ledger → a letter and its recipients. What cannot be rendered is held, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from flask import current_app
from sqlalchemy import Text, cast, func, select, type_coerce

from outreach import clock
from outreach.advice.sections import UnfitSection, has_sections, resolved
from outreach.db import reading
from outreach.delivery.calendar_mail import CARRYING, calendars_of
from outreach.delivery.letter import Compiled, Kind, UnfitLetter
from outreach.delivery.mailer import Address, Attachment, Letter, Recipient
from outreach.delivery.phrases import answer_word, country, dates, day, locale_of, role_word
from outreach.delivery.wording import Wording, wording_of
from outreach.links import link_maker
from outreach.models.campaign import Campaign
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose, Unit
from outreach.models.seat import Seat, SeatOffer
from outreach.models.template import TemplateText
from outreach.models.track import Track

NO_UNSUBSCRIBE = (
    Purpose.CONFIRMATION, Purpose.DELEGATION, Purpose.SEAT, Purpose.MOVED, Purpose.WITHDRAWN
)  # fmt: skip
OTHER_SECTIONS = "Other sections of the letter are for this person: release it to go by itself."
OF_ANSWERS = (Purpose.THANK_YOU, Purpose.CONFIRMATION, Purpose.MOVED)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mailer is given, and who is held back: {reason: message ids}."""

    letter: Letter
    recipients: list[Recipient]
    held: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all messages of a unit share."""

    purpose: Purpose
    language: str
    subject: str
    body: str
    is_vip: bool
    sender: Address
    reply_to: Address
    host: str
    event_name: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    city: str
    country_code: str
    has_calendar: bool = False
    held: str = ""
    """The conditions of its sections that hold for everyone of the unit."""

    @property
    def domain(self) -> str:
        """What stands behind the @ of every Message-ID."""
        return self.sender.email.rpartition("@")[2]

    @property
    def is_campaign(self) -> bool:
        """Whether a stop must be offered (RFC 8058)."""
        return self.purpose not in NO_UNSUBSCRIBE


class Waiting(NamedTuple):
    """One person of a unit, as the drivers give it: no type of ours is made a thousand times."""

    id: int
    public_id: str
    address: str
    name: str
    snapshot: str
    link_key: str | None
    answer: str | None
    reply_by: datetime | str | None
    seat_key: str | None = None
    seat_role: str = ""
    track_name: str = ""


def render_unit(unit_id: int) -> Rendered:
    """The letter of a unit and everyone who waits in it. Two SELECTs, or three with calendars."""
    setting = _setting(unit_id)
    rows = _rows(unit_id, setting.purpose)
    held: dict[str, list[int]] = {}
    if has_sections(setting.subject, setting.body):
        setting, rows = _of_one_variant(setting, rows, held)
    try:
        letter = letter_of(setting)
    except UnfitLetter as problem:
        reason = f"The text cannot become a mail: {problem}"
        nothing = Compiled(Kind.TEXT, [""], [])
        letter = Letter(setting.sender, nothing, nothing, nothing)
        return Rendered(letter, [], held | {reason: [row.id for row in rows]})
    needed = sorted({*letter.subject.fields, *letter.text.fields, *letter.html.fields})
    shared, links = shared_values(setting), Links.of_this_house()
    wording = wording_in(setting)
    calendars = {}
    if setting.has_calendar:
        calendars = calendars_of(unit_id, setting.purpose, setting.language, at=clock.now())
    recipients = []
    for row in rows:
        values = {**shared, **personal_values(row, setting, links)}
        if wording.defaults:
            wording.complete(values)
        for name in needed:
            value = values.get(name)
            if not value or value.isspace():
                reason = f"Nothing stands in the field {{{name}}} for this person."
                held.setdefault(reason, []).append(row.id)
                break
        else:
            recipients.append(_recipient(row, values, setting, calendars.get(row.id, ())))
    return Rendered(letter, recipients, held)


def letter_of(setting: Setting) -> Letter:
    """The compiled letter of a unit. Raises UnfitLetter."""
    wording = wording_in(setting)
    headers = {"Auto-Submitted": "auto-generated"}
    if setting.is_campaign:
        domain = setting.sender.email.rpartition("@")[2]
        headers = {"List-Id": f"<{setting.purpose.value.replace('_', '-')}.outreach.{domain}>"}
    return Letter(
        sender=setting.sender,
        reply_to=setting.reply_to,
        subject=wording.subject,
        text=wording.text,
        html=wording.html,
        headers=headers,
        is_personal=setting.is_vip,
    )


def wording_in(setting: Setting) -> Wording:
    """The compiled text of a unit, its sections resolved. Raises UnfitLetter."""
    try:
        subject, body = (resolved(text, setting.held) for text in (setting.subject, setting.body))
    except UnfitSection as problem:
        raise UnfitLetter(str(problem)) from problem
    return wording_of(subject, body, setting.language, footer(setting), setting.is_campaign)


def _of_one_variant(
    setting: Setting, rows: list[Waiting], held: dict[str, list[int]]
) -> tuple[Setting, list[Waiting]]:
    """The setting with the sections of the unit's first person, and those who share them.

    A unit is cut so that everyone does; who does not is held, and goes alone when released.
    """
    sections = {row.id: orjson.loads(row.snapshot).get("sections", "") for row in rows}
    first = sections[rows[0].id] if rows else ""
    others = [row.id for row in rows if sections[row.id] != first]
    if others:
        held[OTHER_SECTIONS] = others
    return replace(setting, held=first), [row for row in rows if sections[row.id] == first]


def footer(setting: Setting) -> str:
    """Who sent this, and why the person gets it."""
    return f"{setting.host} · {setting.reply_to.email}"


def shared_values(setting: Setting) -> dict[str, str]:
    """The merge fields that are equal for a unit, in its language."""
    locale = locale_of(setting.language)
    land = country(setting.country_code, setting.language)
    return {
        "event_name": setting.event_name,
        "event_dates": dates(setting.starts_at, setting.ends_at, setting.time_zone, locale),
        "event_place": f"{setting.city}, {land}" if setting.city else land,
        "host": setting.host,
    }


@dataclass(frozen=True, slots=True)
class Links:
    """What makes the personal links of a unit: key → address."""

    answer: Callable[[str], str]
    seat: Callable[[str], str]
    unsubscribe: Callable[[str], str]

    @classmethod
    def of_this_house(cls) -> "Links":
        """On this house's public address and secret."""
        return cls(
            link_maker("answer", "/i/"),
            link_maker("seat", "/s/"),
            link_maker("unsubscribe", "/u/"),
        )


def personal_values(row: Waiting, setting: Setting, links: Links) -> dict[str, str]:
    """The merge fields of one person: what was snapshotted, and the links, made only now."""
    values = known_values(orjson.loads(row.snapshot), setting, _instant(row.reply_by), row.answer)
    if row.link_key:
        values["rsvp_link"] = links.answer(row.link_key)
    if row.seat_key:
        values["rsvp_link"] = links.seat(row.seat_key)
        values["track_name"] = row.track_name
        values["seat_role"] = role_word(row.seat_role, setting.language)
    values["unsubscribe_link"] = links.unsubscribe(row.public_id)
    return values


@lru_cache(1_024)
def _instant(raw: datetime | str | None) -> datetime | None:
    """A time as the driver gave it, aware: SQLite's is a text, and a unit's are mostly the same."""
    if raw is None:
        return None
    at = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def known_values(
    snapshot: Mapping[str, Any], setting: Setting, reply_by: datetime | None, answer: str | None
) -> dict[str, str]:
    """The same without any link.

    snapshot  the personal merge fields as the ledger keeps them
    """
    values: dict[str, str] = {name: value or "" for name, value in snapshot.items()}
    values["country"] = country(values.pop("country_code", ""), setting.language)
    values["salutation_or_name"] = values.get("salutation") or " ".join(
        part for part in (values.get("title"), values.get("full_name")) if part
    )
    if reply_by is not None:
        values["reply_by"] = day(reply_by, setting.time_zone, locale_of(setting.language))
    if answer and setting.purpose in OF_ANSWERS:
        values["answer"] = answer_word(answer, setting.language)
    return values


def _recipient(
    row: Waiting,
    values: Mapping[str, str],
    setting: Setting,
    attachments: tuple[Attachment, ...] = (),
) -> Recipient:
    headers = {}
    if setting.is_campaign:
        headers = {
            "List-Unsubscribe": f"<{values['unsubscribe_link']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    message_id = f"<{row.public_id}@{setting.domain}>"
    to = Address(row.name, row.address)
    return Recipient(row.public_id, message_id, to, values, headers, attachments)


def _setting(unit_id: int) -> Setting:
    row = (
        reading()
        .execute(
            select(
                Unit.purpose,
                TemplateText.language,
                TemplateText.subject,
                TemplateText.body,
                Unit.is_vip,
                Campaign.has_calendar,
                Campaign.sender_name,
                Campaign.sender_address,
                Conference.host,
                Conference.reply_to,
                Event.name,
                Event.starts_at,
                Event.ends_at,
                Event.time_zone,
                Event.city,
                Event.country_code,
            )
            .join(TemplateText, TemplateText.id == Unit.text_id)
            .join(Event, Event.id == Unit.event_id)
            .join(Conference, Conference.id == Event.conference_id)
            .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
            .where(Unit.id == unit_id)
        )
        .one()
    )
    return Setting(
        purpose=row.purpose,
        language=row.language,
        subject=row.subject,
        body=row.body,
        is_vip=row.is_vip,
        has_calendar=row.purpose in CARRYING
        and (row.has_calendar or row.purpose is not Purpose.INVITATION),
        sender=Address(
            row.sender_name or row.host, row.sender_address or current_app.config["MAIL_FROM"]
        ),
        reply_to=Address(row.host, row.reply_to),
        host=row.host,
        event_name=row.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        city=row.city,
        country_code=row.country_code,
    )


def _rows(unit_id: int, purpose: Purpose) -> list[Waiting]:
    """Who waits in a unit. Seats are joined only where a seat is asked about."""
    is_seat = purpose is Purpose.SEAT
    reply_by = func.coalesce(Invitation.reply_by, Seat.fill_by) if is_seat else Invitation.reply_by
    columns: list[Any] = [
        Message.id,
        Message.public_id,
        Message.address,
        Message.name,
        cast(Message.values, Text),
        Invitation.link_key,
        type_coerce(Invitation.state, Text),
        type_coerce(reply_by, Text),
    ]
    statement = select(*columns).outerjoin(Invitation, Invitation.id == Message.invitation_id)
    if is_seat:
        statement = (
            statement.add_columns(SeatOffer.link_key, type_coerce(Seat.role, Text), Track.name)
            .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
            .outerjoin(Seat, Seat.id == SeatOffer.seat_id)
            .outerjoin(Track, Track.id == Seat.track_id)
        )
    statement = statement.where(
        Message.unit_id == unit_id, Message.state == MessageState.WAITING
    ).order_by(Message.id)
    return [Waiting(*row) for row in reading().connection().execute(statement)]
