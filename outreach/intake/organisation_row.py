"""Rows of a sheet read as organisations: each a checked value, or a refusal that says why."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from outreach.errors import Refusal
from outreach.intake.addresses import Address
from outreach.intake.fields import Field
from outreach.intake.person_row import Problem, RefusedRow
from outreach.intake.reading import cells_of, plan_of
from outreach.intake.spreadsheet import Row, Sheet

MOST_ORGANISATIONS = 50_000
"""Rows of one file: they come in within one transaction."""


class TooManyOrganisations(Refusal):
    """The file is no list of organisations, or is to be cut into several."""

    def __init__(self) -> None:
        super().__init__(
            f"A file of organisations holds {MOST_ORGANISATIONS:,} rows at most. Cut it in two; "
            "people come in from the page of a list."
        )


class OrganisationRow(NamedTuple):
    """A row that can be taken. What the file does not say is empty: "", {} or None."""

    row: int
    name: str = ""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str | None = None
    parent: str = ""
    """The name of what it is part of."""
    group: str = ""
    """Code or name, as typed; so is the region."""
    region: str = ""
    conference_country: str | None = None
    legal_status: str = ""
    """member, observer or guest."""
    external_id: str = ""
    notes: str = ""
    focal_point: Address | None = None
    focal_authorised_by: str = ""
    focal_authorised_on: date | None = None
    more: Mapping[str, Any] = {}
    """{code of a field of the team's own: value}"""
    warnings: tuple[Problem, ...] = ()


def read_organisations(
    sheet: Sheet, mapping: Mapping[int, str], fields: Mapping[str, Field]
) -> Iterator[OrganisationRow | RefusedRow]:
    """Every row of the sheet. Raises TooManyOrganisations at the row that is one too many."""
    plans = plan_of(sheet.headers, mapping, fields)
    for count, row in enumerate(sheet.rows(), 1):
        if count > MOST_ORGANISATIONS:
            raise TooManyOrganisations
        yield _read(row, cells_of(row, plans) if row.problem is None else ({}, []))


def _read(row: Row, cells: tuple[dict[str, Any], list[Problem]]) -> OrganisationRow | RefusedRow:
    found, problems = cells
    if row.problem is not None:
        return RefusedRow(row.number, (Problem(row.number, "", row.problem),))
    if "name" in found:
        found["name"] = " ".join(found["name"].split())
    is_sound = all(problem.is_warning for problem in problems)
    if is_sound and not found.get("name") and "external_id" not in found:
        problems.append(Problem(row.number, "", "There is no name in this row."))
        is_sound = False
    if not is_sound:
        return RefusedRow(row.number, tuple(problems))
    own = {name: value for name, value in found.items() if name not in OrganisationRow._fields}
    ours = {name: value for name, value in found.items() if name not in own}
    return OrganisationRow(row.number, **ours, more=own, warnings=tuple(problems))
