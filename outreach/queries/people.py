"""The table of people: those who fit a rule, in any order, page by page, forwards and backwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.account import Account
from outreach.models.custom_field import CustomField, CustomSubject
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.grouped import needs_groups, rows_by_group, rows_of_groups
from outreach.queries.keyset import PAGE, By, Page, note_of, ordered, place_in
from outreach.queries.person_columns import add_columns
from outreach.queries.segments import conditions_of, shape_of
from outreach.queries.shapes import IS_KEPT, MOST_GATHERED, WALK, Ground, fewest

_SORTS: dict[str, Any] = {
    "name": Stakeholder.name_key,
    "country": Stakeholder.country_code,
    "language": Stakeholder.language,
    "added": Stakeholder.id,
}
SORTS = tuple(_SORTS)
COLUMNS: dict[str, str] = {
    "organisation": "Organisation",
    "country": "Country",
    "language": "Language",
    "email": "Email",
    "gender": "Gender",
    "kinds": "Kind",
    "tags": "Tags",
    "owner": "Owner",
    "written": "Last written to",
    "added": "Added",
}
"""{column that may be shown: its head}; the name always is."""
SHOWN_AT_FIRST = ("organisation", "country", "language", "email")


@dataclass(slots=True)
class PersonLine:
    """Someone in the table."""

    id: int
    name: str
    office: str
    organisation: str | None
    country_code: str | None
    language: str | None
    email: str | None
    gender: str
    owner: str | None
    created_at: datetime
    kinds: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    written_at: datetime | None = None
    own: dict[str, str] = field(default_factory=dict)
    """{code of a custom field: its value as text}"""


_WIDTH = 10


def order_of(sort: str) -> list[By]:
    """`country,-name`: by country, then names falling. Unknown words are passed over."""
    order: list[By] = []
    seen: set[str] = set()
    for word in sort.split(",")[:4]:
        name = word.removeprefix("-")
        if name in _SORTS and name not in seen:
            seen.add(name)
            order.append(By(_SORTS[name], word.startswith("-")))
    falls = order[-1].is_falling if order else False
    if not seen & {"name", "added"}:
        order.append(By(Stakeholder.name_key, falls))
    if "added" not in seen:
        order.append(By(Stakeholder.id, falls))
    return order


def people(
    rule: Rule,
    ground: Ground,
    *,
    sort: str = "name",
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
    columns: Sequence[str] = (),
) -> Page[PersonLine]:
    """A page of those who fit.

    Cost: for everyone, the rows of the page, in up to four SELECTs where country or language comes
    first; all of one language, say, where it is language, then country. With a rule: whom few words
    mean, those; else at most 3,000 people are looked at in the order of the page, and where too few
    of them fit, those who do are gathered, from the condition that the fewest meet. One SELECT more
    for each of `kinds`, `tags`, `written` and own fields.
    """
    order = order_of(sort)
    is_backwards = before is not None and after is None
    keys = [key.turned() for key in order] if is_backwards else order
    place = place_in(before if is_backwards else after, keys)
    rows = _rows(rule, ground, keys, place, limit + 1)
    has_more, rows = len(rows) > limit, rows[:limit]
    if is_backwards:
        rows = rows[::-1]
    ends = [note_of(row[_WIDTH:]) for row in (rows[0], rows[-1])] if rows else [None, None]
    lines = [PersonLine(*row[:_WIDTH]) for row in rows]
    add_columns({line.id: line for line in lines}, columns)
    return Page(
        lines,
        ends[1] if has_more or (is_backwards and place is not None) else None,
        ends[0] if (has_more if is_backwards else place is not None) else None,
    )


def people_count(rule: Rule, ground: Ground, *, most: int | None = None) -> int:
    """How many fit, counted up to `most`. Cost: they, by an index where there is one."""
    wanted = select(Stakeholder.id).where(IS_KEPT)
    wanted = wanted.where(*conditions_of(rule, ground)).limit(most)
    return reading().scalar(select(func.count()).select_from(wanted.subquery())) or 0


def _rows(
    rule: Rule, ground: Ground, order: list[By], place: list[Any] | None, limit: int
) -> list[Any]:
    if not rule:
        return _next(_lines(), order, place, limit)
    shapes = [(one, shape_of(one, ground)) for one in rule.conditions]
    wanted = [(one, shape) for one, shape in shapes if not one.is_not]
    groups = _groups(order, [one for one, _ in wanted])
    few = fewest([shape for one, shape in wanted if one.facet == "words"], WALK)
    if few is None:
        holds = [shape.lacks if one.is_not else shape.holds for one, shape in shapes]
        rows = _near(holds, order, place, limit, groups)
        if len(rows) == limit:
            return rows
        few = fewest([shape for _, shape in wanted], MOST_GATHERED)
    rest = [shape.lacks if one.is_not else shape.holds for one, shape in shapes if shape is not few]
    those = _lines().where(*rest)
    if few is not None and few.ids is not None:
        those = those.where(Stakeholder.id.in_(few.ids.correlate(None)))
    elif groups:
        return rows_of_groups(those, order, place, limit, groups)
    return list(reading().execute(ordered(those, order, place).limit(limit)))


def _next(
    statement: Select[Any], order: list[By], place: list[Any] | None, limit: int
) -> list[Any]:
    """So many of all people, by an index."""
    if needs_groups(order, place):
        return rows_by_group(statement, order, place, limit)
    return list(reading().execute(ordered(statement, order, place).limit(limit)))


def _near(
    holds: list[ColumnElement[bool]],
    order: list[By],
    place: list[Any] | None,
    limit: int,
    groups: list[Any],
) -> list[Any]:
    """Those who fit among the next 3,000 in this order."""
    walk = select(Stakeholder.id).where(IS_KEPT)
    if groups or needs_groups(order, place):
        of_groups = rows_of_groups(walk, order, place, WALK, groups) if groups else None
        rows = rows_by_group(walk, order, place, WALK) if of_groups is None else of_groups
        ids = [row[0] for row in rows]
        next_ones = walk.where(among(Stakeholder.id, ids)).limit(WALK).subquery()
    else:
        next_ones = ordered(walk, order, place).limit(WALK).subquery()
    # With its limit it stands first: no index of a condition, which may fit half of all, does.
    near = ordered(_lines(), order, None).where(*holds).limit(limit)
    near = near.join(next_ones, next_ones.c.id == Stakeholder.id)
    return list(reading().execute(near))


_OF_OFFICES: dict[str, Any] = {
    "country": Organisation.country_code,
    "language": Organisation.language,
}


def _groups(order: list[By], wanted: Sequence[Condition]) -> list[Any]:
    """Where an order begins with what a condition is about: in which of its groups those who fit
    are. Who has nothing there is taken for what their organisation has. One SELECT at most."""
    for one in wanted:
        by_office = _OF_OFFICES.get(one.facet)
        if by_office is not None and _SORTS[one.facet] is order[0].column:
            offices = select(Organisation.id).where(by_office.in_(one.values)).limit(1)
            unknown = [] if reading().scalar(offices) is None else [None]
            return [*one.values, *unknown]
    return []


def _lines() -> Select[Any]:
    owner = aliased(Account)
    columns: list[Any] = [
        Stakeholder.id,
        Stakeholder.full_name,
        Stakeholder.office,
        Organisation.name,
        Stakeholder.country_code,
        Stakeholder.language,
        Stakeholder.email,
        Stakeholder.gender,
        owner.name,
        Stakeholder.created_at,
    ]
    return (
        select(*columns)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(owner, owner.id == Stakeholder.owner_id)
        .where(IS_KEPT)
    )


def own_fields() -> list[tuple[str, str]]:
    """(`custom_CODE`, label) of the custom fields of people that are in use."""
    rows = reading().execute(
        select(CustomField.code, CustomField.label)
        .where(CustomField.subject == CustomSubject.PERSON, CustomField.retired_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
    )
    return [(f"custom_{code}", label) for code, label in rows]
