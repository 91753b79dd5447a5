"""Rows changed, added and removed with a record from which all of it can be taken back.

The summary rows follow by themselves, forwards and backwards: what a row counts for is told by
`_counted`, and every change adds the difference.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Date, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from outreach.models.base import Base, UTCDateTime
from outreach.models.message import MessageState, counted_as
from outreach.models.tally import TallyKind
from outreach.tally import Place, add_to_tallies, total

Change = list[Any]
"""[what, table, id, {column: [before, after]}]; what is `changed`, `added` or `removed`"""


class Rows:
    """Changes rows inside an open transaction and remembers how each was.

    changes  what was done, in order, as plain values for a JSON column
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._numbers: list[Counter[Place]] = []
        self._renumbered: dict[tuple[str, int], int] = {}
        self.changes: list[Change] = []

    def row(self, table: Table, id_: int) -> dict[str, Any] | None:
        """The row as it stands now, for us alone until the transaction ends."""
        found = self._session.execute(
            select(table).where(table.c.id == id_).with_for_update()
        ).one_or_none()
        return dict(found._mapping) if found else None

    def change(self, table: Table, id_: int, **values: Any) -> None:
        """Give a row these values; those that it has already are not noted."""
        before = self.row(table, id_)
        assert before is not None
        new = {name: value for name, value in values.items() if before[name] != value}
        if new:
            self._write(table, id_, before, new)
            self._note("changed", table, id_, {name: (before[name], new[name]) for name in new})

    def add(self, table: Table, **values: Any) -> int:
        """Write a new row; gives its id."""
        key = self._session.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
        whole = self.row(table, key) or {}
        self._count(table, {}, whole)
        self._note("added", table, key, {name: (None, value) for name, value in whole.items()})
        return int(key)

    def remove(self, table: Table, id_: int) -> None:
        """Take a row out; all that it held is in the record."""
        before = self.row(table, id_)
        assert before is not None
        self._session.execute(delete(table).where(table.c.id == id_))
        self._count(table, before, {})
        self._note("removed", table, id_, {name: (value, None) for name, value in before.items()})

    def note(self, table: Table, id_: int, before: dict[str, Any], now: dict[str, Any]) -> None:
        """Put into the record what something else has changed in a row."""
        new = {name for name in now if before[name] != now[name]}
        if new:
            self._note("changed", table, id_, {name: (before[name], now[name]) for name in new})

    def take_back(self, changes: list[Change], *, is_whole: bool = False) -> None:
        """Undo what a record says, from its end. What changed again since then stays as it is.

        is_whole  not even that: the row is to be as it was
        """
        for what, table_name, id_, columns in reversed(changes):
            table = Base.metadata.tables[table_name]
            now = self.row(table, id_)
            if what == "removed":
                self._put_back(table, id_, columns, is_free=now is None)
            elif now is not None and what == "added":
                self._session.execute(delete(table).where(table.c.id == id_))
                self._count(table, now, {})
            elif now is not None:
                old = {
                    name: self._as_it_was(table, name, before)
                    for name, (before, after) in columns.items()
                    if is_whole or _plain(now[name]) == after
                }
                if old:
                    self._write(table, id_, now, old)

    def finish(self) -> None:
        """Let the summary rows follow; once, at the end."""
        add_to_tallies(self._session, total(self._numbers))
        self._session.expire_all()

    def _put_back(
        self, table: Table, id_: int, columns: Mapping[str, Any], *, is_free: bool
    ) -> None:
        row = {n: self._as_it_was(table, n, before) for n, (before, _) in columns.items()}
        if not is_free:
            del row["id"]  # SQLite gives the highest number out again once its row is gone
        new = self._session.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
        if new != id_:
            self._renumbered[table.name, id_] = new
        self._count(table, {}, row)

    def _as_it_was(self, table: Table, name: str, value: Any) -> Any:
        """A value of the record; where it names a row that got another number, that number."""
        for key in table.c[name].foreign_keys:
            value = self._renumbered.get((key.column.table.name, value), value)
        return _read(table, name, value)

    def _write(
        self, table: Table, id_: int, before: dict[str, Any], values: dict[str, Any]
    ) -> None:
        self._session.execute(update(table).where(table.c.id == id_).values(values))
        self._count(table, before, before | values)

    def _count(self, table: Table, before: dict[str, Any], after: dict[str, Any]) -> None:
        change = _counted(table.name, after)
        change.subtract(_counted(table.name, before))
        self._numbers.append(change)

    def _note(self, what: str, table: Table, id_: int, columns: Mapping[str, Any]) -> None:
        plain = {name: [_plain(old), _plain(new)] for name, (old, new) in columns.items()}
        self.changes.append([what, table.name, id_, plain])


def _counted(table: str, row: dict[str, Any]) -> Counter[Place]:
    """Which numbers a row counts in; none for no row."""
    places: Counter[Place] = Counter()
    if not row:
        return places
    if table == "targets":
        places[TallyKind.LIST_TARGETS, row["list_id"], 0, "wanted"] = 1
        places[TallyKind.LIST_TARGETS, row["list_id"], 0, "star"] = int(row["is_star"])
    elif table == "invitations" and row["merged_into_id"] is None:
        state = str(row["state"])
        places[TallyKind.EVENT_INVITATIONS, row["event_id"], row["group_id"], state] = 1
    elif table == "messages":
        word, group_id = counted_as(MessageState(row["state"])), row["group_id"] or 0
        if row["step_id"] is not None:
            places[TallyKind.STEP_MESSAGES, row["step_id"], group_id, word] = 1
        if row["is_first"] and row["campaign_id"] is not None:
            places[TallyKind.CAMPAIGN_PEOPLE, row["campaign_id"], group_id, word] = 1
    return places


def _plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _read(table: Table, name: str, value: Any) -> Any:
    """From JSON, as the column holds it."""
    type_ = table.c[name].type
    if value is None:
        return None
    if isinstance(type_, UTCDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(type_, Date) else value
