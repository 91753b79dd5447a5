"""A row of a file of organisations beside what we know: which it is, and what it would change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.intake.organisation_row import OrganisationRow
from outreach.intake.person_row import Problem, RefusedRow
from outreach.queries.import_reports import SHOWN_ROWS, Report

Changes = Mapping[str, tuple[Any, Any]]
"""{column: (before, after)}"""


@dataclass(slots=True)
class Appointed:
    """Who is to speak for it."""

    stakeholder_id: int
    authorised_by: str
    authorised_on: date
    before_id: int | None
    """The appointment that ends therewith."""


@dataclass(slots=True)
class OrganisationLine:
    """A row with what becomes of it."""

    said: OrganisationRow
    name: str
    name_key: str
    organisation_id: int | None = None
    """None for a new one."""
    known_name: str = ""
    changes: Changes = field(default_factory=dict)
    """Of a known one's own columns, but for what it is part of."""
    part_of: int | str | None = None
    """What it becomes part of: an id, or the key of another new one of the file."""
    part_of_before: int | None = None
    standing_id: int | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    """The columns of a standing that it gets."""
    standing_changes: Changes = field(default_factory=dict)
    own_added: Sequence[tuple[int, Mapping[str, Any]]] = ()
    """(field, columns) of the team's own fields that are filled in."""
    own_changed: Sequence[tuple[int, Changes]] = ()
    """(value, what changes)"""
    appointed: Appointed | None = None
    fields: list[str] = field(default_factory=list)
    """What changes, in the words of the fields."""
    remarks: list[Problem] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Known already, and the file changes nothing."""
        return self.organisation_id is not None and not self.fields

    def remark(self, reason: str, column: str = "") -> None:
        """Something that a person should know; the row is taken all the same."""
        self.remarks.append(Problem(self.said.row, column, reason, True))

    @property
    def told(self) -> tuple[Problem, ...]:
        """All that is odd in it."""
        return (*self.said.warnings, *self.remarks)


Compared = OrganisationLine | RefusedRow


class OrganisationReport(Report):
    """What a file of organisations brings, or brought: read = created + updated + skipped."""

    def take(self, lines: Sequence[Compared]) -> None:
        """Count the rows."""
        self.read += len(lines)
        self.shown.extend(_shown(line) for line in lines[: SHOWN_ROWS - len(self.shown)])
        for line in lines:
            if isinstance(line, RefusedRow):
                self.problem_rows += 1
                self.skipped += 1
                self._remember(line.problems)
                continue
            self._remember(line.told)
            if line.organisation_id is None:
                self.created += 1
            elif line.changes_nothing:
                self.on_list += 1
                self.skipped += 1
            else:
                self.updated += 1
                self.changed += 1


def _shown(line: Compared) -> dict[str, Any]:
    if isinstance(line, RefusedRow):
        return {"row": line.row, "refused": line.problems[0].reason}
    said = line.said
    if line.organisation_id is None:
        fate = "New organisation"
    elif line.changes_nothing:
        fate = "Known; nothing changes"
    else:
        fate = f"Known; gets {', '.join(line.fields)}"
    return {
        "row": said.row, "name": line.known_name or line.name, "country": said.country or "",
        "group": said.group, "parent": said.parent, "fate": fate,
    }  # fmt: skip


def odd_organisation_lines(lines: Iterable[Compared]) -> list[tuple[int, str, str, str]]:
    """(row, column, what becomes of the row, reason) for everything that is odd."""
    odd = []
    for line in lines:
        is_out = isinstance(line, RefusedRow)
        problems = line.problems if isinstance(line, RefusedRow) else line.told
        fate = "left out" if is_out else "imported"
        odd += [(each.row, each.column, fate, each.reason) for each in problems]
    return odd
