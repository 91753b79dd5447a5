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
from outreach.models.custom_field import CustomField, CustomSubject, CustomValue
from outreach.models.kind import KINDS, Kind, StakeholderKind
from outreach.models.message import Message
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.asked_facets import HAVE_LEFT
from outreach.queries.keyset import PAGE, By, Page, note_of, ordered, place_in
from outreach.queries.segments import conditions_of, shape_of
from outreach.queries.shapes import IS_KEPT, Ground, Shape

WALK = 3_000
"""So many people are looked at in the order of the page before those who fit are gathered."""
MOST_GATHERED = 20_000

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

    Cost: for everyone, the rows of the page. With a rule, at most 3,000 people are looked at in the
    order of the page; where too few of them fit, those who do are gathered, from the condition
    that the fewest meet. One SELECT more for each of `kinds`, `tags`, `written` and own fields.
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
    _add_columns(lines, columns)
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
    statement = ordered(_lines(), order, place).limit(limit)
    if not rule:
        return list(reading().execute(statement))
    shapes = [(one, shape_of(one, ground)) for one in rule.conditions]
    holds = [shape.lacks if one.is_not else shape.holds for one, shape in shapes]
    walk = select(Stakeholder.id).where(IS_KEPT)
    near = ordered(walk, order, place).limit(WALK).subquery()
    rows = list(reading().execute(
        ordered(_lines(), order, None).join(near, near.c.id == Stakeholder.id)
        .where(*holds).limit(limit)
    ))  # fmt: skip
    if len(rows) == limit:
        return rows
    fewest = _fewest(shapes)
    if fewest is not None:
        holds.append(Stakeholder.id.in_(fewest.correlate(None)))
    return list(reading().execute(statement.where(*holds)))


def _fewest(shapes: list[tuple[Condition, Shape]]) -> Select[Any] | None:
    """Whom the condition fits that the fewest meet; None where none meets fewer than 20,000."""
    counted = []
    for place, (one, shape) in enumerate(shapes):
        if shape.ids is not None and not one.is_not:
            some = shape.ids.limit(MOST_GATHERED).subquery()
            count = reading().scalar(select(func.count()).select_from(some)) or 0
            if count < MOST_GATHERED:
                counted.append((count, place))
    return shapes[min(counted)[1]][1].ids if counted else None


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


def _add_columns(lines: list[PersonLine], columns: Sequence[str]) -> None:
    of = {line.id: line for line in lines}
    if not of:
        return
    if "kinds" in columns:
        kinds = select(StakeholderKind.stakeholder_id, StakeholderKind.kind).where(
            StakeholderKind.stakeholder_id.in_(of)
        )
        for id_, kind in reading().execute(kinds.order_by(StakeholderKind.id)):
            of[id_].kinds.append(KINDS[Kind(kind)])
    if "tags" in columns:
        tags = select(StakeholderTag.stakeholder_id, Tag.name).join(
            Tag, Tag.id == StakeholderTag.tag_id
        )
        wanted = tags.where(StakeholderTag.stakeholder_id.in_(of)).order_by(Tag.name_key)
        for id_, name in reading().execute(wanted):
            of[id_].tags.append(name)
    if "written" in columns:
        last = select(Message.stakeholder_id, func.max(Message.changed_at)).where(
            Message.stakeholder_id.in_(of), Message.state.in_(HAVE_LEFT)
        )
        for id_, at in reading().execute(last.group_by(Message.stakeholder_id)):
            of[id_].written_at = at
    if any(column.startswith("custom_") for column in columns):
        _add_own(of, columns)


def _add_own(of: dict[int, PersonLine], columns: Sequence[str]) -> None:
    codes = [column.removeprefix("custom_") for column in columns]
    values = (
        select(
            CustomValue.stakeholder_id,
            CustomField.code,
            CustomValue.text,
            CustomValue.number,
            CustomValue.day,
            CustomValue.is_yes,
        )
        .join(CustomField, CustomField.id == CustomValue.field_id)
        .where(CustomValue.stakeholder_id.in_(of), CustomField.code.in_(codes))
    )
    for id_, code, words, number, day, is_yes in reading().execute(values):
        of[id_ or 0].own[code] = as_text(words, number, day, is_yes)


def as_text(text: str | None, number: float | None, day: Any, is_yes: bool | None) -> str:
    """The value of a custom field as people read it, and as an import reads it again."""
    if text is not None:
        return text
    if number is not None:
        return f"{number:.15g}"
    if day is not None:
        return str(day)
    return {True: "yes", False: "no", None: ""}[is_yes]


def own_fields() -> list[tuple[str, str]]:
    """(`custom_CODE`, label) of the custom fields of people that are in use."""
    rows = reading().execute(
        select(CustomField.code, CustomField.label)
        .where(CustomField.subject == CustomSubject.PERSON, CustomField.retired_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
    )
    return [(f"custom_{code}", label) for code, label in rows]
