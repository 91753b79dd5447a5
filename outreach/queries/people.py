"""The table of people: those who fit a rule, in any order, page by page, forwards and backwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.account import Account
from outreach.models.custom_field import CustomField, CustomSubject
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.grouped import needs_groups, rows_by_group
from outreach.queries.keyset import PAGE, By, Page, note_of, ordered, place_in
from outreach.queries.person_columns import add_columns
from outreach.queries.segments import conditions_of, shape_of
from outreach.queries.shapes import IS_KEPT, WALK, Ground, fewest

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
    first; all of one language, say, where it is language, then country. With a rule, at most 3,000
    people are looked at in the order of the page; where too few of them fit, those who do are
    gathered, from the condition that the fewest meet. One SELECT more for each of `kinds`, `tags`,
    `written` and own fields.
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
    is_grouped = needs_groups(order, place)
    if not rule and is_grouped:
        return rows_by_group(_lines(), order, place, limit)
    statement = ordered(_lines(), order, place).limit(limit)
    if not rule:
        return list(reading().execute(statement))
    shapes = [(one, shape_of(one, ground)) for one in rule.conditions]
    holds = [shape.lacks if one.is_not else shape.holds for one, shape in shapes]
    walk = select(Stakeholder.id).where(IS_KEPT)
    near = ordered(_lines(), order, None).where(*holds).limit(limit)
    if is_grouped:
        ids = [row[0] for row in rows_by_group(walk, order, place, WALK)]
        next_ones = walk.where(among(Stakeholder.id, ids)).limit(WALK).subquery()
    else:
        next_ones = ordered(walk, order, place).limit(WALK).subquery()
    # With its limit it stands first: no index of a condition, which may fit half of all, does.
    near = near.join(next_ones, next_ones.c.id == Stakeholder.id)
    rows = list(reading().execute(near))
    if len(rows) == limit:
        return rows
    few = fewest([shape for one, shape in shapes if not one.is_not])
    if few is not None:
        holds.append(Stakeholder.id.in_(few.correlate(None)))
    return list(reading().execute(statement.where(*holds)))


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
