"""A file of organisations beside what we know: what it would do, row by row."""

from collections.abc import Sequence

from outreach.intake.organisation_row import read_organisations
from outreach.intake.spreadsheet import Sheet
from outreach.queries.import_reports import Choices
from outreach.queries.organisation_fields import check_organisation_columns, organisation_fields
from outreach.queries.organisation_lines import Compared, OrganisationReport
from outreach.queries.organisation_recognition import recognised_organisations


def compared_organisations(
    sheet: Sheet, choices: Choices, conference_id: int | None
) -> Sequence[Compared]:
    """Every row of the file. Raises UnusableMapping, TooManyOrganisations."""
    check_organisation_columns(sheet.headers, choices.columns)
    rows = read_organisations(sheet, choices.columns, organisation_fields())
    return recognised_organisations(rows, conference_id, choices.rules)


def organisations_forecast(
    sheet: Sheet, choices: Choices, conference_id: int | None
) -> OrganisationReport:
    """What an import would do; nothing is written."""
    report = OrganisationReport(notes=list(sheet.notes))
    report.take(compared_organisations(sheet, choices, conference_id))
    return report
