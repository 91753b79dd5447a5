"""What stands in the fields of a unit's letter: shared, snapshotted, or made now (the links)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from outreach.advice.hyperlinks import parameters_of, with_parameters
from outreach.advice.sections import UnfitSection, resolved
from outreach.delivery.answered import ELSEWHERE, details_of
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import Address
from outreach.delivery.phrases import (
    answer_word,
    country,
    dates,
    day,
    greetings,
    locale_of,
    member_word,
    own_word,
    place_of,
    role_word,
)
from outreach.delivery.recipients import Column
from outreach.delivery.waiting import Waiting
from outreach.delivery.wording import Emblem, Wording, wording_of
from outreach.languages import words_of
from outreach.links import absolute, link_maker
from outreach.models.custom_field import PREFIX, CustomKind
from outreach.models.message import NO_UNSUBSCRIBE, Purpose
from outreach.queries.merging import own_fields
from outreach.queries.pictures import widths_in

OF_ANSWERS = (
    Purpose.THANK_YOU, Purpose.CONFIRMATION, Purpose.MOVED, Purpose.MISS_YOU, Purpose.PRACTICAL,
    Purpose.COPY, Purpose.SEAT_ANSWER,
)  # fmt: skip


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
    conference_code: str = ""
    parameters: str = ""
    """Of the campaign, in the links of its promotion; none in personal invitations."""
    emblem: Emblem | None = None
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


def wording_in(setting: Setting) -> Wording:
    """The compiled text of a unit, its sections resolved. Raises UnfitLetter."""
    try:
        subject, body = (resolved(text, setting.held) for text in (setting.subject, setting.body))
    except UnfitSection as problem:
        raise UnfitLetter(str(problem)) from problem
    return wording_of(
        subject, body, setting.language, footer(setting), setting.is_campaign, absolute(""),
        setting.parameters, is_news=setting.purpose is Purpose.PROMOTION, emblem=setting.emblem,
        widths=widths_in(body),
    )  # fmt: skip


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
        "event_place": place_of(setting.city, land, language=setting.language),
        "host": setting.host,
        "conference_link": conference_link(setting),
    }


def conference_link(setting: Setting) -> str:
    """The public page of the conference in the language of the mail; "" where there is none."""
    if not setting.conference_code:
        return ""
    page = absolute(f"/conference/{quote(setting.conference_code)}?language={setting.language}")
    return with_parameters(page, setting.parameters)


def promoted(purpose: Purpose, campaign: str | None, campaign_id: int | None) -> str:
    """The parameters of a campaign's links, where it promotes and invites to nothing."""
    if purpose is not Purpose.PROMOTION or campaign is None or campaign_id is None:
        return ""
    return parameters_of(campaign, campaign_id)


def values_of(waiting: Waiting, setting: Setting, needed: Sequence[str]) -> dict[str, Column]:
    """The merge fields that a letter needs: what was snapshotted, and the links, made only now."""
    defaults = wording_in(setting).defaults
    behind = {name for name, _ in defaults.values()}
    values: dict[str, Column] = dict(shared_values(setting))
    for name in {*needed, *behind} - defaults.keys() - values.keys():
        values[name] = _column(name, waiting, setting)
    for own, (name, words) in defaults.items():
        column = values[name]
        if isinstance(column, str):
            values[own] = column if column.strip() else words
        else:
            values[own] = [value if value.strip() else words for value in column]
    if setting.is_campaign or "unsubscribe_link" in needed:
        values["unsubscribe_link"] = link_maker("unsubscribe", "/u/")(waiting.public_ids)
    return values


def _column(name: str, waiting: Waiting, setting: Setting) -> Column:
    if name == "rsvp_link":
        if setting.purpose is Purpose.COPY:
            return link_maker("assistant", "/a/")(waiting.public_ids)
        return _rsvp_links(waiting)
    if name == "track_name":
        return waiting.track_names or ""
    if name == "seat_role":
        return [role_word(role, setting.language) for role in waiting.seat_roles] or ""
    if name == "reply_by":
        return _days(waiting.reply_by, setting)
    if name == "answer":
        return _answers(waiting.answers, setting)
    if name == "answer_details":
        return _details(waiting, setting)
    return known_column(name, waiting.field, setting)


def _rsvp_links(waiting: Waiting) -> Sequence[str]:
    """To the seat or the delegation that is asked about, else to the invitation; empty for none."""
    purpose, path, keys = "answer", "/i/", waiting.link_keys
    if any(waiting.seat_keys):
        purpose, path, keys = "seat", "/s/", waiting.seat_keys
    elif any(waiting.delegation_keys):
        purpose, path, keys = "delegation", "/d/", waiting.delegation_keys
    make = link_maker(purpose, path)
    if all(keys):
        return make(keys)
    links = iter(make([key for key in keys if key]))
    return [next(links) if key else "" for key in keys]


MADE_OF = {
    "country": ("country_code",), "greeting": ("salutation", "title", "full_name"),
    "salutation_or_name": ("salutation", "title", "full_name"),
}  # fmt: skip
"""Fields of a letter that are made of others, which the ledger keeps."""
NOT_READ = (
    "answer_details", "track_name", "seat_role", "unsubscribe_link",
    "event_name", "event_dates", "event_place", "host", "conference_link",
)  # fmt: skip


def names_read(setting: Setting) -> tuple[str, ...]:
    """What a letter without sections needs of what the ledger keeps of a person, and of
    `waiting.OF_INVITATIONS`."""
    wording = wording_in(setting)
    parts = (wording.subject, wording.text, wording.html)
    needed = {name for part in parts for name in part.fields}
    needed |= {name for name, _ in wording.defaults.values()}
    needed -= {*NOT_READ, *wording.defaults}
    return tuple(sorted({one for name in needed for one in MADE_OF.get(name, (name,))}))


def known_column(
    name: str, kept: Callable[[str], Sequence[str]], setting: Setting
) -> Sequence[str]:
    """A personal field of everyone, out of what the ledger keeps of them; empty where it has none.

    kept  gives one of the personal merge fields of all
    """
    if name == "country":
        codes = kept("country_code")
        names = {code: country(code, setting.language) for code in set(codes)}
        return [names[code] for code in codes]
    if name in ("greeting", "salutation_or_name"):
        salutations, *titles_and_names = map(kept, MADE_OF[name])
        called = list(map(str.strip, map(" ".join, zip(*titles_and_names, strict=True))))
        if name == "greeting":
            return greetings(salutations, called, setting.language)
        if not any(salutations):
            return called
        return [one or other for one, other in zip(salutations, called, strict=True)]
    if name == "member_role":
        return [member_word(role, setting.language) for role in kept(name)]
    if name.startswith(PREFIX):
        return _own(name, kept(name), setting)
    return kept(name)


def _own(name: str, kept: Sequence[str], setting: Setting) -> Sequence[str]:
    """A field of the team's own as its language writes days and numbers. One SELECT."""
    field = own_fields().get(name)
    if field is None or field.kind not in (CustomKind.DATE, CustomKind.NUMBER):
        return kept
    locale = locale_of(setting.language)
    told = {value: own_word(value, field.kind, locale) if value else "" for value in set(kept)}
    return [told[value] for value in kept]


def _days(moments: Sequence[str], setting: Setting) -> Column:
    """The days written out; mostly a whole unit shares one."""
    locale = locale_of(setting.language)
    days = {raw: day(at, setting.time_zone, locale) if (at := _instant(raw)) else ""
            for raw in set(moments)}  # fmt: skip
    return next(iter(days.values())) if len(days) == 1 else [days[raw] for raw in moments]


def _answers(answers: Sequence[str], setting: Setting) -> Column:
    if setting.purpose not in OF_ANSWERS:
        return ""
    return [answer_word(answer, setting.language) if answer else "" for answer in answers]


def _details(waiting: Waiting, setting: Setting) -> Column:
    if setting.purpose not in OF_ANSWERS:
        return ""
    return details_of(waiting.ids, setting.time_zone, setting.language)


def _instant(written: str) -> datetime | None:
    """A time as the database writes it, aware: SQLite's is in UTC and does not say so."""
    if not written:
        return None
    at = datetime.fromisoformat(written)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def known_values(
    snapshot: Mapping[str, Any], setting: Setting, reply_by: datetime | None, answer: str | None
) -> dict[str, str]:
    """All fields of one person, without any link.

    snapshot  the personal merge fields as the ledger keeps them
    """
    names = {*snapshot, *MADE_OF} - {"country_code"}

    def kept(name: str) -> Sequence[str]:
        return [snapshot.get(name) or ""]

    values = {name: known_column(name, kept, setting)[0] for name in names}
    if reply_by is not None:
        values["reply_by"] = day(reply_by, setting.time_zone, locale_of(setting.language))
    if answer and setting.purpose in OF_ANSWERS:
        values["answer"] = answer_word(answer, setting.language)
        values["answer_details"] = words_of(setting.language).gettext(ELSEWHERE)
    return values
