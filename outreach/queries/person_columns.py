"""The columns of a table of people that stand in rows of their own: a SELECT each, for a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, select

from outreach.db import reading
from outreach.models.custom_field import CustomField, CustomValue, as_text
from outreach.models.kind import KINDS, Kind, StakeholderKind
from outreach.models.message import Message
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.asked_facets import HAVE_LEFT


class Columned(Protocol):
    """A line of a table that may have them."""

    kinds: list[str]
    tags: list[str]
    written_at: datetime | None
    own: dict[str, str]


def add_columns(of: Mapping[int, Columned], columns: Sequence[str]) -> None:
    """Fill in those of the columns that are asked for. of  {stakeholder: line}"""
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


def _add_own(of: Mapping[int, Columned], columns: Sequence[str]) -> None:
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
        held = (each for each in (words, number, day, is_yes) if each is not None)
        of[id_ or 0].own[code] = as_text(next(held, None))
