"""A large file compared with what we know, before anybody lets it in: nothing is written."""

from collections.abc import Callable
from pathlib import Path

from outreach.db import transaction
from outreach.importing.lease import Lease, Lost
from outreach.importing.problems import written_problems
from outreach.intake.spreadsheet import Sheet
from outreach.models.imports import ImportState
from outreach.queries.import_fields import check_columns
from outreach.queries.import_reports import Report, choices_of, recognised_rows


def check_file(
    lease: Lease, list_id: int, sheet: Sheet, path: Path, keeps_going: Callable[[], bool]
) -> Report:
    """What the import would do, kept with it; everything that is odd goes into a file beside it."""
    with transaction() as session:
        row = lease.mine(session, ImportState.CHECKING)
        choices = choices_of(row)
    check_columns(sheet.headers, choices.columns, needs_address=not choices.takes_addressless)
    report = Report(notes=list(sheet.notes))
    with written_problems(path) as write:
        for chunk in recognised_rows(sheet, choices, list_id):
            report.add(chunk)
            write(chunk)
            with transaction() as session:
                lease.mine(session, ImportState.CHECKING).position = report.read
            if not keeps_going():
                raise Lost  # it is begun anew: nothing was written
    with transaction() as session:
        row = lease.mine(session, ImportState.CHECKING)
        row.state, row.report = ImportState.PREVIEWED, report.outlook()
        row.position, row.started_at, row.row_estimate = 0, None, report.read
    return report
