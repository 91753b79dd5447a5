"""An XLSX checked as an archive, then unpacked to CSV by a child under limits."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from outreach.intake.limits import MEGABYTE, Limits
from outreach.intake.unreadable import (
    BrokenWorkbook,
    EmptyFile,
    NotASpreadsheet,
    TooLarge,
    too_many_bytes,
    too_many_columns,
    too_many_rows,
)
from outreach.sheets import nameless_file

_CHILD = Path(__file__).with_name("xlsx_child.py")
_REFUSED = 3
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")
_TOO_MUCH = "This XLSX takes more memory or time than a list may. Save it as CSV, or divide it."
_SAVE_AS = "Open it in a spreadsheet, save it as XLSX or CSV, and import that."


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The sheet as UTF-8 CSV in a nameless file, which is gone when it is closed."""

    file: IO[bytes]
    sheet: str
    other_sheets: list[str]
    first_column: int
    """0 for A; rows are all there, empty ones too."""


def check_archive(path: Path, limits: Limits) -> None:
    """Look at the archive's directory only; nothing is unpacked.

    Raises NotASpreadsheet, BrokenWorkbook, TooLarge.
    Source: of overlapping members, D. Fifield, "A better zip bomb", 2019.
    """
    if path.stat().st_size > limits.packed_bytes:
        raise too_many_bytes(limits.packed_bytes)
    if _stated_member_count(path) > limits.packed_members:
        raise TooLarge("This XLSX holds far more parts than a workbook does; it was not opened.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    # NotImplementedError is zipfile's word for a way of packing that it does not know.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        raise BrokenWorkbook("it is cut short or damaged") from None
    _check_kind({member.filename.lower().replace("\\", "/") for member in members})
    _check_sizes(members, limits)
    _check_overlap(members, path.stat().st_size)


def _stated_member_count(path: Path) -> int:
    """As the end of the archive says; its longest comment is 65,535 bytes. 0 when it says none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_535 - 22))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[end + 10 : end + 12], "little") if end >= 0 else 0


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise NotASpreadsheet("a binary workbook (.xlsb)", _SAVE_AS)
    if "xl/workbook.xml" in names:
        return
    if "word/document.xml" in names:
        raise NotASpreadsheet("a text document")
    if "ppt/presentation.xml" in names:
        raise NotASpreadsheet("a presentation")
    if "mimetype" in names:
        raise NotASpreadsheet("an OpenDocument file", _SAVE_AS)
    if "[content_types].xml" not in names:
        raise NotASpreadsheet("a packed file (zip)", "Unpack it and import the list inside.")
    # Some writers put the workbook elsewhere; [Content_Types].xml tells the reader where.


def _check_sizes(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.packed_members:
        raise TooLarge("This XLSX holds far more parts than a workbook does; it was not opened.")
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise TooLarge(
            f"This XLSX would unpack to more than {limits.unpacked_bytes // MEGABYTE} MB. "
            "Divide it into several files, or save it as CSV."
        )
    for member in members:
        if member.flag_bits & 1:
            raise BrokenWorkbook("it is locked with a password")
        if member.file_size > max(MEGABYTE, member.compress_size * limits.packing_ratio):
            raise TooLarge(
                "This XLSX would unpack to far more than a list of people holds; it was not opened."
            )


def _check_overlap(members: list[zipfile.ZipInfo], size: int) -> None:
    # A member's own header takes at least 30 bytes and its name before its content begins.
    spans = sorted(
        (member.header_offset, member.header_offset + 30 + member.compress_size)
        for member in members
    )
    ends = [0, *(end for _, end in spans)]
    overlaps = any(start < end for (start, _), end in zip(spans, ends, strict=False))
    if overlaps or ends[-1] > size:
        raise BrokenWorkbook("its parts lie over one another")


def unpack(path: Path, limits: Limits) -> Unpacked:
    """The first visible sheet that holds anything, as CSV; about 7 µs a row of six cells.

    Raises EmptyFile, TooLarge, BrokenWorkbook.
    """
    output = nameless_file()
    try:
        said = json.loads(_run_child(path, output, limits))
    except BaseException:
        output.close()
        raise
    return Unpacked(output, said["sheet"], said["other_sheets"], said["first_column"])


def _run_child(path: Path, output: IO[bytes], limits: Limits) -> str:
    """What the child said beside the rows: a JSON object. Raises when it gave up or was ended."""
    bounds = (
        limits.rows,
        limits.columns,
        limits.cell_length,
        limits.unpack_memory,
        limits.unpack_cpu_seconds,
    )
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with path.open("rb") as source:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(_CHILD), *map(str, bounds)],
                stdin=source,
                stdout=output,
                stderr=subprocess.PIPE,
                env=environment | {"RUST_BACKTRACE": "0"},
                timeout=limits.unpack_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TooLarge("This XLSX takes too long to read. Save it as CSV.") from None
    last_words = done.stderr.decode("utf-8", "replace")
    if done.returncode == 0:
        return last_words
    if done.returncode == _REFUSED:
        word, _, reason = last_words.partition(": ")
        raise _refusal(word, reason, limits)
    if done.returncode < 0:
        # Ended by a signal: a limit on memory, time or output, or the reader's own fall.
        raise TooLarge(_TOO_MUCH)
    raise RuntimeError(f"The reader of XLSX does not work here: {last_words[-2000:]}")


def _refusal(word: str, reason: str, limits: Limits) -> Exception:
    match word:
        case "empty":
            return EmptyFile()
        case "rows":
            return too_many_rows(limits)
        case "columns":
            return too_many_columns(limits)
        case "memory":
            return TooLarge(_TOO_MUCH)
        case "password":
            return BrokenWorkbook("it is locked with a password")
        case "storage":
            # Not the file's fault, and not the reader's to mend: the disk is full, or unwritable.
            return OSError(reason)
    return BrokenWorkbook(f"the reader says “{reason.strip()}”")
