"""Who gave an answer and what it says besides yes and no, as a mail tells the invitee of record.

A mail may be read by others than the person: what they need of a personal kind (a diet, access with
a disability, their own words) stands on their page alone, and so does the note.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date

from outreach.delivery.phrases import day, listed, set_apart
from outreach.languages import locale_of, marked, words_of
from outreach.queries.answers import Told, answers_told
from outreach.queries.questions import sessions_of

REASONS = {
    "other_duty": marked("Another engagement at that time"),
    "travel": marked("Travel or visa"),
    "means": marked("No means for it"),
    "not_mine": marked("It is not my field"),
    "other": marked("Another reason"),
}
ATTENDANCES = {"in_person": marked("In person"), "remote": marked("From afar, by video")}
NEEDS = {
    "accessibility": marked("Access for a person with a disability"),
    "interpretation": marked("Interpretation"),
    "visa_letter": marked("A letter for a visa"),
    "diet": marked("A diet"),
}
OPEN_NEEDS = ("interpretation", "visa_letter")
"""What says nothing of a person's body or belief."""
ELSEWHERE = marked("Your personal page shows all that was noted.")

WAYS = {
    "link": marked("It was given on your personal page on %(day)s."),
    "calendar": marked("It was given by your calendar on %(day)s."),
    "staff": marked("It was written down by the organisers on %(day)s."),
    "letter": marked("It was written down by the organisers on %(day)s."),
    "undo": marked("A change was taken back on %(day)s."),
}
BY_NAME = {
    "staff": marked("It was given by %(name)s and written down by the organisers on %(day)s."),
    "letter": marked("It was given by %(name)s and written down by the organisers on %(day)s."),
    "undo": marked("%(name)s took a change back on %(day)s."),
}
BY = marked("It was given by %(name)s on %(day)s.")


def details_of(message_ids: Sequence[int], zone: str, language: str) -> list[str]:
    """A few sentences for each of these mails; never nothing. Two SELECTs, three with sessions.

    zone  of the event, whose days these are
    """
    told = answers_told(message_ids)
    coming = next((one.event_id for one in told.values() if "sessions" in one.particulars), None)
    sessions = {one.code: one.name for one in sessions_of(coming)} if coming else {}
    return [
        _sentences(told[each], sessions, zone, language)
        if each in told
        else words_of(language).gettext(ELSEWHERE)
        for each in message_ids
    ]


def _sentences(told: Told, sessions: Mapping[str, str], zone: str, language: str) -> str:
    t = words_of(language)
    when = {"day": day(told.given_at, zone, locale_of(language))}
    if told.given_by:
        words = BY_NAME.get(told.channel, BY)
        when["name"] = set_apart(told.given_by, language)
    else:
        words = WAYS.get(told.channel, WAYS["staff"])
    stop = str(t.pgettext("the end of a sentence", "."))
    parts = [t.gettext(words) % when, *_besides(told.particulars, sessions, language)]
    return " ".join(part if part.endswith(stop) else part + stop for part in parts)


def _besides(said: Mapping[str, Any], sessions: Mapping[str, str], language: str) -> Iterator[str]:
    t = words_of(language)
    if name := said.get("sends"):
        yield t.gettext("You send %(name)s.") % {"name": set_apart(name, language)}
    if reason := REASONS.get(said.get("reason", "")):
        yield t.gettext("Reason: %(reason)s") % {"reason": t.gettext(reason)}
    if decided := said.get("decide_on"):
        known = format_date(date.fromisoformat(decided), "long", locale=locale_of(language))
        yield t.gettext("You expect to know by %(day)s.") % {"day": known}
    if way := ATTENDANCES.get(said.get("attendance", "")):
        yield t.gettext(way)
    parts = [
        *(format_date(date.fromisoformat(one), "full", locale=locale_of(language))
          for one in said.get("days", ())),
        *(set_apart(sessions.get(one, one), language) for one in said.get("sessions", ())),
    ]  # fmt: skip
    if parts:
        yield " ".join((t.gettext("You come to:"), listed(parts, language)))
    if party := said.get("party"):
        yield t.ngettext("%(num)d person comes along.", "%(num)d people come along.", party) % {
            "num": party
        }
    yield from _needed(said, language)


def _needed(said: Mapping[str, Any], language: str) -> Iterator[str]:
    t = words_of(language)
    needs = said.get("needs", ())
    if plain := [t.gettext(NEEDS[need]) for need in needs if need in OPEN_NEEDS]:
        yield " ".join((t.gettext("You need:"), listed(plain, language)))
    if len(plain) < len(needs) or said.get("needs_note"):
        yield t.gettext("What else you need is noted; your personal page shows it.")
