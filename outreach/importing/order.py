"""Rows of a large file in the order of names, so far as memory allows.

Names stand in three indexes, addresses that begin with them in another. Rows from all over the
alphabet turn nearly every page of these, chunk after chunk: of a million people each page would be
written some sixty times.
"""

from collections.abc import Iterator
from itertools import islice

from outreach.intake.person_row import PersonRow, RefusedRow

LOOKED_AHEAD = 60_000
"""Rows that are held while the next of them is chosen; about 0.8 kB each."""

Row = PersonRow | RefusedRow


def in_order_of_names(rows: Iterator[Row]) -> Iterator[Row]:
    """The same, by names within each so many of them; always alike for one file.

    As one row leaves another is read, so that no more of them are held than at first.
    """
    coming = list(islice(rows, LOOKED_AHEAD))
    while coming:
        ready, coming = sorted(coming, key=_name, reverse=True), []
        while ready:
            yield ready.pop()
            coming.extend(islice(rows, 1))


def _name(row: Row) -> tuple[str, int]:
    return ("" if isinstance(row, RefusedRow) else row.name.lower(), row.row)
