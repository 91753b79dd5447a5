"""The facets of an organisation as such: group, place, language, words, own fields."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from outreach.advice.segments import CUSTOM, Condition, Rule
from outreach.models.conference import ConstituentGroup
from outreach.models.custom_field import CustomSubject, CustomValue
from outreach.models.stakeholder import Organisation, Standing
from outreach.queries.own_facets import wanted_values
from outreach.queries.person_facets import as_meant, in_regions
from outreach.queries.shapes import Ground

Builder = Callable[[Condition, Ground], ColumnElement[bool]]


def organisations_meeting(rule: Rule, ground: Ground) -> list[ColumnElement[bool]]:
    """A rule as conditions on `Organisation`; what is said of people alone, none of them meets.

    Cost of building: a SELECT for each own field and region that it names; a look at the known
    words for each of its words.
    """
    return [meeting(one, builder_of(one), ground) for one in rule.conditions]


def builder_of(one: Condition) -> Builder:
    """What a condition becomes."""
    if one.facet.startswith(CUSTOM):
        return _own
    return BUILDERS.get(one.facet, lambda _one, _ground: false())


def meeting(one: Condition, builder: Builder, ground: Ground) -> ColumnElement[bool]:
    """A condition, or its opposite; nothing known is no."""
    holds = builder(one, ground)
    return holds.is_not(true()) if one.is_not else holds


def _group(one: Condition, ground: Ground) -> ColumnElement[bool]:
    """As it stands at the conference."""
    codes = select(ConstituentGroup.id).where(ConstituentGroup.code.in_(one.values))
    return Organisation.id.in_(
        select(Standing.organisation_id).where(
            Standing.conference_id == ground.conference_id, Standing.group_id.in_(codes)
        )
    )


def _words(one: Condition, _ground: Ground) -> ColumnElement[bool]:
    """A word that no name holds stands for the known ones nearest to it, too."""
    meant = as_meant(one.values[0])
    if meant is None or not meant.words:
        return false()
    named = [
        or_(*[Organisation.name_key.contains(key, autoescape=True) for key in alternatives])
        for alternatives in meant.all_words
    ]
    return and_(true(), *named)


def _own(one: Condition, _ground: Ground) -> ColumnElement[bool]:
    """Of an own field of organisations; a field of people's fits none."""
    subject, wanted = wanted_values(one)
    if subject is not CustomSubject.ORGANISATION:
        return false()
    return Organisation.id.in_(select(CustomValue.organisation_id).where(*wanted))


def is_of_own_field(one: Condition) -> bool:
    """Whether it is about a field of the team's own that organisations have. One SELECT."""
    if not one.facet.startswith(CUSTOM):
        return False
    return wanted_values(one)[0] is CustomSubject.ORGANISATION


BUILDERS: dict[str, Builder] = {
    "group": _group,
    "region": lambda one, ground: Organisation.id.in_(in_regions(one.values, ground)[1]),
    "country": lambda one, _: Organisation.country_code.in_(one.values),
    "language": lambda one, _: Organisation.language.in_(one.values),
    "words": _words,
}
"""{facet: what it says of an organisation}; others are said of people alone"""
