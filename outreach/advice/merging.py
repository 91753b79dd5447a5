"""The merge fields that staff may use, and what is wrong with a text before it is saved.

There is no expression language: a field is a name of this list in braces, and nothing else is
looked at, so nothing that staff write can run, loop or reach an object (cases A11 to A13).
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

FIELDS: dict[str, str] = {
    "salutation_or_name": "“Your Excellency” where one is noted, the title and name elsewhere",
    "salutation": "The salutation as noted: “Your Highness”",
    "title": "The title as noted: “H.E. Mr”",
    "given_name": "Given name",
    "family_name": "Family name",
    "full_name": "The whole name, in the person's own order",
    "office": "The office held",
    "organisation": "The organisation",
    "country": "The country, in the language of the mail",
    "event_name": "The event",
    "event_dates": "Its days, in its own zone",
    "event_place": "City and country",
    "host": "Who invites",
    "reply_by": "The day until which answers count",
    "answer": "The answer that was noted (thanks and confirmations only)",
    "named_by": "Who sends the person in their place (delegations only)",
    "seat_role": "The role asked for: co-chair, moderator, speaker (seats only)",
    "track_name": "The track (seats only)",
    "rsvp_link": "The personal link to the answer page",
}
"""{field: what it holds}"""

FIELD = re.compile(r"\{\s*([^{}]*?)\s*\}")
NOTE = re.compile(r"\[\[.*?\]\]|\[[^\]\n]*\](?!\()", re.DOTALL)
"""Anything in brackets that is not a link: a note that an editor left for themselves."""
HARD_LINK = re.compile(r"/i/[A-Za-z0-9_-]{20,}")


def problems_of(subject: str, body: str, *, needs_link: bool = True) -> Iterator[str]:
    """What must be mended before this text is saved, as sentences; nothing when all is well."""
    if not subject.strip():
        yield "The subject is empty."
    if any(not letter.isprintable() for letter in subject):
        yield "The subject holds a line break or a control character."
    if not body.strip():
        yield "The body is empty."
    for text in (subject, body):
        yield from _field_problems(text)
    if NOTE.search(body) or NOTE.search(subject):
        yield "An editor's note in brackets is still there. Take it out."
    if HARD_LINK.search(body):
        yield "Somebody's personal link is written into the text. Use {rsvp_link} instead."
    if needs_link and "{rsvp_link}" not in body.replace(" ", ""):
        yield "The personal link is missing. Put {rsvp_link} where people shall answer."


def fields_in(*texts: str) -> set[str]:
    """The names in braces."""
    return {match.group(1) for text in texts for match in FIELD.finditer(text)}


def _field_problems(text: str) -> Iterator[str]:
    for name in sorted(fields_in(text) - FIELDS.keys()):
        near = get_close_matches(name, FIELDS, n=1)
        hint = f" Did you mean {{{near[0]}}}?" if near else " Choose one from the list of fields."
        yield f"There is no field {{{name[:60]}}}.{hint}"
    bare = FIELD.sub("", text)
    if "{" in bare or "}" in bare:
        yield "A brace stands alone. Fields are written as {given_name}."
