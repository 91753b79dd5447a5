"""Files of people and of organisations, written row by row; of many people by a worker."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import TextIOWrapper
from typing import IO, Any

from outreach import sheets
from outreach.advice.segments import Rule
from outreach.errors import NotFound, Refusal
from outreach.queries.conferences import current_conference
from outreach.queries.exports import (
    Cell,
    export_fields,
    headers,
    list_count,
    rows_of_list,
    rows_of_people,
)
from outreach.queries.lists import target_list
from outreach.queries.organisation_exports import (
    organisation_export_fields,
    organisation_headers,
    rows_of_organisations,
)
from outreach.queries.people import people_count
from outreach.queries.shapes import Ground

FEW = 5_000
"""So many rows are written while the person waits."""
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Tell = Callable[[int, int], object]


def write_file(
    wishes: Mapping[str, Any], file: IO[bytes], *, at: datetime, tell: Tell | None = None
) -> int:
    """Write what is wished for; says how many rows.

    wishes  `form` (`csv` or `xlsx`), and `list_id` or `rule`
    tell    called with (rows so far, all rows)
    """
    fields, of_list = export_fields(), "list_id" in wishes
    total = count_of(wishes, at=at)
    if wishes["form"] == "xlsx" and total >= sheets.EXCEL_ROWS:
        raise Refusal(
            f"A sheet holds {sheets.EXCEL_ROWS - 1:,} rows, and these are {total:,} people. "
            "Take CSV, or fewer people."
        )
    if of_list:
        rows = rows_of_list(wishes["list_id"], fields)
    else:
        rows = rows_of_people(Rule.from_json(wishes["rule"]), _ground(at), fields)
    rows = _told(rows, total, tell) if tell else rows
    heads = headers(fields, of_list=of_list)
    return _write(wishes["form"], rows, heads, file)


def _write(
    form: str, rows: Iterable[tuple[Cell, ...]], heads: Sequence[str], file: IO[bytes]
) -> int:
    if form == "xlsx":
        try:
            return sheets.write_xlsx(rows, heads, file)
        except sheets.Unfit as problem:
            raise Refusal(f"{problem} Take CSV instead.") from problem
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    count = sheets.write_csv(rows, heads, text)
    text.detach()
    return count


def write_organisations(form: str, file: IO[bytes], rule: Rule, *, at: datetime) -> int:
    """Write the organisations that are meant as `csv` or `xlsx`; says how many rows."""
    fields = organisation_export_fields()
    rows = rows_of_organisations(_ground(at), rule, fields)
    return _write(form, rows, organisation_headers(fields), file)


def count_of(wishes: Mapping[str, Any], *, at: datetime) -> int:
    """How many rows the file will hold, more or less. Cost: they, by an index."""
    if "list_id" in wishes:
        return list_count(wishes["list_id"])
    return people_count(Rule.from_json(wishes["rule"]), _ground(at))


def name_of(wishes: Mapping[str, Any]) -> str:
    """What the file is called on the person's machine."""
    if "list_id" not in wishes:
        return f"people.{wishes['form']}"
    line = target_list(wishes["list_id"])
    if line is None:
        raise NotFound("list")
    return f"{line.code}.{wishes['form']}"


def _told(rows: Iterator[tuple[Cell, ...]], total: int, tell: Tell) -> Iterator[tuple[Cell, ...]]:
    for count, row in enumerate(rows, start=1):
        tell(count, total)
        yield row


def _ground(at: datetime) -> Ground:
    conference = current_conference()
    return Ground(conference.id if conference else 0, at)
