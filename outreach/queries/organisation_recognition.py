"""Recognising the organisations of a file among those we know, and what the file would change.

A number of another system counts first, then the name, however it is spelt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.organisation_fields import NOWHERE
from outreach.intake.organisation_row import OrganisationRow
from outreach.intake.person_row import Problem, RefusedRow
from outreach.models.conference import ConstituentGroup, MemberState, Region
from outreach.models.imports import Rule
from outreach.models.stakeholder import Organisation, Standing
from outreach.queries.organisation_details import Appointments, OwnFields
from outreach.queries.organisation_lines import Compared, OrganisationLine
from outreach.queries.organisation_parents import find_parents

OWN = {"country": "country_code", "language": "language", "notes": "notes"}
"""{field of a file: column of an organisation} where the one is simply the other."""
OF_STANDING = {
    "group": "group_id", "region": "region_id", "conference_country": "country_code",
    "legal_status": "legal_status",
}  # fmt: skip


def key_of(name: str) -> str:
    """By which a name is found, however it is spelt."""
    return fold(name) or name.casefold()


def recognised_organisations(
    rows: Iterable[OrganisationRow | RefusedRow],
    conference_id: int | None,
    rules: Mapping[str, str],
    heads: Mapping[str, str],
) -> list[Compared]:
    """Every row beside what we know, in the file's order.

    rules  {field: Rule} for what stands already; FILL for those that are not there
    heads  {field: what its column is called}
    Cost: some twelve SELECTs by index for the whole file.
    """
    rows = list(rows)
    taken = [row for row in rows if isinstance(row, OrganisationRow)]
    known_rules = {code: Rule(rule) for code, rule in rules.items()}
    recogniser = _Recogniser(taken, conference_id, known_rules, heads)
    lines: list[Compared] = [
        row if isinstance(row, RefusedRow) else recogniser.compare(row) for row in rows
    ]
    kept = [line for line in lines if isinstance(line, OrganisationLine)]
    find_parents(kept, recogniser.rules)
    return lines


class _Recogniser:
    def __init__(
        self,
        rows: Sequence[OrganisationRow],
        conference_id: int | None,
        rules: Mapping[str, Rule],
        heads: Mapping[str, str],
    ) -> None:
        self.rules, self._conference_id, self._heads = rules, conference_id, heads
        self._by_number, self._by_key = _known(rows)
        ids = {row.id for row in (*self._by_number.values(), *self._by_key.values())}
        self._standings = _standings(ids, conference_id)
        self._groups = _words(ConstituentGroup, None)
        self._regions = _words(Region, conference_id)
        self._region_of = _regions_of_countries(conference_id)
        self._own = OwnFields(ids, rules)
        self._appointments = Appointments(rows, ids, conference_id, rules)
        self._seen: dict[int | str, int] = {}
        """{which organisation: the first row that is it}"""

    def compare(self, row: OrganisationRow) -> Compared:
        key = key_of(row.name) if row.name else ""
        numbered = self._by_number.get(row.external_id) if row.external_id else None
        named = self._by_key.get(key) if key else None
        known = numbered or named
        marks: list[int | str] = [f"number {row.external_id}"] if row.external_id else []
        marks += [known.id] if known else []
        marks += [f"name {key}"] if key and named is None else []
        first = min((self._seen[mark] for mark in marks if mark in self._seen), default=None)
        if first is not None:
            return _refused(row, f"Row {first} is the same organisation.")
        if known is None and not key:
            return _refused(row, f"There is no name in this row, and nobody knows number "
                                 f"{row.external_id}.")  # fmt: skip
        self._seen |= dict.fromkeys(marks, row.row)
        line = OrganisationLine(row, row.name, key)
        if known is not None:
            self._compare_with(line, known, named)
        self._stand(line)
        self._own.compare(line)
        self._appointments.compare(line)
        return line

    def _may(self, code: str, stands: Any, said: Any) -> bool:
        return self.rules.get(code, Rule.FILL).allows(stands, stands, said)

    def _compare_with(self, line: OrganisationLine, known: Any, named: Any) -> None:
        said, changes = line.said, dict[str, tuple[Any, Any]]()
        line.organisation_id, line.known_name = known.id, known.name
        line.part_of_before = known.parent_id
        for code, column in OWN.items():
            value, now = getattr(said, code), getattr(known, column)
            if value and self._may(code, now, value):
                changes[column] = (now, value)
                line.fields.append(code)
        number = known.external_id
        if said.external_id and self._may("external_id", number, said.external_id):
            changes["external_id"] = (number, said.external_id)
            line.fields.append("number")
        elif said.external_id and number and said.external_id != number:
            line.remark(f"We know it under the number {number}, which stays.")
        if said.name and said.name != known.name:
            changes |= self._renamed(line, known, named)
        line.changes = changes

    def _renamed(self, line: OrganisationLine, known: Any, named: Any) -> dict[str, Any]:
        """Another name under a known number, or the known one spelt otherwise."""
        if named is not None and named.id != known.id:
            line.remark(
                f"Number {line.said.external_id} is “{known.name}”, and “{named.name}” is another "
                "organisation; the number counts, the name stays."
            )
            return {}
        if self.rules.get("name") is not Rule.OVERWRITE:
            if line.name_key != known.name_key:
                line.remark(f"We know this organisation as “{known.name}”; that name stays.")
            return {}
        line.fields.append("name")
        keys = {"name_key": (known.name_key, line.name_key)}
        return {"name": (known.name, line.name)} | (keys if line.name_key != known.name_key else {})

    def _stand(self, line: OrganisationLine) -> None:
        """Its standing at the conference: new, or changed where the rules let it."""
        said, wanted = line.said, self._wanted_standing(line)
        if not wanted:
            return
        there = self._standings.get(line.organisation_id or 0)
        if there is not None:
            line.standing_id = there.id
            line.standing_changes = {
                OF_STANDING[code]: (getattr(there, OF_STANDING[code]), value)
                for code, value in wanted.items()
                if value != getattr(there, OF_STANDING[code])
                and self._may(code, getattr(there, OF_STANDING[code]), value)
            }
            line.fields += [
                code.replace("_", " ") for code in wanted
                if OF_STANDING[code] in line.standing_changes
            ]  # fmt: skip
        elif self._conference_id is None:
            line.remark("There is no conference at which it could have a standing.")
        elif "group" not in wanted:
            line.remark("It has no constituent group yet, so that nothing else of its standing "
                        "can be noted.")  # fmt: skip
        elif self.rules.get("group") is not Rule.KEEP:
            country = said.conference_country or said.country
            standing = {OF_STANDING[code]: value for code, value in wanted.items()}
            line.standing = {"region_id": self._region_of.get(country or "")} | standing
            line.fields.append("standing")

    def _wanted_standing(self, line: OrganisationLine) -> dict[str, Any]:
        said, wanted = line.said, dict[str, Any]()
        for code, what, known in (
            ("group", "constituent group", self._groups),
            ("region", "region of this conference", self._regions),
        ):
            typed = getattr(said, code)
            if code == "region" and fold(typed) == NOWHERE:
                wanted[code] = None
            elif typed and (id_ := known.get(fold(typed))) is not None:
                wanted[code] = id_
            elif typed:
                line.remark(f"“{typed[:60]}” is no {what}; left empty.", self._heads.get(code, ""))
        if said.conference_country:
            wanted["conference_country"] = said.conference_country
        if said.legal_status:
            wanted["legal_status"] = said.legal_status
        return wanted


def _refused(row: OrganisationRow, reason: str) -> RefusedRow:
    return RefusedRow(row.row, (Problem(row.row, "", reason), *row.warnings))


def _known(rows: Sequence[OrganisationRow]) -> tuple[dict[str, Any], dict[str, Any]]:
    """({number: organisation}, {key of a name: organisation})"""
    columns = list(Organisation.__table__.columns)
    numbers = {row.external_id for row in rows if row.external_id}
    keys = {key_of(row.name) for row in rows if row.name}
    by_number = select(*columns).where(among(Organisation.external_id, numbers))
    by_key = select(*columns).where(among(Organisation.name_key, keys))
    found = reading().execute(by_number.order_by(Organisation.id.desc()))
    return (
        {row.external_id: row for row in found},
        {row.name_key: row for row in reading().execute(by_key)},
    )


def _standings(ids: set[int], conference_id: int | None) -> dict[int, Standing]:
    rows = reading().scalars(
        select(Standing).where(
            Standing.conference_id == (conference_id or 0), among(Standing.organisation_id, ids)
        )
    )
    return {row.organisation_id: row for row in rows}


def _words(
    model: type[ConstituentGroup] | type[Region], conference_id: int | None
) -> dict[str, int]:
    """{code or name, folded: id}; the codes count before the names."""
    wanted: Any = select(model.id, model.code, model.name).order_by(model.id)
    if model is Region:
        wanted = wanted.where(Region.conference_id == (conference_id or 0))
    rows = list(reading().execute(wanted))
    return {fold(row.name): row.id for row in rows} | {fold(row.code): row.id for row in rows}


def _regions_of_countries(conference_id: int | None) -> dict[str, int]:
    rows = reading().execute(
        select(MemberState.country_code, MemberState.region_id).where(
            MemberState.conference_id == (conference_id or 0)
        )
    )
    return {row.country_code: row.region_id for row in rows}
