"""Organisations of a file on their way in: all of it is one transaction, and one record."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from outreach.bulk import Bulk, Changes, rows_of
from outreach.db import transaction
from outreach.dialect import one_at_a_time
from outreach.importing.lease import Lease
from outreach.importing.organisations_back import take_back_organisations
from outreach.importing.problems import written_odd
from outreach.intake.person_row import RefusedRow
from outreach.intake.spreadsheet import open_sheet
from outreach.models.activity import Activity
from outreach.models.custom_field import CustomValue
from outreach.models.focal_point import FocalPoint
from outreach.models.imports import HasProblems, Import, ImportChunk, ImportState
from outreach.models.stakeholder import Organisation, Standing
from outreach.queries.import_reports import Report, choices_of
from outreach.queries.organisation_lines import (
    Compared,
    OrganisationLine,
    OrganisationReport,
    odd_organisation_lines,
)
from outreach.queries.organisation_previews import compared_organisations

_ORGANISATION = (
    "name name_key country_code language notes external_id version created_at changed_at"
)
_STANDING = "conference_id organisation_id group_id region_id country_code legal_status"
_OWN = ("text", "text_key", "number", "day", "is_yes")
_FOCAL = (
    "conference_id organisation_id stakeholder_id authorised_by authorised_on recorded_at"
    " recorded_by_id"
)


def run_organisations(lease: Lease, state: ImportState, path: Path) -> Report | None:
    """Check a file of organisations, bring it in or take it back. Raises HasProblems."""
    if state is ImportState.UNDOING:
        take_back_organisations(lease)
        return None
    with transaction() as session:
        row = lease.mine(session, state)
        choices, conference_id = choices_of(row), row.conference_id
    with open_sheet(path) as sheet:
        if state is ImportState.CHECKING:
            lines = compared_organisations(sheet, choices, conference_id)
            return _checked(lease, lines, path)
        with transaction() as session:
            row = lease.mine(session, ImportState.APPLYING)
            one_at_a_time(session, "import")  # a file of people makes organisations, too
            lines = compared_organisations(sheet, choices, conference_id)
            refused = [line for line in lines if isinstance(line, RefusedRow)]
            if not (choices.is_whole and refused):
                report = _bring_in(session, row, lines, lease.now())
                refused = []
        if row.stored_name:
            written_odd(path, odd_organisation_lines(lines))
    if refused:
        problem = HasProblems(len(refused))
        with transaction() as session:
            row = lease.mine(session, ImportState.APPLYING)
            row.state, row.error, row.started_at = ImportState.PREVIEWED, str(problem), None
        raise problem
    report.notes = list(sheet.notes)
    return report


def _checked(lease: Lease, lines: Sequence[Compared], path: Path) -> Report:
    """What the import would do, kept with it."""
    report = OrganisationReport()
    report.take(lines)
    written_odd(path, odd_organisation_lines(lines))
    with transaction() as session:
        row = lease.mine(session, ImportState.CHECKING)
        row.state, row.report = ImportState.PREVIEWED, report.outlook()
        row.position, row.started_at, row.row_estimate = 0, None, report.read
    return report


def _bring_in(session: Session, row: Import, lines: Sequence[Compared], at: datetime) -> Report:
    taken = [line for line in lines if isinstance(line, OrganisationLine)]
    bringing = _Bringing(session, row, at)
    bringing.write([line for line in taken if not line.changes_nothing])
    changes = bringing.bulk.record.as_dict() | {"at": at.isoformat()}
    session.add(ImportChunk(import_id=row.id, number=1, changes=changes))
    report = OrganisationReport(import_id=row.id)
    report.take(lines)
    row.read_count, row.created_count = report.read, report.created
    row.updated_count, row.skipped_count = report.updated, report.skipped
    row.problem_count, row.position = report.problem_rows, report.read
    row.state, row.applied_at, row.error = ImportState.APPLIED, at, ""
    row.let_go()
    session.add(
        Activity.of(
            "imported_organisations", row.actor, at, import_id=row.id, file=row.file_name,
            created=report.created, updated=report.updated,
        )
    )  # fmt: skip
    return report


class _Bringing:
    """Writes what was compared, a statement for each table."""

    def __init__(self, session: Session, row: Import, at: datetime) -> None:
        self._row, self._at = row, at
        self.bulk = Bulk(session)

    def write(self, lines: Sequence[OrganisationLine]) -> None:
        """All of them; each is new, or has something that changes."""
        new = [line for line in lines if line.organisation_id is None]
        made = self._make(new)
        ids = [line.organisation_id or made[line.name_key] for line in lines]
        pairs = list(zip(ids, lines, strict=True))
        self._change(pairs, made)
        self._stand(pairs)
        self._fill_own(pairs)
        self._appoint(pairs)
        self._journal(pairs)

    def _make(self, lines: Sequence[OrganisationLine]) -> dict[str, int]:
        """{key of the name: id} of the new ones; what they are part of comes after them."""
        at = self.bulk.bound(Organisation, "created_at", self._at)
        rows = [
            (
                line.name, line.name_key, line.said.country, line.said.language, line.said.notes,
                line.said.external_id or None, 1, at, at,
            )
            for line in lines
        ]  # fmt: skip
        ids = self.bulk.add(Organisation, _ORGANISATION, rows) if rows else []
        return {line.name_key: id_ for line, id_ in zip(lines, ids, strict=True)}

    def _change(
        self, pairs: Sequence[tuple[int, OrganisationLine]], made: Mapping[str, int]
    ) -> None:
        version = rows_of(Organisation).c.version + 1
        known: list[tuple[int, Changes]] = []
        parts: list[tuple[int, Changes]] = []
        for id_, line in pairs:
            part_of = made[line.part_of] if isinstance(line.part_of, str) else line.part_of
            parent = {"parent_id": (line.part_of_before, part_of)} if part_of else {}
            if line.organisation_id is not None:
                known.append((id_, {**line.changes, **parent}))
            elif parent:
                parts.append((id_, parent))
        self.bulk.change(Organisation, known, changed_at=self._at, version=version)
        self.bulk.change_in(rows_of(Organisation), parts)

    def _stand(self, pairs: Sequence[tuple[int, OrganisationLine]]) -> None:
        rows = []
        for id_, line in pairs:
            if said := line.standing:
                rows.append(
                    (
                        self._row.conference_id, id_, said["group_id"], said.get("region_id"),
                        said.get("country_code"), said.get("legal_status"),
                    )
                )  # fmt: skip
        if rows:
            self.bulk.add(Standing, _STANDING, rows)
        self.bulk.change(
            Standing,
            [
                (line.standing_id, line.standing_changes)
                for _, line in pairs
                if line.standing_id is not None and line.standing_changes
            ],
        )

    def _fill_own(self, pairs: Sequence[tuple[int, OrganisationLine]]) -> None:
        bound = self.bulk.bound
        rows = [
            (id_, field_id, *(bound(CustomValue, name, columns.get(name)) for name in _OWN))
            for id_, line in pairs
            for field_id, columns in line.own_added
        ]
        if rows:
            self.bulk.add(CustomValue, f"organisation_id field_id {' '.join(_OWN)}", rows)
        self.bulk.change(CustomValue, [change for _, line in pairs for change in line.own_changed])

    def _appoint(self, pairs: Iterable[tuple[int, OrganisationLine]]) -> None:
        """Who speaks for it; whoever did before speaks for it no more."""
        named = [(id_, line.appointed) for id_, line in pairs if line.appointed]
        ended = [one.before_id for _, one in named if one.before_id is not None]
        self.bulk.change(FocalPoint, [(id_, {"ended_at": (None, self._at)}) for id_ in ended])
        at = self.bulk.bound(FocalPoint, "recorded_at", self._at)
        rows = [
            (
                self._row.conference_id, id_, one.stakeholder_id, one.authorised_by,
                self.bulk.bound(FocalPoint, "authorised_on", one.authorised_on), at,
                self._row.account_id,
            )
            for id_, one in named
        ]  # fmt: skip
        if rows:
            self.bulk.add(FocalPoint, _FOCAL, rows)

    def _journal(self, pairs: Sequence[tuple[int, OrganisationLine]]) -> None:
        by, at = self._row.actor, self.bulk.bound(Activity, "at", self._at)
        rows: list[tuple[Any, ...]] = []
        for id_, line in pairs:
            is_new = line.organisation_id is None
            detail = {"import_id": self._row.id, "file": self._row.file_name}
            told = detail if is_new else {**detail, "fields": line.fields}
            verb = "came_from_file" if is_new else "filled_in"
            rows.append((verb, by.kind, by.account_id, at, id_, json.dumps(told)))
        self.bulk.write(Activity, "verb actor account_id at organisation_id detail", rows)
