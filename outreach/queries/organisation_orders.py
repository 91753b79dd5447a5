"""The organisations of a list in the orders of its people, and those who fit its sentence."""

from typing import Any

from sqlalchemy import ColumnElement, Select, false, not_, or_, select

from outreach.advice.segments import Condition, Rule
from outreach.models.conference import ConstituentGroup
from outreach.models.delegation import Delegation
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.stakeholder import Organisation
from outreach.models.target import TargetList
from outreach.queries.keyset import By
from outreach.queries.organisation_facets import (
    BUILDERS,
    Builder,
    builder_of,
    is_of_own_field,
    meeting,
)
from outreach.queries.shapes import Ground
from outreach.queries.target_orders import Stretch

_RANK = (By(OrganisationTarget.rank), By(OrganisationTarget.id))
_NAME = (By(Organisation.name_key), By(OrganisationTarget.id))


def stretches_with(sort: str, people: list[Stretch]) -> tuple[list[Stretch], list[Stretch]]:
    """The stretches of an order for people and, as many, for organisations.

    people  as they are without organisations (`stretches_of`)
    By status, organisations that are asked stand together, after who is approved: in a stretch of
    their own, where no person is. A stretch where no organisation is holds false.
    """
    name, is_falling = sort.removeprefix("-"), sort.startswith("-")
    if name == "deadline":
        day = By(OrganisationTarget.decide_on, is_known=True)
        with_day = Stretch(
            (day, By(OrganisationTarget.id)), (OrganisationTarget.decide_on.is_not(None),)
        )
        without = Stretch(_RANK, (OrganisationTarget.decide_on.is_(None),))
        return people, [with_day.turned() if is_falling else with_day, without]
    if name == "status":
        rising = people[::-1] if is_falling else people
        keys = rising[0].keys
        rising = [*rising[:3], Stretch(keys, (false(),)), *rising[3:]]
        bodies = [Stretch(_RANK, holds) for holds in (*_BY_STATUS, *[_NOBODY] * (len(rising) - 4))]
        people = rising[::-1] if is_falling else rising
    else:
        bodies = [Stretch(_NAME if name == "name" else _RANK, holds) for holds in _holds(name)]
    return people, [one.turned() for one in reversed(bodies)] if is_falling else bodies


def _holds(name: str) -> list[tuple[ColumnElement[bool], ...]]:
    if name == "tier":
        return [(OrganisationTarget.tier == number,) for number in (1, 2, 3)]
    return [_NOBODY, ()] if name == "star" else [()]


_NOBODY: tuple[ColumnElement[bool], ...] = (false(),)
_is_asked = (
    select(Delegation.id)
    .where(
        Delegation.organisation_id == OrganisationTarget.organisation_id,
        Delegation.event_id == TargetList.event_id,
        Delegation.withdrawn_at.is_(None),
    )
    .exists()
)
_BY_STATUS: tuple[tuple[ColumnElement[bool], ...], ...] = (
    (not_(_is_asked), OrganisationTarget.approved_at.is_(None)),
    _NOBODY,
    (not_(_is_asked), OrganisationTarget.approved_at.is_not(None)),
    (_is_asked,),
)


def walked_bodies(list_id: int) -> Select[Any]:
    """SELECT of the targets of a list's organisations, for the stretches above."""
    return (
        select(OrganisationTarget.id)
        .join(Organisation, Organisation.id == OrganisationTarget.organisation_id)
        .join(TargetList, TargetList.id == OrganisationTarget.list_id)
        .where(OrganisationTarget.list_id == list_id)
    )


def who_fit(rule: Rule, ground: Ground) -> list[ColumnElement[bool]] | None:
    """The conditions of a rule as organisations meet them; None where one is of people alone."""
    if is_of_people(rule, ground):
        return None
    return [meeting(one, _builder(one), ground) for one in rule.conditions]


def is_of_people(rule: Rule, ground: Ground) -> bool:
    """Whether it says something that can be said of people alone, or of another list."""
    here = ("", ground.list_code)
    return any(
        (one.facet not in _FACETS and not is_of_own_field(one)) or one.of not in here
        for one in rule.conditions
    )


def _builder(one: Condition) -> Builder:
    return _FACETS[one.facet] if one.facet in _FACETS else builder_of(one)


def _group(one: Condition, ground: Ground) -> ColumnElement[bool]:
    codes = select(ConstituentGroup.id).where(ConstituentGroup.code.in_(one.values))
    return or_(BUILDERS["group"](one, ground), TargetList.group_id.in_(codes))


def _owner(one: Condition, _ground: Ground) -> ColumnElement[bool]:
    accounts = [int(value) for value in one.values if value != "nobody"]
    owner = OrganisationTarget.owner_id
    follows = owner.in_(accounts)
    return or_(follows, owner.is_(None)) if "nobody" in one.values else follows


def _decision(one: Condition, _ground: Ground) -> ColumnElement[bool]:
    approved = OrganisationTarget.approved_at
    known = {"approved": approved.is_not(None), "undecided": approved.is_(None)}
    return or_(false(), *[known[value] for value in one.values if value in known])


_FACETS: dict[str, Builder] = {
    **BUILDERS,
    "group": _group,
    "owner": _owner,
    "star": lambda _one, _ground: false(),
    "tier": lambda one, _: OrganisationTarget.tier.in_([int(value) for value in one.values]),
    "wave": lambda one, _: OrganisationTarget.wave.in_([int(value) for value in one.values]),
    "decision": _decision,
}
"""{facet: what it says of an organisation on a list}; others are said of people alone"""
