"""A file of organisations brought in in one go, from where it lies."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from outreach.db import transaction
from outreach.dialect import one_at_a_time
from outreach.importing.run import run_import
from outreach.intake.columns import correct_mapping
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.models.activity import Actor
from outreach.models.imports import AlreadyImported, Import, ImportState, NotNow
from outreach.queries.import_reports import Choices, Report
from outreach.queries.imports import is_imported, remembered
from outreach.queries.organisation_fields import (
    check_organisation_columns,
    guessed_organisation_columns,
    organisation_fields,
)
from outreach.queries.organisation_previews import organisations_forecast


def import_organisations(
    path: Path,
    file_name: str,
    conference_id: int | None,
    wishes: Iterable[str] = (),
    *,
    by: Actor,
    at: datetime,
    dry_run: bool = False,
    is_whole: bool = False,
    now: Callable[[], datetime] | None = None,
) -> Report:
    """Bring organisations in, with their standing at a conference; the file stays where it lies.

    wishes   "COLUMN=FIELD" each, over the guessed mapping
    dry_run  say what would be done, and write nothing
    Raises UnreadableFile, UnusableMapping, AlreadyImported, TooManyOrganisations, HasProblems.
    """
    with open_sheet(path) as sheet:
        before = remembered(sheet.shape, is_of_people=False)
        columns = before.columns if before else guessed_organisation_columns(sheet.headers)
        columns = correct_mapping(sheet.headers, columns, list(wishes), organisation_fields())
        check_organisation_columns(sheet.headers, columns)
        choices = Choices(columns, is_whole=is_whole)
        if is_imported(None, sheet.fingerprint, conference_id):
            raise AlreadyImported(False)
        if dry_run:
            return organisations_forecast(sheet, choices, conference_id)
        import_id = _register(sheet, file_name, conference_id, choices, by, at)
    report = run_import(import_id, path, now=now or (lambda: at))
    if report is None:
        raise NotNow("run", ImportState.PAUSED)
    return report


def _register(
    sheet: Sheet, file_name: str, conference_id: int | None, choices: Choices, by: Actor,
    at: datetime,
) -> int:  # fmt: skip
    with transaction() as session:
        one_at_a_time(session, "organisation imports")
        if is_imported(None, sheet.fingerprint, conference_id):
            raise AlreadyImported(False)
        row = Import(
            list_id=None, conference_id=conference_id, account_id=by.account_id,
            file_name=file_name[:255], stored_name="", fingerprint=sheet.fingerprint,
            shape=sheet.shape, columns=choices.columns, rules={}, is_whole=choices.is_whole,
            row_estimate=max((sheet.row_estimate or 0) - 1, 0), state=ImportState.WAITING,
            created_at=at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id
