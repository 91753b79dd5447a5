"""Segments, and who fits a rule (`outreach.advice.segments`): where a rule becomes SQL.

`people_matching` is the SELECT that campaigns, letters, pages, bulk actions and exports use. A
rule that names what is not there (a list that was deleted, a region of another conference) fits
nobody, or with `not` everybody.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, select

from outreach.advice.segments import CUSTOM, QUESTION, Condition, Rule
from outreach.models.stakeholder import Stakeholder
from outreach.queries import asked_facets, person_facets
from outreach.queries.shapes import IS_KEPT, Ground, Shape

_BUILDERS = {**person_facets.BUILDERS, **asked_facets.BUILDERS}


def people_matching(rule: Rule, *, conference_id: int, at: datetime) -> Select[Any]:
    """SELECT of the ids of those who fit; never someone merged into another.

    Use it as `Stakeholder.id.in_(people_matching(…))` or in INSERT … SELECT. It is one statement
    whatever the rule; building it asks for the ids of the events that the rule names.
    """
    ground = Ground(conference_id, at)
    return select(Stakeholder.id).where(IS_KEPT, *conditions_of(rule, ground))


def conditions_of(rule: Rule, ground: Ground) -> list[ColumnElement[bool]]:
    """The rule as conditions on `Stakeholder`, each gathered by an index where one is there."""
    return [_gathered(one, ground) for one in rule.conditions]


def _gathered(one: Condition, ground: Ground) -> ColumnElement[bool]:
    shape = shape_of(one, ground)
    if one.is_not:
        return shape.lacks
    if shape.ids is None:
        return shape.holds
    return Stakeholder.id.in_(shape.ids.correlate(None))


def shape_of(one: Condition, ground: Ground) -> Shape:
    """A condition, as if it were wanted, in both shapes."""
    builder = _BUILDERS.get(one.facet)
    if one.facet.startswith(CUSTOM):
        builder = person_facets.custom
    elif one.facet.startswith(QUESTION):
        builder = asked_facets.question
    return builder(one, ground) if builder else Shape(false())
