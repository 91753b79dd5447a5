"""The languages of everything that invitees read: one folder of `translations/` for each.

The texts stand in the source in English; a folder holds the same in its language, as a gettext
catalogue (docs/languages.md). Catalogues are read once for each process.
"""

from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"
DOMAIN = "messages"


def marked(text: str) -> str:
    """The text itself; it is found by this mark and translated where it is shown."""
    return text


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, in the order of their own names."""
    found = {path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return tuple(sorted(found | {SOURCE}, key=lambda code: name_of(code).casefold()))


@cache
def words_of(language: str) -> NullTranslations:
    """The catalogue of a language; the English of the source where there is none."""
    if language == SOURCE or language not in languages():
        return NullTranslations()
    return Translations.load(FOLDER, [language], DOMAIN)


@cache
def locale_of(language: str) -> Locale:
    """The CLDR locale of a language tag; English where there is none."""
    if language == "en":
        language = "en-GB"  # days before months, as the field writes them
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


@cache
def name_of(language: str) -> str:
    """A language in its own words: "Français"."""
    name = str(Locale.parse(language, sep="-").get_language_name(language) or language)
    return name[:1].upper() + name[1:]


@cache
def direction_of(language: str) -> str:
    """`rtl` or `ltr`."""
    return str(locale_of(language).text_direction)


def spoken(*wishes: str | None) -> str:
    """The first wish that is a language of ours, `fr-CH` counting as `fr`; English else."""
    for wish in wishes:
        code = (wish or "").replace("_", "-").partition("-")[0].lower()
        if code in languages():
            return code
    return SOURCE
