"""What an answer says besides yes and no, in the words of the team."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from outreach.models.question import words_in
from outreach.queries.questions import QuestionLine, answers_of, questions_of
from outreach.queries.stakeholders import Asked

NEED_WORDS = {
    "accessibility": "Accessibility", "interpretation": "Interpretation",
    "visa_letter": "A letter for a visa", "diet": "Diet",
}  # fmt: skip
WAYS = {"in_person": "In person", "remote": "From afar"}
REASONS = {
    "other_duty": "Another engagement", "travel": "Travel or visa", "means": "No means for it",
    "not_mine": "Not their field", "other": "Another reason",
}  # fmt: skip


def lines_of(asked: Asked) -> list[tuple[str, str]]:
    """(what it is, what was said) of one invitation. Two SELECTs where it is answered."""
    if asked.answered_at is None:
        return []
    given = answers_of(asked.id)
    questions = questions_of(asked.event_id, with_retired=True) if given else []
    asked_and_told = (
        (str(words_in(one.texts, "en")["text"]), in_words(one, given.get(one.id)))
        for one in questions
    )
    return [*_besides(asked.particulars), *((what, told) for what, told in asked_and_told if told)]


def _besides(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The particulars (as in Invitation.particulars) in the order in which a form asks for them."""
    if name := said.get("sends"):
        yield "Sends", name
    if reason := said.get("reason"):
        yield "Reason", REASONS.get(reason, reason)
    if day := said.get("decide_on"):
        yield "Will know by", _day(day)
    if way := said.get("attendance"):
        yield "Takes part", WAYS.get(way, way)
    if days := said.get("days"):
        yield "Comes on", ", ".join(map(_day, days))
    if sessions := said.get("sessions"):
        yield "Comes to", ", ".join(sessions)
    if party := said.get("party"):
        yield "Brings along", f"{party} {'person' if party == 1 else 'people'}"
    if needs := said.get("needs"):
        yield "Needs", ", ".join(NEED_WORDS.get(need, need) for need in needs)
    if told := said.get("needs_note"):
        yield "What would help", told


def _day(written: str) -> str:
    return f"{date.fromisoformat(written):%-d %b %Y}"


def in_words(question: QuestionLine, value: Mapping[str, Any] | None) -> str:
    """An answer as it stands in a sheet; choices in English, or in what there is."""
    if not value:
        return ""
    if "choices" in value:
        choices = words_in(question.texts, "en")["choices"]
        return "; ".join(choices[place] for place in value["choices"] if place < len(choices))
    if "yes" in value:
        return "yes" if value["yes"] else "no"
    return str(value.get("text") or value.get("day") or "")
