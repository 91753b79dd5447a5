"""Turns an XLSX on standard input into CSV on standard output, in a process of its own.

The reader of XLSX keeps the whole sheet in memory, as wide and as long as its farthest cells: two
cells in opposite corners cost 512 GB, and when memory ends it ends its process. So it runs here,
under limits, where only this one file suffers. Started by xlsx_file.py with `-I`: nothing of
Outreach is imported, no setting and no secret stands in the environment.

Arguments: rows, columns, cell length, bytes of memory, seconds of processor time.
Exit 0: standard error holds a JSON object, `sheet`, `other_sheets`, `first_column`.
Exit 3: standard error holds why not, one word and a colon before the sentence.
"""

import csv
import datetime
import io
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import python_calamine

_OUTPUT_BYTES = 2**31


def refuse(word: str, sentence: str = "") -> NoReturn:
    """Say why not, and end."""
    sys.stderr.write(f"{word}: {sentence}")
    sys.stderr.flush()
    sys.exit(3)


def shown(value: Any) -> str:
    """A cell as a person sees it: 1 and not 1.0, a date as 2025-03-04, no number at all as ""."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # Spreadsheets show fifteen digits at most: 0.3, not 0.30000000000000004.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    return str(value)


def pages(book: python_calamine.CalamineWorkbook) -> Iterator[tuple[int, str]]:
    """(index, name) of each sheet that a person sees."""
    visible, worksheet = python_calamine.SheetVisibleEnum, python_calamine.SheetTypeEnum.WorkSheet
    for index, sheet in enumerate(book.sheets_metadata):
        if sheet.visible == visible.Visible and sheet.typ == worksheet:
            yield index, sheet.name


def write(source: BinaryIO, max_rows: int, max_columns: int, max_length: int) -> None:
    """Write the first visible sheet that holds anything; then, aside, what it was."""
    book = python_calamine.load_workbook(source)
    names = list(pages(book))
    sheet = None
    for index, _ in names:
        sheet = book.get_sheet_by_index(index)
        if sheet.end is not None:
            break
    if sheet is None or sheet.start is None or sheet.end is None:
        refuse("empty")
    if sheet.end[0] > max_rows:
        refuse("rows")
    if sheet.end[1] - sheet.start[1] >= max_columns:
        refuse("columns")
    # The default line end, CR and LF: the writer quotes a lone one of them only then.
    writer = csv.writer(sys.stdout)
    # One letter more than allowed is kept, so that the row is reported and not cut in silence.
    keep = max_length + 1
    for row in sheet.iter_rows():
        writer.writerow([v[:keep] if type(v) is str else shown(v) for v in row])
    others = [name for _, name in names if name != sheet.name]
    said = {"sheet": sheet.name, "other_sheets": others[:20], "first_column": sheet.start[1]}
    sys.stdout.flush()
    sys.stderr.write(json.dumps(said))


def main() -> None:
    """Set the limits, then read."""
    max_rows, max_columns, max_length, memory, seconds = map(int, sys.argv[1:6])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT_BYTES, _OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")
    try:
        write(sys.stdin.buffer, max_rows, max_columns, max_length)
    except python_calamine.PasswordError:
        refuse("password")
    except MemoryError:
        refuse("memory")
    except OSError as error:
        refuse("storage", str(error))
    except python_calamine.CalamineError as error:
        refuse("broken", str(error)[:200])


if __name__ == "__main__":
    main()
