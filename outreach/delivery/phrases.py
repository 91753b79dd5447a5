"""Words of a mail that are ours, not staff's: dates, answers and roles in the six languages."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date

ANSWERS = {
    "en": {
        "accepted": "you accept",
        "declined": "you decline",
        "tentative": "you may come",
        "delegated": "you send someone",
    },
    "fr": {
        "accepted": "vous acceptez",
        "declined": "vous déclinez",
        "tentative": "vous viendrez peut-être",
        "delegated": "vous envoyez quelqu’un",
    },
    "es": {
        "accepted": "acepta",
        "declined": "declina",
        "tentative": "quizá asista",
        "delegated": "envía a otra persona",
    },
    "ru": {
        "accepted": "вы принимаете",
        "declined": "вы отказываетесь",
        "tentative": "вы, возможно, приедете",
        "delegated": "вы направляете другое лицо",
    },
    "ar": {
        "accepted": "قبول الدعوة",
        "declined": "الاعتذار",
        "tentative": "حضور محتمل",
        "delegated": "إيفاد شخص آخر",
    },
    "zh": {
        "accepted": "接受邀请",
        "declined": "婉谢邀请",
        "tentative": "可能出席",
        "delegated": "委派他人出席",
    },
}
ROLES = {
    "en": {"co_chair": "co-chair", "moderator": "moderator", "speaker": "speaker"},
    "fr": {"co_chair": "coprésident", "moderator": "modérateur", "speaker": "orateur"},
    "es": {"co_chair": "copresidente", "moderator": "moderador", "speaker": "orador"},
    "ru": {"co_chair": "сопредседатель", "moderator": "модератор", "speaker": "докладчик"},
    "ar": {"co_chair": "رئيس مشارك", "moderator": "مدير الجلسة", "speaker": "متحدث"},
    "zh": {"co_chair": "联合主席", "moderator": "主持人", "speaker": "发言人"},
}


@lru_cache(64)
def locale_of(language: str) -> Locale:
    """The CLDR locale of a language tag; English where there is none."""
    if language == "en":
        language = "en-GB"  # days before months, as the field writes them
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def dates(starts_at: datetime, ends_at: datetime, time_zone: str, locale: Locale) -> str:
    """The days of an event in its zone, as the language writes an interval (CLDR)."""
    zone = ZoneInfo(time_zone)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    if first == last:
        return format_date(first, "long", locale=locale)
    differs = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    patterns = locale.interval_formats.get("yMMMd", {}).get(differs)
    if not patterns:
        return f"{format_date(first, 'long', locale=locale)} – {format_date(last, 'long', locale=locale)}"
    # A letter writes its months in full; CLDR has intervals with abbreviated ones only.
    return "".join(
        format_date(day, pattern.replace("MMM", "MMMM"), locale=locale)
        for day, pattern in zip((first, last), patterns, strict=True)
    )


def answer_word(answer: str, language: str) -> str:
    """An answer as it is told to the person."""
    return ANSWERS.get(language, ANSWERS["en"]).get(answer, answer)


def role_word(role: str, language: str) -> str:
    """A seat's role."""
    return ROLES.get(language, ROLES["en"]).get(role, role)
