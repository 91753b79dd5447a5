"""A condition on a field of the team's own, as the values that meet it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from outreach.advice.folding import fold
from outreach.advice.segments import CUSTOM, Condition
from outreach.db import reading
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject, CustomValue


def wanted_values(one: Condition) -> tuple[CustomSubject | None, list[ColumnElement[bool]]]:
    """Of whom the field is (None where it is gone), and which rows of CustomValue are meant.

    Words, `from..to` of numbers and days, a choice, `yes` or `no`. One SELECT.
    """
    field = (
        reading()
        .execute(
            select(CustomField.id, CustomField.kind, CustomField.subject).where(
                CustomField.code == one.facet.removeprefix(CUSTOM)
            )
        )
        .one_or_none()
    )
    if field is None:
        return None, [false()]
    fits = [_fits(CustomKind(field.kind), value) for value in one.values]
    return field.subject, [CustomValue.field_id == field.id, or_(false(), *fits)]


def _fits(kind: CustomKind, value: str) -> ColumnElement[bool]:
    if value == "any":
        return true()
    if kind is CustomKind.YES_NO:
        return CustomValue.is_yes.is_(value == "yes")
    if kind in (CustomKind.TEXT, CustomKind.CHOICE):
        return CustomValue.text_key == fold(value)
    first, dots, last = value.partition("..")
    column: Any = CustomValue.number if kind is CustomKind.NUMBER else CustomValue.day
    read: Callable[[str], Any] = float if kind is CustomKind.NUMBER else date.fromisoformat
    try:
        low = read(first) if first else None
        high = (read(last) if last else None) if dots else low
    except ValueError:
        return false()
    bounds = [column >= low] if low is not None else []
    bounds += [column <= high] if high is not None else []
    return and_(*bounds) if bounds else false()
