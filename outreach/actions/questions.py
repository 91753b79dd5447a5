"""What an event's answer form asks: questions of staff's own, and the few that any event may."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.event import NEEDS, Event, Parts
from outreach.models.invitation import Reply
from outreach.models.question import MOST_QUESTIONS, Question, QuestionKind

LONGEST = 500
"""Characters of a question, and of a choice."""
LARGEST_FORM = 7 * 1024
"""Bytes that its questions may add to a page, compressed: with them it still fits 14 KB."""
BYTES_OF_FIELD = 30
"""What a question or a choice adds besides its words, compressed."""


class UnfitQuestion(Refusal):
    """The question cannot be asked so; says what is wrong."""


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question in one language."""

    text: str
    choices: Sequence[str] = ()
    hint: str = ""


def add_question(
    event_id: int,
    kind: QuestionKind,
    texts: Mapping[str, QuestionText],
    required_for: Collection[Reply],
    *,
    asked_of: Collection[Reply] = (),
    by: Actor,
    at: datetime,
) -> int:
    """Put a question at the end of an event's form; gives its id. Raises UnfitQuestion.

    required_for, asked_of  replies; none in `asked_of`: whoever answers is asked
    """
    with transaction() as session:
        event = session.get(Event, event_id, with_for_update=True)
        if event is None:
            raise NotFound("event")
        _check(kind, texts, event.conference.language)
        _check_asked(required_for, asked_of)
        asked = session.execute(
            select(Question.position, Question.texts)
            .where(Question.event_id == event_id, Question.retired_at.is_(None))
            .order_by(Question.position)
        ).all()
        if len(asked) >= MOST_QUESTIONS:
            raise Conflict(f"The form has {MOST_QUESTIONS} questions. Take one out first.")
        question = Question(
            event_id=event_id, kind=kind, position=asked[-1].position + 1 if asked else 1,
            required_for=[reply.value for reply in Reply if reply in required_for],
            asked_of=[reply.value for reply in Reply if reply in asked_of],
            texts=_kept(texts),
        )  # fmt: skip
        _check_size([*(row.texts for row in asked), question.texts])
        session.add(question)
        session.flush()
        session.add(
            Activity.of("added_question", by, at, event_id=event_id, question_id=question.id)
        )
        return question.id


def _kept(texts: Mapping[str, QuestionText]) -> dict[str, Any]:
    return {
        language: {"text": one.text, "hint": one.hint, "choices": list(one.choices)}
        for language, one in texts.items()
    }


def retire_question(event_id: int, question_id: int, *, by: Actor, at: datetime) -> None:
    """Ask it no more; what was answered stays."""
    with transaction() as session:
        question = session.get(Question, question_id, with_for_update=True)
        if question is None or question.event_id != event_id:
            raise NotFound("question")
        if question.retired_at is None:
            question.retired_at = at
            session.add(
                Activity.of("retired_question", by, at, event_id=event_id, question_id=question_id)
            )


def ask_about(
    event_id: int,
    *,
    allows_remote: bool,
    party_limit: int,
    needs: Collection[str],
    parts: Parts = Parts.WHOLE,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Whether the form asks how people take part, when, who comes along, and what they need.

    seen  the mark of what the page showed. Raises ChangedMeanwhile.
    """
    if not 0 <= party_limit <= 99:
        raise UnfitQuestion("From 0 to 99 people may come along.")
    with transaction() as session:
        event = session.get(Event, event_id, with_for_update=True)
        if event is None:
            raise NotFound("event")
        if seen is not None and event.asks_mark != seen:
            raise ChangedMeanwhile
        event.allows_remote, event.party_limit = allows_remote, party_limit
        event.parts_asked = parts
        event.needs_asked = [need for need in NEEDS if need in needs]
        session.add(
            Activity.of(
                "changed_answer_form", by, at, event_id=event_id, allows_remote=allows_remote,
                party_limit=party_limit, needs=event.needs_asked, parts=parts.value,
            )
        )  # fmt: skip


def _check_size(forms: Iterable[Mapping[str, Any]]) -> None:
    """Raises UnfitQuestion where the form would no longer come in one round trip."""
    forms = list(forms)
    for language in {language for texts in forms for language in texts}:
        words = [texts[language] for texts in forms if language in texts]
        fields = [part for one in words for part in (one["text"], one["hint"], *one["choices"])]
        size = len(zlib.compress("\n".join(fields).encode())) + BYTES_OF_FIELD * len(fields)
        if size > LARGEST_FORM:
            raise UnfitQuestion(
                f"With this question the form ({language}) would be too large for a slow line: "
                "shorten it, offer fewer choices, or take another question out first."
            )


def _check_asked(required_for: Collection[Reply], asked_of: Collection[Reply]) -> None:
    if asked_of and not set(required_for) <= set(asked_of):
        raise UnfitQuestion("Only those who are asked can be made to answer.")


def _check(kind: QuestionKind, texts: Mapping[str, QuestionText], main: str) -> None:
    if main not in texts:
        raise UnfitQuestion(f"Write the question in the conference's language ({main}) at least.")
    counts = {len(one.choices) for one in texts.values()}
    is_choice = kind in (QuestionKind.CHOICE, QuestionKind.SEVERAL)
    if is_choice and len(counts) > 1:
        raise UnfitQuestion("Give the same number of choices, in the same order, in each language.")
    if is_choice and not 2 <= counts.pop() <= 30:
        raise UnfitQuestion("Give from 2 to 30 choices, each on a line of its own.")
    if not is_choice and counts != {0}:
        raise UnfitQuestion("Only a choice has choices: write the question on one line.")
    for one in texts.values():
        if any(not part.strip() or len(part) > LONGEST for part in (one.text, *one.choices)):
            raise UnfitQuestion(f"A question or a choice has from 1 to {LONGEST} characters.")
