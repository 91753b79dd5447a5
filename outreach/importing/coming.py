"""The rows of a file as they come: some thousands at once, read ahead of whoever writes them."""

import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from outreach.importing.ahead import from_a_child, one_ahead
from outreach.importing.buckets import MOST_REPEATED, Buckets
from outreach.importing.cells import Cells, chunks_of
from outreach.importing.order import Row, in_order_of_names
from outreach.importing.ready import People, Preparing, Ready, people_of
from outreach.intake.fields import Field
from outreach.intake.limits import MEGABYTE
from outreach.intake.people import PersonReader, compared_rows, repeated_keys
from outreach.intake.spreadsheet import Sheet
from outreach.queries.import_reports import Choices, key_of_name, rows_of

LARGE = 2 * MEGABYTE
"""Of text, some 25,000 rows: what it takes longer to read than to begin a process."""


class Chunk(NamedTuple):
    """Some rows of a file."""

    row_count: int
    rows: list[Row]
    """Those that are to be looked at one by one."""
    ready: Ready | None = None
    """The others."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    fields   those of the team's own included
    by_names in the order of names, not in the file's
    """

    sheet: Sheet
    choices: Choices
    fields: Mapping[str, Field]
    by_names: bool
    size: int
    is_sorted: bool = False
    """By names throughout, where the file is large, and not only part by part."""

    @property
    def is_large(self) -> bool:
        """Whether the file is worth a process of its own."""
        return self.sheet.byte_count >= LARGE and hasattr(os, "fork")

    def repeated(self) -> set[int]:
        """Hashes of what stands in the file more than once: a pass over all of it."""
        return repeated_keys(self.sheet, self.choices.columns)

    def rows(self, repeated: set[int]) -> Iterator[Row]:
        """All of them."""
        rows = rows_of(self.sheet, self.choices, repeated, self.fields)
        return in_order_of_names(rows) if self.by_names else rows

    def chunks(self, rows: Iterator[Row]) -> Generator[Chunk]:
        """The rows as they are, the next ones read by a thread meanwhile."""
        return one_ahead(Chunk(len(some), some) for some in in_chunks(rows, self.size))

    def elsewhere(self, preparing: Preparing, position: int) -> tuple[set[int], Generator[Chunk]]:
        """(what is repeated, the rows from a position on), read by a process of its own."""

        def told() -> Iterator[set[int] | Chunk]:
            repeated, people = self._sorted(position) if self.is_sorted else (set(), None)
            if people is None:
                repeated, people = self._as_they_come(position)
            yield repeated
            ours = replace(preparing, repeated=repeated)
            for some in people:
                ready, others = ours.ready(some)
                yield Chunk(some.row_count, others, ready)

        items = from_a_child(told)
        return next(items), items

    def _as_they_come(self, position: int) -> tuple[set[int], Iterator[People]]:
        repeated = self.repeated()
        rows = self.rows(repeated)
        for _ in in_chunks(islice(rows, position), self.size):
            pass
        return repeated, map(people_of, in_chunks(rows, self.size))

    def _sorted(self, position: int) -> tuple[set[int], Iterator[People] | None]:
        """No rows where so many are repeated that they are not sorted."""
        buckets = Buckets(self.sheet, self.choices.columns)
        if len(buckets.repeated) > MOST_REPEATED:
            return buckets.repeated, None
        reader = PersonReader(
            self.sheet.headers,
            self.choices.columns,
            needs_address=not self.choices.takes_addressless,
            fields=self.fields,
        )
        again = compared_rows(reader, buckets.suspects(), buckets.repeated, key_of_name)
        chunks = chunks_of(buckets.rows(), self.size, position)
        return buckets.repeated, (_read(cells, reader, again) for cells in chunks)


def _read(cells: Cells, reader: PersonReader, again: Mapping[int, Row]) -> People:
    """
    again  {number: a row that was compared with those above it}
    """
    columns, others = reader.read_columns(*cells)
    if again:
        others |= {place: again[row] for place, row in enumerate(cells.numbers) if row in again}
    return People({"row": cells.numbers} | columns, others, len(cells.numbers))


def in_chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """The rows, so many at once; the last of them are fewer, or none."""
    while len(some := list(islice(rows, size))) == size:
        yield some
    yield some
