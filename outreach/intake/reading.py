"""Rows of a sheet read as people: column by column where all is plain, cell by cell elsewhere."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from typing import Any, NamedTuple

from outreach.errors import Refusal
from outreach.intake.addresses import read_address, read_addresses
from outreach.intake.columns import check_mapping
from outreach.intake.fields import FIELDS, Field, as_text
from outreach.intake.limits import LIMITS
from outreach.intake.lines import UNUSUAL, Unread, many_lines, one_line
from outreach.intake.person_row import EMPTY, PersonRow, Problem, RefusedRow
from outreach.intake.spreadsheet import Row

# What spreadsheets show where a formula failed.
_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")
_NAMES = frozenset({"full_name", "given_name", "family_name"})
ONLY_AN_ORGANISATION = (
    "There is an organisation in this row, and nobody of it. Organisations have a file of their "
    "own: Stakeholders, Organisations, Import organisations."
)
_ATTRIBUTES = {
    "email": "address",
    "assistant_email": "assistant_address",
    "other_emails": "other_addresses",
    "quiet_assistants": "assistants",
}
_MOST_KEPT = 20_000
"""Values of one column whose reading is remembered: countries, languages, tags."""


class Plan(NamedTuple):
    """How a column is read: worked out once for the whole file."""

    column: int
    attribute: str
    read: Callable[[str], Any] | None
    """None where the text itself is the value: not one call for most cells of a file."""
    longest: int
    is_joined: bool
    header: str
    field: Field
    kept: dict[str, Any]
    """{cell: its value}, for cells that need no remark."""


class PersonReader:
    """Reads rows by one mapping: what is worked out once for the whole file.

    needs_address  a row without an address is refused; else it is taken with a warning
    Raises what `check_mapping` raises.
    """

    def __init__(
        self,
        headers: Sequence[str],
        mapping: Mapping[int, str],
        *,
        needs_address: bool = True,
        fields: Mapping[str, Field] = FIELDS,
    ) -> None:
        check_mapping(headers, mapping, needs_address=needs_address, fields=fields)
        self._needs_address = needs_address
        self._has_names = not _NAMES.isdisjoint(mapping.values())
        self._plan = plan_of(headers, mapping, fields)
        self._more = [plan.attribute for plan in self._plan if plan.attribute not in EMPTY]

    def read(self, row: Row) -> PersonRow | RefusedRow:
        """The person of a row, about 6 µs for six cells."""
        number, _, problem = row
        if problem is not None:
            return RefusedRow(number, (Problem(number, "", problem),))
        found, problems = cells_of(row, self._plan)
        self._check_whole(number, found, problems)
        if self._more and (more := {c: found.pop(c) for c in self._more if c in found}):
            found["more"] = more
        if problems:
            if not all(problem.is_warning for problem in problems):
                return RefusedRow(number, tuple(problems))
            found["warnings"] = tuple(problems)
        return PersonRow(number, **found)

    def read_many(self, rows: Sequence[Row]) -> list[PersonRow | RefusedRow]:
        """What `read` gives for each; a third of its cost where the cells are plain."""
        numbers = [row[0] for row in rows]
        problems = [row[2] for row in rows]
        cells = [
            [row[1][plan.column] if row[2] is None else "" for row in rows] for plan in self._plan
        ]
        columns, odd = self.read_columns(numbers, problems, cells)
        values: list[Any] = [numbers]
        values += [columns.get(name, repeat(default)) for name, default in EMPTY.items()]
        found: list[PersonRow | RefusedRow] = list(map(PersonRow._make, zip(*values, strict=False)))
        for place, person in odd.items():
            found[place] = person
        return found

    def read_columns(
        self,
        numbers: Sequence[int],
        problems: Sequence[str | None],
        cells: Sequence[Sequence[str]],
    ) -> tuple[dict[str, list[Any]], dict[int, PersonRow | RefusedRow]]:
        """({attribute: a value for each row}, {place: the row itself, where that is not all})

        numbers, problems, cells  what `Row` has, of each row; the columns of the mapping alone, in
                                  their order
        """
        odd = {place for place, problem in enumerate(problems) if problem is not None}
        columns: dict[str, list[Any]] = {}
        for plan, texts in zip(self._plan, cells, strict=True):
            if plan.attribute in columns:  # the second of several that are put together
                odd.update(place for place, cell in enumerate(texts) if cell)
            else:
                columns[plan.attribute] = _column(plan, texts, odd)
        self._look_at_wholes(columns, len(numbers), odd)
        if self._more:
            columns["more"] = list(_of_each(self._more, columns))
        others: dict[int, PersonRow | RefusedRow] = {}
        for place in sorted(odd):
            person = self._read_at(numbers[place], problems[place], [own[place] for own in cells])
            if isinstance(person, RefusedRow) or person.warnings:
                others[place] = person
                continue
            for name in columns.keys() & EMPTY.keys():
                columns[name][place] = getattr(person, name)
        return columns, others

    def _read_at(self, number: int, problem: str | None, cells: list[str]) -> Any:
        values = [""] * (self._plan[-1].column + 1)
        for plan, cell in zip(self._plan, cells, strict=True):
            values[plan.column] = cell
        return self.read(Row(number, values, problem))

    def _look_at_wholes(self, columns: dict[str, list[Any]], count: int, odd: set[int]) -> None:
        """Rows without an address or a name need a remark, which `read` makes."""
        addresses = columns.get("address") or [None] * count
        odd.update(place for place, address in enumerate(addresses) if address is None)
        names = [columns[name] for name in _NAMES if name in columns]
        if names:
            odd.update(
                place for place, parts in enumerate(zip(*names, strict=True)) if not any(parts)
            )

    def _check_whole(self, number: int, found: dict[str, Any], problems: list[Problem]) -> None:
        if not all(problem.is_warning for problem in problems):
            return  # What is missing may be what was refused.
        if found.keys().isdisjoint((*_NAMES, "address")) and "organisation" in found:
            problems.append(Problem(number, "", ONLY_AN_ORGANISATION))
            return
        if "address" not in found:
            reason = "There is no address in this row."
            problems.append(Problem(number, "", reason, not self._needs_address))
        if self._has_names and found.keys().isdisjoint(_NAMES):
            problems.append(Problem(number, "", "There is no name in this row.", True))


def plan_of(
    headers: Sequence[str], mapping: Mapping[int, str], fields: Mapping[str, Field]
) -> list[Plan]:
    """How the columns of a file are read."""
    return [_plan(column, headers, fields[mapping[column]]) for column in sorted(mapping)]


def cells_of(row: Row, plans: Sequence[Plan]) -> tuple[dict[str, Any], list[Problem]]:
    """{attribute: value} of what a row says, and what is odd in it."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for plan in plans:
        cell = row.values[plan.column]
        if not cell:
            continue
        try:
            # The same as the other branch, for the plain letters of most cells.
            if cell.isascii() and cell.isprintable() and cell[0] != "#":
                value: Any = cell.strip()
                if len(value) > plan.longest:
                    raise _too_long(value, plan.longest)
                if plan.read is not None and value:
                    value = plan.read(value)
            else:
                value = _read_unusual(row.number, plan, cell, problems)
        except Refusal as reason:
            is_warning = not plan.field.is_vital
            problems.append(Problem(row.number, plan.header, str(reason), is_warning))
            continue
        if value != "" and value is not None:
            before = found.get(plan.attribute) if plan.is_joined else None
            found[plan.attribute] = _together(before, value)
    return found, problems


def _plan(column: int, headers: Sequence[str], field: Field) -> Plan:
    attribute = _ATTRIBUTES.get(field.code, field.code)
    # An address says itself that it is too long.
    says_itself = field.code in ("email", "assistant_email")
    longest = LIMITS.cell_length if says_itself else field.longest
    read = None if field.read is as_text else field.read
    return Plan(column, attribute, read, longest, field.many_columns, headers[column], field, {})


def _of_each(codes: list[str], columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """{code: value} of each row, of what is not empty."""
    for values in zip(*(columns[code] for code in codes), strict=True):
        filled = zip(codes, values, strict=True)
        yield {code: value for code, value in filled if value is not None and value != ""}


def _column(plan: Plan, cells: Sequence[str], odd: set[int]) -> list[Any]:
    """The values of a column; the places of cells that `read` should look at go into `odd`."""
    odd_here = _unusual_places(cells, plan.longest)
    odd |= odd_here
    if plan.read is None:
        return list(map(str.strip, cells))
    if plan.read is read_address and not odd_here:
        return read_addresses(cells, odd)
    empty, kept, different = EMPTY.get(plan.attribute), plan.kept, set(cells)
    is_seldom_twice = plan.attribute in _ATTRIBUTES.values() or plan.attribute == "phone"
    if is_seldom_twice or len(different) + len(kept) > _MOST_KEPT:
        kept = {}
    kept.setdefault("", empty)
    odd_cells = {cells[place] for place in odd_here}
    for cell in different.difference(kept, odd_cells):
        text = cell.strip()
        with suppress(Refusal):
            kept[cell] = plan.read(text) if text else empty
    if different <= kept.keys():
        return list(map(kept.__getitem__, cells))
    odd.update(place for place, cell in enumerate(cells) if cell not in kept)
    return [kept.get(cell, empty) for cell in cells]


def _unusual_places(cells: Sequence[str], longest: int) -> set[int]:
    """Which cells hold more than plain letters, or too many. All are looked at as one first."""
    joined = "".join(cells)
    is_plain = (joined.isascii() and joined.isprintable() and "#" not in joined) or (
        not UNUSUAL.search(joined) and unicodedata.is_normalized("NFC", joined)
    )
    if is_plain and max(map(len, cells), default=0) <= longest:
        return set()
    return {
        place
        for place, cell in enumerate(cells)
        if len(cell) > longest or UNUSUAL.search(cell) or not unicodedata.is_normalized("NFC", cell)
    }


def _read_unusual(number: int, plan: Plan, cell: str, problems: list[Problem]) -> Any:
    """The value of a cell that holds more than plain letters; "" for an empty one."""
    text, remark = many_lines(cell) if plan.field.many_lines else one_line(cell)
    if remark is not None:
        problems.append(Problem(number, plan.header, remark, True))
    if _ERRORS.fullmatch(text):
        raise Unread(f"holds the spreadsheet's error {text}")
    if len(text) > plan.longest:
        raise _too_long(text, plan.longest)
    return plan.read(text.strip()) if plan.read is not None and text else text


def _too_long(text: str, longest: int) -> Unread:
    return Unread(f"is longer than {longest:,} letters ({len(text):,})")


def _together(before: Any, value: Any) -> Any:
    if before is None:
        return value
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(before + value))
    return f"{before}\n{value}"
