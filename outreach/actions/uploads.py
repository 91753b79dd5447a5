"""Uploads: a file looked at, kept for its preview, its columns named, or thrown away."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound
from outreach.importing.problems import problems_path
from outreach.intake.spreadsheet import open_sheet
from outreach.models.activity import Actor
from outreach.models.imports import AlreadyImported, Import, ImportState, Rule
from outreach.models.target import TargetList
from outreach.queries.import_fields import check_columns, check_taken, guessed_columns
from outreach.queries.import_reports import Choices
from outreach.queries.imports import is_imported, remembered
from outreach.queries.organisation_fields import (
    check_organisation_columns,
    guessed_organisation_columns,
)
from outreach.queries.previews import looks_of

LARGE = 5_000
"""Rows from which on a file is compared with what we know by a worker, not while one waits."""


def start_import(list_id: int, upload: Path, file_name: str, *, by: Actor, at: datetime) -> int:
    """Look at an uploaded file and keep it for its preview; gives the import's id.

    upload     where the bytes are; renamed to a name of ours in the same folder, gone when refused
    file_name  as the person's machine called it; only ever shown
    A file of a shape that was imported before is taken as that one was.
    Raises UnreadableFile, AlreadyImported.
    """
    return _keep(upload, file_name, list_id, None, by, at)


def start_organisation_import(
    conference_id: int | None, upload: Path, file_name: str, *, by: Actor, at: datetime
) -> int:
    """The same for a file of organisations, which get their standing at a conference."""
    return _keep(upload, file_name, None, conference_id, by, at)


def _keep(
    upload: Path,
    file_name: str,
    list_id: int | None,
    conference_id: int | None,
    by: Actor,
    at: datetime,
) -> int:
    kept: Path | None = None
    is_of_people = list_id is not None
    try:
        with open_sheet(upload) as sheet:
            looks = looks_of(sheet)
            with transaction() as session:
                if is_of_people and session.get(TargetList, list_id) is None:
                    raise NotFound("list")
                if is_imported(list_id, sheet.fingerprint, conference_id):
                    raise AlreadyImported(is_of_people)
                kept = upload.rename(upload.with_name(f"{secrets.token_hex(16)}.{sheet.kind}"))
                before = remembered(sheet.shape, is_of_people=is_of_people)
                guess = guessed_columns if is_of_people else guessed_organisation_columns
                row = Import(
                    list_id=list_id,
                    conference_id=conference_id,
                    account_id=by.account_id,
                    file_name=file_name[:255],
                    stored_name=kept.name,
                    fingerprint=sheet.fingerprint,
                    shape=sheet.shape,
                    created_at=at,
                    state=ImportState.PREVIEWED,
                    columns=before.columns if before else guess(sheet.headers),
                    rules=dict(before.rules) if before else {},
                    takes_addressless=bool(before and before.takes_addressless),
                    is_whole=bool(before and before.is_whole),
                    likely_score=before.likely_score if before else None,
                    looks=looks | {"is_remembered": before is not None},
                    row_estimate=max((sheet.row_estimate or 0) - 1, 0),
                )
                _look_again(row)
                session.add(row)
                session.flush()
                return row.id
    except BaseException:
        (kept or upload).unlink(missing_ok=True)
        raise


def choose(import_id: int, choices: Choices, headers: list[str]) -> None:
    """Say which column holds which field and how it is taken, before anything is brought in.

    Raises UnusableMapping.
    """
    with transaction() as session:
        row = _open_import(session, import_id)
        if row.list_id is None:
            check_organisation_columns(headers, choices.columns, is_whole=False)
        else:
            check_taken(choices.columns)
            check_columns(headers, choices.columns, needs_address=False)
        row.columns = choices.columns
        row.rules = {code: Rule(rule).value for code, rule in choices.rules.items()}
        row.is_whole, row.takes_addressless = choices.is_whole, choices.takes_addressless
        row.likely_score = choices.likely_score
        row.error = ""
        _look_again(row)


def name_columns(import_id: int, columns: Mapping[int, str], headers: list[str]) -> None:
    """Say which column holds which field, and nothing else. Raises UnusableMapping."""
    choose(import_id, Choices(columns), headers)


def discard_import(import_id: int, folder: Path) -> None:
    """Throw a previewed file away."""
    with transaction() as session:
        row = _open_import(session, import_id)
        row.state = ImportState.DISCARDED
        row.let_go()
        stored = folder / row.stored_name
    stored.unlink(missing_ok=True)
    problems_path(stored).unlink(missing_ok=True)


def _look_again(row: Import) -> None:
    """A large file is compared by a worker; what it found under other choices counts no more."""
    row.report, row.position, row.started_at = None, 0, None
    row.let_go()
    vital = {"email"} if row.list_id is not None else {"name", "external_id"}
    is_ready = row.takes_addressless or not vital.isdisjoint(row.mapping.values())
    is_large = row.row_estimate > LARGE and is_ready
    row.state = ImportState.CHECKING if is_large else ImportState.PREVIEWED


def _open_import(session: Session, import_id: int) -> Import:
    row = session.get(Import, import_id, with_for_update=True)
    if row is None:
        raise NotFound("import")
    row.check_open()
    return row
