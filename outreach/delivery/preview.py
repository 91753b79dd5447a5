"""A mail as somebody would get it, without making it: no token of a real person, no state touched.

Where the personal links would stand, a stand-in stands, which opens nothing.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Row, Select, Text, cast, func, select

from outreach import clock
from outreach.advice.merging import fields_in
from outreach.advice.sections import Facts, UnfitSection
from outreach.db import reading
from outreach.delivery.answered import details_of
from outreach.delivery.fields import (
    OF_ANSWERS,
    Setting,
    known_values,
    shared_values,
    wording_in,
)
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import Address
from outreach.delivery.phrases import role_word
from outreach.delivery.render import letter_of
from outreach.delivery.waiting import OF_SEATS
from outreach.delivery.wording import emblem_of
from outreach.errors import NotFound
from outreach.links import absolute
from outreach.models.base import UTCDateTime
from outreach.models.campaign import Campaign
from outreach.models.conference import Conference
from outreach.models.delegation import Delegation
from outreach.models.event import Event, EventKind
from outreach.models.invitation import Invitation
from outreach.models.message import Message, Purpose
from outreach.models.picture import Picture
from outreach.models.seat import Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step
from outreach.models.template import TemplateText
from outreach.models.track import Track
from outreach.queries.audience import personal_values
from outreach.queries.merging import columns_in
from outreach.queries.pictures import EMBLEM
from outreach.queries.recipients import member
from outreach.queries.sections import facts_of_person

INVENTED = {
    "title": "H.E. Ms",
    "salutation": "Excellency",
    "given_name": "Amina",
    "family_name": "Example",
    "full_name": "Amina Example",
    "office": "Minister of Communications",
    "organisation": "Ministry of Communications",
    "country_code": "KE",
    "named_by": "Jean Exemple",
    "delegation": "Ministry of Communications",
    "members": "6",
    "member_role": "head",
}
"""Somebody for the preview of a template; nobody of this name is known."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail as it would be read.

    missing  the fields in which nothing stands for this person: their mail would be held
    problem  why no mail can be made at all; the other parts are then empty
    """

    subject: str
    text: str
    html: str
    language: str
    sender: Address
    to: Address
    missing: tuple[str, ...] = ()
    problem: str = ""


def preview_step(
    campaign_id: int, step_id: int, stakeholder_id: int, *, at: datetime | None = None
) -> Preview:
    """A step's mail to someone of the audience, as it is at an instant (now where none is said).

    Raises NotFound for anyone and anything else.
    """
    step = (
        reading()
        .execute(
            select(Step.kind, Step.version_id).where(
                Step.id == step_id, Step.campaign_id == campaign_id
            )
        )
        .one_or_none()
    )
    if step is None:
        raise NotFound("step")
    person = member(campaign_id, stakeholder_id, step.version_id, at or clock.now())
    if person is None:
        raise NotFound("person in this audience")
    row = (
        reading()
        .execute(
            _shared(
                Campaign.sender_name, Campaign.sender_address, Campaign.is_vip, Campaign.reply_by
            )
            .join(Campaign, Campaign.event_id == Event.id)
            .where(Campaign.id == campaign_id)
        )
        .one()
    )
    to = Address(person.name, person.address)
    words = _words(person.text_id)
    if words is None:
        return Preview("", "", "", "", Address("", ""), to, problem="There is no text for them.")
    setting = _setting(
        row, words, Purpose(step.kind.value), row.sender_name, row.sender_address,
        is_vip=row.is_vip, held=person.sections,
    )  # fmt: skip
    answer = "accepted" if setting.purpose is Purpose.THANK_YOU else None
    more = columns_in(words.language, fields_in(words.subject, words.body))
    values = known_values(personal_values(stakeholder_id, **more), setting, row.reply_by, answer)
    return _written(setting, to, values)


@dataclass(frozen=True, slots=True)
class Reader:
    """As whom a text is read while it is written.

    values  the personal merge fields, as the ledger would keep them
    facts   what its sections may ask for
    """

    name: str
    email: str
    values: Mapping[str, Any]
    facts: Facts


def somebody(*, is_star: bool = False) -> Reader:
    """Nobody whom we know."""
    return Reader("Amina Example", "amina@example.org", INVENTED, Facts(is_star=is_star))


def reader_of(stakeholder_id: int, language: str = "", names: Collection[str] = ()) -> Reader:
    """Someone whom we know, as they stand today. Raises NotFound.

    language, names  of the letter, and of its fields
    """
    person = reading().get(Stakeholder, stakeholder_id)
    if person is None or person.merged_into_id is not None:
        raise NotFound("person")
    values = personal_values(stakeholder_id, **columns_in(language, names))
    facts = facts_of_person(stakeholder_id)
    return Reader(person.full_name, person.email or "", values, facts)


def preview_text(
    subject: str, body: str, language: str, kind: str, reader: Reader | None = None
) -> Preview:
    """A text that is being written, about the conference that comes next.

    reader  as whom; somebody invented without one
    """
    reader = reader or somebody()
    row = (
        reading()
        .execute(
            _shared()
            .where(Event.kind == EventKind.CONFERENCE)
            .order_by(Conference.opens_on.desc(), Event.id)
            .limit(1)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("conference")
    held = ""
    with suppress(UnfitSection):  # which is then said as the problem
        held = reader.facts.held(subject, body)
    setting = _setting(row, Words(language, subject, body), Purpose(kind), held=held)
    answer = "accepted" if setting.purpose in OF_ANSWERS else None
    values = known_values(reader.values, setting, row.starts_at - timedelta(days=30), answer)
    if setting.purpose in OF_SEATS:
        values |= {"seat_role": role_word("co_chair", language), "track_name": "Finance"}
    return _written(setting, Address(reader.name, reader.email), values)


def preview_message(message_id: int) -> Preview:
    """A message that has not left, or of which no copy is kept: what the ledger has of it."""
    row = reading().execute(_in_the_ledger(message_id)).one_or_none()
    if row is None:
        raise NotFound("message")
    to = Address(row.person, row.address)
    words = _words(row.text_id)
    if words is None:
        return Preview("", "", "", "", Address("", ""), to, problem="There is no text for them.")
    setting = _setting(
        row, words, row.purpose, row.sender_name, row.sender_address,
        held=row.snapshot.get("sections", ""),
    )  # fmt: skip
    values = known_values(row.snapshot, setting, row.reply_by, row.answer)
    if row.answer:
        (values["answer_details"],) = details_of([message_id], row.time_zone, words.language)
    if row.track:
        values |= {"seat_role": role_word(row.seat_role, words.language), "track_name": row.track}
    return _written(setting, to, values)


def _in_the_ledger(message_id: int) -> Select[Any]:
    """SELECT of a message, with whatever its letter may speak of."""
    answer = func.coalesce(cast(SeatOffer.state, Text), cast(Invitation.state, Text))
    reply_by = func.coalesce(
        Invitation.reply_by, Seat.fill_by, Delegation.name_by, Campaign.reply_by,
        type_=UTCDateTime(),
    )  # fmt: skip
    return (
        _shared(
            Message.purpose, Message.values.label("snapshot"), Message.name.label("person"),
            Message.address, Message.text_id, Campaign.sender_name, Campaign.sender_address,
            answer.label("answer"), Seat.role.label("seat_role"), Track.name.label("track"),
            reply_by.label("reply_by"),
        )
        .join(Message, Message.event_id == Event.id)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .outerjoin(SeatOffer, SeatOffer.id == Message.offer_id)
        .outerjoin(Seat, Seat.id == SeatOffer.seat_id)
        .outerjoin(Track, Track.id == Seat.track_id)
        .outerjoin(Delegation, Delegation.id == Message.delegation_id)
        .where(Message.id == message_id)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A text in one language."""

    language: str
    subject: str
    body: str


def _words(text_id: int | None) -> Words | None:
    row = (
        reading()
        .execute(
            select(TemplateText.language, TemplateText.subject, TemplateText.body).where(
                TemplateText.id == text_id
            )
        )
        .one_or_none()
    )
    return Words(*row) if row else None


def _shared(*columns: Any) -> Select[Any]:
    """What a mail says of its event and its conference, and whatever else is wanted."""
    return (
        select(
            Conference.host,
            Conference.reply_to,
            Conference.code.label("conference_code"),
            Event.name.label("event"),
            Event.starts_at,
            Event.ends_at,
            Event.time_zone,
            Event.city,
            Event.country_code,
            *EMBLEM,
            *columns,
        )
        .select_from(Event)
        .join(Conference, Conference.id == Event.conference_id)
        .outerjoin(Picture, Picture.id == Conference.emblem_id)
    )


def _setting(
    row: Row[Any],
    words: Words,
    purpose: Purpose,
    sender_name: str | None = None,
    sender_address: str | None = None,
    *,
    is_vip: bool = False,
    held: str = "",
) -> Setting:
    return Setting(
        purpose=purpose,
        language=words.language,
        subject=words.subject,
        body=words.body,
        is_vip=is_vip,
        held=held,
        host=row.host,
        emblem=emblem_of(row.emblem, row.emblem_words, row.emblem_width, row.emblem_height),
        conference_code=row.conference_code,
        event_name=row.event,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        city=row.city,
        country_code=row.country_code,
        reply_to=Address(row.host, row.reply_to),
        sender=Address(sender_name or row.host, sender_address or current_app.config["MAIL_FROM"]),
    )


def _written(setting: Setting, to: Address, values: Mapping[str, str]) -> Preview:
    """The letter filled in, with a visible mark where nothing stands."""
    filled = dict(values) | shared_values(setting)
    filled["rsvp_link"] = absolute("/i/their-own-page")
    filled["unsubscribe_link"] = absolute("/u/their-own-page")
    try:
        letter = letter_of(setting)
        wording_in(setting).complete(filled)
        needed = {*letter.subject.fields, *letter.text.fields, *letter.html.fields}
        missing = sorted(name for name in needed if not filled.get(name, "").strip())
        filled |= {name: f"‹{name}?›" for name in missing}
        subject, text, html = (
            part.fill(filled) for part in (letter.subject, letter.text, letter.html)
        )
    except UnfitLetter as problem:
        return Preview("", "", "", setting.language, setting.sender, to, problem=str(problem))
    return Preview(subject, text, html, setting.language, setting.sender, to, tuple(missing))
