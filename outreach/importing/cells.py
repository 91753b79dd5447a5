"""Rows of a sheet column by column: a million lists of cells cost more to hold than to read."""

import marshal
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple, Self

from outreach.intake.spreadsheet import Row

_APART = "\x1f"
_VERSION = 2
"""Of marshal: without a look at each value whether it stood there before."""


class Cells(NamedTuple):
    """Some rows: of a few columns, the same ones in all of a file."""

    numbers: list[int]
    """As the spreadsheet shows them."""
    problems: list[str | None]
    """Why a row cannot be taken; its cells are empty."""
    columns: list[list[str]]

    @classmethod
    def of(cls, rows: Sequence[Row], wanted: Sequence[int]) -> Self:
        """The rows.

        wanted  which columns
        """
        if not rows:
            return cls([], [], [[] for _ in wanted])
        numbers, values, problems = map(list, zip(*rows, strict=True))
        if problems.count(None) == len(problems):
            whole = list(zip(*values, strict=True))
            return cls(numbers, problems, [list(whole[column]) for column in wanted])
        plain = list(zip(values, problems, strict=True))
        columns = [["" if odd else cells[column] for cells, odd in plain] for column in wanted]
        return cls(numbers, problems, columns)

    def parts(self) -> tuple[list[Any], ...]:
        """All of its lists."""
        return self.numbers, self.problems, *self.columns

    @classmethod
    def made(cls, parts: Iterable[Sequence[Any]]) -> Self:
        """What `parts` gives, put together again."""
        numbers, problems, *columns = map(list, parts)
        return cls(numbers, problems, columns)

    def at(self, places: Sequence[int]) -> Self:
        """Rows in another order, or some of them."""
        return self.made(turned(part, places) for part in self.parts())

    def between(self, start: int, stop: int) -> Self:
        """Some that follow one another."""
        return self.made(part[start:stop] for part in self.parts())

    def packed(self) -> bytes:
        """As `unpacked` reads it; who else does is nobody."""
        numbers, problems, *columns = self.parts()
        odd = problems if problems.count(None) < len(problems) else None
        return marshal.dumps((numbers, odd, [_packed(cells) for cells in columns]), _VERSION)

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """What was packed."""
        numbers, odd, columns = marshal.loads(packed)
        return cls(numbers, odd or [None] * len(numbers), list(map(_unpacked, columns)))

    def extend(self, more: "Cells") -> None:
        """Others behind these."""
        for part, other in zip(self.parts(), more.parts(), strict=True):
            part.extend(other)

    def rows(self, wanted: Sequence[int]) -> list[Row]:
        """The rows again, with nothing in the columns that were not wanted."""
        rows = []
        for number, problem, cells in zip(
            self.numbers, self.problems, zip(*self.columns, strict=True), strict=True
        ):
            values = [""] * (max(wanted) + 1)
            for column, cell in zip(wanted, cells, strict=True):
                values[column] = cell
            rows.append(Row(number, values, problem))
        return rows


def _packed(cells: list[str]) -> bytes | list[str]:
    """Many texts as one, which is written and read faster by far."""
    whole = _APART.join(cells)
    if whole.count(_APART) != len(cells) - 1:
        return cells
    return whole.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytes | list[str]) -> list[str]:
    return (
        packed
        if isinstance(packed, list)
        else packed.decode("utf-8", "surrogatepass").split(_APART)
    )


def turned(values: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The values in another order, or some of them; at no cost where all are alike."""
    if len(places) < 2:
        return [values[place] for place in places]
    first = values[0]
    if values[-1] == first and values.count(first) == len(values):
        return list(repeat(first, len(places)))
    found: Sequence[Any] = itemgetter(*places)(values)
    return found


def chunks_of(cells: Iterator[Cells], size: int, first: int) -> Iterator[Cells]:
    """The same rows from a place on, so many at once; the last of them are fewer, or none."""
    held: Cells | None = None
    to_skip = first
    for some in cells:
        if to_skip >= len(some.numbers):
            to_skip -= len(some.numbers)
            continue
        some, to_skip = some.between(to_skip, len(some.numbers)), 0
        if held is None:
            held = some
        else:
            held.extend(some)
        start = 0
        while len(held.numbers) - start >= size:
            yield held.between(start, start + size)
            start += size
        held = held.between(start, len(held.numbers))
    yield held or Cells([], [], [])
