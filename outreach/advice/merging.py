"""The merge fields that staff may use, and what is wrong with a text before it is saved.

There is no expression language: a field is a name of this list in braces, perhaps with the words
that stand where nothing is known ("{salutation_or_name|colleague}"), and nothing else is looked at,
so nothing that staff write can run, loop or reach an object.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from outreach.advice.hyperlinks import image_problems, link_problems
from outreach.advice.sections import resolved, section_problems, variants, without_tags

FIELDS: dict[str, str] = {
    "greeting": "“Excellency,” or “Dear Ms Otieno,”: by the salutation, else by title and name",
    "salutation_or_name": "“Excellency” where one is noted, the title and name elsewhere",
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
    "answer_details": "Who gave the answer and when, and what it says besides (the same only)",
    "named_by": "Who sends the person in their place (delegations only)",
    "delegation": "The organisation whose delegation it is (delegations only)",
    "member_role": "What they are named as: head, deputy, member (delegation members only)",
    "members": "How many members the delegation may have (its focal point only)",
    "seat_role": "The role asked for: co-chair, moderator, speaker (seats only)",
    "track_name": "The track (seats only)",
    "rsvp_link": "The personal link to the answer page",
    "conference_link": "The public page of the conference, in the language of the mail",
}
"""{field: what it holds}"""

OWN = "custom_"
"""How the names of the team's own fields begin (`models.custom_field`)."""

LINKS = ("rsvp_link", "conference_link")

FIELD = re.compile(r"\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}")
"""A field; after a bar the words that stand where nothing is known."""
NOTE = re.compile(r"\[\[.*?\]\]|\[[^\]\n]*\](?!\()", re.DOTALL)
"""Anything in brackets that is not a link: a note that an editor left for themselves."""
HARD_LINK = re.compile(r"/i/[A-Za-z0-9_-]{20,}|/[suf]/[A-Za-z0-9_-]{43}")
LONGEST_DEFAULT = 200


LONGEST_BODY = 60_000
"""In bytes: with the layout a mail stays under 100 KB, past which some programs cut it off."""

POINTS = {
    "words": "Subject and letter are written",
    "fields": "Every field is one of the list",
    "sections": "Every section is ended and asks for something that exists",
    "notes": "No note in brackets is left",
    "link": "The personal link stands in everyone's letter",
    "personal": "Nobody's own link is written into the text",
    "links": "Links lead to https or to a page of this house",
    "images": "Images are this house's own and say in words what they show",
    "size": "The mail is smaller than 100 KB",
}
"""{what is looked at before a text is saved: as it is well}"""


def problems_of(
    subject: str,
    body: str,
    *,
    needs_link: bool = True,
    values: Mapping[str, Collection[str]] | None = None,
) -> Iterator[str]:
    """What must be mended before this text is saved, as sentences; nothing when all is well.

    values  {what a section asks for: the codes that exist}, where they are to be checked
    """
    for found in checked(subject, body, needs_link=needs_link, values=values).values():
        yield from found


def checked(
    subject: str,
    body: str,
    *,
    needs_link: bool = True,
    values: Mapping[str, Collection[str]] | None = None,
) -> dict[str, list[str]]:
    """{point of POINTS: what must be mended there}, in their order; "link" only where needed."""
    sections = list(section_problems(subject, body, values=values))
    found = {
        "words": list(_word_problems(subject, body)),
        "fields": [
            one
            for text in (subject, body)
            for one in _field_problems(without_tags(text), (values or {}).get("field"))
        ],
        "sections": sections,
        "notes": ["An editor's note in brackets is still there. Take it out."]
        if NOTE.search(body) or NOTE.search(subject)
        else [],
        "link": [] if sections else list(_link_problems(body)),
        "personal": ["Somebody's personal link is written into the text. Use {rsvp_link} instead."]
        if HARD_LINK.search(body)
        else [],
        "links": list(link_problems(body)),
        "images": list(image_problems(body)),
        "size": ["The letter is too long for a mail of 100 KB. Shorten it, or link to the rest."]
        if len(body.encode()) > LONGEST_BODY
        else [],
    }
    if not needs_link:
        del found["link"]
    return found


def _word_problems(subject: str, body: str) -> Iterator[str]:
    if not subject.strip():
        yield "The subject is empty."
    if any(not letter.isprintable() for letter in subject):
        yield "The subject holds a line break or a control character."
    if not body.strip():
        yield "The body is empty."


def differences(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """{language: what its letter lacks that most of the others have}, as sentences.

    texts  {language: subject and body}; a field that hardly any language uses is no lack
    """
    fields = {language: fields_in(text) for language, text in texts.items()}
    found: dict[str, list[str]] = {}
    for name in sorted(set().union(*fields.values())):
        without = [language for language in texts if name not in fields[language]]
        if without and len(without) * 2 <= len(texts):
            for language in without:
                found.setdefault(language, []).append(
                    f"{{{name}}} stands in the other languages and is missing here."
                )
    return found


def fields_in(*texts: str, is_bare: bool = False) -> set[str]:
    """The names in braces, those in sections too.

    is_bare  only where no words stand in for what is not known
    """
    return {
        match[1]
        for text in texts
        for match in FIELD.finditer(without_tags(text))
        if not (is_bare and match[2])
    }


def with_defaults(*texts: str) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The texts with a name of its own for each field that has words to stand in for it.

    Returns the texts and {that name: (the field, the words)}: "{title|Dr}" becomes "{title__1}".
    """
    taken: dict[tuple[str, str], str] = {}

    def named(match: re.Match[str]) -> str:
        name, words = match[1], match[2]
        if match.string[match.start() - 1 : match.start()] == "{":
            return match[0]  # doubled braces are no field of ours
        if words is None:
            return f"{{{name}}}"
        return f"{{{taken.setdefault((name, words), f'{name}__{len(taken) + 1}')}}}"

    written = [FIELD.sub(named, text) for text in texts]
    return written, {key: pair for pair, key in taken.items()}


def _link_problems(body: str) -> Iterator[str]:
    """The link stands in the letter of everyone, whichever sections they get."""
    without = [one for one in variants(body) if "rsvp_link" not in fields_in(resolved(body, one))]
    if not without:
        return
    whom = ""
    if "rsvp_link" in fields_in(body):
        whom = f" for whom {without[0]} holds" if without[0] else " for whom no section holds"
        whom = f" in the letter of those{whom}"
    yield f"The personal link is missing{whom}. Put {{rsvp_link}} where people shall answer."


def _field_problems(text: str, own: Collection[str] | None) -> Iterator[str]:
    known = [*FIELDS, *(own or ())]
    for name in sorted(fields_in(text).difference(known)):
        if own is None and name.startswith(OWN):
            continue
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {{{near[0]}}}?" if near else " Choose one from the list of fields."
        yield f"There is no field {{{name[:60]}}}.{hint}"
    for match in FIELD.finditer(text):
        if match[2] is not None:
            yield from _default_problems(match[1], match[2])
    bare = FIELD.sub("", text)
    if "{" in bare or "}" in bare:
        yield "A brace stands alone. Fields are written as {given_name}."


def _default_problems(name: str, words: str) -> Iterator[str]:
    if name in LINKS:
        yield f"{{{name}}} is everyone's own: nothing can stand in for it."
    elif not words:
        yield f"After the bar in {{{name}|}} stand the words for those of whom nothing is known."
    elif len(words) > LONGEST_DEFAULT or not words.isprintable():
        yield f"The words after the bar in {{{name}|…}} are too long, or more than one line."
