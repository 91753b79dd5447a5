"""Imports: people brought into a list, from a file or typed by hand; all of them or none."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.intake.columns import check_mapping, correct_mapping
from outreach.intake.people import PersonRow, RefusedRow
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.models.activity import Activity, Actor
from outreach.models.imports import AlreadyImported, Import, ImportState
from outreach.models.target import TargetList
from outreach.queries.imports import is_imported
from outreach.queries.recognition import (
    Recognised,
    Recogniser,
    Report,
    check_taken,
    forecast,
    guessed_columns,
    recognised_rows,
    shared_addresses,
)
from outreach.roster import Roster


class OnListAlready(Conflict):
    """The person is wanted there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is on this list already.")


class KnownByAnotherName(Conflict):
    """The address is someone's whom we know under another name: a person must say which."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__(f"{address} is the address of {name}. Is it the same person?")


def apply_import(import_id: int, folder: Path, *, by: Actor, at: datetime) -> Report:
    """Bring a previewed file into its list, in one transaction: all of it or nothing.

    folder  where uploads are kept
    Rows with problems are left out and counted. Raises AlreadyImported for the second press of the
    button, and for the same file by another way.
    """
    with transaction() as session:
        row = _open_import(session, import_id)
        stored, columns = folder / row.stored_name, row.columns
    with open_sheet(stored) as sheet:
        check_mapping(sheet.headers, columns)
        shared = shared_addresses(sheet, columns)  # before the transaction: it may take seconds
        with transaction() as session:
            target_list = _locked_list(session, row.list_id)
            row = _open_import(session, import_id)
            return _bring_in(session, row, target_list, sheet, shared, by, at)


def import_file(
    path: Path,
    file_name: str,
    list_id: int,
    wishes: Iterable[str] = (),
    *,
    by: Actor,
    at: datetime,
    dry_run: bool = False,
) -> Report:
    """Bring a file into a list in one go; it stays where it lies.

    wishes   "COLUMN=FIELD" each, over the guessed mapping
    dry_run  say what would be done, and write nothing
    Raises UnreadableFile, NoAddressColumn, UnusableMapping, AlreadyImported.
    """
    wishes = list(wishes)
    with open_sheet(path) as sheet:
        check_taken(correct_mapping(sheet.headers, {}, wishes))
        columns = correct_mapping(sheet.headers, guessed_columns(sheet.headers), wishes)
        check_mapping(sheet.headers, columns)
        if is_imported(list_id, sheet.fingerprint):
            raise AlreadyImported
        if dry_run:
            return forecast(sheet, columns, list_id)
        shared = shared_addresses(sheet, columns)
        with transaction() as session:
            target_list = _locked_list(session, list_id)
            row = Import(
                list_id=list_id,
                account_id=by.account_id,
                file_name=file_name[:255],
                stored_name="",
                fingerprint=sheet.fingerprint,
                columns=columns,
                state=ImportState.PREVIEWED,
                created_at=at,
            )
            session.add(row)
            session.flush()
            return _bring_in(session, row, target_list, sheet, shared, by, at)


def add_person(
    list_id: int, person: PersonRow, *, by: Actor, at: datetime, is_another: bool = False
) -> int:
    """Put one person on a list, typed by hand; gives the stakeholder's id.

    is_another  someone else than the person whom we know at this address
    Raises OnListAlready, KnownByAnotherName.
    """
    shared = {hash(person.address.key)} if person.address and is_another else set()
    with transaction() as session:
        target_list = _locked_list(session, list_id)
        (line,) = Recogniser(list_id, shared).recognise([person])
        assert isinstance(line, Recognised)  # only a second row can repeat a first one
        if line.is_on_list:
            raise OnListAlready(line.known_name)
        if line.is_renamed and person.address and not is_another:
            raise KnownByAnotherName(person.address.email, line.known_name)
        roster = Roster(session, target_list, by, at)
        (stakeholder_id,) = roster.bring_in([line])
        roster.close()
        return stakeholder_id


def _bring_in(
    session: Session,
    row: Import,
    target_list: TargetList,
    sheet: Sheet,
    shared: set[int],
    by: Actor,
    at: datetime,
) -> Report:
    """The one way in of a file, inside the caller's transaction; the list is locked."""
    if is_imported(row.list_id, sheet.fingerprint):
        raise AlreadyImported
    report = Report(notes=list(sheet.notes), import_id=row.id)
    roster = Roster(session, target_list, by, at, import_id=row.id)
    for chunk in recognised_rows(sheet, row.columns, row.list_id, shared):
        for line in chunk:
            report.add(line)
        roster.bring_in([line for line in chunk if not isinstance(line, RefusedRow)])
    roster.close()
    row.state, row.applied_at = ImportState.APPLIED, at
    row.read_count, row.skipped_count = report.read, report.skipped
    row.created_count, row.updated_count = report.created, report.updated
    row.problem_count = report.problem_rows
    session.add(
        Activity.of(
            "imported",
            by,
            at,
            event_id=target_list.event_id,
            list_id=target_list.id,
            list=target_list.name,
            import_id=row.id,
            file=row.file_name,
            created=report.created,
            updated=report.updated,
            skipped=report.skipped,
        )
    )
    return report


def _open_import(session: Session, import_id: int) -> Import:
    row = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("import")
    row.check_open()
    return row


def _locked_list(session: Session, list_id: int) -> TargetList:
    """The list, locked: two imports into one list come one after the other."""
    target_list = session.get(TargetList, list_id, with_for_update=True)
    if target_list is None:
        raise NotFound("list")
    return target_list
