"""The rows beside people's own that a file brings, written for thousands of people at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.bulk import Bulk, Changes
from outreach.describing import tag_ids
from outreach.models.base import Base
from outreach.queries.person_details import MODELS, Found

COLUMNS = {
    "phones": ("number_key", "number", "label", "is_preferred"),
    "stakeholder_kinds": ("kind",),
    "stakeholder_tags": ("tag_id",),
    "answering_addresses": (
        "email_key", "email", "is_assistant", "name", "gets_copies", "created_at",
    ),
    "forms_of_address": ("language", "title", "salutation"),
    "custom_values": ("field_id", "text", "text_key", "number", "day", "is_yes"),
}  # fmt: skip
"""{table: its columns beside the person's, the one that holds the key first}"""
_EMPTY = {"title": "", "salutation": "", "label": ""}


def write_details(
    session: Session, bulk: Bulk, people: Sequence[tuple[int, Found]], at: datetime
) -> None:
    """Write what was found, a statement for each table; noted in the bulk writer's record."""
    rows: dict[str, dict[tuple[int, Any], dict[str, Any]]] = {}
    changed: dict[str, list[tuple[int, Changes]]] = {}
    for id_, found in people:
        for detail in found.added:
            there = rows.setdefault(detail.table, {})
            there.setdefault((id_, detail.key), dict(detail.values))
        for change in found.changed:
            changed.setdefault(change.table, []).append((change.id, change.changes))
    if tagged := rows.get("stakeholder_tags"):
        numbers = tag_ids(session, [values["name"] for values in tagged.values()])
        rows["stakeholder_tags"] = {
            (id_, numbers[key]): {} for id_, key in tagged if key in numbers
        }
    for table, wanted in rows.items():
        _add(bulk, table, wanted, at)
    for table, several in changed.items():
        bulk.change(MODELS[table], several)


def _add(
    bulk: Bulk, table: str, wanted: dict[tuple[int, Any], dict[str, Any]], at: datetime
) -> None:
    model: type[Base] = MODELS[table]
    key_column, *columns = COLUMNS[table]
    lines = []
    for (id_, key), values in wanted.items():
        values["created_at"] = at
        values.setdefault("gets_copies", values.get("is_assistant", False))
        lines.append(
            (
                id_,
                bulk.bound(model, key_column, key),
                *(bulk.bound(model, name, values.get(name, _EMPTY.get(name))) for name in columns),
            )
        )
    bulk.add(model, f"stakeholder_id {' '.join(COLUMNS[table])}", lines)
