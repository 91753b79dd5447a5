"""The facets of what a person is wanted for, was asked, written and came to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from outreach.advice.segments import QUESTION, Condition
from outreach.db import reading
from outreach.models.attendance import Attendance
from outreach.models.event import Event
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.question import Question, QuestionAnswer, QuestionKind
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.models.step import GIVEN
from outreach.models.target import Target, TargetList
from outreach.queries.shapes import Ground, Shape, as_set

HAVE_LEFT = (
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.BOUNCED,
    MessageState.COMPLAINED,
)
"""Mail in these states went out: its person was written to."""


def _list(one: Condition, _ground: Ground) -> Shape:
    ids = list(reading().scalars(select(TargetList.id).where(TargetList.code.in_(one.values))))
    return as_set(
        select(Target.stakeholder_id).where(Target.list_id.in_(ids)), Target.stakeholder_id
    )


def _on_list(one: Condition, ground: Ground, *wanted: ColumnElement[bool]) -> Shape:
    """Of the list that is named, or any of the conference."""
    code = one.of or ground.list_code
    lists = select(TargetList.id).join(TargetList.event)
    meant = TargetList.code == code if code else Event.conference_id == ground.conference_id
    there = select(Target.stakeholder_id).where(Target.list_id.in_(lists.where(meant)))
    is_indexed = one.facet == "star" or (one.facet == "tier" and "2" not in one.values)
    return as_set(there.where(*wanted), Target.stakeholder_id, None if is_indexed else there)


IS_WAITING: ColumnElement[bool] = and_(Target.is_alternate, Target.promoted_at.is_(None))
"""An alternate who has not been given a place."""


def _star(values: Sequence[str]) -> ColumnElement[bool]:
    nominated = select(Star.target_id).where(Star.stage == StarStage.NOMINATED)
    known = {"yes": Target.is_star, "nominated": Target.id.in_(nominated)}
    return or_(*[known[value] for value in values])


def _tier(values: Sequence[str]) -> ColumnElement[bool]:
    tiers = Target.tier.in_([int(value) for value in values])
    # Said as the index says it, which has all but those of the second.
    return tiers if "2" in values else and_(tiers, Target.tier != literal_column("2"))


def _decision(values: Sequence[str]) -> ColumnElement[bool]:
    known = {
        "approved": Target.approved_at.is_not(None),
        "undecided": Target.approved_at.is_(None),
        "alternate": IS_WAITING,
    }
    return or_(*[known[value] for value in values])


OF_TARGETS: dict[str, Callable[[Sequence[str]], ColumnElement[bool]]] = {
    "star": _star,
    "tier": _tier,
    "wave": lambda values: Target.wave.in_([int(value) for value in values]),
    "decision": _decision,
}
"""{facet: what its values become of a target itself}"""


def _of_target(one: Condition, ground: Ground) -> Shape:
    return _on_list(one, ground, OF_TARGETS[one.facet](one.values))


def _answer(one: Condition, ground: Ground) -> Shape:
    event_id = ground.event_id(one.of)
    if event_id is None:
        return Shape(false())
    of_event = select(Invitation.stakeholder_id).where(
        Invitation.event_id == event_id,
        Invitation.withdrawn_at.is_(None),
        Invitation.merged_into_id.is_(None),
    )
    states = [InvitationState(value) for value in one.values if value in set(InvitationState)]
    states += GIVEN if "answered" in one.values else ()
    shape = as_set(of_event.where(Invitation.state.in_(states)), Invitation.stakeholder_id)
    if "not_asked" not in one.values:
        return shape
    asked = select(Invitation.stakeholder_id).where(Invitation.event_id == event_id)
    return Shape(or_(not_(as_set(asked, Invitation.stakeholder_id).holds), shape.holds))


def _due(one: Condition, ground: Ground) -> Shape:
    """Silent, with a reply-by in some days, or in the past."""
    event_id = ground.event_id(one.of)
    spans: list[ColumnElement[bool]] = []
    for value in one.values:
        if value == "past":
            spans.append(Invitation.reply_by <= ground.at)
        else:
            until = ground.at + timedelta(days=int(value.partition("-")[2]))
            spans.append(and_(Invitation.reply_by > ground.at, Invitation.reply_by <= until))
    silent = select(Invitation.stakeholder_id).where(
        Invitation.event_id == (event_id or 0), Invitation.state == InvitationState.SILENT
    )
    ids = silent.where(
        Invitation.withdrawn_at.is_(None), Invitation.merged_into_id.is_(None), or_(*spans)
    )
    return as_set(ids, Invitation.stakeholder_id, silent)


def _contacted(one: Condition, ground: Ground) -> Shape:
    """When mail last went out to the person, whatever it was about."""
    found: list[ColumnElement[bool]] = []
    for value in one.values:
        how, _, days = value.partition("-")
        if how == "never":
            found.append(not_(_written()))
        elif how == "ever":
            found.append(_written())
        else:
            lately = _written(ground.at - timedelta(days=int(days)))
            found.append(lately if how == "within" else and_(_written(), not_(lately)))
    return Shape(or_(*found))


def _written(since: datetime | None = None) -> ColumnElement[bool]:
    sent = [Message.stakeholder_id == Stakeholder.id, Message.state.in_(HAVE_LEFT)]
    if since is not None:
        sent.append(Message.changed_at > since)
    return exists().where(*sent)


def _attended(one: Condition, ground: Ground) -> Shape:
    events = select(Event.id).where(
        Event.conference_id == ground.conference_id, Event.code.in_(one.values)
    )
    ids = (
        select(Invitation.stakeholder_id)
        .join(Attendance, Attendance.invitation_id == Invitation.id)
        .where(Attendance.event_id.in_(events))
    )
    return as_set(ids, Invitation.stakeholder_id)


def question(one: Condition, _ground: Ground) -> Shape:
    """Of a question of an answer form: words, `from..to` of days, a choice's place, `yes`, `no`.

    Cost: the answers to that one question, by index.
    """
    number = int(one.facet.removeprefix(QUESTION))
    kind = reading().scalar(select(Question.kind).where(Question.id == number))
    if kind is None:
        return Shape(false())
    answered = (
        select(Invitation.stakeholder_id)
        .join(QuestionAnswer, QuestionAnswer.invitation_id == Invitation.id)
        .where(QuestionAnswer.question_id == number)
    )
    given = or_(false(), *[_given(kind, value) for value in one.values])
    ids = answered.where(Invitation.withdrawn_at.is_(None), given)
    return as_set(ids, Invitation.stakeholder_id, answered)


def _given(kind: QuestionKind, value: str) -> ColumnElement[bool]:
    if value == "any":
        return true()
    if kind is QuestionKind.YES_NO:
        is_yes: ColumnElement[bool] = QuestionAnswer.value["yes"].as_boolean()
        return is_yes.is_(value == "yes")
    if kind is QuestionKind.DATE:
        return _on_day(value)
    if kind is QuestionKind.TEXT:
        text = func.lower(QuestionAnswer.value["text"].as_string())
        # SQLite's lower() knows a to z only: other scripts are looked for as typed, too.
        spellings = {value, value.lower(), value.upper(), value.capitalize(), value.title()}
        return or_(*[text.contains(one, autoescape=True) for one in sorted(spellings)])
    return _has_place(value)


def _on_day(value: str) -> ColumnElement[bool]:
    """ISO 8601 sorts as it counts."""
    first, dots, last = value.partition("..")
    day = QuestionAnswer.value["day"].as_string()
    try:
        low, high = (str(date.fromisoformat(each)) if each else "" for each in (first, last))
    except ValueError:
        return false()
    bounds = [day >= low] if low else []
    if high or (low and not dots):
        bounds.append(day <= (high or low))
    return and_(*bounds) if bounds else false()


def _has_place(value: str) -> ColumnElement[bool]:
    """Whether a place is among those chosen; "[0, 2]", as it is kept, becomes ",0,2,"."""
    places: ColumnElement[str] = QuestionAnswer.value["choices"].as_string()
    for written, instead in ((" ", ""), ("[", ","), ("]", ",")):
        places = func.replace(places, written, instead)
    return places.contains(f",{value},", autoescape=True)


BUILDERS: dict[str, Callable[[Condition, Ground], Shape]] = {
    "list": _list,
    **dict.fromkeys(OF_TARGETS, _of_target),
    "answer": _answer,
    "due": _due,
    "contacted": _contacted,
    "attended": _attended,
}
"""{facet: what a condition on it becomes}"""
