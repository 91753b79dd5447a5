"""A unit of the ledger → a letter and its recipients. What cannot be rendered is held, by name."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import current_app
from sqlalchemy import bindparam, select

from outreach import clock
from outreach.advice.sections import has_sections
from outreach.db import reading
from outreach.delivery.calendar_mail import CARRYING, calendars_of
from outreach.delivery.fields import Setting, names_read, promoted, values_of, wording_in
from outreach.delivery.letter import Compiled, Kind, UnfitLetter
from outreach.delivery.mailer import Address, Attachment, Letter
from outreach.delivery.phrases import copy_words
from outreach.delivery.recipients import Column, Recipients
from outreach.delivery.waiting import Waiting, who_waits
from outreach.delivery.wording import emblem_of
from outreach.dialect import indexes_preferred
from outreach.models.campaign import Campaign
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.message import Purpose, Unit
from outreach.models.picture import Picture
from outreach.models.template import TemplateText
from outreach.prepared import Prepared
from outreach.queries.pictures import EMBLEM

OTHER_SECTIONS = "Other sections of the letter are for this person: release it to go by itself."


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mailer is given, and who is held back: {reason: message ids}."""

    letter: Letter
    recipients: Recipients
    ids: Sequence[int]
    """Their messages, in the same order."""
    held: dict[str, list[int]] = field(default_factory=dict)

    def going(self, public_ids: Collection[str]) -> Recipients:
        """Those of them who are still to get it."""
        everyone = self.recipients.public_ids
        if list(public_ids) == list(everyone):
            return self.recipients
        return self.recipients.only([i for i, one in enumerate(everyone) if one in public_ids])


def render_unit(unit_id: int) -> Rendered:
    """The letter of a unit and everyone who waits in it. Two SELECTs, or three with calendars."""
    setting = _setting(unit_id)
    is_varied = has_sections(setting.subject, setting.body)
    waiting = who_waits(unit_id, setting.purpose, None if is_varied else _needed(setting))
    held: dict[str, list[int]] = {}
    if is_varied:
        setting, waiting = _of_one_variant(setting, waiting, held)
    try:
        letter = letter_of(setting)
    except UnfitLetter as problem:
        reason = f"The text cannot become a mail: {problem}"
        nothing = Compiled(Kind.TEXT, [""], [])
        letter = Letter(setting.sender, nothing, nothing, nothing)
        return Rendered(letter, _nobody(), [], held | {reason: list(waiting.ids)})
    needed = sorted({*letter.subject.fields, *letter.text.fields, *letter.html.fields})
    values = values_of(waiting, setting, needed)
    unfit: set[int] = set()
    for name in needed:
        blank = _blank_in(values[name], len(waiting.ids)) - unfit
        if blank:
            reason = f"Nothing stands in the field {{{name}}} for this person."
            held[reason] = [waiting.ids[index] for index in sorted(blank)]
            unfit |= blank
    recipients, ids = _recipients(unit_id, waiting, values, setting), waiting.ids
    if unfit:
        fit = [index for index in range(len(ids)) if index not in unfit]
        recipients, ids = recipients.only(fit), [ids[index] for index in fit]
    return Rendered(letter, recipients, ids, held)


def _needed(setting: Setting) -> tuple[str, ...]:
    try:
        return names_read(setting)
    except UnfitLetter:
        return ()  # it is said where the letter is made


def _nobody() -> Recipients:
    return Recipients([], [], [], [], {}, {})


def _blank_in(column: Column, count: int) -> set[int]:
    """The indexes of those for whom nothing stands there."""
    if isinstance(column, str):
        return set() if column.strip() else set(range(count))
    if all(column) and not any(map(str.isspace, column)):
        return set()
    return {index for index, value in enumerate(column) if not value.strip()}


def letter_of(setting: Setting) -> Letter:
    """The compiled letter of a unit. Raises UnfitLetter."""
    wording = wording_in(setting)
    headers = {"Auto-Submitted": "auto-generated"}
    if setting.is_campaign:
        list_id = f"{setting.purpose.value.replace('_', '-')}.outreach.{setting.domain}"
        headers = {"List-Id": f"<{list_id}>"}
    return Letter(
        sender=setting.sender,
        reply_to=setting.reply_to,
        subject=wording.subject,
        text=wording.text,
        html=wording.html,
        headers=headers,
        is_personal=setting.is_vip,
    )


def _of_one_variant(
    setting: Setting, waiting: Waiting, held: dict[str, list[int]]
) -> tuple[Setting, Waiting]:
    """The setting with the sections of most people of the unit, and those who share them.

    A unit is cut so that everyone does; who does not is held, and goes alone when released.
    """
    sections = waiting.field("sections")
    usual = Counter(sections).most_common(1)[0][0] if sections else ""
    others = [one for one, held_of in zip(waiting.ids, sections, strict=True) if held_of != usual]
    if others:
        held[OTHER_SECTIONS] = others
        waiting = waiting.only([i for i, held_of in enumerate(sections) if held_of == usual])
    return replace(setting, held=usual), waiting


def _recipients(
    unit_id: int, waiting: Waiting, values: Mapping[str, Column], setting: Setting
) -> Recipients:
    headers: dict[str, Column] = {}
    if setting.is_campaign:
        headers = {
            "List-Unsubscribe": [f"<{link}>" for link in values["unsubscribe_link"]],
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    attachments: list[tuple[Attachment, ...]] = []
    if setting.has_calendar:
        calendars = calendars_of(unit_id, setting.purpose, setting.language, at=clock.now())
        attachments = [calendars.get(message_id, ()) for message_id in waiting.ids]
    after = f"@{setting.domain}>"
    message_ids = [f"<{public_id}{after}" for public_id in waiting.public_ids]
    return Recipients(
        waiting.public_ids, message_ids, waiting.names, waiting.addresses, values, headers,
        attachments if any(attachments) else (),
    )  # fmt: skip


def _setting(unit_id: int) -> Setting:
    row = _SETTING.first(reading().connection(), {"unit": unit_id})
    body = row.body
    if row.purpose is Purpose.COPY:
        body = f"*{copy_words(row.language)}*\n\n{body}"
    return Setting(
        purpose=row.purpose,
        language=row.language,
        subject=row.subject,
        body=body,
        is_vip=row.is_vip,
        has_calendar=row.purpose in CARRYING
        and (row.has_calendar or row.purpose is not Purpose.INVITATION),
        sender=Address(
            row.sender_name or row.host, row.sender_address or current_app.config["MAIL_FROM"]
        ),
        reply_to=Address(row.host, row.reply_to),
        host=row.host,
        emblem=emblem_of(row.emblem, row.emblem_words, row.emblem_width, row.emblem_height),
        conference_code=row.conference_code,
        parameters=promoted(row.purpose, row.campaign_name, row.campaign_id),
        event_name=row.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        city=row.city,
        country_code=row.country_code,
    )


_SETTING = Prepared(
    select(
        Unit.purpose, TemplateText.language, TemplateText.subject, TemplateText.body, Unit.is_vip,
        Campaign.has_calendar, Campaign.sender_name, Campaign.sender_address, Conference.host,
        Conference.reply_to, Conference.code.label("conference_code"),
        Campaign.id.label("campaign_id"), Campaign.name.label("campaign_name"),
        Event.name, Event.starts_at, Event.ends_at, Event.time_zone,
        Event.city, Event.country_code, *EMBLEM, indexes_preferred().label("preferred"),
    )
    .join(TemplateText, TemplateText.id == Unit.text_id)
    .join(Event, Event.id == Unit.event_id)
    .join(Conference, Conference.id == Event.conference_id)
    .outerjoin(Picture, Picture.id == Conference.emblem_id)
    .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
    .where(Unit.id == bindparam("unit"))
)  # fmt: skip
"""What all messages of a unit share. Statements that run for every unit are built once.

With its statistics PostgreSQL would hash all invitations for each unit, where it reads who waits.
"""
