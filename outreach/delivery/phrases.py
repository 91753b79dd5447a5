"""Words of a mail that are ours, not staff's: dates, answers and roles in the six languages."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from outreach.languages import direction_of, locale_of, marked, words_of
from outreach.models.custom_field import CustomKind

__all__ = [
    "answer_word",
    "comma",
    "copy_words",
    "country",
    "dates",
    "day",
    "greeting",
    "greetings",
    "listed",
    "locale_of",
    "member_word",
    "own_word",
    "place_of",
    "role_word",
    "semicolon",
    "set_apart",
    "stop_words",
]

ANSWERS = {
    "accepted": marked("you accept"),
    "declined": marked("you decline"),
    "tentative": marked("you cannot say yet"),
    "delegated": marked("you send someone in your place"),
    "silent": marked("you have taken your answer back, and none is noted"),
    "asked": marked("you have taken your answer back, and none is noted"),
    "withdrawn": marked("you are no longer asked to take this seat"),
}
ROLES = {
    "co_chair": marked("co-chair"),
    "moderator": marked("moderator"),
    "speaker": marked("speaker"),
}

_WHOLE = re.compile(
    r"(dear|your|excellenc|highness|majesty|eminence|mr president|madam|sir\b|尊敬|敬爱)",
    re.IGNORECASE,
)
"""How a salutation begins that needs no word before it, in the languages that have such a word."""

_MONTH = re.compile(r"(?<!M)MMM(?!M)")


@lru_cache(512)
def dates(starts_at: datetime, ends_at: datetime, time_zone: str, locale: Locale) -> str:
    """The days of an event in its zone, as the language writes an interval (CLDR)."""
    zone = ZoneInfo(time_zone)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    if first == last:
        return format_date(first, "long", locale=locale)
    differs = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    intervals = locale.interval_formats
    patterns = (intervals.get("yMMMMd") or intervals.get("yMMMd") or {}).get(differs)
    if not patterns:
        return " – ".join(format_date(day, "long", locale=locale) for day in (first, last))
    # A letter writes its months in full; for most languages CLDR has abbreviated ones only.
    return "".join(
        format_date(day, _MONTH.sub("MMMM", pattern), locale=locale)
        for day, pattern in zip((first, last), patterns, strict=True)
    )


@lru_cache(4_096)
def day(at: datetime, time_zone: str, locale: Locale) -> str:
    """The day of an instant in a zone, written out. A whole unit shares a few of them."""
    return str(format_date(at.astimezone(ZoneInfo(time_zone)).date(), "long", locale=locale))


def own_word(value: str, kind: CustomKind, locale: Locale) -> str:
    """A day or number of a field of the team's own, as the language writes it (CLDR)."""
    if kind is CustomKind.DATE:
        return str(format_date(date.fromisoformat(value), "long", locale=locale))
    number = Decimal(value)
    # A year is a number too: 2,027 would be read as another.
    pattern = "#,##0.######" if abs(number) >= 10_000 else "0.######"
    return str(format_decimal(number, pattern, locale=locale))


@lru_cache(4_096)
def country(code: str, language: str) -> str:
    """A country in a language; the code itself where CLDR has no name for it."""
    return str(locale_of(language).territories.get(code, code)) if code else ""


@lru_cache(1_024)
def answer_word(answer: str, language: str) -> str:
    """An answer as it is told to the person."""
    return str(words_of(language).gettext(ANSWERS.get(answer, answer)))


def place_of(*parts: str, language: str) -> str:
    """Venue, city, country: what is known of them, apart by the comma of the language."""
    return comma(language).join(part for part in parts if part)


def comma(language: str) -> str:
    """Between two parts of a line, as the language writes it."""
    return str(words_of(language).pgettext("between two parts of a line", ", "))


def semicolon(language: str) -> str:
    """Between the parts of a list in which commas may stand, as the language writes it."""
    return str(words_of(language).pgettext("between the parts of a list", "; "))


def listed(parts: Iterable[str], language: str) -> str:
    """Parts in which commas may stand, in a row."""
    return semicolon(language).join(parts)


def greetings(salutations: Iterable[str], names: Sequence[str], language: str) -> list[str]:
    """`greeting` of many; "" of those who have neither. Most of a unit have no salutation, and what
    is done for each of them alone would be a tenth of their mail's work."""
    by_name = _greeting_words(language)["by name"].replace("%(name)s", "%s")
    return [
        greeting(one, name, language) if one else by_name % name if name else ""
        for one, name in zip(salutations, names, strict=True)
    ]


def greeting(salutation: str, name: str, language: str) -> str:
    """How a person is addressed: by the salutation that is noted, else by title and name.

    "Dear Ms Otieno," but "Excellency,": what is a whole address of its own stands alone.
    """
    kind = "by name"
    if salutation:
        kind = "whole" if _WHOLE.match(salutation) else "by salutation"
    called = salutation.rstrip(" ,:!،，：") or name
    return _greeting_words(language)[kind] % {"name": called}


@lru_cache
def _greeting_words(language: str) -> dict[str, str]:
    """How each kind of greeting is written, around `%(name)s`."""
    t, around = words_of(language), {"name": set_apart("%(name)s", language)}
    return {
        "by name": str(t.pgettext("greeting by title and name", "Dear %(name)s,")) % around,
        "whole": str(t.pgettext("greeting by a salutation that stands alone", "%(name)s,"))
        % around,
        "by salutation": str(t.pgettext("greeting by a salutation", "Dear %(name)s,")) % around,
    }


def set_apart(text: str, language: str) -> str:
    """A name in plain text, which may be written in the other direction (Unicode UAX 9)."""
    return f"\u2068{text}\u2069" if direction_of(language) == "rtl" else text


@lru_cache(64)
def role_word(role: str, language: str) -> str:
    """A seat's role."""
    return str(words_of(language).gettext(ROLES.get(role, role)))


@lru_cache(64)
def member_word(role: str, language: str) -> str:
    """What someone is named as, of a delegation."""
    t = words_of(language)
    words = {
        "head": t.pgettext("named as … of the delegation of an organisation", "the head"),
        "deputy": t.pgettext("named as … of the delegation of an organisation", "a deputy head"),
    }
    member = t.pgettext("named as … of the delegation of an organisation", "a member")
    return str(words.get(role, member))


@lru_cache(64)
def copy_words(language: str) -> str:
    """Above a letter, for the assistant of the person to whom it went; it holds {full_name}."""
    words = marked("This is a copy of what %(name)s was sent. You may answer in their place.")
    return str(words_of(language).gettext(words) % {"name": "{full_name}"})


def stop_words(language: str, *, is_news: bool) -> str:
    """Under a campaign's mail: the link that stops such mail."""
    words = marked("Stop campaign mail to this address")
    if is_news:
        words = marked("Stop news to this address")
    return str(words_of(language).gettext(words))
