"""Rows of a large file in the order of names, so far as memory allows.

Names stand in three indexes, addresses that begin with them in another. Rows from all over the
alphabet turn nearly every page of these, chunk after chunk: of a million people each page would be
written some sixty times.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.intake.person_row import PersonRow, RefusedRow
from outreach.models.imports import Import, ImportChunk
from outreach.models.target import Target

LOOKED_AHEAD = 60_000
"""Rows that are held while the next of them is chosen; about 0.8 kB each."""

_AT_ONCE = 1_000

Row = PersonRow | RefusedRow


def in_order_of_names(rows: Iterator[Row]) -> Iterator[Row]:
    """The same, by names within each so many of them; always alike for one file.

    As some leave as many are read, so that hardly more of them are held than at first.
    """
    coming = list(islice(rows, LOOKED_AHEAD))
    while coming:
        ready, coming = sorted(coming, key=_name, reverse=True), []
        while some := ready[: -_AT_ONCE - 1 : -1]:
            del ready[-_AT_ONCE:]
            yield from some
            coming.extend(islice(rows, len(some)))


def _name(row: Row) -> tuple[str, int]:
    return ("" if isinstance(row, RefusedRow) else row.name.lower(), row.row)


def newest_chunk(row: Import, wanted: Any) -> Select[Any]:
    """A column of what the import did last."""
    chunks = select(wanted).where(ImportChunk.import_id == row.id)
    return chunks.order_by(ImportChunk.number.desc()).limit(1)


def order_of(session: Session, row: Import) -> tuple[int | None, bool]:
    """(the last place on the list before the import, whether a large file is sorted as a whole).

    No place for one that keeps the file's own order: as all did once, and as likenesses need, where
    the first row counts.
    """
    if row.likely_score is not None:
        return None, False
    if row.position:
        changes = session.scalar(newest_chunk(row, ImportChunk.changes)) or {}
        return changes.get("rank_before"), changes.get("sorted", False)
    ranks = select(func.max(Target.rank)).where(Target.list_id == row.list_id)
    return session.scalar(ranks) or 0, True
