"""Recognising the people of a file among those we know, and what the file would change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from outreach.advice.folding import fold, fold_many, words_in_order
from outreach.advice.matching import known_as
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.person_row import PersonRow, Problem, RefusedRow
from outreach.intake.scripts import skeleton
from outreach.models.imports import Rule
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star
from outreach.models.target import Target
from outreach.queries.accounts import accounts_by_address
from outreach.queries.known_people import (
    OWN,
    known_by_address,
    known_by_number,
    known_without_address,
)
from outreach.queries.lookalikes import Passing, passing_addresses
from outreach.queries.person_details import Found, PersonDetails
from outreach.queries.recognised import NOTHING, Recognised, name_of, protocol_changes

WANTED = {
    "star": "is_star", "tier": "tier", "rank": "rank", "wave": "wave", "decide_on": "decide_on",
    "alternate": "is_alternate", "follower": "owner_id", "why": "why",
}  # fmt: skip
"""{field of a file: column of a target}"""
_MAY_BE_EMPTY = frozenset({"decide_on", "follower", "why"})
"""Of these: an import fills them by any rule but KEEP. The others hold something always, which only
OVERWRITE changes."""


class Recogniser:
    """Finds the people of a file among those we know, a chunk at a time.

    repeated  hashes of the addresses that stand in the file more than once (`intake.people`)
    rules     {field: Rule} for what stands already; FILL for those that are not there
    before    only who was known then is known by the name; None for everyone
    is_of_file  a row without an address or number is whom we know so by name and organisation; of
                a form, whoever fills it in says
    Cost of a chunk: two SELECTs by index, and one more for numbers, for people of the list, and
    where an address looks like another.
    """

    def __init__(
        self,
        list_id: int,
        repeated: set[int] | frozenset[int] = frozenset(),
        rules: Mapping[str, str] | None = None,
        before: datetime | None = None,
        *,
        is_of_file: bool = True,
    ) -> None:
        self._before, self._is_of_file = before, is_of_file
        self._list_id, self._repeated = list_id, repeated
        self._rules = {code: Rule(rule) for code, rule in (rules or {}).items()}
        self._details = PersonDetails(self._rules)
        self._owners: dict[str, int] | None = None

    @cached_property
    def passing(self) -> dict[str, Passing]:
        """{plain address: one of someone we know that looks like it}, as it was at first."""
        return passing_addresses() if self._is_of_file else {}

    def recognise(self, people: Sequence[PersonRow]) -> list[Recognised]:
        """Each row with who it is."""
        known, numbered = known_by_address(people), known_by_number(people)
        ids = {row.id for rows in known.values() for row in rows}
        ids.update(row.id for row in numbered.values())
        nowhere = [p for p in people if p.address is None and p.external_id not in numbered]
        unaddressed = {}
        if nowhere and self._is_of_file:
            unaddressed = known_without_address(nowhere, self._before)
        ids.update(row.id for row in unaddressed.values())
        on_list = self._on_list(ids)
        alike = self._alike(people)
        names = [name_of(person) for person in people]
        found: list[Recognised] = []
        for person, name, folded in zip(people, names, fold_many(names), strict=True):
            key = person.address.key if person.address else ""
            if (
                key in known
                or (person.external_id and person.external_id in numbered)
                or (self._repeated and hash(key) in self._repeated)
            ):
                line = self._one(person, key, known, numbered, on_list)
                found.append(line or self._new(person, name, folded, alike))
            elif row := unaddressed.get(person.row):
                found.append(self._known_one(person, fold(name), row, on_list.get(row.id), []))
            else:
                found.append(self._new(person, name, folded, alike))
        return self._with_details(self._looked_at_again(found))

    def _looked_at_again(self, lines: list[Recognised]) -> list[Recognised]:
        """The same; where a likeness counts, with those who are new no more."""
        return lines

    def _with_details(self, lines: list[Recognised]) -> list[Recognised]:
        """The same with what becomes of their phones, kinds, tags, own fields and the like."""
        known = [(ln.stakeholder_id, ln.person) for ln in lines if ln.stakeholder_id is not None]
        compared = self._details.compared(known) if known else {}
        whole = []
        for line in lines:
            if line.stakeholder_id is None:
                wanted = self._details.wanted(line.person)
                details = Found(tuple(wanted)) if wanted else NOTHING
            else:
                details = compared.get(line.stakeholder_id, NOTHING)
            whole.append(line if details is NOTHING else line._replace(details=details))
        return whole

    def _account(self, address: str) -> int | None:
        """The account that a row names; None for none and for one that there is not."""
        if not address:
            return None
        if self._owners is None:
            self._owners = accounts_by_address()
        return self._owners.get(address.casefold())

    def _new(self, person: PersonRow, name: str, folded: str, alike: dict[str, str]) -> Recognised:
        name_key = folded or name.casefold()
        address = person.address
        if address is not None and (passing := self.passing.get(address.key)):
            reason = f"{address.email} looks like {passing.email}, which someone we know has."
            line = Recognised(person, name, name_key, looked_like=passing.key)
            remarks = (*self._remarks_on_owner(person), Problem(person.row, "", reason, True))
            return line._replace(
                owner_id=self._account(person.owner), follower_id=self._account(person.follower),
                remarks=remarks,
            )  # fmt: skip
        if not (person.owner or person.follower) and (address is None or not address.is_lookalike):
            return Recognised(person, name, name_key)
        remarks = self._remarks_on_owner(person)
        if address is not None and address.is_lookalike:
            remarks += _remarks_on_lookalike(person, address.email, alike)
        return Recognised(
            person, name, name_key, owner_id=self._account(person.owner),
            follower_id=self._account(person.follower), remarks=remarks,
        )  # fmt: skip

    def _remarks_on_owner(self, person: PersonRow) -> tuple[Problem, ...]:
        named = {
            "the person gets no owner": person.owner,
            "nobody follows the person up": person.follower,
        }
        reasons = [f"{address} has no account here; {then}." for then, address in named.items()
                   if address and self._account(address) is None]  # fmt: skip
        return tuple(Problem(person.row, "", reason, True) for reason in reasons)

    def _one(
        self,
        person: PersonRow,
        key: str,
        known: dict[str, list[Any]],
        numbered: dict[str, Any],
        on_list: dict[int, Any],
    ) -> Recognised | None:
        """Someone whom we know; None for someone new."""
        name_key = fold(person.name)
        is_repeated = hash(key) in self._repeated
        row = numbered.get(person.external_id) if person.external_id else None
        if row is None:
            there = known.get(key, [])
            names = [(each.id, each.name_key) for each in there]
            id_ = known_as(name_key, names, is_shared=is_repeated)
            row = next((each for each in there if each.id == id_), None)
        if row is None:
            return None
        return self._known_one(person, name_key, row, on_list.get(row.id), known.get(key, []))

    def _known_one(
        self, person: PersonRow, name_key: str, row: Any, target: Any, there: list[Any]
    ) -> Recognised:
        organisation = ""
        if person.organisation:
            key = fold(person.organisation) or person.organisation.casefold()
            if self._may_write("organisation", row.organisation_id, row.organisation_key, key):
                organisation = person.organisation
        return Recognised(
            person,
            name_of(person),
            name_key or row.name_key,
            row.id,
            row.full_name,
            target.id if target else None,
            self._changes(person, name_key, row, there),
            self._target_changes(person, target) if target else {},
            organisation,
            row.organisation_id,
            protocol=(row.protocol_category, row.precedence),
            is_protocol_by_hand=row.is_protocol_by_hand,
            follower_id=self._account(person.follower),
            remarks=self._remarks_on_known(person, name_key, row, there)
            + self._remarks_on_owner(person),
        )

    def _changes(
        self, person: PersonRow, name_key: str, row: Any, there: list[Any]
    ) -> dict[str, tuple[Any, Any]]:
        changes: dict[str, tuple[Any, Any]] = {}
        for code, column in OWN.items():
            said, now = getattr(person, code), getattr(row, column)
            if said and self._may_write(code, now, now, said):
                changes[column] = (now, said)
        if name_key and self._may_write("full_name", row.full_name, row.full_name, person.name):
            changes["full_name"] = (row.full_name, person.name)
            changes["name_key"] = (row.name_key, name_key)
        by_hand = row.protocol_category if row.is_protocol_by_hand else None
        if person.protocol and self._may_write("protocol", by_hand, by_hand, person.protocol):
            changes |= protocol_changes(person.protocol, row, "office" in changes)
        owner_id = self._account(person.owner)
        if owner_id and self._may_write("owner", row.owner_id, row.owner_id, owner_id):
            changes["owner_id"] = (row.owner_id, owner_id)
        address = person.address
        if (
            address
            and not there
            and self._may_write("email", row.email, row.email_key, address.key)
        ):
            changes["email"] = (row.email, address.email)
            changes["email_key"] = (row.email_key, address.key)
        return changes

    def _target_changes(self, person: PersonRow, target: Any) -> dict[str, tuple[Any, Any]]:
        changes = {}
        is_nominated = target.star_stage is not None
        for code, column in WANTED.items():
            said, now = getattr(person, code), getattr(target, column)
            if code == "follower":
                said = self._account(said)
            if is_nominated and code in ("star", "follower"):
                continue  # an approver has decided, or will; so too who owns a star
            if target.promoted_at is not None and code == "alternate":
                continue  # has a place
            if said in (None, "") or (code == "star" and not said):
                continue
            stands = now if code in _MAY_BE_EMPTY else True
            if self._may_write(code, stands, now, said):
                changes[column] = (now, said)
        return changes

    def _may_write(self, code: str, stands: Any, now: Any, said: Any) -> bool:
        """Whether the rule lets a value of the file take the place of what stands there."""
        return self._rules.get(code, Rule.FILL).allows(stands, now, said)

    def _on_list(self, ids: set[int]) -> dict[int, Any]:
        if not ids:
            return {}
        columns = [getattr(Target, name) for name in WANTED.values()]
        rows = reading().execute(
            select(
                Target.stakeholder_id, Target.id, Target.promoted_at,
                Star.stage.label("star_stage"), *columns,
            )
            .outerjoin(Star, Star.target_id == Target.id)
            .where(Target.list_id == self._list_id, among(Target.stakeholder_id, ids))
        )  # fmt: skip
        return {row.stakeholder_id: row for row in rows}

    def _alike(self, people: Sequence[PersonRow]) -> dict[str, str]:
        """{what an address looks like: the address of someone we know}."""
        odd = {p.address.skeleton for p in people if p.address and p.address.is_lookalike}
        if not odd:
            return {}
        rows = reading().execute(
            select(Stakeholder.email_key, Stakeholder.email).where(
                among(Stakeholder.email_key, odd)
            )
        )
        return {key: email for key, email in rows if key and email}

    def _remarks_on_known(
        self, person: PersonRow, name_key: str, row: Any, there: list[Any]
    ) -> tuple[Problem, ...]:
        remarks = []
        if person.address and person.external_id and there and all(r.id != row.id for r in there):
            remarks.append(
                f"Number {person.external_id} is {row.full_name}, but {person.address.email} is "
                f"{there[0].full_name}’s address; the number counts, the address stays."
            )
        elif name_key and words_in_order(name_key) != words_in_order(row.name_key):
            if self._rules.get("full_name") is Rule.OVERWRITE:
                remarks.append(
                    f"We know this person as “{row.full_name}”; the name is overwritten."
                )
            else:
                remarks.append(f"We know this address as “{row.full_name}”; that name stays.")
        return tuple(Problem(person.row, "", reason, True) for reason in remarks)


def _remarks_on_lookalike(
    person: PersonRow, email: str, alike: dict[str, str]
) -> tuple[Problem, ...]:
    other = alike.get(skeleton(email))
    if other and other != email:
        reason = f"{email} looks like {other}, whom we know, and is another address."
    else:
        reason = f"{email} mixes letters of several scripts, or passes for Latin letters."
    return (Problem(person.row, "", reason, True),)


def chunk_of(
    rows: Iterable[PersonRow | RefusedRow], recogniser: Recogniser
) -> list[Recognised | RefusedRow]:
    """Rows of a file beside what we know, in their order."""
    rows = list(rows)
    known = iter(recogniser.recognise([row for row in rows if isinstance(row, PersonRow)]))
    return _each_once([row if isinstance(row, RefusedRow) else next(known) for row in rows])


def _each_once(lines: list[Recognised | RefusedRow]) -> list[Recognised | RefusedRow]:
    """The same, but for rows that are someone whom a row above is: by another address of theirs,
    or once by the number and once by the address."""
    first: dict[int, int] = {}
    for place, line in enumerate(lines):
        if isinstance(line, RefusedRow) or line.stakeholder_id is None:
            continue
        row = first.setdefault(line.stakeholder_id, line.person.row)
        if row != line.person.row:
            reason = f"This is {line.known_name}, as row {row} is."
            problems = (Problem(line.person.row, "", reason), *line.person.warnings)
            lines[place] = RefusedRow(line.person.row, problems)
    return lines
