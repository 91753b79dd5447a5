"""The table of people: those who fit a rule, in any order, page by page, forwards and backwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.custom_field import CustomField, CustomSubject
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.grouped import needs_groups, rows_by_group
from outreach.queries.keyset import EDGE, PAGE, By, Page, note_of, ordered, place_in
from outreach.queries.looking import MOST_GROUPS, Look, Only, look
from outreach.queries.person_columns import add_columns
from outreach.queries.segments import conditions_of, shape_of
from outreach.queries.shapes import IS_KEPT, Ground

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
        if name == "added":  # never the same of two
            break
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
    of them fit, those who do are gathered, from a condition that at most 3,000 meet; where there is
    none, the page says where it goes on. One SELECT more for each of `kinds`, `tags`, `written` and
    own fields.
    """
    order = order_of(sort)
    is_backwards = before is not None and after is None
    keys = [key.turned() for key in order] if is_backwards else order
    place = place_in(before if is_backwards else after, keys)
    found = _found(rule, ground, keys, place, limit + 1)
    rows, onward = found.rows[:limit], found.onward
    back: str | None = found.back or EDGE
    if rows:
        back = note_of(rows[0][_WIDTH:])
    if len(found.rows) > limit:
        onward = note_of(rows[-1][_WIDTH:])
    if place is None:
        back = None
    lines = [PersonLine(*row[:_WIDTH]) for row in (rows[::-1] if is_backwards else rows)]
    add_columns({line.id: line for line in lines}, columns)
    looked = found.looked if len(rows) < limit and onward else 0
    if is_backwards:
        return Page(lines, back, onward, looked)
    return Page(lines, onward, back, looked)


def people_count(rule: Rule, ground: Ground) -> int:
    """How many fit, all of them counted. Cost: they, by an index where there is one."""
    wanted = select(Stakeholder.id).where(IS_KEPT)
    wanted = wanted.where(*conditions_of(rule, ground))
    return reading().scalar(select(func.count()).select_from(wanted.subquery())) or 0


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows in the order in which they were walked."""

    rows: list[Any]
    onward: str | None = None
    """Where to go on, once these are read; None where nobody else is."""
    back: str | None = None
    """The place of the first who was looked at."""
    looked: int = 0


def _found(
    rule: Rule, ground: Ground, order: list[By], place: list[Any] | None, limit: int
) -> _Found:
    is_by_index = not order[0].may_be_unknown or order[1].column is Stakeholder.name_key
    if rule or not is_by_index:
        return _read(_fitting(rule, ground, order, place, limit), order, limit)
    if needs_groups(order, place):
        return _Found(rows_by_group(_lines(), order, place, limit))
    return _Found(list(reading().execute(ordered(_lines(), order, place).limit(limit))))


def _fitting(
    rule: Rule, ground: Ground, order: list[By], place: list[Any] | None, limit: int
) -> Look:
    shapes = [(one, shape_of(one, ground)) for one in rule.conditions]
    holds = [shape.lacks if one.is_not else shape.holds for one, shape in shapes]
    wanted = [(one, shape) for one, shape in shapes if not one.is_not]
    only = _only(order, [one for one, _ in wanted])
    return look(order, place, holds, wanted, limit, only)


def _read(found: Look, order: list[By], limit: int) -> _Found:
    """The rows of those who fit, and the places of the first and the last who were looked at."""
    if not found.seen:
        return _Found([])
    ids = found.ids[:limit]
    first, last = abs(found.seen[0]), abs(found.seen[-1])
    wanted = _every_line().add_columns(*[key.column for key in order])
    rows = {
        row[0]: row
        for row in reading().execute(wanted.where(Stakeholder.id.in_({*ids, first, last})))
    }

    def place_of(id_: int, begun: Sequence[Any]) -> str:
        return note_of([*begun, *rows[id_][_WIDTH + len(begun) :]])

    return _Found(
        [rows[id_] for id_ in ids],
        None if found.is_end else place_of(last, found.end),
        place_of(first, found.start),
        len(found.seen),
    )


_OF_OFFICES: dict[str, Any] = {
    "country": Organisation.country_code,
    "language": Organisation.language,
}


def _only(order: list[By], wanted: Sequence[Condition]) -> Only | None:
    """Where the index of a condition's column has the order of the page: in which of its groups
    those who fit are. Who has nothing there is taken for what their organisation has. One SELECT at
    most."""
    for one in wanted:
        by_office = _OF_OFFICES.get(one.facet)
        if by_office is None or len(one.values) > MOST_GROUPS:
            continue
        column = _SORTS[one.facet]
        if column is order[0].column or order[0].column is Stakeholder.name_key:
            offices = select(Organisation.id).where(by_office.in_(one.values)).limit(1)
            unknown = [] if reading().scalar(offices) is None else [None]
            return Only(column, [*one.values, *unknown])
    return None


def _lines() -> Select[Any]:
    return _every_line().where(IS_KEPT)


def _every_line() -> Select[Any]:
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
    )


def own_fields() -> list[tuple[str, str]]:
    """(`custom_CODE`, label) of the custom fields of people that are in use."""
    rows = reading().execute(
        select(CustomField.code, CustomField.label)
        .where(CustomField.subject == CustomSubject.PERSON, CustomField.retired_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
    )
    return [(f"custom_{code}", label) for code, label in rows]
