"""One run of an import: it checks, brings in or takes back, until done, paused or told to stop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.dialect import one_at_a_time, prefer_indexes
from outreach.errors import NotFound
from outreach.importing.ahead import one_ahead
from outreach.importing.lease import Lease, Lost, take
from outreach.importing.memory import rare_collections
from outreach.importing.order import in_order_of_names
from outreach.importing.organisations import run_organisations
from outreach.importing.problems import problems_path, written_problems
from outreach.importing.suggesting import suggest
from outreach.importing.undo import take_back_chunks
from outreach.intake.people import repeated_keys
from outreach.intake.person_row import PersonRow, RefusedRow
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.models.activity import Activity
from outreach.models.imports import HasProblems, Import, ImportChunk, ImportState
from outreach.models.target import Target, TargetList
from outreach.queries.import_fields import check_columns
from outreach.queries.import_reports import (
    CHUNK,
    Report,
    choices_of,
    recognised_rows,
    recogniser_of,
    rows_of,
)
from outreach.queries.recognised import Recognised
from outreach.queries.recognition import Recogniser, chunk_of
from outreach.queries.suggestions import anyone_before
from outreach.roster import Roster

Step = Callable[[], bool]

_COUNTS = {
    "read_count": "read",
    "created_count": "created",
    "updated_count": "updated",
    "skipped_count": "skipped",
    "problem_count": "problem_rows",
    "likely_count": "likely",
    "suggested_count": "suggested",
}
"""{column of an import: what a report calls it}"""


def run_import(
    import_id: int,
    path: Path,
    *,
    now: Callable[[], datetime],
    keeps_going: Step = lambda: True,
    rows_at_once: int = 0,
) -> Report | None:
    """Do what there is to do for an import: as much of it as there is time for.

    path         where its file lies
    keeps_going  asked after every chunk; False lets go at once, and another run goes on
    rows_at_once in one transaction, CHUNK where nothing is said: more are faster, and keep other
                 writers waiting for longer
    Gives the report of what this run read; None where there was nothing to read.
    Raises Busy, HasProblems, and what reading the file raises.
    """
    taken = take(import_id, now)
    if taken is None:
        return None
    lease, state = taken
    try:
        with rare_collections():
            return _do(lease, state, path, keeps_going, rows_at_once)
    except Lost:
        return None
    except BaseException as problem:
        lease.let_go(
            f"{type(problem).__name__}: {problem}" if isinstance(problem, Exception) else ""
        )
        raise
    finally:
        lease.let_go()


def _do(
    lease: Lease, state: ImportState, path: Path, keeps_going: Step, rows_at_once: int
) -> Report | None:
    if lease.list_id is None:
        return run_organisations(lease, state, path)
    if state is ImportState.UNDOING:
        take_back_chunks(lease, keeps_going)
        return None
    with open_sheet(path) as sheet:
        if state is ImportState.CHECKING:
            return _check(lease, lease.list_id, sheet, path, keeps_going)
        bringing = _Bringing(lease, lease.list_id, sheet, keeps_going)
        bringing.rows_at_once = rows_at_once or CHUNK
        if bringing.is_new and not problems_path(path).exists():
            with written_problems(path) as bringing.write_problems:
                return bringing.run()
        return bringing.run()


def _check(lease: Lease, list_id: int, sheet: Sheet, path: Path, keeps_going: Step) -> Report:
    """What the import would do, kept with it; everything that is odd goes into a file beside it."""
    with transaction() as session:
        row = lease.mine(session, ImportState.CHECKING)
        choices = choices_of(row)
    check_columns(sheet.headers, choices.columns, needs_address=not choices.takes_addressless)
    report = Report(notes=list(sheet.notes))
    with written_problems(path) as write:
        for chunk in recognised_rows(sheet, choices, list_id):
            report.add(chunk)
            write(chunk)
            with transaction() as session:
                lease.mine(session, ImportState.CHECKING).position = report.read
            if not keeps_going():
                raise Lost  # it is begun anew: nothing was written
    with transaction() as session:
        row = lease.mine(session, ImportState.CHECKING)
        row.state, row.report = ImportState.PREVIEWED, report.outlook()
        row.position, row.started_at, row.row_estimate = 0, None, report.read
    return report


class _Bringing:
    """The rows of a file on their way into a list. Each chunk is one transaction, with its place in
    the file and the record of what it did: whoever goes on after a kill does no row twice."""

    def __init__(self, lease: Lease, list_id: int, sheet: Sheet, keeps_going: Step) -> None:
        self._lease, self._sheet, self._keeps_going = lease, sheet, keeps_going
        self._list_id, self.rows_at_once = list_id, CHUNK
        with transaction() as session:
            row = lease.mine(session, ImportState.APPLYING)
            self._choices = choices_of(row)
            self._at, self._position = row.started_at or lease.now(), row.position
            self._knew_anyone = anyone_before(self._at)
            self._rank_before = _rank_before(session, row)
            """Where the rows come in the order of names; None where they come in the file's."""
            self.is_new = bool(row.stored_name) and not self._position
            """Its problems are not written down yet: a file that a page brought, from its start."""
        self.write_problems: Callable[[Sequence[Recognised | RefusedRow]], None] = lambda _: None
        self.report = Report(notes=list(sheet.notes), import_id=lease.import_id)

    def run(self) -> Report:
        """All that is left of the file."""
        choices = self._choices
        check_columns(
            self._sheet.headers, choices.columns, needs_address=not choices.takes_addressless
        )
        # Every row is counted here, before the first is written: too many refuse the file.
        repeated = repeated_keys(self._sheet, choices.columns)
        if choices.is_whole and not self._position:
            self._look_through()
        rows = rows_of(self._sheet, choices, repeated)
        if self._rank_before is not None:
            rows = in_order_of_names(rows)
        recogniser = recogniser_of(choices, self._list_id, repeated, self._at)
        size = self.rows_at_once
        for done in _in_chunks(islice(rows, self._position), size):
            if choices.likely_score is not None:
                chunk_of(done, recogniser)  # whom they were, no other row may resemble
        with closing(one_ahead(_in_chunks(rows, size))) as chunks:
            for some in chunks:
                is_last = len(some) < size
                self.write_problems(self._bring_in(some, recogniser, is_last=is_last))
                if not is_last and not self._keeps_going():
                    raise Lost
        self.report.sort()
        return self.report

    def _look_through(self) -> None:
        """Raises HasProblems before anything is written, where a row of the file has one."""
        for chunk in recognised_rows(self._sheet, self._choices, self._list_id):
            self.report.add([line for line in chunk if isinstance(line, RefusedRow)])
            with transaction() as session:
                self._lease.mine(session, ImportState.APPLYING)
        if self.report.problem_rows:
            problem = HasProblems(self.report.problem_rows)
            with transaction() as session:
                row_ = self._lease.mine(session, ImportState.APPLYING)
                row_.state, row_.error, row_.started_at = ImportState.PREVIEWED, str(problem), None
            raise problem

    def _bring_in(
        self, some: list[PersonRow | RefusedRow], recogniser: Recogniser, *, is_last: bool
    ) -> list[Recognised | RefusedRow]:
        with transaction() as session:
            target_list = session.get(TargetList, self._list_id, with_for_update=True)
            row = self._lease.mine(session, ImportState.APPLYING)
            if target_list is None:
                raise NotFound("list")
            one_at_a_time(session, "import")  # two files may bring the same new person
            prefer_indexes(session)
            chunk = chunk_of(sorted(some, key=itemgetter(0)), recogniser)
            roster = Roster(session, target_list, row.actor, self._at, import_id=row.id)
            if self._rank_before is not None and (row.position or not is_last):
                roster.rank_before = self._rank_before - self._sheet.header_row
            lines = [line for line in chunk if not isinstance(line, RefusedRow)]
            ids = roster.bring_in(lines)
            suggested = 0
            if self._knew_anyone:
                pairs = zip(ids, lines, strict=True)
                new = [(id_, line) for id_, line in pairs if line.stakeholder_id is None]
                suggested = suggest(session, roster.bulk, new, self._at)
            changes = roster.close().as_dict() | {
                "at": self._at.isoformat(), "position": row.position,
                "rank_before": self._rank_before,
            }  # fmt: skip
            number = (session.scalar(_newest_chunk(row, ImportChunk.number)) or 0) + 1
            session.add(ImportChunk(import_id=row.id, number=number, changes=changes))
            self._count(row, chunk, suggested)
            if is_last:
                _finish(session, row, target_list, self._lease.now())
            return chunk

    def _count(self, row: Import, chunk: list[Recognised | RefusedRow], suggested: int) -> None:
        before = [getattr(self.report, name) for name in _COUNTS.values()]
        self.report.add(chunk)
        self.report.suggested += suggested
        row.go_on()
        row.position += len(chunk)
        for (column, name), then in zip(_COUNTS.items(), before, strict=True):
            setattr(row, column, getattr(row, column) + getattr(self.report, name) - then)


def _newest_chunk(row: Import, wanted: Any) -> Select[Any]:
    chunks = select(wanted).where(ImportChunk.import_id == row.id)
    return chunks.order_by(ImportChunk.number.desc()).limit(1)


def _rank_before(session: Session, row: Import) -> int | None:
    """The last place on the list before the import; None for one that keeps the file's own order:
    as all did once, and as likenesses need, where the first row counts."""
    if row.likely_score is not None:
        return None
    if row.position:
        changes = session.scalar(_newest_chunk(row, ImportChunk.changes))
        return changes.get("rank_before") if changes else None
    ranks = select(func.max(Target.rank)).where(Target.list_id == row.list_id)
    return session.scalar(ranks) or 0


def _in_chunks(
    rows: Iterator[PersonRow | RefusedRow], size: int
) -> Iterator[list[PersonRow | RefusedRow]]:
    """The rows, so many at once; the last of them are fewer, or none."""
    while len(some := list(islice(rows, size))) == size:
        yield some
    yield some


def _finish(session: Session, row: Import, target_list: TargetList, at: datetime) -> None:
    row.state, row.applied_at, row.error = ImportState.APPLIED, at, ""
    row.let_go()
    session.add(
        Activity.of(
            "imported",
            row.actor,
            at,
            event_id=target_list.event_id,
            list_id=target_list.id,
            list=target_list.name,
            import_id=row.id,
            file=row.file_name,
            created=row.created_count,
            updated=row.updated_count,
            skipped=row.skipped_count,
        )
    )
