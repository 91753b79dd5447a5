"""A file before it is brought in: its columns, some of its cells, and what it would do."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.intake.unreadable import NoAddressColumn, UnusableMapping
from outreach.models.imports import ImportState
from outreach.queries.import_fields import import_fields
from outreach.queries.import_reports import (
    Report,
    choices_of,
    forecast,
    odd_lines,
    recognised_rows,
)
from outreach.queries.imports import ImportLine
from outreach.queries.organisation_fields import organisation_fields
from outreach.queries.organisation_lines import odd_organisation_lines
from outreach.queries.organisation_previews import (
    compared_organisations,
    organisations_forecast,
)

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what it is taken for."""

    number: int
    """From 0."""
    header: str
    code: str
    """Of a field; empty when it is left out."""
    rule: str
    """What happens where something stands already."""
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person looks at before pressing the button."""

    columns: list[Column]
    notes: list[str]
    outlook: dict[str, Any] | None
    """`import_reports.Report.outlook`; None while it is worked out, or the columns do not allow."""
    obstacle: str
    """What is wrong with the columns; empty when there is an outlook."""


RULE_CHOICES = [
    ("fill", "Fill in what is empty"),
    ("overwrite", "Overwrite"),
    ("keep", "Leave as it is"),
]

LIKELY_CHOICES = [
    ("", "Never: it comes in as a new person, and the pair is put up for a look"),
    ("97", "97 of 100 or more: the same name, organisation and country"),
    ("87", "87 of 100 or more: the same name and organisation"),
    ("67", "67 of 100 or more: the same name and country"),
]
"""When a row without a known number or address counts as whom it resembles; the points are those of
`outreach.advice.duplicates`, less three where the words of the name stand in another order."""


def field_choices(*, of_people: bool = True) -> list[tuple[str, str]]:
    """(code, label) of what a column may hold. One SELECT."""
    fields = import_fields() if of_people else organisation_fields()
    return [("", "Leave out")] + [(code, field.label) for code, field in fields.items()]


def looks_of(sheet: Sheet) -> dict[str, Any]:
    """What a person sees of the columns: their names, and the first cells that hold something."""
    rows = [row.values for row in islice(sheet.rows(), 50)]
    examples = []
    for number in range(len(sheet.headers)):
        filled = (row[number][:80] for row in rows if number < len(row) and row[number].strip())
        examples.append(list(islice(filled, EXAMPLES)))
    return {"headers": sheet.headers, "examples": examples, "notes": sheet.notes}


def preview(line: ImportLine, path: Path) -> Preview:
    """The file with these columns; nothing is written.

    A small one is read twice, some 40 µs a row; of a large one a worker said what it would do.
    Raises UnreadableFile when the file turns out to be too large only while it is read.
    """
    if line.report is not None or (line.state is ImportState.CHECKING and line.looks):
        return Preview(_columns(line, line.looks), line.looks["notes"], line.report, "")
    with open_sheet(path) as sheet:
        looks = line.looks or looks_of(sheet)
        columns = _columns(line, looks)
        try:
            if line.list_id is None:
                report: Report = organisations_forecast(sheet, choices_of(line), line.conference_id)
            else:
                report = forecast(sheet, choices_of(line), line.list_id)
        except (NoAddressColumn, UnusableMapping) as refusal:
            return Preview(columns, sheet.notes, None, str(refusal))
        return Preview(columns, sheet.notes, report.outlook(), "")


def headers_of(line: ImportLine, path: Path) -> list[str]:
    """The file's column names."""
    if line.looks:
        return list(line.looks["headers"])
    with open_sheet(path) as sheet:
        return sheet.headers


def problem_rows(line: ImportLine, path: Path) -> Iterator[tuple[int, str, str, str]]:
    """(row, column, what becomes of the row, reason) for everything that is odd in a file."""
    with open_sheet(path) as sheet:
        if line.list_id is None:
            lines = compared_organisations(sheet, choices_of(line), line.conference_id)
            yield from odd_organisation_lines(lines)
            return
        for chunk in recognised_rows(sheet, choices_of(line), line.list_id):
            yield from odd_lines(chunk)


def _columns(line: ImportLine, looks: dict[str, Any]) -> list[Column]:
    return [
        Column(
            number, header, line.columns.get(number, ""),
            line.rules.get(line.columns.get(number, ""), "fill"), tuple(looks["examples"][number]),
        )
        for number, header in enumerate(looks["headers"])
    ]  # fmt: skip
