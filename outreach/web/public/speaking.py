"""What the public pages say, in the language that was chosen or that the browser asks for."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import render_template, request

from outreach.delivery.phrases import country, dates, place_of
from outreach.intake.countries import is_country
from outreach.languages import (
    direction_of,
    languages,
    locale_of,
    marked,
    name_of,
    spoken,
    words_of,
)
from outreach.queries.conference_pages import EventLine, PublicPage

ABOUT = marked(
    "Administrations, development banks, companies, universities and young people meet to agree "
    "what connectivity can do for development, and who will pay for it."
)


def language_for(page: PublicPage | None) -> str:
    """What was chosen, else what the browser asks for, else the conference's."""
    chosen = request.args.get("language", "")
    if chosen in languages():
        return chosen
    best = request.accept_languages.best_match(languages())
    return spoken(best, page.language if page else None)


def say(text: str, language: str) -> str:
    """A marked text in a language."""
    return str(words_of(language).gettext(text))


def about(page: PublicPage, language: str) -> str:
    """What it is about: the team's own words in this language, else ours."""
    return str(page.about.get(language) or say(ABOUT, language))


def days(event: EventLine, language: str) -> str:
    """Its days, in its own zone."""
    return dates(event.starts_at, event.ends_at, event.time_zone, locale_of(language))


def place(event: EventLine, language: str) -> str:
    """City and country."""
    land = country(event.country_code, language)
    return place_of(event.city, land, language=language)


def day(at: datetime, time_zone: str, language: str) -> str:
    """A day, written out."""
    local = at.astimezone(ZoneInfo(time_zone)).date()
    return str(format_date(local, "long", locale=locale_of(language)))


def countries(language: str) -> list[tuple[str, str]]:
    """(code, name) of the countries, in the order of the language."""
    names = locale_of(language).territories
    found = [(code, name) for code, name in names.items() if is_country(code)]
    return sorted(found, key=lambda pair: str(pair[1]).casefold())


def shown(name: str, page: PublicPage, language: str, **context: Any) -> str:
    """A public page from the template of this name."""
    return render_template(
        f"public/{name}",
        page=page,
        language=language,
        direction=direction_of(language),
        tongues=[(code, name_of(code), direction_of(code)) for code in languages()],
        _=words_of(language).gettext,
        days=lambda event: days(event, language),
        place=lambda event: place(event, language),
        about=about(page, language),
        **context,
    )
