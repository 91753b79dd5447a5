"""All rows of a large file in the order of names, by way of the disk.

Names stand in four indexes of people, addresses that begin with them in another. Rows from all over
the alphabet turn nearly every page of these, chunk after chunk. So the rows, which are read once in
any case before the first is written (`intake.people.repeated_keys`), are put into some eighty files
by their names meanwhile; each of them is small enough to be sorted in memory, and read from there.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO

from outreach.importing.cells import Cells
from outreach.importing.order import LOOKED_AHEAD
from outreach.intake.people import Repeats
from outreach.intake.spreadsheet import Row, Sheet

BUCKET_BYTES = 1_000_000
"""Of the file's text, some 14,000 rows of a usual one."""
MOST_BUCKETS = 100
MOST_REPEATED = 25_000
"""Addresses that stand in the file more than once, whose rows are held as a whole; beyond these the
rows are not sorted."""
_AT_ONCE = 4_000
_LOOKED_AT = 20_000
_LENGTH = 8
"""Bytes before each part of a bucket: how long it is."""
_NAMES = ("full_name", "given_name", "family_name")


class Buckets:
    """The rows of a file by their names. Deterministic: one file always gives one order.

    Of the columns that the mapping names alone, in their order.
    """

    def __init__(self, sheet: Sheet, mapping: Mapping[int, str]) -> None:
        self._sheet, self._wanted = sheet, sorted(mapping)
        codes = [mapping[column] for column in self._wanted]
        self._names = [codes.index(code) for code in _NAMES if code in codes]
        self._bounds: list[str] = []
        self._files: list[IO[bytes]] = []
        self._repeats = Repeats(dict(enumerate(codes)))
        self.repeated = self._repeats.found
        """Of what stands in the file more than once."""
        self._fill()

    def rows(self) -> Iterator[Cells]:
        """All of them by names."""
        for number in range(len(self._files)):
            yield from self._sorted(number)

    def suspects(self) -> list[Row]:
        """Rows, in the file's order, of which something stands in another row too."""
        if not self.repeated:
            return []
        found = [
            row
            for number in range(len(self._files))
            for cells in self._parts(number)
            for row in cells.at(self._repeats.places(cells.columns)).rows(self._wanted)
            if row.problem is None
        ]
        return sorted(found, key=lambda row: row[0])

    def _fill(self) -> None:
        """Read the file."""
        rows = self._sheet.rows()
        some = list(islice(rows, _LOOKED_AT))
        self._part(self._names_of(Cells.of(some, self._wanted)))
        while some:
            for start in range(0, len(some), _AT_ONCE):
                cells = Cells.of(some[start : start + _AT_ONCE], self._wanted)
                self._put(cells)
                self._repeats.note(cells.columns)
            some = list(islice(rows, _AT_ONCE))
        self._repeats.forget()

    def _part(self, names: Sequence[str]) -> None:
        """Find bounds between the buckets. Where the first rows are not like the others, buckets
        are of unlike sizes, and a large one is sorted part by part."""
        count = min(MOST_BUCKETS, 1 + self._sheet.byte_count // BUCKET_BYTES)
        names = sorted(names)
        self._bounds = [names[place * len(names) // count] for place in range(1, count) if names]
        for _ in range(len(self._bounds) + 1):
            with ExitStack() as stack:
                self._files.append(stack.enter_context(TemporaryFile()))
                stack.pop_all()  # nameless, they are gone with the process

    def _put(self, cells: Cells) -> None:
        bounds = self._bounds
        numbers = [bisect(bounds, name) for name in self._names_of(cells)]
        places = sorted(range(len(numbers)), key=numbers.__getitem__)
        apart, start = cells.at(places), 0
        for number, file in enumerate(self._files):
            if count := numbers.count(number):
                part = apart.between(start, start + count).packed()
                file.write(len(part).to_bytes(_LENGTH))
                file.write(part)
                start += count

    def _names_of(self, cells: Cells) -> list[str]:
        """What the rows are sorted by."""
        columns = [cells.columns[place] for place in self._names]
        if not columns:
            return [""] * len(cells.numbers)
        if len(columns) == 1:
            return list(map(str.lower, columns[0]))
        names = map(str.lower, map(" ".join, zip(*columns, strict=True)))
        return ["" if odd else name for name, odd in zip(names, cells.problems, strict=True)]

    def _parts(self, number: int) -> Iterator[Cells]:
        file = self._files[number]
        file.seek(0)
        while length := file.read(_LENGTH):
            yield Cells.unpacked(file.read(int.from_bytes(length)))

    def _sorted(self, number: int) -> Iterator[Cells]:
        """The rows of a bucket by their names; of a very large one part by part."""
        held: Cells | None = None
        for some in chain(self._parts(number), (None,)):
            if held is None:
                held = some
            elif some is not None:
                held.extend(some)
            if held is not None and (some is None or len(held.numbers) >= LOOKED_AHEAD):
                names = self._names_of(held)
                # Of one name the first in the file comes first.
                yield held.at(sorted(range(len(names)), key=names.__getitem__))
                held = None
