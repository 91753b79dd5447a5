"""What a CSV file does not say about itself: its encoding, its delimiter; and its records."""

import codecs
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from outreach.intake.kinds import unmarked_utf_16
from outreach.intake.letters import likely_encoding
from outreach.intake.limits import MEGABYTE, Limits
from outreach.intake.unreadable import too_many_bytes

_MARKS = (
    # The longer mark first: UTF-32's begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", ";", "\t", "|")
_SAID_DELIMITER = re.compile(r'\A"?sep=(.)"?\r?\n', re.IGNORECASE)

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_FAR_TOO_LONG = "A cell of this row is far too long to be read."
_BATCH = 512

UNREADABLE_CHARACTER = "\ufffd"


@dataclass(frozen=True, slots=True)
class Survey:
    """A file read through once, as bytes."""

    fingerprint: str
    head: bytes
    line_count: int
    encoding: str
    is_guess: bool


def survey(path: Path, limits: Limits) -> Survey:
    """Read every byte once: hash, count lines, find the encoding.

    UTF-8 is proven over the whole file; what is not Unicode is guessed by its letters.
    Raises TooLarge.
    """
    if path.stat().st_size > limits.file_bytes:
        raise too_many_bytes(limits.file_bytes)
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    head, far, line_count, is_utf_8 = b"", b"", 0, True
    with path.open("rb") as file:
        while block := file.read(MEGABYTE):
            head = head or block[:4096]
            far = far or (b"" if block.isascii() else block)
            digest.update(block)
            line_count += block.count(b"\n")
            is_utf_8 = is_utf_8 and _decodes(decoder, block, final=False)
    is_utf_8 = is_utf_8 and _decodes(decoder, b"", final=True)
    encoding, is_guess = _encoding(head, far, is_utf_8)
    return Survey(digest.hexdigest(), head, line_count, encoding, is_guess)


def with_encoding(survey: Survey, encoding: str) -> Survey:
    """The survey, with the encoding that a person stated. Raises ValueError when unknown."""
    try:
        known = codecs.lookup(encoding)
        "".encode(known.name)
    except LookupError as error:
        raise ValueError(f"No encoding is named {encoding!r}.") from error
    return replace(survey, encoding=known.name, is_guess=False)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes, far: bytes, is_utf_8: bool) -> tuple[str, bool]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, False
    if unmarked := unmarked_utf_16(head):
        return unmarked, True
    if is_utf_8 or head.startswith(b"PK"):  # an archive has no letters
        return "utf-8", False
    return likely_encoding(far), True


def delimiter_of(sample: str) -> tuple[str, int]:
    """The delimiter of a CSV, and how many letters of a `sep=;` line stand before the first row.

    sample  the beginning of the file; its last line may be cut
    """
    if said := _SAID_DELIMITER.match(sample):
        return said.group(1), said.end()
    whole_lines = sample[: sample.rfind("\n") + 1] or sample
    lines = whole_lines.splitlines(keepends=True)[:200]
    return max(_DELIMITERS, key=lambda mark: _agreement(lines, mark)), 0


def _agreement(lines: list[str], delimiter: str) -> tuple[int, int]:
    """How many records are as wide as most, and how wide; (0, 0) when nothing is divided."""
    widths: Counter[int] = Counter()
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            if record:
                widths[len(record)] += 1
    except csv.Error:
        pass  # A giant cell; what was read before it tells enough.
    divided = [(count, width) for width, count in widths.items() if width > 1]
    return max(divided, default=(0, 0))


class Batch(NamedTuple):
    """Some records in their order, and what was wrong with the one after them."""

    first_number: int
    """The number of the first, as a spreadsheet counts: line breaks in quotes do not."""
    records: list[list[str]]
    problem: str | None
    """Why the next record could not be read; it counts as one."""


def batches(text: TextIO, delimiter: str) -> Iterator[Batch]:
    """All records of a CSV, some hundreds at a time: one step of Python for each batch.

    text  opened with newline="", so that a lone CR ends a row and line breaks in quotes stay
    A quote that is never closed swallows what follows: that is the last batch's problem.
    """
    # A line of two cells behind the last one: read as one cell, it stands inside an open quote.
    end = ["end", "of file"]
    reader = csv.reader(chain(text, [delimiter.join(end)]), delimiter=delimiter)
    number, held = 1, list[list[str]]()
    while True:
        found, line = held.copy(), reader.line_num
        try:
            found.extend(islice(reader, _BATCH))
        except csv.Error:
            # The reader gives up a cell at 131,072 letters. On one line it goes on with the next
            # row; over several it cannot tell a giant cell from a quote that was left open.
            lost = reader.line_num - line - sum(map(_line_count, found[len(held) :]))
            problem = _never_closed(lost) if lost > 1 else _FAR_TOO_LONG
            yield Batch(number, found, problem)
            if lost > 1:
                return
            number, held = number + len(found) + 1, []
            continue
        # The last record is held back: only the next step shows whether it was the end's.
        held = [found.pop()] if found else [end]
        if len(found) < _BATCH - 1:
            swallowed = _line_count(held[0]) - 1
            yield Batch(number, found, None if held[0] == end else _never_closed(swallowed))
            return
        yield Batch(number, found, None)
        number += len(found)


def _line_count(record: list[str]) -> int:
    return 1 + sum(len(_LINE_BREAK.findall(cell)) for cell in record)


def _never_closed(line_count: int) -> str:
    return (
        "A quotation mark is opened in this row and not closed, so nothing from here on could be "
        f"told apart ({line_count:,} lines). Close or remove it and import the file again."
    )
