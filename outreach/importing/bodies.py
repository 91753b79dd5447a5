"""Organisations of people who are brought into a list: found by their names, or made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.bulk import Bulk
from outreach.dialect import among
from outreach.models.conference import MemberState
from outreach.models.event import Event
from outreach.models.stakeholder import Organisation, Standing
from outreach.models.target import TargetList
from outreach.pouring import insert_missing
from outreach.queries.recognised import Recognised


class Bodies:
    """Finds and makes them in the open transaction, each with its standing at the conference."""

    def __init__(self, session: Session, bulk: Bulk, target_list: TargetList, at: datetime) -> None:
        self._session, self.bulk, self._list, self._at = session, bulk, target_list, at
        self._conference_id = session.scalar(
            select(Event.conference_id).where(Event.id == target_list.event_id)
        )
        self._regions: dict[str | None, int] = {}

    def named(self, countries: Mapping[str, str | None]) -> dict[str, int]:
        """{name: id} of the organisations named; unknown ones are made, each with its standing.

        countries  {name: where it is, if that is known}
        """
        if not countries:
            return {}
        keys = {name: fold(name) or name.casefold() for name in countries}
        at = self.bulk.bound(Organisation, "created_at", self._at)
        rows = {
            key: {
                "name": name,
                "name_key": key,
                "country_code": countries[name],
                "created_at": at,
            }
            for name, key in reversed(keys.items())
        }
        found = self._found(list(rows.values()))
        self._stand(dict(found.values()))
        return {name: found[key][0] for name, key in keys.items()}

    def _region(self, country: str | None) -> int | None:
        if not self._regions:
            states = select(MemberState.country_code, MemberState.region_id).where(
                MemberState.conference_id == self._conference_id
            )
            rows = self._session.execute(states)
            self._regions = {row.country_code: row.region_id for row in rows}
        return self._regions.get(country)

    def _found(self, rows: list[dict[str, Any]]) -> dict[str, tuple[int, str | None]]:
        """{key: (id, country)} of organisations; those that are not there are made."""
        keys = [row["name_key"] for row in rows]
        found = self._organisations_by(keys)
        missing = sorted(set(keys) - found.keys())
        if not missing:
            return found
        # In one order, so that two transactions never wait for each other.
        by_key = {row["name_key"]: row for row in rows}
        insert_missing(
            self._session.connection(),
            "organisations",
            [by_key[key] for key in missing],  # another may bring the same just now
            ["name_key"],
        )
        made = self._organisations_by(missing)
        added = self.bulk.record.added.setdefault("organisations", [])
        added.extend(id_ for id_, _ in made.values())
        return found | made

    def _organisations_by(self, keys: Sequence[str]) -> dict[str, tuple[int, str | None]]:
        rows = self._session.execute(
            select(Organisation.name_key, Organisation.id, Organisation.country_code).where(
                among(Organisation.name_key, keys)
            )
        )
        return {key: (id_, country) for key, id_, country in rows}

    def _stand(self, organisations: Mapping[int, str | None]) -> None:
        """Give each its standing at the conference, where it has none.

        organisations  {id: country}
        """
        there = self._session.scalars(
            select(Standing.organisation_id).where(
                Standing.conference_id == self._conference_id,
                among(Standing.organisation_id, list(organisations)),
            )
        )
        missing = sorted(organisations.keys() - set(there))
        rows = [
            {
                "conference_id": self._conference_id,
                "organisation_id": id_,
                "group_id": self._list.group_id,
                "region_id": self._region(organisations[id_]),
            }
            for id_ in missing
        ]
        if rows:
            unique = ("conference_id", "organisation_id")
            insert_missing(self._session.connection(), "standings", rows, unique)
            made = select(Standing.id).where(
                Standing.conference_id == self._conference_id,
                among(Standing.organisation_id, missing),
            )
            added = self.bulk.record.added.setdefault("standings", [])
            added.extend(self._session.scalars(made))


def countries_of(lines: Sequence[Recognised]) -> dict[str, str | None]:
    """{organisation that a row names: the country of the first of its people who has one}"""
    countries: dict[str, str | None] = {}
    for line in lines:
        name = line.person.organisation if line.stakeholder_id is None else line.organisation
        if name and not countries.get(name):
            countries[name] = line.person.country
    return countries
