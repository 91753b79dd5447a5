"""A CSV or XLSX file as a stream of rows, told apart by its content and never held as a whole."""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from itertools import chain, count, repeat
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, TextIO

from outreach.intake import csv_file, letters, xlsx_file
from outreach.intake.headings import distinct_headers
from outreach.intake.kinds import kind_of
from outreach.intake.limits import LIMITS, MEGABYTE, Limits
from outreach.intake.unreadable import (
    BrokenText,
    EmptyFile,
    NoHeaderRow,
    too_many_columns,
    too_many_rows,
)
from outreach.sheets import unguard

_ADDRESS_SHAPE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


class Row(NamedTuple):
    """One row below the headers."""

    number: int
    """As the spreadsheet shows it: the first row of the file is 1."""
    values: list[str]
    """As many as there are headers, unless there is a problem."""
    problem: str | None
    """Why the row cannot be taken, in a sentence."""


class Sheet:
    """An opened file. `with open_sheet(path) as sheet:` closes what it holds."""

    def __init__(
        self,
        kind: str,
        survey: csv_file.Survey,
        source: Path | IO[bytes],
        *,
        delimiter: str,
        skip: int,
        limits: Limits,
    ) -> None:
        self.kind = kind
        """"csv" or "xlsx"."""
        self.encoding = survey.encoding if kind == "csv" else "utf-8"
        self.encoding_is_guess = kind == "csv" and survey.is_guess
        self.delimiter = delimiter
        self.fingerprint = survey.fingerprint
        """SHA-256 of the bytes, hex: the same file again has the same."""
        self.row_estimate = survey.line_count if kind == "csv" else None
        """Rows to expect, for a progress bar; None when not known."""
        self.name: str | None = None
        """Of the sheet within a workbook."""
        self.other_sheets: list[str] = []
        self.notes: list[str] = []
        """What a person should know before trusting the rows: sentences."""
        self.headers: list[str] = []
        self.header_row = 0
        self._source, self._skip, self._limits = source, skip, limits

    @property
    def shape(self) -> str:
        """SHA-256 of the headers, hex: files with the same can share a mapping."""
        return hashlib.sha256("\x1f".join(self.headers).encode()).hexdigest()

    @property
    def byte_count(self) -> int:
        """Of its text, as it is read."""
        source = self._source
        return (source.stat() if isinstance(source, Path) else os.fstat(source.fileno())).st_size

    def rows(self) -> Iterator[Row]:
        """The rows below the headers, from the first each time; blank ones are passed over.

        About 1.2 µs a row. Raises TooLarge at the row that is one too many.
        """
        left = self._limits.rows
        for number, records, problem in self._batches():
            for row in self._checked(number, records):
                if (left := left - 1) < 0:
                    raise too_many_rows(self._limits)
                yield row
            if problem is not None:
                yield self._unusual(number + len(records), [], problem)

    def _checked(self, first: int, records: list[list[str]]) -> list[Row]:
        """The rows of one batch. What almost no row has is asked of all its cells at once; a row
        is looked at cell by cell only when it is unusual."""
        if first <= self.header_row:
            records = records[self.header_row + 1 - first :]
            first = self.header_row + 1
        if self._is_plain(records):
            return list(map(Row._make, zip(count(first), records, repeat(None), strict=False)))
        width, longest = len(self.headers), self._limits.cell_length
        lost, new, rows = csv_file.UNREADABLE_CHARACTER, tuple.__new__, list[Row]()
        for number, values in enumerate(records, first):
            joined = "".join(values)
            if not joined or joined.isspace():
                continue
            if (
                len(values) == width
                and len(joined) <= longest
                and "'" not in joined
                and "\0" not in joined
                and lost not in joined
            ):
                rows.append(new(Row, (number, values, None)))
            else:
                rows.append(self._unusual(number, values, None))
        return rows

    def _is_plain(self, records: list[list[str]]) -> bool:
        """Whether no record of a batch is blank, or has anything else that must be looked at."""
        if set(map(len, records)) != {len(self.headers)}:
            return False
        cells = list(chain.from_iterable(records))
        whole = "".join(cells)
        if "\0" in whole or csv_file.UNREADABLE_CHARACTER in whole:
            return False
        if "'" in whole and any(unguard(cell) != cell for cell in cells if "'" in cell):
            return False
        if max(map(len, cells)) > self._limits.cell_length:
            return False
        seem_blank = [values for values in records if not values[0].strip()]
        return all(any(map(str.strip, values)) for values in seem_blank)

    def _unusual(self, number: int, values: list[str], problem: str | None) -> Row:
        width = len(self.headers)
        if len(values) > width and not any(value.strip() for value in values[width:]):
            values = values[:width]
        if self.kind == "csv":
            values = [unguard(value) if "'" in value else value for value in values]
        reason = problem or self._fault(values)
        if len(values) < width:
            # Programs leave out the empty cells at the end of a row.
            values = values + [""] * (width - len(values))
        return Row(number, values, reason)

    def _fault(self, values: list[str]) -> str | None:
        if len(values) > len(self.headers):
            return (
                f"This row has {len(values)} cells and the first row only {len(self.headers)}: "
                f"perhaps a “{self.delimiter}” stands in a cell without quotation marks."
            )
        for header, value in zip(self.headers, values, strict=False):
            if len(value) > self._limits.cell_length:
                return f"“{header}” holds more than {self._limits.cell_length:,} letters."
            if "\0" in value:
                return f"“{header}” holds a NUL, which no text has."
            if csv_file.UNREADABLE_CHARACTER in value:
                return f"“{header}” holds a character that could not be read ({self.encoding})."
        return None

    def _batches(self) -> Iterator[csv_file.Batch]:
        with self._open() as text:
            text.read(self._skip)
            yield from csv_file.batches(text, self.delimiter)

    def _open(self) -> TextIO:
        if isinstance(self._source, Path):
            return self._source.open(encoding=self.encoding, errors="replace", newline="")
        # Each reading has a place of its own in the shared file.
        reading = io.BufferedReader(_Reading(self._source.fileno()), MEGABYTE // 4)
        return io.TextIOWrapper(reading, encoding=self.encoding, newline="")

    def close(self) -> None:
        """Let go of what was unpacked."""
        if not isinstance(self._source, Path):
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Reading(io.RawIOBase):
    """Reads an open file from its beginning, whoever else reads it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._descriptor, [buffer], self._at)
        self._at += count
        return count


def open_sheet(path: Path, *, limits: Limits = LIMITS, encoding: str | None = None) -> Sheet:
    """The file, ready to be read; what it is follows from its content, never from its name.

    encoding  what a person says a CSV is in, where the guess was wrong
    Raises UnreadableFile, each kind with a text that says what to do. ValueError for an encoding
    that Python does not know.
    """
    survey = csv_file.survey(path, limits)
    if kind_of(survey.head) == "xlsx":
        return _open_xlsx(path, survey, limits)
    return _open_csv(path, survey, limits, encoding)


def _open_csv(path: Path, survey: csv_file.Survey, limits: Limits, encoding: str | None) -> Sheet:
    if encoding is not None:
        survey = csv_file.with_encoding(survey, encoding)
    with path.open(encoding=survey.encoding, errors="replace", newline="") as text:
        delimiter, skip = csv_file.delimiter_of(text.read(64 * 1024))
    sheet = Sheet("csv", survey, path, delimiter=delimiter, skip=skip, limits=limits)
    if survey.is_guess and survey.encoding in letters.NAMES:
        sheet.notes.append(
            "The file does not say how its letters are written; they were read as "
            f"{letters.NAMES[survey.encoding]}. Where names look wrong, save it as “CSV UTF-8” and "
            "import it again."
        )
    _read_headers(sheet, limits, first_column=0)
    return sheet


def _open_xlsx(path: Path, survey: csv_file.Survey, limits: Limits) -> Sheet:
    xlsx_file.check_archive(path, limits)
    unpacked = xlsx_file.unpack(path, limits)
    sheet = Sheet("xlsx", survey, unpacked.file, delimiter=",", skip=0, limits=limits)
    sheet.name, sheet.other_sheets = unpacked.sheet, unpacked.other_sheets
    if sheet.other_sheets:
        others = ", ".join(f"“{name}”" for name in sheet.other_sheets)
        sheet.notes.append(f"Only the sheet “{sheet.name}” was read; not read: {others}.")
    try:
        _read_headers(sheet, limits, unpacked.first_column)
    except BaseException:
        sheet.close()
        raise
    return sheet


def _read_headers(sheet: Sheet, limits: Limits, first_column: int) -> None:
    number, values = _first_record(sheet)
    if len(values) > limits.columns:
        raise too_many_columns(limits)
    person = next((v for v in values if _ADDRESS_SHAPE.match(v.strip())), None)
    if person is not None:
        raise NoHeaderRow(person.strip()[:100])
    names = [unguard(value) for value in values] if sheet.kind == "csv" else values
    sheet.headers, repeated = distinct_headers(names, first_column)
    sheet.header_row = number
    if repeated:
        shown = ", ".join(f"“{name}”" for name in repeated)
        sheet.notes.append(f"More than one column is named {shown}; the later are numbered.")


def _first_record(sheet: Sheet) -> tuple[int, list[str]]:
    for first, records, problem in sheet._batches():
        for number, values in enumerate(records, first):
            if any(value.strip() for value in values):
                return number, values
        if problem is not None:
            raise BrokenText(f"The first row cannot be read. {problem}")
    raise EmptyFile
