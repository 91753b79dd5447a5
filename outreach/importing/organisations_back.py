"""A file of organisations taken back: what it added goes, what it changed is as it was.

An organisation that was used or edited meanwhile stays, with what the file gave it, and is named.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Table, delete, select, update
from sqlalchemy.orm import Session

from outreach.bulk import Bulk, Changes, beyond, ids_in, plain, rows_of
from outreach.db import transaction
from outreach.dialect import among, one_at_a_time
from outreach.importing.lease import Lease
from outreach.importing.use import free_standings, gone_since, pointing_at, whole_pairs
from outreach.models.activity import Activity, Actor
from outreach.models.base import Base
from outreach.models.focal_point import FocalPoint
from outreach.models.imports import Import, ImportChunk, ImportState
from outreach.models.stakeholder import Organisation, Standing

BESIDE = ("focal_points", "custom_values", "standings")
"""Tables of what belongs to an organisation, in which a file may have added rows."""
MOST_NAMED = 500


def take_back_organisations(lease: Lease) -> None:
    """Take back all of it, in one transaction."""
    with transaction() as session:
        row = lease.mine(session, ImportState.UNDOING)
        one_at_a_time(session, "import")
        chunk = session.scalar(select(ImportChunk).where(ImportChunk.import_id == row.id))
        kept: dict[int, str] = {}
        if chunk is not None:
            back = _WayBack(session, row, chunk, lease.now())
            kept = back.go()
            session.delete(chunk)
        row.state, row.undone_at, row.position = ImportState.UNDONE, lease.now(), 0
        row.kept_count = len(kept)
        row.kept = {str(id_): why for id_, why in sorted(kept.items())[:MOST_NAMED]}
        row.go_on()
        row.let_go()
        session.add(
            Activity.of(
                "took_back_organisations", _by(row), lease.now(), import_id=row.id,
                file=row.file_name, kept=row.kept_count,
            )
        )  # fmt: skip


def _by(row: Import) -> Actor:
    return Actor.account(row.undone_by_id) if row.undone_by_id else row.actor


class _WayBack:
    def __init__(self, session: Session, row: Import, chunk: ImportChunk, at: datetime) -> None:
        self._session, self._row, self._at = session, row, at
        self._added = {name: ids_in(spans) for name, spans in chunk.changes["added"].items()}
        self._changed: dict[str, list[tuple[int, Changes]]] = chunk.changes["changed"]
        self._stamp = datetime.fromisoformat(chunk.changes["at"])
        self._kept: dict[int, str] = {}

    def go(self) -> dict[int, str]:
        """{organisation: why something of it stays}"""
        made = self._added.get("organisations", [])
        self._kept = self._touched(self._known())
        self._restore("organisations")  # then what was put under a new one is under it no more
        self._kept |= self._used(made)
        self._remove_beside()
        self._restore(*BESIDE)
        free = [id_ for id_ in made if id_ not in self._kept]
        if free:
            table = rows_of(Organisation)
            inner = update(table).where(among(table.c.id, free)).values(parent_id=None)
            self._session.execute(inner)
            for model, column in (
                (Activity, Activity.organisation_id), (Standing, Standing.organisation_id),
                (Organisation, Organisation.id),
            ):  # fmt: skip
                self._session.execute(
                    delete(model).where(among(column, free)),
                    execution_options={"synchronize_session": False},
                )
        return self._kept

    def _known(self) -> set[int]:
        """Organisations known before, of which the import changed or added something."""
        made = set(self._added.get("organisations", []))
        known = {id_ for id_, _ in self._changed.get("organisations", ())}
        for name in BESIDE:
            table = Base.metadata.tables[name]
            ids = [*self._added.get(name, []), *(id_ for id_, _ in self._changed.get(name, ()))]
            rows = select(table.c.organisation_id).where(among(table.c.id, ids)).distinct()
            known.update(self._session.scalars(rows))
        return known - made

    def _used(self, made: Collection[int]) -> dict[int, str]:
        """{new one: why it stays}; what a new one that stays is part of stays, too."""
        used: dict[int, str] = {}
        if not made:
            return used
        table = rows_of(Organisation)
        edited = select(table.c.id).where(
            among(table.c.id, made), table.c.changed_at != self._stamp
        )
        used |= dict.fromkeys(self._session.scalars(edited), "edited")
        for other, column in pointing_at("organisations"):
            wanted = select(column).where(among(column, made)).distinct()
            if other.name == "activities":
                wanted = wanted.where(other.c.at != self._stamp)
            elif own := self._added.get(other.name):
                wanted = wanted.where(beyond(other.c.id, own))
            for id_ in self._session.scalars(wanted):
                used.setdefault(id_, "in use")
        return self._with_those_above(used, made)

    def _with_those_above(self, used: dict[int, str], made: Collection[int]) -> dict[int, str]:
        table = rows_of(Organisation)
        above = dict(
            self._session.execute(
                select(table.c.id, table.c.parent_id).where(among(table.c.id, made))
            ).all()
        )
        for id_ in list(used):
            current = above.get(id_)
            while current is not None and current in above and current not in used:
                used[current] = "something belongs to it"
                current = above[current]
        return used

    def _touched(self, known: Collection[int]) -> dict[int, str]:
        """{known one: why what the file added stays}: something happened with it since."""
        if not known:
            return {}
        since = (
            select(Activity.organisation_id)
            .where(among(Activity.organisation_id, known), Activity.at > self._stamp)
            .distinct()
        )
        return {id_: "something happened" for id_ in self._session.scalars(since) if id_}

    def _remove_beside(self) -> None:
        """What was added beside an organisation, but for those that stay."""
        for name in BESIDE:
            ids = self._added.get(name, [])
            if not ids:
                continue
            table = Base.metadata.tables[name]
            rows = self._session.execute(
                select(table.c.id, table.c.organisation_id).where(among(table.c.id, ids))
            ).all()
            gone = [row.id for row in rows if row.organisation_id not in self._kept]
            if name == "standings":
                owners = {row.id: row.organisation_id for row in rows}
                gone = free_standings(self._session, gone)
                left = set(owners) - set(gone)
                self._kept = {owners[id_]: "in use" for id_ in left} | self._kept
            self._session.execute(delete(table).where(among(table.c.id, gone)))

    def _restore(self, *names: str) -> None:
        """Columns that stand as the import left them hold again what they held before."""
        for name in names:
            rows = dict(self._changed.get(name, ()))
            if rows:
                self._restore_in(Base.metadata.tables[name], rows)

    def _restore_in(self, table: Table, changed: Mapping[int, Changes]) -> None:
        is_own = table.name == "organisations"
        back: list[tuple[int, Changes]] = []
        gone = gone_since(self._session, table, changed.values())
        rows = select(table).where(among(table.c.id, changed)).with_for_update()
        for now in self._session.execute(rows).mappings():
            columns = changed[now["id"]]
            owner = now["id"] if is_own else now["organisation_id"]
            if table.name == FocalPoint.__tablename__ and owner in self._kept:
                continue
            same = whole_pairs(columns, {
                column: (after, _held(table, column, before))
                for column, (before, after) in columns.items()
                if plain(now[column]) == after
                and before not in gone.get(column, ())
                and self._fits(column, before, owner)
            })  # fmt: skip
            if len(same) < len(columns):
                self._kept.setdefault(owner, "changed")
            if same or is_own:
                back.append((now["id"], same))
                self._session.add(
                    Activity.of(
                        "took_back", _by(self._row), self._at, organisation_id=owner,
                        import_id=self._row.id, fields=sorted(same),
                    )
                )  # fmt: skip
        version = rows_of(Organisation).c.version + 1
        also = {"changed_at": self._at, "version": version} if is_own else {}
        Bulk(self._session).change_in(table, back, **also)

    def _fits(self, column: str, before: Any, owner: int) -> bool:
        """Whether a name is still free; another organisation may bear it by now."""
        if column != "name_key":
            return True
        key = rows_of(Organisation).c.name_key
        taken = select(Organisation.id).where(key == before, Organisation.id != owner)
        return self._session.scalar(taken) is None


def _held(table: Table, name: str, value: Any) -> Any:
    """A value of the record, as its column holds it."""
    if value is None:
        return None
    if isinstance(table.c[name].type, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(table.c[name].type, Date) else value
