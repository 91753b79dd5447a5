"""The bulk writer of imports: recognised people onto a locked list, in the open transaction.

Some fifteen statements for a chunk of any size. What they do is noted, and `outreach.importing`
takes it back from that.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.advice.protocol import UNRANKED, Offices
from outreach.bulk import Bulk, Changes, Record, rows_of
from outreach.describing import offices
from outreach.details import write_details
from outreach.importing.bodies import Bodies, countries_of
from outreach.importing.ready import Ready, in_order_of
from outreach.journal import ListJournal
from outreach.models.activity import Actor
from outreach.models.office import ProtocolCategory, place_by_hand
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star, StarStage
from outreach.models.tally import TallyKind
from outreach.models.target import LOWEST_TIER, Target, TargetList
from outreach.queries.recognised import NOTHING, Recognised
from outreach.tally import Place, add_to_tallies

_PERSON = (
    "full_name name_key given_name family_name title salutation office language country_code"
    " gender pronouns notes external_id email email_key organisation_id owner_id protocol_category"
    " precedence is_protocol_by_hand time_zone created_at changed_at"
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
        self._bodies = Bodies(session, self.bulk, target_list, at)
        last = select(func.max(Target.rank)).where(Target.list_id == target_list.id)
        self._rank = session.scalar(last) or 0
        self.rank_before: int | None = None
        """Where rows come in another order than the file's: what makes a row's number its place."""
        self._numbers: Counter[Place] = Counter()
        self._offices: Offices | None = None
        self._follows: dict[str, tuple[str | None, int]] = {"": (None, UNRANKED)}

    def bring_in(self, lines: Sequence[Recognised]) -> list[int]:
        """Everyone's stakeholder id, in the order given."""
        organisations = self._bodies.named(countries_of(lines))
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

    # ---- people

    def pour(self, ready: Ready) -> None:
        """People whom nobody knows, made ready before: a statement for each table."""
        found = self._bodies.named(ready.countries)
        ids = self.bulk.pour(
            Stakeholder,
            ready.people,
            "organisation_id",
            [name and found[name] for name in ready.organisations],
        )
        self.bulk.pour(Target, ready.places, "stakeholder_id", ids)
        self._numbers[TallyKind.LIST_TARGETS, self._list.id, 0, "wanted"] += len(ids)
        self._journal.same_for_all("added_to_list", ids)

    def _make_people(
        self, lines: Sequence[Recognised], organisations: Mapping[str, int]
    ) -> list[int]:
        if not lines:
            return []
        at = self.bulk.bound(Stakeholder, "created_at", self._at)
        rows = []
        in_order = in_order_of([line.name_key for line in lines])
        for line in map(lines.__getitem__, in_order):
            person, address = line.person, line.person.address
            rows.append(
                (
                    line.name, line.name_key, person.given_name, person.family_name, person.title,
                    person.salutation, person.office, person.language, person.country,
                    person.gender, person.pronouns, person.notes, person.external_id or None,
                    address.email if address else None, address.key if address else None,
                    organisations.get(person.organisation), line.owner_id,
                    *self._received_as(person.office, person.protocol), person.time_zone, at, at,
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
            if "office" in changes:
                changes |= self._protocol(line, changes["office"][1], "precedence" in changes)
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

    def _protocol(self, line: Recognised, office: str, is_said: bool) -> dict[str, Any]:
        """What becomes of the protocol of someone known who gets another office.

        is_said  the file may say the category, too
        """
        if line.is_protocol_by_hand and not is_said:
            return {}
        said = line.person.protocol if is_said else ""
        category, precedence, by_hand = self._received_as(office, said)
        before, place = line.protocol
        changes = {"protocol_category": (before, category), "precedence": (place, precedence)}
        if by_hand != line.is_protocol_by_hand:
            changes["is_protocol_by_hand"] = (line.is_protocol_by_hand, by_hand)
        return changes

    def _received_as(self, office: str, by_hand: str = "") -> tuple[str | None, int, bool]:
        """The protocol category, the place in precedence, and whether it was set by hand: the one
        that follows from the office where nothing else is said."""
        if office not in self._follows:
            if self._offices is None:
                self._offices = offices(self._session)
            follows = self._offices.protocol_of(office)
            self._follows[office] = (follows.category, follows.precedence)
        category, precedence = self._follows[office]
        if by_hand and by_hand != category:
            return by_hand, place_by_hand(ProtocolCategory(by_hand)), True
        return category, precedence, False

    # ---- the list

    def _want(self, people: Sequence[tuple[int, Recognised]]) -> None:
        if not people:
            return
        at, list_id = self.bulk.bound(Target, "created_at", self._at), self._list.id
        # In the order of the people's own rows, as they stand in two indexes; so too the journal.
        by_row = self.rank_before
        placed = sorted(
            (
                (id_, self._rank + number if by_row is None else by_row + line.person.row, line)
                for number, (id_, line) in enumerate(people, 1)
            ),
            key=itemgetter(0),
        )
        self._rank += len(people)
        rows: list[tuple[Any, ...]] = [
            (
                list_id, stakeholder_id, False, min(line.person.tier or 2, LOWEST_TIER),
                line.person.why, line.person.rank or rank, at,
            )
            for stakeholder_id, rank, line in placed
        ]  # fmt: skip
        columns = "list_id stakeholder_id is_star tier why rank created_at"
        for name, values in self._seldom([line for _, _, line in placed]):
            columns += f" {name}"
            rows = [(*row, value) for row, value in zip(rows, values, strict=True)]
        ids = self.bulk.add(Target, columns, rows)
        marked = zip(ids, placed, strict=True)
        stars = [(id_, ln.person) for id_, (_, _, ln) in marked if ln.person.star]
        self._nominate([(id_, person.why) for id_, person in stars])
        self._numbers[TallyKind.LIST_TARGETS, self._list.id, 0, "wanted"] += len(rows)
        self._journal.same_for_all("added_to_list", [id_ for id_, _, _ in placed])

    def _seldom(self, lines: Sequence[Recognised]) -> Iterator[tuple[str, list[Any]]]:
        """(column, its values) of those of a place on the list of which most files say nothing."""
        if any(line.person.wave for line in lines):
            yield "wave", [line.person.wave or 1 for line in lines]
        if any(line.person.decide_on for line in lines):
            days = [line.person.decide_on for line in lines]
            yield "decide_on", [self.bulk.bound(Target, "decide_on", day) for day in days]
        if any(line.person.alternate for line in lines):
            yield "is_alternate", [bool(line.person.alternate) for line in lines]
        if any(line.follower_id for line in lines):
            yield "owner_id", [line.follower_id for line in lines]

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
