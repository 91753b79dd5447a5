"""A file of organisations beside what we know: what it would do, row by row."""

from collections.abc import Sequence
from pathlib import Path

from outreach.intake.organisation_row import read_organisations
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.queries.import_reports import Choices, choices_of
from outreach.queries.imports import import_line
from outreach.queries.organisation_fields import check_organisation_columns, organisation_fields
from outreach.queries.organisation_lines import Compared, OrganisationLine, OrganisationReport
from outreach.queries.organisation_recognition import recognised_organisations


def compared_organisations(
    sheet: Sheet, choices: Choices, conference_id: int | None
) -> Sequence[Compared]:
    """Every row of the file. Raises UnusableMapping, TooManyOrganisations."""
    check_organisation_columns(sheet.headers, choices.columns)
    rows = read_organisations(sheet, choices.columns, organisation_fields())
    heads = {field: sheet.headers[column] for column, field in choices.columns.items()}
    return recognised_organisations(rows, conference_id, choices.rules, heads)


def organisations_of_file(path: Path, import_id: int) -> list[int]:
    """The organisations that a file names, in its order, once it was brought in."""
    line = import_line(import_id)
    if line is None:
        return []
    with open_sheet(path) as sheet:
        found = compared_organisations(sheet, choices_of(line), line.conference_id)
    ids = [one.organisation_id for one in found if isinstance(one, OrganisationLine)]
    return [id_ for id_ in ids if id_ is not None]


def organisations_forecast(
    sheet: Sheet, choices: Choices, conference_id: int | None
) -> OrganisationReport:
    """What an import would do; nothing is written."""
    report = OrganisationReport(notes=list(sheet.notes))
    report.take(compared_organisations(sheet, choices, conference_id))
    return report
