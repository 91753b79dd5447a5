"""Away from the office: whether a mail says so, and until when, in six languages."""

import re
from datetime import date, timedelta
from functools import cache

from babel.dates import get_month_names

LANGUAGES = ("en", "fr", "es", "ru", "ar")
"""Whose names of months are known; Chinese writes months as numbers."""
LONGEST_AWAY = timedelta(days=400)
_LOOKED_AT = 4_000

_SUBJECT = re.compile(
    r"\s*(?:(?:re|tr|aw|fwd?)\s*:\s*)*[\[(]?\s*(?:"
    r"out of (?:the )?office|automatic reply|auto[- ]?reply|auto[- ]?response"
    r"|away from (?:the )?office"
    r"|absence du bureau|absente? du bureau|réponse automatique|message d.absence"
    r"|fuera de (?:la )?oficina|respuesta automática|ausente de la oficina"
    r"|автоматический ответ|автоответ|вне офиса|нет на месте"
    r"|自动回复|自動回覆|自动答复|外出|不在办公室"
    r"|رد تلقائي|الرد التلقائي|خارج المكتب|رد آلي"
    r")",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_CHINESE = re.compile(r"(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]")
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?"
    r"(?:,?\s+(?:del?\s+)?(\d{4}))?"
)
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4}))?")
_NUMBERS = re.compile(r"\b(\d{1,2})([./])(\d{1,2})\2(\d{4})\b")


def says_away(subject: str) -> bool:
    """Whether a subject is that of an automatic reply."""
    return bool(_SUBJECT.match(subject[:300]))


def returns_on(text: str, sent_on: date) -> date | None:
    """The day until which someone is away: the latest one named, if it lies ahead.

    A day such as 3/4/2026, which means two days, is left alone.
    """
    text = text[:_LOOKED_AT]
    found = [*_written(text, sent_on), *_numbers(text)]
    ahead = [day for day in found if sent_on <= day <= sent_on + LONGEST_AWAY]
    return max(ahead, default=None)


def _written(text: str, sent_on: date) -> list[date]:
    months = names_of_months()
    named = [
        (year, months.get(month.casefold()), day) for day, month, year in _DAY_FIRST.findall(text)
    ]
    named += [
        (year, months.get(month.casefold()), day) for month, day, year in _MONTH_FIRST.findall(text)
    ]
    named += [(year, int(month), day) for year, month, day in _CHINESE.findall(text)]
    return [
        found for year, month, day in named if month and (found := _day(year, month, day, sent_on))
    ]


def _numbers(text: str) -> list[date]:
    found = [_day(year, int(month), day) for year, month, day in _ISO.findall(text)]
    for first, sign, second, year in _NUMBERS.findall(text):
        if sign == "." or first == second or int(first) > 12:
            found.append(_day(year, int(second), first))
        elif int(second) > 12:
            found.append(_day(year, int(first), second))
    return [day for day in found if day]


def _day(year: str, month: int, day: str, sent_on: date | None = None) -> date | None:
    """The day; without a year the next one of this name. None where there is no such day."""
    try:
        if year or sent_on is None:
            return date(int(year), month, int(day))
        this_year = date(sent_on.year, month, int(day))
        return this_year if this_year >= sent_on else date(sent_on.year + 1, month, int(day))
    except ValueError:
        return None


@cache
def names_of_months() -> dict[str, int]:
    """{name of a month in small letters: its number}, long and short, in LANGUAGES."""
    names: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names[name.casefold().rstrip(".")] = number
    return names
