"""All rows of a large file in the order of names, by way of the disk.

Names stand in four indexes of people, addresses that begin with them in another. Rows from all over
the alphabet turn nearly every page of these, chunk after chunk. So the rows, which are read once in
any case before the first is written (`intake.people.repeated_keys`), are put into some eighty files
by their names meanwhile; each of them is small enough to be sorted in memory, and read from there.
"""

import marshal
from bisect import bisect
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO

from outreach.importing.order import LOOKED_AHEAD, Row
from outreach.intake.people import PersonReader, compared_rows, repeated_keys, rows_among
from outreach.intake.spreadsheet import Row as Cells
from outreach.intake.spreadsheet import Sheet

BUCKET_BYTES = 1_000_000
"""Of the file's text, some 14,000 rows of a usual one."""
MOST_BUCKETS = 100
MOST_REPEATED = 25_000
"""Addresses that stand in the file more than once, whose rows are held as a whole; beyond these the
rows are not sorted."""
_AT_ONCE = 2_000
_LOOKED_AT = 20_000
_NAMES = ("full_name", "given_name", "family_name")


class Buckets:
    """The rows of a file by their names. Deterministic: one file always gives one order."""

    def __init__(self, sheet: Sheet, mapping: Mapping[int, str]) -> None:
        self._sheet, self._mapping = sheet, mapping
        by_code = {code: column for column, code in mapping.items()}
        self._names = [by_code[code] for code in _NAMES if code in by_code]
        self._bounds: list[str] = []
        self._files: list[IO[bytes]] = []
        self.repeated = repeated_keys(self, mapping)
        """Of what stands in the file more than once."""
        if not self._files:
            deque(self.rows(), 0)  # nothing in it can stand there twice: nobody looked

    def rows(self) -> Iterator[Cells]:
        """The rows in the order of the file, which are put into the buckets as they pass."""
        rows = self._sheet.rows()
        first = list(islice(rows, _LOOKED_AT))
        self._part(first)
        while first:
            for start in range(0, len(first), _AT_ONCE):
                some = first[start : start + _AT_ONCE]
                self._put(some)
                yield from some
            first = list(islice(rows, _AT_ONCE))

    def people(self, reader: PersonReader, name_key: Callable[[str], str]) -> Iterator[Row]:
        """Every row, read, and compared with those above it in the file: by names.

        name_key  two names with one key are one name
        """
        again = compared_rows(reader, self._suspects(), self.repeated, name_key)
        for number in range(len(self._files)):
            for some in self._sorted(number):
                yield from _compared(reader.read_many(some), again)

    def _part(self, some: Sequence[Cells]) -> None:
        """Find bounds between the buckets. Where the first rows are not like the others, buckets
        are of unlike sizes, and a large one is sorted part by part."""
        count = min(MOST_BUCKETS, 1 + self._sheet.byte_count // BUCKET_BYTES)
        names = sorted(self._names_of(some))
        self._bounds = [names[place * len(names) // count] for place in range(1, count) if names]
        for _ in range(len(self._bounds) + 1):
            with ExitStack() as stack:
                self._files.append(stack.enter_context(TemporaryFile()))
                stack.pop_all()  # nameless, they are gone with the process

    def _put(self, some: Sequence[Cells]) -> None:
        apart: dict[int, list[Cells]] = {}
        for name, row in zip(self._names_of(some), some, strict=True):
            apart.setdefault(bisect(self._bounds, name), []).append(row)
        for number, rows in apart.items():
            # By columns: marshal knows no named tuples. Nobody but us reads it.
            marshal.dump(tuple(zip(*rows, strict=True)), self._files[number], 2)

    def _names_of(self, some: Sequence[Cells]) -> list[str]:
        """What the rows are sorted by."""
        if not self._names:
            return [""] * len(some)
        names = self._names
        if len(names) == 1:
            (name,) = names
            return [row[1][name].lower() if row[2] is None else "" for row in some]
        return [
            " ".join([row[1][name] for name in names]).lower() if row[2] is None else ""
            for row in some
        ]

    def _cells(self, number: int) -> Iterator[list[Cells]]:
        file = self._files[number]
        file.seek(0)
        while True:
            try:
                columns = marshal.load(file)
            except EOFError:
                return
            yield list(map(Cells._make, zip(*columns, strict=True)))

    def _sorted(self, number: int) -> Iterator[list[Cells]]:
        """The rows of a bucket by their names; of a very large one part by part."""
        cells, held = self._cells(number), list[Cells]()
        for some in chain(cells, ([],)):
            held += some
            if held and (not some or len(held) >= LOOKED_AHEAD):
                names = self._names_of(held)
                # Of one name the first in the file comes first.
                places = sorted(range(len(held)), key=names.__getitem__)
                for start in range(0, len(held), _AT_ONCE):
                    yield [held[place] for place in places[start : start + _AT_ONCE]]
                held = []

    def _suspects(self) -> list[Cells]:
        """Rows, in the file's order, of which something stands in another row too."""
        if not self.repeated:
            return []
        found = [
            row
            for number in range(len(self._files))
            for some in self._cells(number)
            for row in rows_among(some, self._mapping, self.repeated)
        ]
        return sorted(found, key=lambda row: row[0])


def _compared(rows: list[Row], again: Mapping[int, Row]) -> Collection[Row]:
    return [again.get(row[0], row) for row in rows] if again else rows
