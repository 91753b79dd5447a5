"""An import taken back, the last chunk first: what it added goes, what it changed is as it was.

Whoever was invited, mailed, edited or otherwise used meanwhile stays, and is named. Each chunk is
one transaction that also removes the chunk's record, so that a kill loses nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from sqlalchemy import Date, Table, delete, func, select
from sqlalchemy.orm import Session

from outreach.bulk import Bulk, Changes, beyond, ids_in, plain, ranges, rows_of, within
from outreach.db import transaction
from outreach.dialect import one_at_a_time, prefer_indexes
from outreach.importing.lease import Lease, Lost
from outreach.importing.use import (
    free_organisations,
    free_standings,
    gone_since,
    undecided_nominations,
    used_people,
    used_targets,
    whole_pairs,
)
from outreach.models.activity import Activity, Actor
from outreach.models.base import Base
from outreach.models.duplicate import Duplicate
from outreach.models.imports import Import, ImportChunk, ImportState
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.import_reports import CHUNK
from outreach.tally import Place, add_to_tallies

MOST_NAMED = 500
"""People who stay, of whom the reason is kept with the import."""


def take_back_chunks(lease: Lease, keeps_going: Callable[[], bool]) -> None:
    """Take back one chunk after another, until nothing of the import is left."""
    while _take_back_one(lease):
        if not keeps_going():
            raise Lost


def _take_back_one(lease: Lease) -> bool:
    """The last chunk that is left; says whether there was one."""
    with transaction() as session:
        list_id = session.scalar(select(Import.list_id).where(Import.id == lease.import_id))
        target_list = session.get(TargetList, list_id or 0, with_for_update=True)
        row = lease.mine(session, ImportState.UNDOING)
        assert target_list is not None
        chunk = session.scalar(
            select(ImportChunk)
            .where(ImportChunk.import_id == row.id)
            .order_by(ImportChunk.number.desc())
            .limit(1)
        )
        if chunk is None:
            _finish(session, row, target_list, lease)
            return False
        one_at_a_time(session, "import")
        prefer_indexes(session)
        back = _WayBack(session, row, target_list, chunk, lease)
        back.go()
        session.delete(chunk)
        row.go_on()
        _hand_on(session, chunk, back.still_needed)
        row.position = chunk.changes.get("position", (chunk.number - 1) * CHUNK)
        row.kept_count += len(back.kept)
        named = {str(id_): why for id_, why in sorted(back.kept.items())}
        row.kept = dict(list({**row.kept, **named}.items())[:MOST_NAMED])
        return True


def _hand_on(session: Session, chunk: ImportChunk, standings: Collection[int]) -> None:
    """Standings that people of earlier chunks still need are looked at again with those."""
    before = session.scalar(
        select(ImportChunk)
        .where(ImportChunk.import_id == chunk.import_id, ImportChunk.number < chunk.number)
        .order_by(ImportChunk.number.desc())
        .limit(1)
    )
    if before is None or not standings:
        return
    added = before.changes["added"]
    ids = [*ids_in(added.get("standings", [])), *standings]
    before.changes = before.changes | {"added": added | {"standings": list(ranges(ids))}}


def _finish(session: Session, row: Import, target_list: TargetList, lease: Lease) -> None:
    row.state, row.undone_at, row.position = ImportState.UNDONE, lease.now(), 0
    row.go_on()
    row.let_go()
    by = Actor.account(row.undone_by_id) if row.undone_by_id else row.actor
    session.add(
        Activity.of(
            "took_back_import",
            by,
            lease.now(),
            event_id=target_list.event_id,
            list_id=target_list.id,
            list=target_list.name,
            import_id=row.id,
            file=row.file_name,
            kept=row.kept_count,
        )
    )


class _WayBack:
    """One chunk, in the open transaction."""

    def __init__(
        self,
        session: Session,
        row: Import,
        target_list: TargetList,
        chunk: ImportChunk,
        lease: Lease,
    ) -> None:
        self._session, self._list, self._row, self._lease = session, target_list, row, lease
        self._added = {table: ids_in(spans) for table, spans in chunk.changes["added"].items()}
        self._changed: dict[str, list[tuple[int, Changes]]] = chunk.changes["changed"]
        self._stamp = chunk.changes["at"]
        self._numbers: Counter[Place] = Counter()
        self.still_needed: list[int] = []
        """Standings that the import made, of organisations of people who are on the list still."""
        self._about = {
            "list_id": target_list.id, "list": target_list.name, "import_id": row.id,
        }  # fmt: skip
        self._lines: list[tuple[Any, ...]] = []
        """Of the journal, to be written at once."""
        self.kept: dict[int, str] = {}
        """{stakeholder: why something of theirs stays}"""

    def go(self) -> None:
        """Take all of it back."""
        new = self._added.get("stakeholders", [])
        self.kept = used_people(self._session, new, self._added, self._stamp)
        free = [id_ for id_ in new if id_ not in self.kept]
        self._remove_targets(set(new), set(free))
        self._remove_the_rest(set(new) - set(free))
        self._forget(free)
        self._remove(rows_of(Stakeholder), free)
        for name in self._changed:
            self._restore(Base.metadata.tables[name])
        self._remove_organisations()
        self._write_journal()
        add_to_tallies(self._session, self._numbers)

    def _remove_targets(self, new: set[int], free: set[int]) -> None:
        """Off the list: those who go, and people known before whom the import put there."""
        own = self._added.get("targets", [])
        if not own:
            return
        ours = within(Target.id, own)
        others = select(Target.stakeholder_id, Target.id).where(
            ours, beyond(Target.stakeholder_id, new)
        )
        known = dict(self._session.execute(others).all())
        used = used_targets(
            self._session, known, self._list, self._added, self._stamp,
            brought=self._row.columns.values(),
        )  # fmt: skip
        self.kept |= used
        off = known.keys() - used
        gone = ours & within(Target.stakeholder_id, {*free, *off})
        numbers = select(func.count(), func.count().filter(Target.is_star)).where(gone)
        count, star_count = self._session.execute(numbers).one()
        self._session.execute(delete(rows_of(Target)).where(gone))
        place = (TallyKind.LIST_TARGETS, self._list.id, 0)
        self._numbers[*place, "wanted"] -= count
        self._numbers[*place, "star"] -= star_count
        for person in sorted(off):
            self._journal("removed_from_list", person)

    def _remove_the_rest(self, kept: set[int]) -> None:
        """What else was added for people, but for those who stay."""
        apart = {"stakeholders", "targets", "organisations", "standings", "duplicates"}
        for name, ids in self._added.items():
            if name in apart:
                continue
            table = Base.metadata.tables[name]
            if name == "stars":
                ids = undecided_nominations(self._session, ids, kept, self._stamp)
            if "stakeholder_id" in table.c and kept:
                rows = self._session.execute(
                    select(table.c.id, table.c.stakeholder_id).where(within(table.c.id, ids))
                )
                ids = [id_ for id_, person in rows if person not in kept]
            self._remove(table, ids)

    def _forget(self, people: Collection[int]) -> None:
        """The journal lines of people who were never there, and the pairs they were part of."""
        if not people:
            return
        for column in (Duplicate.first_id, Duplicate.second_id, Activity.stakeholder_id):
            table = column.class_
            self._session.execute(
                delete(table)
                .where(within(column, people))
                .execution_options(synchronize_session=False)
            )

    def _remove(self, table: Table, ids: Collection[int]) -> None:
        if ids:
            self._session.execute(delete(table).where(within(table.c.id, ids)))

    def _restore(self, table: Table) -> None:
        """Columns that stand as the import left them get back what they held before."""
        changed = dict(self._changed[table.name])
        if not changed:
            return
        is_person = table.name == "stakeholders"
        gone = gone_since(self._session, table, changed.values())
        back: list[tuple[int, Changes]] = []
        wanted = select(table).where(within(table.c.id, changed))
        for now in self._session.execute(wanted.with_for_update()).mappings():
            columns = changed[now["id"]]
            person = now["id"] if is_person else now["stakeholder_id"]
            same = whole_pairs(columns, {
                name: (after, _held(table, name, before))
                for name, (before, after) in columns.items()
                if plain(now[name]) == after and before not in gone.get(name, ())
            })  # fmt: skip
            if len(same) < len(columns):
                self.kept.setdefault(person, "changed")
            if not same:
                continue
            if "is_star" in same:
                place = (TallyKind.LIST_TARGETS, self._list.id, 0, "star")
                self._numbers[place] += 1 if same["is_star"][1] else -1
            back.append((now["id"], same))
            self._journal("took_back", person, fields=sorted(same))
        version = rows_of(Stakeholder).c.version + 1
        also = {"changed_at": self._lease.now(), "version": version} if is_person else {}
        Bulk(self._session).change_in(table, back, **also)

    def _remove_organisations(self) -> None:
        standings = self._added.get("standings", [])
        stand = free_standings(self._session, standings)
        self.still_needed = sorted(set(standings) - set(stand))
        self._remove(rows_of(Standing), stand)
        made = self._added.get("organisations", [])
        free = free_organisations(self._session, made)
        if free:
            standing = delete(rows_of(Standing)).where(within(Standing.organisation_id, free))
            self._session.execute(standing)
            self._remove(rows_of(Organisation), free)

    def _journal(self, verb: str, stakeholder_id: int, **detail: Any) -> None:
        by = self._row.undone_by_id
        actor = Actor.account(by) if by else self._row.actor
        whole = json.dumps(self._about | detail)
        self._lines.append((verb, actor.kind, actor.account_id, stakeholder_id, whole))

    def _write_journal(self) -> None:
        bulk = Bulk(self._session)
        at = bulk.bound(Activity, "at", self._lease.now())
        rows = [(at, self._list.event_id, *line) for line in self._lines]
        bulk.write(Activity, "at event_id verb actor account_id stakeholder_id detail", rows)


def _held(table: Table, name: str, value: Any) -> Any:
    """A value of the record, as its column holds it."""
    if isinstance(table.c[name].type, Date) and value is not None:
        return date.fromisoformat(value)
    return value
