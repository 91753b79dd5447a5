"""An audience before it is frozen: whom the steps would reach, and what would keep a mail back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true, union

from outreach.advice.merging import fields_in
from outreach.advice.sections import UnfitSection, resolved, variants
from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.custom_field import PREFIX
from outreach.models.duplicate import Duplicate, DuplicateState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import Audience, Step, StepKind
from outreach.models.template import TemplateText
from outreach.queries.audience import (
    audience,
    texts_of,
)
from outreach.queries.merging import has_nothing, own_fields
from outreach.queries.organisations_reached import organisations_of
from outreach.queries.sections import conditions_of

SNAPSHOT = ("title", "salutation", "given_name", "family_name", "office", "organisation")
"""Personal merge fields that may be empty, each under its own name in the snapshot."""
NOT_IN_CAMPAIGNS = ("seat_role", "track_name")

_PASSES_FOR_ANOTHER = (Duplicate.state == DuplicateState.FOUND, Duplicate.is_lookalike)
"""A pair whose addresses look the same, and that nobody has looked at."""


class Doubt(StrEnum):
    """What may be wrong with someone's mail."""

    LEFT_OUT = "left_out"
    HELD = "held"
    FALLBACK = "fallback"
    LOOK_ALIKE = "look_alike"
    """Their address passes for that of someone else whom we know (case A09)."""


@dataclass(frozen=True, slots=True)
class DoubtLine:
    """So many people with the same doubt about the same steps.

    steps  their numbers, from 1
    key    the reason, the empty field, or "es>en": reads Spanish, would get English
    """

    doubt: Doubt
    steps: tuple[int, ...]
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Someone whose mail would be left out, held, or written in another language."""

    stakeholder_id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a campaign would reach if it began now."""

    count: int
    reached_count: int
    first: list[str]


def reach(campaign_id: int, at: datetime) -> Reach:
    """How many are on the lists, how many would get the first mail, and the first three names.

    Cost: the audience, twice.
    """
    campaign = _campaign(campaign_id)
    if campaign is None or not campaign.steps:
        return Reach(0, 0, [])
    people = _people(campaign, _first(campaign), at)
    gets_it = people.c.reason.is_(None)
    row = (
        reading()
        .execute(
            select(
                func.count(), func.coalesce(func.sum(case((gets_it, 1), else_=0)), 0)
            ).select_from(people)
        )
        .one()
    )
    names = reading().scalars(
        select(people.c.name).where(gets_it).order_by(people.c.stakeholder_id).limit(3)
    )
    return Reach(row[0], int(row[1]), list(names))


def reaches_anyone(campaign_id: int, at: datetime) -> bool:
    """Whether anyone would get the first mail, or an organisation is asked through its focal point.

    Cost: the audience up to the first of them.
    """
    campaign = _campaign(campaign_id)
    if campaign is None or not campaign.steps:
        return False
    people = _people(campaign, _first(campaign), at)
    gets_it = people.c.reason.is_(None)
    first = reading().scalar(select(people.c.stakeholder_id).where(gets_it).limit(1))
    return first is not None or bool(organisations_of(campaign).ready)


def doubts(campaign_id: int, at: datetime) -> list[DoubtLine]:
    """Everything that would keep a mail back, or change its language, counted.

    Cost: the audience once, and twice more for each letter.
    """
    campaign = _campaign(campaign_id)
    if campaign is None or not campaign.steps:
        return []
    lines = [*_left_out(campaign, at), *_look_alike(campaign, at)]
    found: dict[tuple[Doubt, str, int], set[int]] = {}
    letters: dict[int, list[int]] = {}
    for number, step in enumerate(campaign.steps, start=1):
        letters.setdefault(step.version_id, []).append(number)
    for numbers in letters.values():
        step = campaign.steps[numbers[0] - 1]
        for doubt, key, count in (*_held(campaign, step, at), *_fallbacks(campaign, step, at)):
            found.setdefault((doubt, key, count), set()).update(numbers)
    return lines + [
        DoubtLine(doubt, tuple(sorted(numbers)), key, count)
        for (doubt, key, count), numbers in found.items()
    ]


def doubtful(
    campaign_id: int,
    doubt: Doubt,
    step: int,
    key: str,
    at: datetime,
    *,
    after: int = 0,
    limit: int = 50,
) -> list[Doubtful]:
    """Those behind one line of `doubts`, by id. Cost: the audience once."""
    campaign = _campaign(campaign_id)
    if campaign is None or not 1 <= step <= len(campaign.steps):
        return []
    chosen = campaign.steps[step - 1]
    people = _people(campaign, chosen, at)
    statement = _joined(
        select(people.c.stakeholder_id, people.c.name, people.c.address), people
    ).where(_condition(doubt, key, people, chosen), people.c.stakeholder_id > after)
    rows = reading().execute(statement.order_by(people.c.stakeholder_id).limit(limit))
    return [Doubtful(*row) for row in rows]


def _campaign(campaign_id: int) -> Campaign | None:
    return reading().get(Campaign, campaign_id)


def _first(campaign: Campaign) -> Step:
    return next(
        (step for step in campaign.steps if step.audience is Audience.EVERYONE), campaign.steps[0]
    )


def _people(campaign: Campaign, step: Step, at: datetime) -> Any:
    """Everyone as the first step sees them, with the words of this step and their sections."""
    texts, conditions = texts_of(step.version_id), conditions_of(step.version_id)
    everyone = audience(_first(campaign), texts, at, conditions=conditions)
    return everyone.order_by(None).subquery()


def _joined(statement: Select[Any], people: Any) -> Select[Any]:
    return (
        statement.select_from(people)
        .join(Stakeholder, Stakeholder.id == people.c.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(TemplateText, TemplateText.id == people.c.text_id)
    )


def reads_of() -> ColumnElement[Any]:
    """The language that someone reads, as far as we know."""
    return func.coalesce(
        func.nullif(Stakeholder.language, ""), func.nullif(Organisation.language, "")
    )


def _left_out(campaign: Campaign, at: datetime) -> Iterator[DoubtLine]:
    first = _first(campaign)
    people = _people(campaign, first, at)
    rows = reading().execute(
        select(people.c.reason, func.count())
        .where(people.c.reason.is_not(None))
        .group_by(people.c.reason)
        .order_by(func.count().desc(), people.c.reason)
    )
    number = campaign.steps.index(first) + 1
    for reason, count in rows:
        yield DoubtLine(Doubt.LEFT_OUT, (number,), reason, count)


def _look_alike(campaign: Campaign, at: datetime) -> Iterator[DoubtLine]:
    first = _first(campaign)
    if reading().scalar(select(Duplicate.id).where(*_PASSES_FOR_ANOTHER).limit(1)) is None:
        return
    people = _people(campaign, first, at)
    is_one = _condition(Doubt.LOOK_ALIKE, "", people, first)
    count = reading().scalar(_joined(select(func.count()), people).where(is_one))
    if count:
        yield DoubtLine(Doubt.LOOK_ALIKE, (campaign.steps.index(first) + 1,), "", count)


def _held(campaign: Campaign, step: Step, at: datetime) -> Iterator[tuple[Doubt, str, int]]:
    people = _people(campaign, step, at)
    fields = sorted({name for names in _doubtful_fields(step).values() for name in names})
    if not fields:
        return
    counts = [
        func.coalesce(func.sum(case((_condition(Doubt.HELD, name, people, step), 1), else_=0)), 0)
        for name in fields
    ]
    row = reading().execute(_joined(select(*counts), people)).one()
    for name, count in zip(fields, row, strict=True):
        if count:
            yield Doubt.HELD, name, int(count)


def _fallbacks(campaign: Campaign, step: Step, at: datetime) -> Iterator[tuple[Doubt, str, int]]:
    people = _people(campaign, step, at)
    # PostgreSQL takes two parameters of equal value for two values: group by a column instead.
    each = (
        _joined(select(reads_of().label("reads"), TemplateText.language.label("gets")), people)
        .where(people.c.reason.is_(None), reads_of() != TemplateText.language)
        .subquery()
    )
    rows = reading().execute(
        select(each.c.reads, each.c.gets, func.count())
        .group_by(each.c.reads, each.c.gets)
        .order_by(func.count().desc(), each.c.reads)
    )
    for reads, gets, count in rows:
        yield Doubt.FALLBACK, f"{reads}>{gets}", count


def _condition(doubt: Doubt, key: str, people: Any, step: Step) -> ColumnElement[bool]:
    reason: ColumnElement[Any] = people.c.reason
    if doubt is Doubt.LEFT_OUT:
        return reason == key
    if doubt is Doubt.LOOK_ALIKE:
        sides = (Duplicate.first_id, Duplicate.second_id)
        pairs = union(*(select(side).where(*_PASSES_FOR_ANOTHER) for side in sides))
        return and_(reason.is_(None), Stakeholder.id.in_(pairs))
    if doubt is Doubt.FALLBACK:
        reads, _, gets = key.partition(">")
        return and_(reason.is_(None), reads_of() == reads, TemplateText.language == gets)
    read: list[ColumnElement[bool]] = [false()]
    for text_id, places in _doubtful_fields(step).items():
        if key in places:
            in_sections = people.c.sections.in_(places[key]) if places[key] else true()
            read.append(and_(people.c.text_id == text_id, in_sections))
    return and_(reason.is_(None), or_(*read), _is_empty(key))


def _is_empty(name: str) -> ColumnElement[bool]:
    """Whether nothing stands in a field for this person; a field that has no place is empty."""
    if own := own_fields().get(name):
        return has_nothing(own)
    if name == "country":
        known = func.coalesce(Stakeholder.country_code, Organisation.country_code, "")
        return func.trim(known) == ""
    if name == "organisation":
        return func.trim(func.coalesce(Organisation.name, "")) == ""
    if name in SNAPSHOT:
        return func.trim(getattr(Stakeholder, name)) == ""
    return Stakeholder.id.is_not(None)


def _doubtful_fields(step: Step) -> dict[int, dict[str, list[str]]]:
    """{text: {a field in it that may be empty for someone: in which variants; none for all}}."""
    doubtful_names = {*SNAPSHOT, "country", *NOT_IN_CAMPAIGNS}
    if step.kind is not StepKind.THANK_YOU:
        doubtful_names.add("answer")
    texts = step.version.texts
    try:
        helds = list(variants(*(part for text in texts for part in (text.subject, text.body))))
    except UnfitSection:
        return {}
    found: dict[int, dict[str, list[str]]] = {}
    for text in texts:
        places: dict[str, list[str]] = {}
        for held in helds:
            parts = [resolved(part, held) for part in (text.subject, text.body)]
            for name in fields_in(*parts, is_bare=True):
                if name not in doubtful_names and not name.startswith(PREFIX):
                    continue
                places.setdefault(name, []).append(held)
        found[text.id] = {
            name: [] if len(where) == len(helds) else where for name, where in places.items()
        }
    return found
