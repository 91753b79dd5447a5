"""Imports: people brought into a list, from a file or by hand; paused, stopped, taken back."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.dialect import one_at_a_time
from outreach.errors import Conflict, NotFound
from outreach.importing.run import run_import
from outreach.intake.columns import correct_mapping
from outreach.intake.fields import FIELDS
from outreach.intake.people import PersonRow
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.models.activity import Actor
from outreach.models.imports import (
    BROUGHT_IN,
    MOST_FAULTS,
    AlreadyImported,
    Import,
    ImportState,
    NotNow,
)
from outreach.models.target import TargetList
from outreach.queries.alike import Alike, alike_to
from outreach.queries.import_fields import (
    check_columns,
    check_taken,
    guessed_columns,
    import_fields,
)
from outreach.queries.import_reports import (
    Choices,
    Report,
    forecast,
)
from outreach.queries.imports import is_imported, remembered, unfinished_import
from outreach.queries.organisation_fields import check_organisation_columns
from outreach.queries.recognition import Recogniser
from outreach.roster import Roster


class OnListAlready(Conflict):
    """The person is wanted there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is on this list already.")


class KnownByAnotherName(Conflict):
    """The address is someone's whom we know under another name: a person must say which."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__(f"{address} is the address of {name}. Is it the same person?")


class MayBeKnown(Conflict):
    """Someone known may be this person: a person must say which."""

    def __init__(self, alike: list[Alike]) -> None:
        super().__init__("You may know this person already.")
        self.alike = alike


def begin_import(import_id: int) -> None:
    """The button was pressed: a worker may take the file from now on.

    Raises AlreadyImported for the second press, and for the same file by another way.
    """
    with transaction() as session:
        row = _locked(session, import_id)
        row.check_open()
        if row.list_id is None:
            check_organisation_columns(row.looks["headers"], row.columns)
        else:
            needs_address = not row.takes_addressless
            check_columns(row.looks["headers"], row.columns, needs_address=needs_address)
        if is_imported(row.list_id, row.fingerprint, row.conference_id):
            raise AlreadyImported(row.list_id is not None)
        row.go_to(ImportState.WAITING, "begun", ImportState.PREVIEWED)
        row.let_go()
        row.position, row.started_at = 0, None


def pause_import(import_id: int) -> None:
    """Let it rest after the rows that are under way."""
    with transaction() as session:
        row = _locked(session, import_id)
        row.go_to(ImportState.PAUSED, "paused", ImportState.WAITING, ImportState.APPLYING)
        row.let_go()


def resume_import(import_id: int) -> None:
    """Go on where it stood."""
    with transaction() as session:
        _locked(session, import_id).go_to(ImportState.WAITING, "resumed", ImportState.PAUSED)


def take_back_import(import_id: int, *, by: Actor) -> None:
    """Stop it, if it is under way, and take back what came of it: a worker does so; or let one try
    that again, where it failed so often that it rests."""
    with transaction() as session:
        row = _locked(session, import_id)
        again = (ImportState.UNDOING,) if row.fault_count >= MOST_FAULTS else ()
        row.go_to(ImportState.UNDOING, "taken back", *BROUGHT_IN, *again)
        row.let_go()
        row.started_at, row.undone_by_id = None, by.account_id


def import_file(
    path: Path,
    file_name: str,
    list_id: int,
    wishes: Iterable[str] = (),
    *,
    by: Actor,
    at: datetime,
    dry_run: bool = False,
    is_whole: bool = False,
    takes_addressless: bool = False,
    rules: dict[str, str] | None = None,
    likely_score: int | None = None,
    now: Callable[[], datetime] | None = None,
    rows_at_once: int = 0,
) -> Report:
    """Bring a file into a list in one go; it stays where it lies.

    wishes   "COLUMN=FIELD" each, over the guessed mapping
    dry_run  say what would be done, and write nothing
    rules    {field: "keep", "fill" or "overwrite"}
    likely_score  from so many of 100 on a row counts as whom it resembles
    now      the time while it runs; `at` throughout when there is none
    rows_at_once  see `run_import`
    A file whose import was cut short goes on where it stood, with the choices of then.
    Raises UnreadableFile, NoAddressColumn, UnusableMapping, AlreadyImported, Busy, HasProblems.
    """
    wishes = list(wishes)
    with open_sheet(path) as sheet:
        fields = import_fields()
        check_taken(correct_mapping(sheet.headers, {}, wishes, FIELDS | fields))
        before = remembered(sheet.shape)
        columns = before.columns if before else guessed_columns(sheet.headers)
        columns = correct_mapping(sheet.headers, columns, wishes, fields)
        check_columns(sheet.headers, columns, needs_address=not takes_addressless)
        choices = Choices(columns, rules or {}, takes_addressless, is_whole, likely_score)
        import_id = unfinished_import(list_id, sheet.fingerprint)
        if import_id is None and is_imported(list_id, sheet.fingerprint):
            raise AlreadyImported
        if dry_run:
            return forecast(sheet, choices, list_id)
        if import_id is None:
            import_id = _register(sheet, file_name, list_id, choices, by, at)
    report = run_import(import_id, path, now=now or (lambda: at), rows_at_once=rows_at_once)
    if report is None:
        raise NotNow("run", ImportState.PAUSED)
    return report


def add_person(
    list_id: int,
    person: PersonRow,
    *,
    by: Actor,
    at: datetime,
    is_another: bool = False,
    is_looked_at: bool = True,
) -> int:
    """Put one person on a list, typed by hand; gives the stakeholder's id.

    is_another    someone else than the person whom we know at this address
    is_looked_at  those who are like them were looked at, and are others
    Raises OnListAlready, KnownByAnotherName, MayBeKnown.
    """
    repeated = {hash(person.address.key)} if person.address and is_another else set()
    with transaction() as session:
        target_list = _locked_list(session, list_id)
        one_at_a_time(session, "import")
        (line,) = Recogniser(list_id, repeated, is_of_file=False).recognise([person])
        if line.is_on_list:
            raise OnListAlready(line.known_name)
        if line.is_renamed and person.address and not is_another:
            raise KnownByAnotherName(person.address.email, line.known_name)
        if line.stakeholder_id is None and not (is_another or is_looked_at):
            _check_alike(person)
        roster = Roster(session, target_list, by, at)
        (stakeholder_id,) = roster.bring_in([line])
        roster.close()
        return stakeholder_id


def _check_alike(person: PersonRow) -> None:
    alike = alike_to(
        person.name, person.address, organisation=person.organisation, country_code=person.country
    )
    if alike:
        raise MayBeKnown(alike)


def _register(
    sheet: Sheet, file_name: str, list_id: int, choices: Choices, by: Actor, at: datetime
) -> int:
    """The row of a file that is brought in at once."""
    with transaction() as session:
        _locked_list(session, list_id)
        if is_imported(list_id, sheet.fingerprint):
            raise AlreadyImported
        row = Import(
            list_id=list_id,
            account_id=by.account_id,
            file_name=file_name[:255],
            stored_name="",
            fingerprint=sheet.fingerprint,
            shape=sheet.shape,
            columns=choices.columns,
            rules=dict(choices.rules),
            is_whole=choices.is_whole,
            takes_addressless=choices.takes_addressless,
            likely_score=choices.likely_score,
            row_estimate=max((sheet.row_estimate or 0) - 1, 0),
            state=ImportState.WAITING,
            created_at=at,
        )
        session.add(row)
        session.flush()
        return row.id


def _locked(session: Session, import_id: int) -> Import:
    """The import, locked after its list: all who need both take them in this order."""
    found = session.execute(select(Import.list_id).where(Import.id == import_id)).one_or_none()
    if found is None:
        raise NotFound("import")
    if found.list_id is not None:
        _locked_list(session, found.list_id)
    else:
        one_at_a_time(session, "organisation imports")  # the same file by two people at once
    return session.get_one(Import, import_id, with_for_update=True, populate_existing=True)


def _locked_list(session: Session, list_id: int) -> TargetList:
    """The list, locked: two imports into one list come one after the other."""
    target_list = session.get(TargetList, list_id, with_for_update=True)
    if target_list is None:
        raise NotFound("list")
    return target_list
