"""The bulk writer of imports: recognised people onto a locked list, in the open transaction.

Some fifteen statements for a chunk of any size. What they do is noted, and `outreach.importing`
takes it back from that.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.advice.protocol import UNRANKED, Offices
from outreach.bulk import Bulk, Changes, Record, rows_of
from outreach.db import is_postgresql
from outreach.describing import offices
from outreach.details import write_details
from outreach.dialect import among
from outreach.journal import ListJournal
from outreach.models.activity import Actor
from outreach.models.conference import MemberState
from outreach.models.event import Event
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.star import Star, StarStage
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.recognised import NOTHING, Recognised
from outreach.tally import Place, add_to_tallies

LOWEST_TIER = 3
MANY = 1_000

_PERSON = (
    "full_name name_key given_name family_name title salutation office language country_code"
    " gender pronouns notes external_id email email_key organisation_id owner_id protocol_category"
    " precedence created_at changed_at"
)


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
        self.bulk = Bulk(session)
        self._journal = ListJournal(session, self.bulk, target_list, by, at, import_id)
        self._conference_id = session.scalar(
            select(Event.conference_id).where(Event.id == target_list.event_id)
        )
        last = select(func.max(Target.rank)).where(Target.list_id == target_list.id)
        self._rank = session.scalar(last) or 0
        self.rank_before: int | None = None
        """Where rows come in another order than the file's: what makes a row's number its place."""
        self._numbers: Counter[Place] = Counter()
        self._regions: dict[str | None, int] = {}
        self._offices: Offices | None = None
        self._protocol: dict[str, tuple[str | None, int]] = {"": (None, UNRANKED)}

    def bring_in(self, lines: Sequence[Recognised]) -> list[int]:
        """Everyone's stakeholder id, in the order given."""
        organisations = self._organisations(lines)
        new = [line for line in lines if line.stakeholder_id is None]
        made = iter(self._make_people(new, organisations))
        ids = [line.stakeholder_id or next(made) for line in lines]
        known = [line for line in lines if line.stakeholder_id is not None]
        self._change([line for line in known if line.changes or line.organisation], organisations)
        self._change_targets([line for line in known if line.target_changes])
        details = [
            (id_, line.details)
            for id_, line in zip(ids, lines, strict=True)
            if line.details is not NOTHING and line.details.codes
        ]
        if details:
            write_details(self._session, self.bulk, details, self._at)
            known_ids = {line.stakeholder_id for line in known}
            told = [(id_, dict.fromkeys(d.codes)) for id_, d in details if id_ in known_ids]
            self._journal.each_with_fields("filled_in", told)
        self._want([(id_, ln) for id_, ln in zip(ids, lines, strict=True) if not ln.is_on_list])
        return ids

    def close(self) -> Record:
        """Add what was counted to the tallies; gives what was done."""
        add_to_tallies(self._session, self._numbers)
        return self.bulk.record

    # ---- organisations

    def _organisations(self, lines: Sequence[Recognised]) -> dict[str, int]:
        """{name: id} of the organisations named; unknown ones are made, each with its standing."""
        countries: dict[str, str | None] = {}
        for line in lines:
            name = line.person.organisation if line.stakeholder_id is None else line.organisation
            if name and not countries.get(name):
                countries[name] = line.person.country
        if not countries:
            return {}
        keys = {name: fold(name) or name.casefold() for name in countries}
        rows = {
            key: {
                "name": name,
                "name_key": key,
                "country_code": countries[name],
                "created_at": self._at,
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
        self._insert_missing(Organisation, [by_key[key] for key in missing], "name_key")
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
            self._insert_missing(Standing, rows, "conference_id", "organisation_id")
            made = select(Standing.id).where(
                Standing.conference_id == self._conference_id,
                among(Standing.organisation_id, missing),
            )
            added = self.bulk.record.added.setdefault("standings", [])
            added.extend(self._session.scalars(made))

    def _insert_missing(
        self, model: type[Organisation | Standing], rows: list[dict[str, Any]], *unique: str
    ) -> None:
        """Insert those that are not there; someone else may be inserting the same just now."""
        dialect = postgresql if is_postgresql() else sqlite
        insert = dialect.insert(rows_of(model))
        self._session.connection().execute(
            insert.on_conflict_do_nothing(index_elements=unique), rows
        )

    # ---- people

    def _make_people(
        self, lines: Sequence[Recognised], organisations: Mapping[str, int]
    ) -> list[int]:
        if not lines:
            return []
        at = self.bulk.bound(Stakeholder, "created_at", self._at)
        rows = []
        in_order = _in_order(lines)
        for line in map(lines.__getitem__, in_order):
            person, address = line.person, line.person.address
            rows.append(
                (
                    line.name, line.name_key, person.given_name, person.family_name, person.title,
                    person.salutation, person.office, person.language, person.country,
                    person.gender, person.pronouns, person.notes, person.external_id or None,
                    address.email if address else None, address.key if address else None,
                    organisations.get(person.organisation), line.owner_id,
                    *self._received_as(person.office), at, at,
                )
            )  # fmt: skip
        ids = self.bulk.add(Stakeholder, _PERSON, rows)
        return [id_ for _, id_ in sorted(zip(in_order, ids, strict=True))]

    def _change(self, lines: Sequence[Recognised], organisations: Mapping[str, int]) -> None:
        """Write what the rules let the file say of people whom we know."""
        if not lines:
            return
        whole: list[tuple[int, Changes]] = []
        for line in lines:
            changes = dict(line.changes)
            if "office" in changes and not line.is_protocol_by_hand:
                category, precedence = self._received_as(changes["office"][1])
                changes["protocol_category"] = (line.protocol[0], category)
                changes["precedence"] = (line.protocol[1], precedence)
            if line.organisation:
                now = organisations[line.organisation]
                changes["organisation_id"] = (line.organisation_before, now)
            whole.append((line.stakeholder_id or 0, changes))
        version = rows_of(Stakeholder).c.version + 1
        self.bulk.change(Stakeholder, whole, changed_at=self._at, version=version)
        self._journal.each_with_fields("filled_in", whole)

    def _change_targets(self, lines: Sequence[Recognised]) -> None:
        if not lines:
            return
        stars: list[tuple[int, str]] = []
        whole: list[tuple[int, Changes]] = []
        told: list[tuple[int, Changes]] = []
        for line in lines:
            changes = dict(line.target_changes)
            if "tier" in changes:
                changes["tier"] = (changes["tier"][0], min(changes["tier"][1], LOWEST_TIER))
            if changes.pop("is_star", None):
                stars.append((line.target_id or 0, line.person.why))
            if changes:
                whole.append((line.target_id or 0, changes))
                told.append((line.stakeholder_id or 0, changes))
        self.bulk.change(Target, whole)
        self._nominate(stars)
        self._journal.each_with_fields("filled_in", told)

    def _received_as(self, office: str) -> tuple[str | None, int]:
        """The protocol category that follows from an office, and the place in precedence."""
        if office not in self._protocol:
            if self._offices is None:
                self._offices = offices(self._session)
            follows = self._offices.protocol_of(office)
            self._protocol[office] = (follows.category, follows.precedence)
        return self._protocol[office]

    # ---- the list

    def _want(self, people: Sequence[tuple[int, Recognised]]) -> None:
        if not people:
            return
        at, list_id = self.bulk.bound(Target, "created_at", self._at), self._list.id
        # In the order of the people's own rows, as they stand in two indexes; so too the journal.
        by_row = self.rank_before
        placed = sorted(
            (id_, self._rank + number if by_row is None else by_row + line.person.row, line.person)
            for number, (id_, line) in enumerate(people, 1)
        )
        self._rank += len(people)
        rows = [
            (
                list_id, stakeholder_id, False,
                min(person.tier or 2, LOWEST_TIER), person.why, person.rank or rank, at,
            )
            for stakeholder_id, rank, person in placed
        ]  # fmt: skip
        columns = "list_id stakeholder_id is_star tier why rank created_at"
        ids = self.bulk.add(Target, columns, rows)
        marked = zip(ids, placed, strict=True)
        self._nominate([(id_, person.why) for id_, (_, _, person) in marked if person.star])
        self._numbers[TallyKind.LIST_TARGETS, self._list.id, 0, "wanted"] += len(rows)
        self._journal.same_for_all("added_to_list", [id_ for id_, _, _ in placed])

    def _nominate(self, stars: Sequence[tuple[int, str]]) -> None:
        """A file marks nobody as a star: it nominates, and an approver decides about each.

        stars  (target, the reason)
        """
        if not stars:
            return
        at = self.bulk.bound(Star, "stage_at", self._at)
        rows = [
            (
                target_id, StarStage.NOMINATED.value, at, why or "Marked as a star in a file.",
                self._by.account_id, at, "", "",
            )
            for target_id, why in stars
        ]  # fmt: skip
        columns = "target_id stage stage_at reason nominated_by_id nominated_at decision next_step"
        self.bulk.add(Star, columns, rows)


def _in_order(lines: Sequence[Recognised]) -> Sequence[int]:
    """The places of the lines; of many in the order of names, as they stand in three indexes, the
    pages of which are then turned once each."""
    if len(lines) < MANY:
        return range(len(lines))
    return sorted(range(len(lines)), key=[line.name_key for line in lines].__getitem__)
