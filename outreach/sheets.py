"""Lists written as CSV and XLSX that no spreadsheet turns into formulas.

A spreadsheet runs a CSV cell that begins with `=`, `+`, `-`, `@` (or their full-width twins in some
locales), whatever its quotes. An apostrophe before it stops that; `unguard` takes exactly this
apostrophe away again, so that our own export, imported, gives what was typed.
Source: OWASP, "CSV Injection".
"""

import csv
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from io import TextIOWrapper
from typing import IO, TextIO

import xlsxwriter

Cell = str | int | date | None


# Inside a cell too: opened with another separator than the comma (Excel in French looks for `;`),
# a quoted line falls apart, and a cell of its own begins after `;`, a tab, a line break or a quote.
# A typed `'=` becomes `''=`: the run of apostrophes grows by one and shrinks by one, so that
# whatever was typed comes back.
def _formula_start(apostrophes: str) -> re.Pattern[str]:
    at_start = rf"\A{apostrophes}[=+\-@\t\r\n＝＋－＠]"
    inside = rf'(?<=[;\t\r\n"]){apostrophes}[=+\-@＝＋－＠]'
    return re.compile(f"{at_start}|{inside}")


_BARE = _formula_start("'*")
_GUARDED = _formula_start("'+")


class Unfit(ValueError):
    """More than a sheet of a workbook holds."""


EXCEL_CELL_LENGTH = 32_767
EXCEL_ROWS = 1_048_576


def guard(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could see the start of a formula."""
    return _BARE.sub(lambda found: "'" + found.group(), text)


def unguard(text: str) -> str:
    """What `guard` was given: `unguard(guard(text)) == text` for every text."""
    return _GUARDED.sub(lambda found: found.group()[1:], text)


def nameless_file() -> IO[bytes]:
    """A file without a name, closed by whoever asked for it: a kill leaves nothing behind."""
    return tempfile.TemporaryFile()


def csv_file(rows: Iterable[Sequence[Cell]], headers: Sequence[str]) -> IO[bytes]:
    """The rows as a whole file of CSV, to be sent and closed; memory stays flat."""
    file = nameless_file()
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    write_csv(rows, headers, text)
    text.detach()
    file.seek(0)
    return file


def xlsx_file(rows: Iterable[Sequence[Cell]], headers: Sequence[str]) -> IO[bytes]:
    """The rows as a whole workbook, to be sent and closed."""
    file = nameless_file()
    write_xlsx(rows, headers, file)
    file.seek(0)
    return file


def write_csv(rows: Iterable[Sequence[Cell]], headers: Sequence[str], file: TextIO) -> int:
    """Write the rows as CSV, streaming; say how many.

    file  text, opened with encoding="utf-8-sig" (Excel needs the mark) and newline=""
    headers  () where more rows follow those that are there already
    Every cell is quoted and guarded; None is an empty cell.
    """
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if headers:
        writer.writerow([guard(header) for header in headers])
    count = 0
    for row in rows:
        writer.writerow([guard(_text(value)) for value in row])
        count += 1
    return count


def write_xlsx(rows: Iterable[Sequence[Cell]], headers: Sequence[str], file: IO[bytes]) -> int:
    """Write the rows as one XLSX sheet of strings, row by row in constant memory; say how many.

    file  bytes, writable
    Raises Unfit when there are more rows than a sheet holds, or a cell that is too long for
    one: a list cut short in silence would be worse. The file is then not to be given to anyone.
    """
    workbook = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    try:
        return _write_page(workbook, rows, headers)
    finally:
        # Also after a refusal: only this lets go of the rows that wait in a temporary file.
        workbook.close()


def _write_page(
    workbook: "xlsxwriter.Workbook", rows: Iterable[Sequence[Cell]], headers: Sequence[str]
) -> int:
    page = workbook.add_worksheet("List")
    bold = workbook.add_format({"bold": True})
    page.freeze_panes(1, 0)
    for column, header in enumerate(headers):
        _write_cell(page, 0, column, header, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write_cell(page, count, column, _text(value))
    return count


def _text(value: Cell) -> str:
    return "" if value is None else str(value)


def _write_cell(
    page: "xlsxwriter.worksheet.Worksheet", row: int, column: int, text: str, *look: object
) -> None:
    # Four answers: 0 written, -1 outside the sheet, -2 cut to the length that a cell holds.
    verdict = page.write_string(row, column, text, *look) if text else 0
    if verdict == -1:
        raise Unfit(f"A sheet holds {EXCEL_ROWS:,} rows; this list is longer.")
    if verdict == -2:
        raise Unfit(f"Row {row + 1} holds a cell of more than {EXCEL_CELL_LENGTH:,} letters.")
