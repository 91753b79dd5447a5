"""What an answer says besides yes and no, read from its form: only what the event asks for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from outreach.delivery.answered import ATTENDANCES, NEEDS, REASONS
from outreach.delivery.phrases import listed
from outreach.languages import marked, words_of
from outreach.models.event import Parts
from outreach.models.invitation import Reply
from outreach.models.question import QuestionKind, words_in
from outreach.queries.invitations import EventShown
from outreach.queries.questions import QuestionLine, sessions_of
from outreach.web.invitee import words
from outreach.web.invitee.form import Problem
from outreach.web.invitee.note import clean_note

COMING = (Reply.ACCEPTED, Reply.TENTATIVE)
LONGEST_WORDS = 1_000
MOST_DAYS = 31
Choices = Sequence[tuple[str, str]]
"""(what is kept, its words)"""

WRONG_DAY = marked("Choose a day between today and the event.")
WRONG_PARTY = marked("More people than the event allows would come along.")
TOO_LONG = marked("One of your texts is too long: up to 1,000 characters are kept.")
MISSING = marked("Please answer this question: %(question)s")
YES, NO = marked("Yes"), marked("No")
NO_DAY = marked("This is no day of the calendar. Write it as 2026-10-31.")


def parts_of(event: EventShown, language: str) -> Choices:
    """What somebody may choose who comes in part; nothing where the event does not ask.

    A day is kept as ISO 8601, a session as its code. One SELECT where sessions are asked about.
    """
    if event.parts_asked is Parts.DAYS:
        zone = ZoneInfo(event.time_zone)
        first, last = (at.astimezone(zone).date() for at in (event.starts_at, event.ends_at))
        days = takewhile(lambda day: day <= last, (first + timedelta(n) for n in count()))
        written = [day.isoformat() for day, _ in zip(days, range(MOST_DAYS), strict=False)]
        return [(day, words.weekday(day, language)) for day in written]
    if event.parts_asked is Parts.SESSIONS:
        return [
            (one.code, f"{one.name} ({words.moment(one.starts_at, one.time_zone, language)})")
            for one in sessions_of(event.id)
        ]
    return ()


def read_particulars(
    form: MultiDict[str, str], reply: Reply, event: EventShown, at: datetime, parts: Choices = ()
) -> tuple[dict[str, Any], list[Problem]]:
    """As in Invitation.particulars, and what is wrong.

    parts  what may be chosen of the event; all of it is the same as none of it: the whole
    """
    said: dict[str, Any] = {}
    problems: list[Problem] = []
    if reply is Reply.DECLINED and form.get("reason") in REASONS:
        said["reason"] = form["reason"]
    if reply is Reply.TENTATIVE and form.get("decide_on"):
        day = _day(form["decide_on"])
        if day is None or not at.date() <= day <= event.starts_at.date():
            problems.append(Problem(WRONG_DAY, "decide_on"))
        else:
            said["decide_on"] = day.isoformat()
    if reply in COMING:
        chosen = [part for part, _ in parts if part in form.getlist("parts")]
        if 0 < len(chosen) < len(parts):
            said[event.parts_asked.value] = chosen
        _read_coming(form, event, said, problems)
    return said, problems


def _read_coming(
    form: MultiDict[str, str], event: EventShown, said: dict[str, Any], problems: list[Problem]
) -> None:
    if event.allows_remote and form.get("attendance") in ATTENDANCES:
        said["attendance"] = form["attendance"]
    if event.party_limit and form.get("party", "0") not in ("", "0"):
        party = form["party"]
        is_number = party.isascii() and party.isdigit() and len(party) < 5
        if is_number and int(party) <= event.party_limit:
            said["party"] = int(party)
        else:
            problems.append(Problem(WRONG_PARTY, "party"))
    wanted = [code for code in event.needs_asked if code in NEEDS and code in form.getlist("needs")]
    if wanted:
        said["needs"] = wanted
    told = clean_note(form.get("needs_note")) if event.needs_asked else ""
    if len(told) > LONGEST_WORDS:
        problems.append(Problem(TOO_LONG, "needs_note"))
    elif told:
        said["needs_note"] = told


def read_answers(
    form: MultiDict[str, str], reply: Reply, questions: Sequence[QuestionLine], language: str
) -> tuple[dict[int, dict[str, Any] | None], list[Problem], list[tuple[str, str]]]:
    """{question id: as in QuestionAnswer.value, None for nothing}, what is wrong, and
    (text, field) of the questions that must be answered and were not."""
    answers: dict[int, dict[str, Any] | None] = {}
    problems: list[Problem] = []
    missing: list[tuple[str, str]] = []
    for question in questions:
        sent = form.getlist(f"q{question.id}") if question.is_asked_with(reply) else []
        value, problem = _answer(sent, question)
        if problem:
            problems.append(Problem(problem, f"q{question.id}"))
        elif value is None and reply in question.required_for:
            missing.append((str(words_in(question.texts, language)["text"]), f"q{question.id}"))
        answers[question.id] = value
    return answers, problems, missing


def told_in_words(
    questions: Sequence[QuestionLine], answers: Mapping[int, dict[str, Any]], language: str
) -> list[tuple[str, str]]:
    """(question, answer) of what was answered, as the page says it."""
    told = ((question, answers.get(question.id)) for question in questions)
    return [
        (str(words_in(question.texts, language, "en")["text"]), _told(question, value, language))
        for question, value in told
        if value
    ]


def _told(question: QuestionLine, value: Mapping[str, Any], language: str) -> str:
    if "choices" in value:
        choices = words_in(question.texts, language, "en")["choices"]
        told = (choices[place] for place in value["choices"] if place < len(choices))
        return listed(told, language)
    if "yes" in value:
        word = YES if value["yes"] else NO
        return words_of(language).gettext(word)
    return words.day(value["day"], language) if "day" in value else str(value["text"])


def _answer(sent: list[str], question: QuestionLine) -> tuple[dict[str, Any] | None, str]:
    told = clean_note(sent[0]) if sent else ""
    if not told:
        return None, ""
    if question.kind is QuestionKind.TEXT:
        return ({"text": told}, "") if len(told) <= LONGEST_WORDS else (None, TOO_LONG)
    if question.kind is QuestionKind.DATE:
        day = _day(told)
        return ({"day": day.isoformat()}, "") if day else (None, NO_DAY)
    if question.kind is QuestionKind.YES_NO:
        return ({"yes": told == "yes"}, "") if told in ("yes", "no") else (None, "")
    places = _places(sent, question.texts)
    if question.kind is QuestionKind.CHOICE:
        places = places[:1]
    return ({"choices": places}, "") if places else (None, "")


def _places(sent: list[str], texts: Mapping[str, Any]) -> list[int]:
    count = len(words_in(dict(texts))["choices"])
    numbers = {int(each) for each in sent if each.isascii() and each.isdigit() and len(each) < 4}
    return sorted(number for number in numbers if number < count)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        return None
