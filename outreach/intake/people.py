"""People read from the rows of a sheet: each a checked value, or a refusal that says why."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from outreach.errors import Refusal
from outreach.intake.addresses import read_address
from outreach.intake.fields import FIELDS, Field
from outreach.intake.person_row import PersonRow, Problem, RefusedRow
from outreach.intake.reading import PersonReader
from outreach.intake.spreadsheet import Row, Sheet
from outreach.intake.words import fold

__all__ = ["PersonReader", "PersonRow", "Problem", "RefusedRow", "check_rows", "read_row"]

_AT_ONCE = 2_000

Columns = Mapping[int, Sequence[str]] | Sequence[Sequence[str]]
"""The cells of a column, row by row."""


def read_row(
    row: Row, headers: Sequence[str], mapping: Mapping[int, str], *, needs_address: bool = True
) -> PersonRow | RefusedRow:
    """One row alone, as a preview needs; for a file use `check_rows`."""
    return PersonReader(headers, mapping, needs_address=needs_address).read(row)


def repeated_keys(sheet: Sheet, mapping: Mapping[int, str]) -> set[int]:
    """Hashes of the addresses, and of the numbers in another system, that stand in a file more than
    once. One pass over it, 2 µs a row.
    """
    repeats = Repeats(mapping)
    rows = sheet.rows()
    while repeats.wanted and (some := list(islice(rows, _AT_ONCE))):
        repeats.note(
            {
                column: [row[1][column] for row in some if row[2] is None]
                for column, _ in repeats.wanted
            }
        )
    return repeats.found


class Repeats:
    """What stands in a file more than once, as its columns pass, some rows at a time.

    mapping  {column: code of its field}
    """

    # Hashes stand for the addresses: of a million rows, the strings would take 100 MB.
    # Two different addresses of one 64-bit hash are met once in forty million such files.

    def __init__(self, mapping: Mapping[int, str]) -> None:
        self.wanted = _told_by(mapping)
        self.found: set[int] = set()
        self._seen: set[int] = set()

    def note(self, columns: Columns) -> None:
        """Look at some rows, each of them once."""
        for column, hashes_of in self.wanted:
            keys = hashes_of([cell for cell in columns[column] if cell])
            new = set(keys)
            if len(new) < len(keys):
                self.found.update(key for key, count in Counter(keys).items() if count > 1)
            self.found |= self._seen & new
            self._seen |= new

    def forget(self) -> None:
        """All rows were looked at: what stands there once takes no memory any more."""
        self._seen = set()

    def places(self, columns: Columns) -> list[int]:
        """Which of some rows have something that stands in the file more than once."""
        places: set[int] = set()
        for column, hashes_of in self.wanted:
            cells = columns[column]
            keys = enumerate(zip(cells, hashes_of(list(cells)), strict=False))
            places.update(place for place, (cell, key) in keys if cell and key in self.found)
        return sorted(places)


def _told_by(mapping: Mapping[int, str]) -> list[tuple[int, Callable[[list[str]], list[int]]]]:
    """The columns by which two rows are one person's, each with what makes hashes of its cells."""
    hashes = {"email": _hashes_of_addresses, "external_id": _hashes_of_numbers}
    return [(column, hashes[code]) for column, code in mapping.items() if code in hashes]


def _hashes_of_addresses(cells: list[str]) -> list[int]:
    together = "\n".join(cells).lower()
    if _is_plain(together) and together.count("\n") < len(cells):
        return [hash(cell.strip()) for cell in together.split("\n")]
    return [hash(_key_of(cell)) for cell in cells]


def _hashes_of_numbers(cells: list[str]) -> list[int]:
    return list(map(_hash_of_number, cells))


def _hash_of_number(number: str) -> int:
    return hash(("number", number.strip()))


def _is_plain(text: str) -> bool:
    """Whether an address in it is its own key, once its letters are small ones."""
    return text.isascii() and "--" not in text and '"' not in text


def _key_of(cell: str) -> str:
    """`Address.key` of a cell; the cell itself where it holds no address."""
    if _is_plain(cell):
        return cell.strip().lower()
    try:
        return read_address(cell).key
    except Refusal:
        return cell


def check_rows(
    sheet: Sheet,
    mapping: Mapping[int, str],
    *,
    needs_address: bool = True,
    repeated: set[int] | None = None,
    name_key: Callable[[str], str] = fold,
    fields: Mapping[str, Field] = FIELDS,
) -> Iterator[PersonRow | RefusedRow]:
    """Every row of the sheet, read and compared with those above it.

    repeated  from `repeated_keys`, where that is known already
    name_key  two names with one key are one name
    fields    those of the team's own included
    The same address and name again are refused: "same address as row N". Two names at one address
    are two people of one office: both are taken, the second with a warning.
    Memory: some 80 bytes for each address while the repeated ones are looked for.
    Raises at once what `check_mapping` raises, and while reading TooLarge.
    """
    reader = PersonReader(sheet.headers, mapping, needs_address=needs_address, fields=fields)
    if repeated is None:
        repeated = repeated_keys(sheet, mapping)
    return _compared(reader, sheet, _Above(repeated, name_key))


def _compared(
    reader: PersonReader, sheet: Sheet, above: "_Above"
) -> Iterator[PersonRow | RefusedRow]:
    rows = sheet.rows()
    while some := list(islice(rows, _AT_ONCE)):
        people = reader.read_many(some)
        yield from map(above.compare, people) if above.repeated else people


def compared_rows(
    reader: PersonReader, rows: Sequence[Row], repeated: set[int], name_key: Callable[[str], str]
) -> dict[int, PersonRow | RefusedRow]:
    """{number: the row, read and compared with those above it} of rows like others.

    name_key  two names with one key are one name
    """
    above = _Above(repeated, name_key)
    people = reader.read_many(rows)
    return {person.row: above.compare(person) for person in people}


class _Above:
    """The rows above, as far as something in them comes again."""

    def __init__(self, repeated: set[int], name_key: Callable[[str], str]) -> None:
        self.repeated, self._name_key = repeated, name_key
        self._first_rows: dict[int, tuple[int, int]] = {}
        self._shared: dict[int, int] = {}

    def compare(self, person: PersonRow | RefusedRow) -> PersonRow | RefusedRow:
        """The row itself, with a warning where its address is another's too, or its refusal."""
        if isinstance(person, RefusedRow):
            return person
        if person.external_id and (key := _hash_of_number(person.external_id)) in self.repeated:
            first, _ = self._first_rows.setdefault(key, (person.row, 0))
            if first != person.row:
                return _refused(person, f"{person.external_id}: same number as row {first}")
        if person.address and (key := hash(person.address.key)) in self.repeated:
            return self._beside_its_address(person, person.address.email, key)
        return person

    def _beside_its_address(
        self, person: PersonRow, email: str, key: int
    ) -> PersonRow | RefusedRow:
        name = hash(self._name_key(person.name))
        first, first_name = self._first_rows.setdefault(key, (person.row, name))
        if first == person.row:
            return person
        other = hash((key, name))
        same = first if first_name == name else self._shared.setdefault(other, person.row)
        if same != person.row:
            return _refused(person, f"{email}: same address as row {same}")
        reason = f"{email} is the address of row {first} too, under another name"
        warning = Problem(person.row, "", reason, True)
        return person._replace(warnings=(*person.warnings, warning))


def _refused(person: PersonRow, reason: str) -> RefusedRow:
    return RefusedRow(person.row, (Problem(person.row, "", reason), *person.warnings))
