"""Imports: the files that were brought in, each with its state and its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from outreach.db import reading
from outreach.models.imports import BROUGHT_IN, MOST_FAULTS, WORK, Import, ImportState
from outreach.models.stakeholder import Organisation, Stakeholder

SHOWN = (*BROUGHT_IN, ImportState.UNDOING, ImportState.UNDONE)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A file that someone brought, and what became of it."""

    id: int
    list_id: int | None
    """None for a file of organisations."""
    conference_id: int | None
    file_name: str
    stored_name: str
    mapping: dict[str, Any]
    rules: dict[str, Any]
    is_whole: bool
    takes_addressless: bool
    likely_score: int | None
    looks: dict[str, Any]
    state: ImportState
    row_estimate: int
    position: int
    started_at: datetime | None
    leased_until: datetime | None
    error: str
    fault_count: int
    report: dict[str, Any] | None
    read_count: int
    created_count: int
    updated_count: int
    skipped_count: int
    problem_count: int
    likely_count: int
    suggested_count: int
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    kept_count: int
    kept: dict[str, Any]

    @property
    def columns(self) -> dict[int, str]:
        """{column, from 0: field}, as reading wants it."""
        return {int(column): code for column, code in self.mapping.items()}

    @property
    def is_stuck(self) -> bool:
        """Its way back failed so often that a person has to look."""
        return self.state is ImportState.UNDOING and self.fault_count >= MOST_FAULTS


def import_line(import_id: int) -> ImportLine | None:
    """One import. One row by key."""
    row = reading().execute(_imports().where(Import.id == import_id)).one_or_none()
    return ImportLine(*row) if row else None


def imports_of(list_id: int, *, limit: int = 10) -> list[ImportLine]:
    """The latest files that went into a list, or are on their way. Cost: the rows shown."""
    rows = reading().execute(
        _imports()
        .where(Import.list_id == list_id, Import.state.in_(SHOWN))
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return [ImportLine(*row) for row in rows]


def is_imported(list_id: int | None, fingerprint: str, conference_id: int | None = None) -> bool:
    """Whether this very file went into this list before, or is on its way. Cost: one index.

    list_id  None for a file of organisations, then with the conference
    """
    same = Import.conference_id == conference_id
    return _latest(list_id, fingerprint, BROUGHT_IN, same) is not None


def unfinished_import(list_id: int, fingerprint: str) -> int | None:
    """The import of this very file that was begun by a command and is not at its end."""
    states = (ImportState.WAITING, ImportState.APPLYING)
    return _latest(list_id, fingerprint, states, Import.stored_name == "")


def due_imports(*, limit: int = 20) -> list[tuple[int, str, str | None, datetime | None]]:
    """(id, name of the stored file, whose lease, until when) of imports that a worker may take.

    A file that a command brought lies elsewhere, and is that command's. Cost: those, by an index.
    """
    rows = reading().execute(
        select(Import.id, Import.stored_name, Import.lease_key, Import.leased_until)
        .where(
            Import.state.in_(WORK),
            Import.fault_count < MOST_FAULTS,
            (Import.stored_name != "") | (Import.state == ImportState.UNDOING),
        )
        .order_by(Import.id)
        .limit(limit)
    )
    return [(id_, name, key, until) for id_, name, key, until in rows]


def imports_in_trouble() -> list[ImportLine]:
    """Those whose latest run ended by a fault. Cost: the imports that are not at their end."""
    rows = reading().execute(
        _imports()
        .where(Import.state.in_((*WORK, ImportState.PAUSED)), Import.error != "")
        .order_by(Import.id)
        .limit(20)
    )
    return [ImportLine(*row) for row in rows]


def organisation_imports(*, limit: int = 5) -> list[ImportLine]:
    """The latest files of organisations. Cost: the rows shown, by an index."""
    rows = reading().execute(
        _imports()
        .where(Import.list_id.is_(None), Import.state.in_(SHOWN))
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return [ImportLine(*row) for row in rows]


def remembered(shape: str, *, is_of_people: bool = True) -> ImportLine | None:
    """The latest import of a file with these headers. One row by an index."""
    row = (
        reading()
        .execute(
            _imports()
            .where(
                Import.shape == shape,
                Import.applied_at.is_not(None),
                Import.list_id.is_not(None) if is_of_people else Import.list_id.is_(None),
            )
            .order_by(Import.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return ImportLine(*row) if row else None


def kept_people(kept: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(id, name, why) of those whom the way back left where they are. Rows by key."""
    ids = [int(id_) for id_ in kept]
    rows = reading().execute(
        select(Stakeholder.id, Stakeholder.full_name)
        .where(Stakeholder.id.in_(ids))
        .order_by(Stakeholder.name_key)
    )
    return [(id_, name, str(kept[str(id_)])) for id_, name in rows]


def kept_organisations(kept: dict[str, Any]) -> list[tuple[int, str, str]]:
    """The same of organisations."""
    rows = reading().execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_([int(id_) for id_ in kept]))
        .order_by(Organisation.name_key)
    )
    return [(id_, name, str(kept[str(id_)])) for id_, name in rows]


def _latest(
    list_id: int | None, fingerprint: str, states: Sequence[ImportState], *more: ColumnElement[bool]
) -> int | None:
    return reading().scalar(
        select(Import.id)
        .where(
            Import.fingerprint == fingerprint,
            Import.list_id == list_id,
            Import.state.in_(states),
            *more,
        )
        .order_by(Import.id.desc())
        .limit(1)
    )


def _imports() -> Select[*tuple[Any, ...]]:
    return select(*[getattr(Import, name) for name in ImportLine.__dataclass_fields__])
