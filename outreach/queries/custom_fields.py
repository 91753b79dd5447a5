"""Custom fields: which there are, and what people and organisations have in them.

For filters, imports, exports, forms and mails alike: everywhere a field is called `custom_CODE`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from outreach.db import reading
from outreach.intake.words import fold_heading
from outreach.models.base import mark_of
from outreach.models.custom_field import (
    COLUMNS,
    PREFIX,
    CustomField,
    CustomKind,
    CustomSubject,
    CustomValue,
    as_text,
)
from outreach.models.stakeholder import Organisation, Stakeholder

IDS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of the team's own."""

    id: int
    code: str
    label: str
    hint: str
    subject: CustomSubject
    kind: CustomKind
    choices: list[str]
    position: int
    is_retired: bool

    @property
    def name(self) -> str:
        """As it is called beside the fields that everyone has: in imports, filters and mails."""
        return PREFIX + self.code

    @property
    def mark(self) -> int:
        """As that of the field itself."""
        return mark_of(self.label, self.hint, list(self.choices))


def custom_fields(
    subject: CustomSubject | None = None, *, with_retired: bool = False
) -> list[FieldLine]:
    """The fields of people, of organisations or of both, in their order. Cost: the fields."""
    statement = select(
        CustomField.id, CustomField.code, CustomField.label, CustomField.hint, CustomField.subject,
        CustomField.kind, CustomField.choices, CustomField.position,
        CustomField.retired_at.is_not(None),
    ).order_by(CustomField.subject.desc(), CustomField.position, CustomField.id)  # fmt: skip
    if subject is not None:
        statement = statement.where(CustomField.subject == subject)
    if not with_retired:
        statement = statement.where(CustomField.retired_at.is_(None))
    return [FieldLine(*row) for row in reading().execute(statement)]


def custom_values(subject: CustomSubject, ids: Collection[int]) -> dict[int, dict[int, Any]]:
    """{whose: {field id: str, float, date or bool}}, retired fields too; who has none is missing.

    Cost: the values, by an index; a SELECT for every IDS_AT_ONCE of them.
    """
    owner = owner_column(subject)
    found: dict[int, dict[int, Any]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        rows = reading().execute(
            select(
                owner, CustomValue.field_id, CustomValue.text, CustomValue.number, CustomValue.day,
                CustomValue.is_yes,
            ).where(owner.in_(wanted[start : start + IDS_AT_ONCE]))
        )  # fmt: skip
        for id_, field_id, *held in rows:
            value = next((one for one in held if one is not None), None)
            found.setdefault(id_, {})[field_id] = value
    return found


def owner_column(subject: CustomSubject) -> Any:
    """The column of CustomValue that says whose a value is."""
    is_person = subject is CustomSubject.PERSON
    return CustomValue.stakeholder_id if is_person else CustomValue.organisation_id


def value_of(field: FieldLine) -> ColumnElement[Any]:
    """What the person (or organisation) of the row has in a field, for statements that hold it.

    Cost: one row by a unique index for each row of the statement.
    """
    owner, whose = (
        (CustomValue.stakeholder_id, Stakeholder.id)
        if field.subject is CustomSubject.PERSON
        else (CustomValue.organisation_id, Organisation.id)
    )
    column = getattr(CustomValue, COLUMNS[field.kind])
    return (
        select(column)
        .where(owner == whose, CustomValue.field_id == field.id)
        .correlate(Stakeholder, Organisation)
        .scalar_subquery()
    )


def use_count(field_id: int) -> int:
    """How many people or organisations have something in a field. Cost: they, by an index."""
    counted = select(func.count()).where(CustomValue.field_id == field_id)
    return reading().scalar(counted) or 0


def headings_of(fields: Sequence[FieldLine], is_ours: Callable[[str], bool]) -> list[str]:
    """What columns of the team's own fields are called in a file: as the team calls them, but where
    an import could not tell such a column from another.

    is_ours  whether an import would take a column of this name for one of our fields
    """
    seen = Counter(fold_heading(field.label) for field in fields)
    return [
        field.name
        if seen[key := fold_heading(field.label)] > 1
        or not key
        or "@" in field.label
        or is_ours(field.label)
        else field.label
        for field in fields
    ]


def shown(fields: Collection[FieldLine], values: dict[int, Any]) -> Iterator[tuple[str, str]]:
    """(label, text) of each field in which something stands."""
    for field in fields:
        if values.get(field.id) is not None:
            yield field.label, as_text(values[field.id])
