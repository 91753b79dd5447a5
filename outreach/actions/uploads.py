"""Uploads: a file looked at, kept for its preview, its columns named, or thrown away."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import NotFound
from outreach.intake.columns import check_mapping
from outreach.intake.spreadsheet import open_sheet
from outreach.models.activity import Actor
from outreach.models.imports import AlreadyImported, Import, ImportState
from outreach.models.target import TargetList
from outreach.queries.imports import is_imported
from outreach.queries.recognition import check_taken, guessed_columns


def start_import(list_id: int, upload: Path, file_name: str, *, by: Actor, at: datetime) -> int:
    """Look at an uploaded file and keep it for its preview; gives the import's id.

    upload     where the bytes are; renamed to a name of ours in the same folder, gone when refused
    file_name  as the person's machine called it; only ever shown
    Raises UnreadableFile, AlreadyImported.
    """
    kept: Path | None = None
    try:
        with open_sheet(upload) as sheet, transaction() as session:
            if session.get(TargetList, list_id) is None:
                raise NotFound("list")
            if is_imported(list_id, sheet.fingerprint):
                raise AlreadyImported
            kept = upload.rename(upload.with_name(f"{secrets.token_hex(16)}.{sheet.kind}"))
            row = Import(
                list_id=list_id,
                account_id=by.account_id,
                file_name=file_name[:255],
                stored_name=kept.name,
                fingerprint=sheet.fingerprint,
                created_at=at,
                state=ImportState.PREVIEWED,
                columns=guessed_columns(sheet.headers),
            )
            session.add(row)
            session.flush()
            return row.id
    except BaseException:
        (kept or upload).unlink(missing_ok=True)
        raise


def name_columns(import_id: int, columns: Mapping[int, str], headers: list[str]) -> None:
    """Say which column holds which field, before anything is brought in.

    columns  {column, from 0: code of a field}
    Raises UnusableMapping.
    """
    check_taken(columns)
    check_mapping(headers, columns, needs_address=False)
    with transaction() as session:
        _open_import(session, import_id).columns = columns


def discard_import(import_id: int, folder: Path) -> int:
    """Throw a previewed file away; gives the list that it was for."""
    with transaction() as session:
        row = _open_import(session, import_id)
        row.state = ImportState.DISCARDED
        list_id, stored_name = row.list_id, row.stored_name
    (folder / stored_name).unlink(missing_ok=True)
    return list_id


def _open_import(session: Session, import_id: int) -> Import:
    row = session.get(Import, import_id, with_for_update=True)
    if row is None:
        raise NotFound("import")
    row.check_open()
    return row
