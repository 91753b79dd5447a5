"""People read from the rows of a sheet: each a checked value, or a refusal that says why."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from outreach.errors import Refusal
from outreach.intake.addresses import Address
from outreach.intake.columns import check_mapping
from outreach.intake.fields import FIELDS, Field, as_text
from outreach.intake.limits import LIMITS
from outreach.intake.lines import Unread, many_lines, one_line
from outreach.intake.spreadsheet import Row, Sheet
from outreach.intake.words import fold

# What spreadsheets show where a formula failed.
_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")


class Problem(NamedTuple):
    """Something about one row that a person should know."""

    row: int
    """As the spreadsheet shows it."""
    column: str
    """Its header; empty when it is about the whole row."""
    reason: str
    is_warning: bool = False
    """The row is taken all the same."""


@dataclass(slots=True)
class PersonRow:
    """A row that can be taken. What the file does not say is empty: "", (), or None."""

    row: int
    address: Address | None = None
    full_name: str = ""
    given_name: str = ""
    family_name: str = ""
    title: str = ""
    salutation: str = ""
    office: str = ""
    organisation: str = ""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str | None = None
    gender: str = ""
    """As stated: female, male, other, undisclosed."""
    group: str = ""
    region: str = ""
    kind: tuple[str, ...] = ()
    """problem_owner, solution_owner, fund_owner, beneficiary."""
    tags: tuple[str, ...] = ()
    star: bool | None = None
    tier: int | None = None
    rank: int | None = None
    why: str = ""
    notes: str = ""
    phone: str = ""
    external_id: str = ""
    assistant_name: str = ""
    assistant_address: Address | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The name to show: the full one, or the halves in the order of the language's letters."""
        if self.full_name:
            return self.full_name
        given, family = self.given_name, self.family_name
        if given and family and not (given + family).isascii() and _is_east_asian(family):
            return family + given
        return f"{given} {family}".strip()


class RefusedRow(NamedTuple):
    """A row that cannot be taken, and every reason."""

    row: int
    problems: tuple[Problem, ...]


class _Plan(NamedTuple):
    column: int
    attribute: str
    read: Callable[[str], Any] | None
    """None where the text itself is the value: not one call for most cells of a file."""
    longest: int
    is_joined: bool
    header: str
    field: Field


_NAMES = frozenset({"full_name", "given_name", "family_name"})
_ATTRIBUTES = {"email": "address", "assistant_email": "assistant_address"}


class PersonReader:
    """Reads rows by one mapping: what is worked out once for the whole file.

    needs_address  a row without an address is refused; else it is taken with a warning
    Raises what `check_mapping` raises.
    """

    def __init__(
        self, headers: Sequence[str], mapping: Mapping[int, str], *, needs_address: bool = True
    ) -> None:
        check_mapping(headers, mapping, needs_address=needs_address)
        self._needs_address = needs_address
        self._has_names = not _NAMES.isdisjoint(mapping.values())
        self._plan = [_plan(column, headers, FIELDS[mapping[column]]) for column in sorted(mapping)]

    def read(self, row: Row) -> PersonRow | RefusedRow:
        """The person of a row, about 6 µs for six cells."""
        number, values, problem = row
        if problem is not None:
            return RefusedRow(number, (Problem(number, "", problem),))
        found: dict[str, Any] = {}
        problems: list[Problem] = []
        for plan in self._plan:
            column, attribute, read, longest, is_joined, header, field = plan
            cell = values[column]
            if not cell:
                continue
            try:
                # The same as the other branch, for the plain letters of most cells.
                if cell.isascii() and cell.isprintable() and cell[0] != "#":
                    value: Any = cell.strip()
                    if len(value) > longest:
                        raise _too_long(value, longest)
                    if read is not None and value:
                        value = read(value)
                else:
                    value = _read_unusual(number, plan, cell, problems)
            except Refusal as reason:
                problems.append(Problem(number, header, str(reason), not field.is_vital))
                continue
            if value != "":
                found[attribute] = _together(found.get(attribute), value) if is_joined else value
        if "address" not in found or self._has_names:
            self._check_whole(number, found, problems)
        if problems:
            if not all(problem.is_warning for problem in problems):
                return RefusedRow(number, tuple(problems))
            found["warnings"] = tuple(problems)
        return PersonRow(number, **found)

    def _check_whole(self, number: int, found: dict[str, Any], problems: list[Problem]) -> None:
        if not all(problem.is_warning for problem in problems):
            return  # What is missing may be what was refused.
        if "address" not in found:
            reason = "There is no address in this row."
            problems.append(Problem(number, "", reason, not self._needs_address))
        if self._has_names and found.keys().isdisjoint(_NAMES):
            problems.append(Problem(number, "", "There is no name in this row.", True))


def _plan(column: int, headers: Sequence[str], field: Field) -> _Plan:
    attribute = _ATTRIBUTES.get(field.code, field.code)
    # An address says itself that it is too long.
    longest = LIMITS.cell_length if field.code in _ATTRIBUTES else field.longest
    read = None if field.read is as_text else field.read
    return _Plan(column, attribute, read, longest, field.many_columns, headers[column], field)


def _read_unusual(number: int, plan: _Plan, cell: str, problems: list[Problem]) -> Any:
    """The value of a cell that holds more than plain letters; "" for an empty one."""
    text, remark = many_lines(cell) if plan.field.many_lines else one_line(cell)
    if remark is not None:
        problems.append(Problem(number, plan.header, remark, True))
    if _ERRORS.fullmatch(text):
        raise Unread(f"holds the spreadsheet's error {text}")
    if len(text) > plan.longest:
        raise _too_long(text, plan.longest)
    return plan.read(text) if plan.read is not None and text else text


def _too_long(text: str, longest: int) -> Unread:
    return Unread(f"is longer than {longest:,} letters ({len(text):,})")


def _together(before: Any, value: Any) -> Any:
    if before is None:
        return value
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(before + value))
    return f"{before}\n{value}"


def _is_east_asian(name: str) -> bool:
    return all("\u3400" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in name)


def read_row(
    row: Row, headers: Sequence[str], mapping: Mapping[int, str], *, needs_address: bool = True
) -> PersonRow | RefusedRow:
    """One row alone, as a preview needs; for a file use `check_rows`."""
    return PersonReader(headers, mapping, needs_address=needs_address).read(row)


def check_rows(
    sheet: Sheet, mapping: Mapping[int, str], *, needs_address: bool = True
) -> Iterator[PersonRow | RefusedRow]:
    """Every row of the sheet, read and compared with those above it, in constant memory but for
    some 130 bytes for each address.

    The same address and name again are refused: "same address as row N". Two names at one address
    are two people of one office: both are taken, the second with a warning.
    Raises at once what `check_mapping` raises, and while reading TooLarge.
    """
    reader = PersonReader(sheet.headers, mapping, needs_address=needs_address)
    return _compared(reader, sheet)


def _compared(reader: PersonReader, sheet: Sheet) -> Iterator[PersonRow | RefusedRow]:
    # Hashes stand for the addresses and names: of a million rows, the strings would take 300 MB.
    # Two different addresses of one 64-bit hash are met once in forty million such files.
    first_rows: dict[int, tuple[int, int]] = {}
    shared: dict[int, int] = {}
    for row in sheet.rows():
        person = reader.read(row)
        if isinstance(person, RefusedRow) or person.address is None:
            yield person
            continue
        key, name = hash(person.address.key), hash(fold(person.name))
        first, first_name = first_rows.setdefault(key, (person.row, name))
        if first != person.row:
            same = first if first_name == name else shared.setdefault(hash((key, name)), person.row)
            if same != person.row:
                yield _repeated(person, same)
                continue
            reason = f"{person.address.email} is the address of row {first} too, under another name"
            person.warnings += (Problem(person.row, "", reason, True),)
        yield person


def _repeated(person: PersonRow, row: int) -> RefusedRow:
    email = person.address.email if person.address else ""
    reason = f"{email}: same address as row {row}"
    return RefusedRow(person.row, (Problem(person.row, "", reason), *person.warnings))
