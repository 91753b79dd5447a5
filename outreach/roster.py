"""The bulk writer of imports: recognised people onto a locked list, in the open transaction."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, cast, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.db import is_postgresql
from outreach.models.activity import Activity, Actor
from outreach.models.base import Base
from outreach.models.conference import MemberState
from outreach.models.event import Event
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.recognition import FILLED, Recognised
from outreach.tally import Place, add_to_tallies

LOWEST_TIER = 3
MOST_REMEMBERED = 50_000
"""Organisations of a file whose ids are not asked for again."""


def _rows_of(model: type[Base]) -> Table:
    return model.metadata.tables[model.__tablename__]


class Roster:
    """Puts recognised people on a locked list, a chunk at a time, in the open transaction."""

    def __init__(
        self,
        session: Session,
        target_list: TargetList,
        by: Actor,
        at: datetime,
        import_id: int | None = None,
    ) -> None:
        self._session, self._list, self._by, self._at = session, target_list, by, at
        self._import_id = import_id
        self._connection = session.connection()
        self._conference_id = session.scalar(
            select(Event.conference_id).where(Event.id == target_list.event_id)
        )
        states = select(MemberState.country_code, MemberState.region_id).where(
            MemberState.conference_id == self._conference_id
        )
        self._regions: dict[str | None, int] = {
            row.country_code: row.region_id for row in session.execute(states)
        }
        last = select(func.max(Target.rank)).where(Target.list_id == target_list.id)
        self._rank = session.scalar(last) or 0
        self._numbers: Counter[Place] = Counter()
        self._organisation_ids: dict[str, int] = {}

    def bring_in(self, lines: Sequence[Recognised]) -> list[int]:
        """Everyone's stakeholder id, in the order given. Some ten statements for a chunk."""
        organisations = self._organisations(lines)
        new = [line for line in lines if line.stakeholder_id is None]
        made = iter(self._make_people(new, organisations))
        ids = [line.stakeholder_id or next(made) for line in lines]
        known = [line for line in lines if line.stakeholder_id is not None]
        self._fill_in(
            [line for line in known if line.missing or line.needs_organisation], organisations
        )
        self._want(
            [(id_, line) for id_, line in zip(ids, lines, strict=True) if not line.is_on_list]
        )
        return ids

    def close(self) -> None:
        """Add what was counted to the tallies."""
        add_to_tallies(self._session, self._numbers)

    def _organisations(self, lines: Sequence[Recognised]) -> dict[str, int]:
        """{name: id} of the organisations named; unknown ones are made, each with its standing."""
        if len(self._organisation_ids) > MOST_REMEMBERED:
            self._organisation_ids.clear()
        named: dict[str, str] = {}
        rows: dict[str, dict[str, Any]] = {}
        for line in lines:
            name, country = line.person.organisation, line.person.country
            if name and (line.stakeholder_id is None or line.needs_organisation):
                key = named[name] = fold(name) or name.casefold()
                if key not in self._organisation_ids:
                    row = rows.setdefault(
                        key,
                        {
                            "name": name,
                            "name_key": key,
                            "country_code": None,
                            "created_at": self._at,
                        },
                    )
                    row["country_code"] = row["country_code"] or country
        if rows:
            self._found(rows)
        return {name: self._organisation_ids[key] for name, key in named.items()}

    def _found(self, rows: dict[str, dict[str, Any]]) -> None:
        """Make the organisations that are not there, and give each its standing."""
        self._insert_missing(Organisation, list(rows.values()), ["name_key"])
        found = select(Organisation.name_key, Organisation.id, Organisation.country_code).where(
            Organisation.name_key.in_(rows)
        )
        standings = []
        for key, id_, country in self._session.execute(found):
            self._organisation_ids[key] = id_
            standings.append(
                {
                    "conference_id": self._conference_id,
                    "organisation_id": id_,
                    "group_id": self._list.group_id,
                    "region_id": self._regions.get(country),
                }
            )
        self._insert_missing(Standing, standings, ["conference_id", "organisation_id"])

    def _insert_missing(
        self, table: type[Base], rows: list[dict[str, Any]], unique: list[str]
    ) -> None:
        """Insert those that are not there; someone else may be inserting the same just now."""
        dialect = postgresql if is_postgresql() else sqlite
        # In one order, so that two transactions never wait for each other.
        rows.sort(key=lambda row: [row[name] for name in unique])
        statement = dialect.insert(_rows_of(table)).on_conflict_do_nothing(index_elements=unique)
        self._connection.execute(statement, rows)

    def _write(self, table: type[Base], rows: list[dict[str, Any]]) -> None:
        """Insert whole rows, all with the same columns; what is left out takes its default."""
        if not is_postgresql():
            # Plain statements: twice as fast as the unit of work.
            self._connection.execute(insert(_rows_of(table)), rows)
            return
        # COPY: an INSERT of a thousand rows costs more to write and to parse than to do.
        names = ", ".join(rows[0])
        cursor = self._connection.connection.cursor()
        with cursor.copy(f"COPY {table.__tablename__} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([json.dumps(v) if isinstance(v, dict) else v for v in row.values()])
        cursor.close()

    def _make_people(self, lines: Sequence[Recognised], organisations: dict[str, int]) -> list[int]:
        if not lines:
            return []
        rows = []
        for line in lines:
            person = line.person
            rows.append(
                {
                    "full_name": line.name,
                    "name_key": line.name_key,
                    "given_name": person.given_name,
                    "family_name": person.family_name,
                    "title": person.title,
                    "salutation": person.salutation,
                    "office": person.office,
                    "language": person.language,
                    "country_code": person.country,
                    "gender": person.gender,
                    "notes": person.notes,
                    "external_id": person.external_id or None,
                    "email": person.address and person.address.email,
                    "email_key": person.address and person.address.key,
                    "organisation_id": organisations.get(person.organisation),
                    "created_at": self._at,
                    "changed_at": self._at,
                }
            )
        return self._write_numbered(Stakeholder, rows)

    def _write_numbered(self, table: type[Base], rows: list[dict[str, Any]]) -> list[int]:
        """Insert whole rows; their ids in the same order."""
        if is_postgresql():
            sequence = func.pg_get_serial_sequence(table.__tablename__, "id")
            numbers = func.generate_series(1, len(rows)).table_valued()
            next_id = func.nextval(cast(sequence, postgresql.REGCLASS))
            ids = list(self._connection.scalars(select(next_id).select_from(numbers)))
        else:
            # The transaction has locked the whole database: nobody else takes a number.
            last = self._connection.scalar(select(func.max(_rows_of(table).c.id))) or 0
            ids = list(range(last + 1, last + 1 + len(rows)))
        self._write(table, [{"id": id_} | row for id_, row in zip(ids, rows, strict=True)])
        return ids

    def _fill_in(self, lines: Sequence[Recognised], organisations: dict[str, int]) -> None:
        """Write what the file knows and we did not; what stands there is never overwritten."""
        if not lines:
            return
        for line in lines:
            values = dict(line.missing)
            if line.needs_organisation:
                values["organisation_id"] = organisations[line.person.organisation]
            self._session.execute(
                update(Stakeholder)
                .where(Stakeholder.id == line.stakeholder_id)
                .values(changed_at=self._at, **values)
                .execution_options(synchronize_session=False)
            )
        self._journal(
            "filled_in",
            [(line.stakeholder_id or 0, {"fields": self._filled(line)}) for line in lines],
        )

    def _filled(self, line: Recognised) -> list[str]:
        names = [name for name in FILLED if name in line.missing]
        return [*names, "organisation"] if line.needs_organisation else names

    def _want(self, people: Sequence[tuple[int, Recognised]]) -> None:
        if not people:
            return
        rows: list[dict[str, Any]] = []
        for id_, line in people:
            person = line.person
            self._rank += 1
            rows.append(
                {
                    "list_id": self._list.id,
                    "stakeholder_id": id_,
                    "is_star": bool(person.star),
                    "tier": min(person.tier or 2, LOWEST_TIER),
                    "why": person.why,
                    "rank": person.rank or self._rank,
                    "created_at": self._at,
                }
            )
        self._write(Target, rows)
        stars = sum(row["is_star"] for row in rows)
        self._numbers[TallyKind.LIST_TARGETS, self._list.id, 0, "wanted"] += len(rows)
        self._numbers[TallyKind.LIST_TARGETS, self._list.id, 0, "star"] += stars
        self._journal("added_to_list", [(id_, {}) for id_, _ in people])

    def _journal(self, verb: str, people: Sequence[tuple[int, dict[str, Any]]]) -> None:
        about = {"list_id": self._list.id, "list": self._list.name, "import_id": self._import_id}
        self._write(
            Activity,
            [
                {
                    "verb": verb,
                    "actor": self._by.kind,
                    "account_id": self._by.account_id,
                    "at": self._at,
                    "stakeholder_id": id_,
                    "event_id": self._list.event_id,
                    "detail": about | more,
                }
                for id_, more in people
            ],
        )
