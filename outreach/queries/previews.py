"""A file before it is brought in: its columns, some of its cells, and what it would do."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from outreach.intake.fields import FIELDS
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.intake.unreadable import NoAddressColumn, UnusableMapping
from outreach.queries.recognition import TAKEN, Report, all_problems, forecast

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what it is taken for."""

    number: int
    """From 0."""
    header: str
    code: str
    """Of a field; empty when it is left out."""
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person looks at before pressing the button."""

    columns: list[Column]
    notes: list[str]
    report: Report | None
    """None as long as the columns are not named well enough."""
    obstacle: str
    """What is wrong with the columns; empty when there is a report."""


FIELD_CHOICES = [("", "Leave out")] + [(code, FIELDS[code].label) for code in TAKEN]


def preview(path: Path, columns: dict[int, str], list_id: int) -> Preview:
    """The file with these columns. Two passes over it; some 60 µs a row; nothing is written.

    Raises UnreadableFile when the file turns out to be too large only while it is read.
    """
    with open_sheet(path) as sheet:
        shown = _columns(sheet, columns)
        try:
            report = forecast(sheet, columns, list_id)
        except (NoAddressColumn, UnusableMapping) as refusal:
            return Preview(shown, sheet.notes, None, str(refusal))
        return Preview(shown, sheet.notes, report, "")


def headers_of(path: Path) -> list[str]:
    """The file's column names."""
    with open_sheet(path) as sheet:
        return sheet.headers


def problem_rows(
    path: Path, columns: dict[int, str], list_id: int
) -> Iterator[tuple[int, str, str, str]]:
    """(row, column, what becomes of the row, reason) for everything that is odd in a file."""
    with open_sheet(path) as sheet:
        yield from all_problems(sheet, columns, list_id)


def _columns(sheet: Sheet, columns: dict[int, str]) -> list[Column]:
    first = list(islice(sheet.rows(), 50))
    return [
        Column(
            number,
            header,
            columns.get(number, ""),
            tuple(
                islice(
                    (
                        cells[number][:80]
                        for row in first
                        if (cells := row.values) and number < len(cells) and cells[number].strip()
                    ),
                    EXAMPLES,
                )
            ),
        )
        for number, header in enumerate(sheet.headers)
    ]
