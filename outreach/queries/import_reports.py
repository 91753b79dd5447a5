"""What an import would do, or did: row by row, with everything that is odd."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from outreach.advice.folding import fold, words_in_order
from outreach.intake.fields import Field
from outreach.intake.people import check_rows, repeated_keys
from outreach.intake.person_row import PersonRow, Problem, RefusedRow
from outreach.intake.spreadsheet import Sheet
from outreach.models.imports import Import
from outreach.queries.import_fields import import_fields
from outreach.queries.imports import ImportLine
from outreach.queries.likeness import LikelyRecogniser
from outreach.queries.recognised import Likely, Recognised
from outreach.queries.recognition import Recogniser, chunk_of

CHUNK = 5_000
SHOWN_ROWS = 20
SHOWN_PROBLEMS = 200
MOST_PROBLEMS = 10_000
"""In a report; the page offers all of them as a file, however many."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How a file is to be taken."""

    columns: Mapping[int, str]
    rules: Mapping[str, str] = field(default_factory=dict)
    takes_addressless: bool = False
    is_whole: bool = False
    likely_score: int | None = None
    """From so many of 100 on a row counts as the person whom it resembles."""


def choices_of(row: Import | ImportLine) -> Choices:
    """How a file is to be taken, as its row says."""
    return Choices(row.columns, row.rules, row.takes_addressless, row.is_whole, row.likely_score)


@dataclass(slots=True)
class Report:
    """What a file brings, or brought: read = created + updated + skipped."""

    read: int = 0
    created: int = 0
    updated: int = 0
    """Known people who are put on the list, or of whom something changes."""
    skipped: int = 0
    """Rows with problems, and people who are on the list already."""
    on_list: int = 0
    """Of those skipped, how many are on the list already."""
    changed: int = 0
    """Of those updated, of how many something changes besides the list."""
    likely: int = 0
    """Rows that count as someone known by their likeness alone."""
    likely_rows: list[dict[str, Any]] = field(default_factory=list)
    """The first of them: row, name, whom we know, score, reasons."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    problem_rows: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)
    """The first rows as they are understood."""
    notes: list[str] = field(default_factory=list)
    import_id: int | None = None
    suggested: int = 0
    """Pairs to look at: new people who may be someone we know under another address."""

    @property
    def wanted(self) -> int:
        """How many people the import takes."""
        return self.created + self.updated

    def add(self, chunk: Sequence[Recognised | RefusedRow]) -> None:
        """Count some rows."""
        self.read += len(chunk)
        if (room := SHOWN_ROWS - len(self.shown)) > 0:
            self.shown.extend(map(_shown, chunk[:room]))
        for row in chunk:
            if isinstance(row, RefusedRow):
                self.problem_rows += 1
                self.skipped += 1
                self._remember(row.problems)
                continue
            if row.remarks or row.person.warnings:
                self._remember((*row.person.warnings, *row.remarks))
            if row.likely is not None:
                self._count_likely(row, row.likely)
            if row.stakeholder_id is None:
                self.created += 1
            elif row.changes_nothing:
                self.on_list += 1
                self.skipped += 1
            else:
                self.updated += 1
                self.changed += row.changes_person

    def add_new(self, count: int) -> None:
        """Count people of whom nothing is odd and whom nobody knew."""
        self.read += count
        self.created += count

    def sort(self) -> None:
        """What is odd, in the order of the file."""
        self.problems.sort(key=attrgetter("row"))
        self.warnings.sort(key=attrgetter("row"))

    def _count_likely(self, row: Recognised, likely: Likely) -> None:
        self.likely += 1
        if len(self.likely_rows) < SHOWN_PROBLEMS:
            self.likely_rows.append(
                {
                    "row": row.person.row,
                    "name": row.name,
                    "email": likely.email,
                    "stakeholder_id": row.stakeholder_id,
                    "known": row.known_name,
                    "score": likely.score,
                    "reasons": list(likely.reasons),
                }
            )

    def _remember(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            kept = self.warnings if problem.is_warning else self.problems
            if len(kept) < MOST_PROBLEMS:
                kept.append(problem)

    def outlook(self) -> dict[str, Any]:
        """As a page shows it, and as it is kept: numbers, the first problems, the first rows."""
        numbers = (
            "read", "created", "updated", "changed", "skipped", "on_list", "problem_rows",
            "suggested", "wanted", "likely", "likely_rows",
        )  # fmt: skip
        return {name: getattr(self, name) for name in numbers} | {
            "problems": [_plain(problem) for problem in self.problems[:SHOWN_PROBLEMS]],
            "warnings": [_plain(problem) for problem in self.warnings[:SHOWN_PROBLEMS]],
            "problem_count": len(self.problems) + len(self.warnings),
            "sample": self.shown,
        }

    def as_dict(self) -> dict[str, Any]:
        """As the command prints it."""
        return {
            "import": self.import_id,
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "likely": self.likely,
            "problems": [_plain(problem) for problem in self.problems],
            "warnings": [_plain(problem) for problem in self.warnings],
            "notes": self.notes,
        }


def _shown(row: Recognised | RefusedRow) -> dict[str, Any]:
    """A row as it is understood."""
    if isinstance(row, RefusedRow):
        return {"row": row.row, "refused": row.problems[0].reason}
    person = row.person
    email = person.address.email if person.address else ""
    return {
        "row": person.row,
        "name": row.known_name or row.name,
        "office": person.office,
        "star": bool(person.star),
        "email": row.likely.email if row.likely else email,
        "organisation": person.organisation,
        "country": person.country or "",
        "fate": _fate(row),
    }


_FOLLOWS = frozenset({"precedence", "is_protocol_by_hand"})
"""What changes with a protocol category."""


def _fate(row: Recognised) -> str:
    if row.stakeholder_id is None:
        return "New person"
    if row.changes_nothing:
        return "On the list already"
    changed = [*row.changes, *row.target_changes, *row.details.codes]
    changed += ["organisation"] if row.organisation else []
    shown = (
        name.removesuffix("_id").removeprefix("custom_") for name in changed if name not in _FOLLOWS
    )
    names = ", ".join(name.replace("_", " ") for name in shown if not name.endswith("_key"))
    known = f"Likely known ({row.likely.score})" if row.likely else "Known"
    if row.is_on_list:
        return f"{known}; gets {names}"
    return f"{known}; put on the list, gets {names}" if names else f"{known}; put on the list"


def _plain(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "column": problem.column, "reason": problem.reason}


def rows_of(
    sheet: Sheet, choices: Choices, repeated: set[int], fields: Mapping[str, Field] | None = None
) -> Iterator[PersonRow | RefusedRow]:
    """Every row of a file, read and compared with those above it.

    fields  `import_fields`, where they are known already: nothing is asked then
    """
    return check_rows(
        sheet,
        choices.columns,
        needs_address=not choices.takes_addressless,
        repeated=repeated,
        name_key=key_of_name,
        fields=import_fields() if fields is None else fields,
    )


def key_of_name(name: str) -> str:
    """Of two names that are one: the words count, not their order."""
    return words_in_order(fold(name))


def recogniser_of(
    choices: Choices, list_id: int, repeated: set[int], before: datetime | None = None
) -> Recogniser:
    """Who finds the people of a file among those we know, as the choices say.

    before  only who was known then is anyone's likeness: not who came with this file
    """
    if choices.likely_score is None:
        return Recogniser(list_id, repeated, choices.rules, before)
    return LikelyRecogniser(list_id, repeated, choices.rules, choices.likely_score, before)


def recognised_rows(
    sheet: Sheet, choices: Choices, list_id: int
) -> Iterator[list[Recognised | RefusedRow]]:
    """Every row of a file beside what we know, in chunks and in the file's order.

    Two passes over the file. Memory: the chunk, and some 80 bytes for each address at first.
    """
    repeated = repeated_keys(sheet, choices.columns)
    rows = rows_of(sheet, choices, repeated)
    recogniser = recogniser_of(choices, list_id, repeated)
    while some := list(islice(rows, CHUNK)):
        yield chunk_of(some, recogniser)


def forecast(sheet: Sheet, choices: Choices, list_id: int) -> Report:
    """What an import would do, row by row; nothing is written. Raises what `check_rows` raises."""
    report = Report(notes=list(sheet.notes))
    for chunk in recognised_rows(sheet, choices, list_id):
        report.add(chunk)
    return report


def odd_lines(chunk: Iterable[Recognised | RefusedRow]) -> Iterator[tuple[int, str, str, str]]:
    """(row, column, what becomes of the row, reason) for everything that is odd in some rows."""
    for row in chunk:
        if isinstance(row, RefusedRow):
            problems: Iterable[Problem] = row.problems
        elif row.remarks or row.person.warnings:
            problems = (*row.person.warnings, *row.remarks)
        else:
            continue
        fate = "left out" if isinstance(row, RefusedRow) else "imported"
        for problem in problems:
            yield problem.row, problem.column, fate, problem.reason
