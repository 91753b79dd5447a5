"""What can be chosen for each facet of a rule, and what people call it."""

from functools import cache
from typing import Any

from babel import Locale
from sqlalchemy import JSON, Select, cast, literal, null, select, union_all

from outreach.advice.segment_words import word_for
from outreach.advice.segments import ANSWERS, CUSTOM, DECISIONS, FACETS, GENDERS, QUESTION, Rule
from outreach.db import reading
from outreach.intake.countries import is_country
from outreach.models.account import PROMOTING, Account
from outreach.models.conference import ConstituentGroup, Region
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject
from outreach.models.event import Event, EventKind
from outreach.models.kind import KINDS
from outreach.models.question import Question, QuestionKind, words_in
from outreach.models.tag import Tag
from outreach.models.target import TargetList
from outreach.queries.custom_fields import custom_fields

MOST = 300
LONGEST_NAMED = 80
"""Of a question, where it stands in a sentence."""
_DUE = ("past", "within-3", "within-7", "within-14", "within-30")
_WRITTEN = ("never", "ever", "within-7", "within-30", "before-14", "before-30", "before-90")
ENGLISH = Locale("en")


def choices(facet: str, conference_id: int) -> list[tuple[str, str]]:
    """(value, what people call it) for a menu; none where values are typed. One SELECT at most."""
    if facet.startswith(CUSTOM):
        return _of_own_field(facet.removeprefix(CUSTOM))
    if facet.startswith(QUESTION):
        return _of_question(int(facet.removeprefix(QUESTION)))
    known = _fixed().get(facet)
    if known is not None:
        return known
    statement = _asked(facet, conference_id)
    if statement is None:
        return []
    rows = [(str(value), str(name)) for value, name in reading().execute(statement.limit(MOST))]
    return [*rows, ("nobody", "nobody")] if facet == "owner" else rows


class Names:
    """What values are called; each facet's choices are asked for once, when they are needed."""

    def __init__(self, conference_id: int) -> None:
        self._conference_id = conference_id
        self._known: dict[str, dict[str, str]] = {}

    def __call__(self, facet: str, value: str) -> str:
        facet = "attended" if facet == "event" else facet
        if facet not in self._known:
            self._known[facet] = dict(choices(facet, self._conference_id))
        return self._known[facet].get(value) or _spare(facet, value)


def _spare(facet: str, value: str) -> str:
    """A name for what is not among the choices: another country, a list that is gone."""
    if facet == "country":
        return str(ENGLISH.territories.get(value, value))
    return value


def own_labels(conference_id: int) -> dict[str, str]:
    """{`custom_CODE`: label} of the custom fields in use, then {`question_ID`: its words and its
    event} of what a conference's forms ask, or asked. One SELECT, of at most 300 lines of each."""
    fields = (
        select(
            literal(0), CustomField.position, CustomField.id, CustomField.code, CustomField.label,
            cast(null(), JSON),
        )
        .where(CustomField.retired_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
        .limit(MOST)
    )  # fmt: skip
    asked = (
        select(
            literal(1), Question.event_id, Question.id, literal(""), Event.name, Question.texts
        )
        .join(Event, Event.id == Question.event_id)
        .where(Event.conference_id == conference_id)
        .order_by(Question.id.desc())
        .limit(MOST)
    )  # fmt: skip
    both = union_all(*(select(part.subquery()) for part in (fields, asked)))
    labels: dict[str, str] = {}
    for _, _, id_, code, name, texts in sorted(reading().execute(both), key=lambda row: row[:3]):
        if texts is None:
            labels[f"{CUSTOM}{code}"] = name
        else:
            labels[f"{QUESTION}{id_}"] = f"{_short(words_in(texts, 'en')['text'])} ({name})"
    return labels


def labels_of_organisations(_conference_id: int) -> dict[str, str]:
    """{`custom_CODE`: label} of the custom fields of organisations in use. One SELECT."""
    return {field.name: field.label for field in custom_fields(CustomSubject.ORGANISATION)}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAMED else f"{text[: LONGEST_NAMED - 1].rstrip()}…"


def event_codes(conference_id: int) -> list[tuple[str, str]]:
    """(code, name) of the events whose answers can be asked about, the conference first."""
    return choices("attended", conference_id)


def needs_labels(rule: Rule) -> bool:
    """Whether a custom field stands in it."""
    return any(one.facet.startswith(CUSTOM) for one in rule.conditions)


def _asked(facet: str, conference_id: int) -> Select[Any] | None:
    statements: dict[str, Any] = {
        "group": select(ConstituentGroup.code, ConstituentGroup.name).order_by(
            ConstituentGroup.position
        ),
        "region": select(Region.code, Region.name)
        .where(Region.conference_id == conference_id)
        .order_by(Region.name),
        "tag": select(Tag.name_key, Tag.name).order_by(Tag.name_key),
        "owner": select(Account.id, Account.name)
        .where(Account.is_disabled.is_(False), Account.role.in_(PROMOTING))
        .order_by(Account.name, Account.id),
        "list": select(TargetList.code, TargetList.name)
        .join(TargetList.event)
        .where(Event.conference_id == conference_id)
        .order_by(TargetList.name, TargetList.id),
        "attended": select(Event.code, Event.name)
        .where(Event.conference_id == conference_id)
        .order_by(Event.kind != EventKind.CONFERENCE, Event.starts_at, Event.id),
    }
    return statements.get(facet)


@cache
def _fixed() -> dict[str, list[tuple[str, str]]]:
    spoken = ("ar", "zh", "en", "fr", "ru", "es")
    kinds = [(kind.value, f"{word.lower()}s".replace("ys", "ies")) for kind, word in KINDS.items()]
    return {
        "country": _countries(),
        "language": [(code, str(ENGLISH.languages[code])) for code in spoken],
        "gender": list(GENDERS.items()),
        "kind": kinds,
        "star": [("yes", "stars"), ("nominated", "nominated as stars")],
        "tier": [(number, number) for number in "123"],
        "wave": [(number, number) for number in "123456789"],
        "decision": list(DECISIONS.items()),
        "answer": list(ANSWERS.items()),
        "due": [(value, word_for("due", value, _as_is)) for value in _DUE],
        "contacted": [(value, word_for("contacted", value, _as_is)) for value in _WRITTEN],
        "address": [("any", "an address")],
        "words": [],
    }  # fmt: skip


def _countries() -> list[tuple[str, str]]:
    named = [(str(code), str(name)) for code, name in ENGLISH.territories.items()]
    return sorted((entry for entry in named if is_country(entry[0])), key=lambda one: one[1])


def _as_is(_facet: str, value: str) -> str:
    return value


def _of_own_field(code: str) -> list[tuple[str, str]]:
    field = (
        reading()
        .execute(select(CustomField.kind, CustomField.choices).where(CustomField.code == code))
        .one_or_none()
    )
    if field is None or field.kind in (CustomKind.TEXT, CustomKind.NUMBER, CustomKind.DATE):
        return []
    if field.kind is CustomKind.YES_NO:
        return [("yes", "yes"), ("no", "no")]
    return [(choice, choice) for choice in field.choices]


def _of_question(number: int) -> list[tuple[str, str]]:
    row = (
        reading()
        .execute(select(Question.kind, Question.texts).where(Question.id == number))
        .one_or_none()
    )
    if row is None or row.kind in (QuestionKind.TEXT, QuestionKind.DATE):
        return []
    if row.kind is QuestionKind.YES_NO:
        return [("yes", "yes"), ("no", "no"), ("any", "anything")]
    words = enumerate(words_in(row.texts, "en")["choices"])
    return [*((str(place), choice) for place, choice in words), ("any", "anything")]


def span_of(facet: str) -> str:
    """`number` or `date` where a value is from one to another of these, `text` where it is typed;
    nothing where values are chosen. One SELECT where the team itself defined it."""
    if facet.startswith(QUESTION):
        number = int(facet.removeprefix(QUESTION))
        kind = reading().scalar(select(Question.kind).where(Question.id == number))
        return kind.value if kind in (QuestionKind.DATE, QuestionKind.TEXT) else ""
    if facet.startswith(CUSTOM):
        code = facet.removeprefix(CUSTOM)
        own = reading().scalar(select(CustomField.kind).where(CustomField.code == code))
        typed = (CustomKind.NUMBER, CustomKind.DATE, CustomKind.TEXT)
        return own.value if own in typed else ""
    return ""


ADDABLE = tuple(code for code in FACETS if code != "words")
