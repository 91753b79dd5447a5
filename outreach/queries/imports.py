"""Imports: the files that were brought in, each with its state and its numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from outreach.db import reading
from outreach.models.imports import Import, ImportState


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A file that someone brought, and what became of it."""

    id: int
    list_id: int
    file_name: str
    stored_name: str
    mapping: dict[str, Any]
    state: ImportState
    read_count: int
    created_count: int
    updated_count: int
    skipped_count: int
    problem_count: int
    created_at: datetime
    applied_at: datetime | None

    @property
    def columns(self) -> dict[int, str]:
        """{column, from 0: field}, as reading wants it."""
        return {int(column): code for column, code in self.mapping.items()}


def import_line(import_id: int) -> ImportLine | None:
    """One import. One row by key."""
    row = reading().execute(_imports().where(Import.id == import_id)).one_or_none()
    return ImportLine(*row) if row else None


def imports_of(list_id: int, *, limit: int = 10) -> list[ImportLine]:
    """The latest files that went into a list. Cost: the rows shown, by an index."""
    rows = reading().execute(
        _imports()
        .where(Import.list_id == list_id, Import.state == ImportState.APPLIED)
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return [ImportLine(*row) for row in rows]


def is_imported(list_id: int, fingerprint: str) -> bool:
    """Whether this very file went into this list before. Cost: one index."""
    return (
        reading().scalar(
            select(Import.id)
            .where(
                Import.fingerprint == fingerprint,
                Import.list_id == list_id,
                Import.state == ImportState.APPLIED,
            )
            .limit(1)
        )
        is not None
    )


def _imports() -> Select[*tuple[Any, ...]]:
    return select(*[getattr(Import, name) for name in ImportLine.__dataclass_fields__])
