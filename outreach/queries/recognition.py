"""Recognising the people of a file among those we know; what an import would do, row by row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import select

from outreach.advice.folding import fold, words_in_order
from outreach.advice.matching import known_as
from outreach.db import reading
from outreach.intake.columns import guess_mapping
from outreach.intake.fields import FIELDS
from outreach.intake.people import PersonRow, Problem, RefusedRow, check_rows
from outreach.intake.scripts import skeleton
from outreach.intake.spreadsheet import Sheet
from outreach.intake.unreadable import UnusableMapping
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target

CHUNK = 1_000
SHOWN_ROWS = 20
MOST_PROBLEMS = 10_000
"""In a report; the page offers all of them as a file, however many."""

FILLED = (
    "given_name",
    "family_name",
    "title",
    "salutation",
    "office",
    "language",
    "country_code",
    "gender",
    "notes",
    "external_id",
)
"""What a file may add about someone we know, where nothing stands yet."""

TAKEN = (
    "email",
    "full_name",
    "given_name",
    "family_name",
    "title",
    "salutation",
    "office",
    "organisation",
    "country",
    "language",
    "gender",
    "star",
    "tier",
    "why",
    "rank",
    "notes",
    "external_id",
)
"""The fields of `outreach.intake.fields` for which there is a place so far."""


_WHO = frozenset({"email", "full_name", "given_name", "family_name"})


def guessed_columns(headers: Sequence[str]) -> dict[int, str]:
    """What the columns of a file seem to hold, as far as there is a place for it."""
    guessed = guess_mapping(headers)
    return {column: code for column, code in guessed.items() if code in TAKEN}


def check_taken(mapping: Mapping[int, str]) -> None:
    """Raises UnusableMapping for a field that is known and has no place yet."""
    for code in mapping.values():
        if code in FIELDS and code not in TAKEN:
            raise UnusableMapping(f"“{FIELDS[code].label}” is not kept of people yet.")


class Recognised(NamedTuple):
    """A row of a file beside what we know."""

    person: PersonRow
    name: str
    name_key: str
    stakeholder_id: int | None
    """None for someone new."""
    known_name: str
    is_on_list: bool
    missing: dict[str, Any]
    """{column: value} that the file knows and we do not."""
    needs_organisation: bool
    """The file names an organisation, and we know of none."""
    remarks: tuple[Problem, ...] = ()

    @property
    def is_renamed(self) -> bool:
        """We know the person by this address, under another name."""
        if self.stakeholder_id is None or not self.person.name:
            return False
        return words_in_order(self.name_key) != words_in_order(fold(self.known_name))

    @property
    def changes_nothing(self) -> bool:
        """On the list already, and the file says nothing new."""
        return self.is_on_list and not self.missing and not self.needs_organisation


def name_of(person: PersonRow) -> str:
    """What to call someone; the address where the file has no name."""
    return person.name or (person.address.email if person.address else "")


class Recogniser:
    """Finds the people of a file among those we know, a chunk at a time.

    shared  hashes of the addresses that stand in the file under several names
    Cost of a chunk: two SELECTs by index, and a third where an address looks like another.
    """

    def __init__(self, list_id: int, shared: set[int]) -> None:
        self._list_id, self._shared = list_id, shared
        self._seen: dict[tuple[str, str], int] = {}

    def recognise(self, people: Sequence[PersonRow]) -> list[Recognised | RefusedRow]:
        """Each row with who it is; one that repeats a row above under the same name is refused."""
        known = self._known(people)
        on_list = self._on_list(row.id for rows in known.values() for row in rows)
        alike = self._alike(people)
        return [self._one(person, known, on_list, alike) for person in people]

    def _one(
        self,
        person: PersonRow,
        known: dict[str, list[Any]],
        on_list: set[int],
        alike: dict[str, str],
    ) -> Recognised | RefusedRow:
        key = person.address.key if person.address else ""
        name_key = fold(person.name)
        is_shared = hash(key) in self._shared
        if is_shared and (above := self._repeats(key, name_key, person.row)):
            reason = f"{key}: the same person as in row {above}"
            return RefusedRow(person.row, (Problem(person.row, "", reason),))
        there = known.get(key, [])
        id_ = known_as(name_key, [(row.id, row.name_key) for row in there], is_shared=is_shared)
        name = name_of(person)
        shown_key = name_key or fold(name) or name.casefold()
        if id_ is None:
            remarks = _remarks_on_new(person, alike)
            return Recognised(person, name, shown_key, None, "", False, {}, False, remarks)
        row = next(row for row in there if row.id == id_)
        return Recognised(
            person,
            name,
            shown_key,
            id_,
            row.full_name,
            id_ in on_list,
            _missing(person, row),
            bool(person.organisation) and row.organisation_id is None,
            _remarks_on_known(person, name_key, row),
        )

    def _repeats(self, key: str, name_key: str, row: int) -> int | None:
        first = self._seen.setdefault((key, words_in_order(name_key)), row)
        return None if first == row else first

    def _known(self, people: Sequence[PersonRow]) -> dict[str, list[Any]]:
        keys = [person.address.key for person in people if person.address]
        columns = [getattr(Stakeholder, name) for name in FILLED]
        rows = reading().execute(
            select(
                Stakeholder.id,
                Stakeholder.email_key,
                Stakeholder.name_key,
                Stakeholder.full_name,
                Stakeholder.organisation_id,
                *columns,
            )
            .where(Stakeholder.email_key.in_(keys))
            .order_by(Stakeholder.id)
        )
        known: dict[str, list[Any]] = {}
        for row in rows:
            known.setdefault(row.email_key, []).append(row)
        return known

    def _on_list(self, ids: Iterable[int]) -> set[int]:
        wanted = list(ids)
        if not wanted:
            return set()
        return set(
            reading().scalars(
                select(Target.stakeholder_id).where(
                    Target.list_id == self._list_id, Target.stakeholder_id.in_(wanted)
                )
            )
        )

    def _alike(self, people: Sequence[PersonRow]) -> dict[str, str]:
        """{what an address looks like: the address of someone we know}."""
        odd = {p.address.skeleton for p in people if p.address and p.address.is_lookalike}
        if not odd:
            return {}
        rows = reading().execute(
            select(Stakeholder.email_key, Stakeholder.email).where(Stakeholder.email_key.in_(odd))
        )
        return {key: email for key, email in rows if key and email}


def _missing(person: PersonRow, row: Any) -> dict[str, Any]:
    said = {name: getattr(person, name, None) for name in FILLED} | {"country_code": person.country}
    return {name: value for name, value in said.items() if value and not getattr(row, name)}


def _remarks_on_known(person: PersonRow, name_key: str, row: Any) -> tuple[Problem, ...]:
    if not name_key or words_in_order(name_key) == words_in_order(row.name_key):
        return ()
    reason = f"We know this address as “{row.full_name}”; that name stays."
    return (Problem(person.row, "", reason, True),)


def _remarks_on_new(person: PersonRow, alike: dict[str, str]) -> tuple[Problem, ...]:
    address = person.address
    if address is None or not address.is_lookalike:
        return ()
    other = alike.get(skeleton(address.email))
    if other and other != address.email:
        reason = f"{address.email} looks like {other}, whom we know, and is another address."
    else:
        reason = f"{address.email} mixes letters of several scripts, or passes for Latin letters."
    return (Problem(person.row, "", reason, True),)


@dataclass(slots=True)
class Report:
    """What a file brings, or brought: read = created + updated + skipped."""

    read: int = 0
    created: int = 0
    updated: int = 0
    """Known people who are put on the list, or of whom something new is learnt."""
    skipped: int = 0
    """Rows with problems, and people who are on the list already."""
    on_list: int = 0
    """Of those skipped, how many are on the list already."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    problem_rows: int = 0
    sample: list[Recognised | RefusedRow] = field(default_factory=list)
    """The first rows as they are understood."""
    notes: list[str] = field(default_factory=list)
    import_id: int | None = None

    @property
    def wanted(self) -> int:
        """How many people the import takes."""
        return self.created + self.updated

    def add(self, row: Recognised | RefusedRow) -> None:
        """Count one row."""
        self.read += 1
        if len(self.sample) < SHOWN_ROWS:
            self.sample.append(row)
        if isinstance(row, RefusedRow):
            self.problem_rows += 1
            self.skipped += 1
            self._remember(row.problems)
            return
        self._remember((*row.person.warnings, *row.remarks))
        if row.stakeholder_id is None:
            self.created += 1
        elif row.changes_nothing:
            self.on_list += 1
            self.skipped += 1
        else:
            self.updated += 1

    def _remember(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            kept = self.warnings if problem.is_warning else self.problems
            if len(kept) < MOST_PROBLEMS:
                kept.append(problem)

    def as_dict(self) -> dict[str, Any]:
        """As the command prints it."""
        return {
            "import": self.import_id,
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "problems": [_plain(problem) for problem in self.problems],
            "warnings": [_plain(problem) for problem in self.warnings],
            "notes": self.notes,
        }


def _plain(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "column": problem.column, "reason": problem.reason}


def recognised_rows(
    sheet: Sheet, mapping: dict[int, str], list_id: int, shared: set[int]
) -> Iterator[list[Recognised | RefusedRow]]:
    """Every row of a file beside what we know, in chunks and in the file's order.

    shared  from `shared_addresses`
    Memory: the chunk, and some 130 bytes for each address.
    """
    recogniser = Recogniser(list_id, shared)
    rows = check_rows(sheet, mapping)
    while chunk := list(islice(rows, CHUNK)):
        known = iter(recogniser.recognise([row for row in chunk if isinstance(row, PersonRow)]))
        yield [row if isinstance(row, RefusedRow) else next(known) for row in chunk]


def shared_addresses(sheet: Sheet, mapping: dict[int, str]) -> set[int]:
    """Hashes of the addresses that stand in a file under several names: one pass over it."""
    needed = {column: code for column, code in mapping.items() if code in _WHO}
    seen: set[int] = set()
    shared: set[int] = set()
    for row in check_rows(sheet, needed):
        if isinstance(row, PersonRow) and row.address:
            key = hash(row.address.key)
            (shared if key in seen else seen).add(key)
    return shared


def forecast(sheet: Sheet, mapping: dict[int, str], list_id: int) -> Report:
    """What an import would do, row by row; nothing is written. Raises what `check_rows` raises."""
    report = Report(notes=list(sheet.notes))
    for chunk in recognised_rows(sheet, mapping, list_id, shared_addresses(sheet, mapping)):
        for row in chunk:
            report.add(row)
    return report


def all_problems(
    sheet: Sheet, mapping: dict[int, str], list_id: int
) -> Iterator[tuple[int, str, str, str]]:
    """(row, column, what becomes of the row, reason) for everything in a file."""
    for chunk in recognised_rows(sheet, mapping, list_id, shared_addresses(sheet, mapping)):
        for row in chunk:
            if isinstance(row, RefusedRow):
                problems: Iterable[Problem] = row.problems
            else:
                problems = (*row.person.warnings, *row.remarks)
            for problem in problems:
                fate = "left out" if isinstance(row, RefusedRow) else "imported"
                yield problem.row, problem.column, fate, problem.reason
