"""One run of an import: it checks, brings in or takes back, until done, paused or told to stop."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.bulk import Bulk
from outreach.db import is_postgresql, let_go, transaction
from outreach.describing import offices
from outreach.dialect import one_at_a_time, prefer_indexes
from outreach.errors import NotFound
from outreach.importing.checking import check_file
from outreach.importing.coming import Chunk, Reading, in_chunks
from outreach.importing.lease import Lease, Lost, take
from outreach.importing.memory import rare_collections
from outreach.importing.newcomers import told_apart
from outreach.importing.order import Row, newest_chunk, order_of
from outreach.importing.organisations import run_organisations
from outreach.importing.problems import problems_path, written_problems
from outreach.importing.ready import Preparing, Ready
from outreach.importing.suggesting import suggest
from outreach.importing.undo import take_back_chunks
from outreach.intake.person_row import RefusedRow
from outreach.intake.spreadsheet import Sheet, open_sheet
from outreach.models.activity import Activity
from outreach.models.imports import HasProblems, Import, ImportChunk, ImportState
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import TargetList
from outreach.queries.import_fields import check_columns, import_fields
from outreach.queries.import_reports import (
    CHUNK,
    Report,
    choices_of,
    recognised_rows,
    recogniser_of,
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
    except HasProblems:
        raise  # the file's fault, not the run's; the row says so already
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
            return check_file(lease, lease.list_id, sheet, path, keeps_going)
        bringing = _Bringing(lease, lease.list_id, sheet, keeps_going)
        bringing.rows_at_once = rows_at_once or CHUNK
        if bringing.is_new and not problems_path(path).exists():
            with written_problems(path) as bringing.write_problems:
                return bringing.run()
        return bringing.run()


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
            self._rank_before, self._is_sorted = order_of(session, row)
            """Where the rows come in the order of names; None where they come in the file's."""
            self.is_new = bool(row.stored_name) and not self._position
            """Its problems are not written down yet: a file that a page brought, from its start."""
        self.write_problems: Callable[[Sequence[Recognised | RefusedRow]], None] = lambda _: None
        self._preparing: Preparing | None = None
        """What its people are made ready with; None where all rows are looked at one by one."""
        self.report = Report(notes=list(sheet.notes), import_id=lease.import_id)

    def run(self) -> Report:
        """All that is left of the file."""
        choices = self._choices
        check_columns(
            self._sheet.headers, choices.columns, needs_address=not choices.takes_addressless
        )
        if choices.is_whole and not self._position:
            self._look_through()
        recogniser, chunks = self._coming()
        with closing(chunks):
            for chunk in chunks:
                is_last = chunk.row_count < self.rows_at_once
                self.write_problems(self._bring_in(chunk, recogniser, is_last=is_last))
                if not is_last and not self._keeps_going():
                    raise Lost
        self.report.sort()
        return self.report

    def _coming(self) -> tuple[Recogniser, Generator[Chunk]]:
        """Who finds the people of the file, and its rows: every one of them was counted before the
        first comes, since too many refuse the file."""
        choices, by_names = self._choices, self._rank_before is not None
        size = self.rows_at_once
        reading_ = Reading(
            self._sheet, choices, import_fields(), by_names, size, is_sorted=self._is_sorted
        )
        if self._rank_before is not None and reading_.is_large:
            self._preparing = self._prepared(self._rank_before)
            let_go()  # of what a forked process should not find open
            repeated, chunks = reading_.elsewhere(self._preparing, self._position)
            return recogniser_of(choices, self._list_id, repeated, self._at), chunks
        repeated = reading_.repeated()
        recogniser = recogniser_of(choices, self._list_id, repeated, self._at)
        rows = reading_.rows(repeated)
        for done in in_chunks(islice(rows, self._position), size):
            if choices.likely_score is not None:
                chunk_of(done, recogniser)  # whom they were, no other row may resemble
        return recogniser, reading_.chunks(rows)

    def _prepared(self, rank_before: int) -> Preparing:
        with transaction() as session:
            return Preparing(
                list_id=self._list_id,
                place_before=rank_before - self._sheet.header_row,
                bound_at=Bulk(session).bound(Stakeholder, "created_at", self._at),
                offices=offices(session),
                as_copy=is_postgresql(),
            )

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
        self, coming: Chunk, recogniser: Recogniser, *, is_last: bool
    ) -> list[Recognised | RefusedRow]:
        with transaction() as session:
            target_list = session.get(TargetList, self._list_id, with_for_update=True)
            row = self._lease.mine(session, ImportState.APPLYING)
            if target_list is None:
                raise NotFound("list")
            one_at_a_time(session, "import")  # two files may bring the same new person
            prefer_indexes(session)
            ready, rows = self._newcomers(session, coming, recogniser)
            chunk = chunk_of(sorted(rows, key=itemgetter(0)), recogniser)
            roster = Roster(session, target_list, row.actor, self._at, import_id=row.id)
            if self._rank_before is not None and (row.position or coming.ready or not is_last):
                roster.rank_before = self._rank_before - self._sheet.header_row
            suggested = self._write(session, roster, chunk)
            if ready is not None:
                roster.pour(ready)
            changes = roster.close().as_dict() | {
                "at": self._at.isoformat(), "position": row.position,
                "rank_before": self._rank_before, "sorted": self._is_sorted,
            }  # fmt: skip
            number = (session.scalar(newest_chunk(row, ImportChunk.number)) or 0) + 1
            session.add(ImportChunk(import_id=row.id, number=number, changes=changes))
            self._count(row, chunk, coming.row_count, suggested)
            if is_last:
                _finish(session, row, target_list, self._lease.now())
            return chunk

    def _newcomers(
        self, session: Session, coming: Chunk, recogniser: Recogniser
    ) -> tuple[Ready | None, list[Row]]:
        """(people to be written as they are, rows to be looked at)"""
        if coming.ready is None or self._preparing is None:
            return None, coming.rows
        same = offices(session).is_as(self._preparing.offices)
        before = self._at if self._knew_anyone else None
        ready, known = told_apart(
            coming.ready, same_offices=same, before=before, passing=recogniser.passing
        )
        return ready, [*coming.rows, *known]

    def _write(
        self, session: Session, roster: Roster, chunk: Sequence[Recognised | RefusedRow]
    ) -> int:
        """Write rows that were looked at; says how many pairs of people are to be looked at."""
        lines = [line for line in chunk if not isinstance(line, RefusedRow)]
        ids = roster.bring_in(lines)
        if not self._knew_anyone:
            return 0
        pairs = zip(ids, lines, strict=True)
        new = [(id_, line) for id_, line in pairs if line.stakeholder_id is None]
        return suggest(session, roster.bulk, new, self._at)

    def _count(
        self, row: Import, chunk: list[Recognised | RefusedRow], count: int, suggested: int
    ) -> None:
        """
        chunk  rows that were looked at
        count  of all rows: the others are new
        """
        before = [getattr(self.report, name) for name in _COUNTS.values()]
        self.report.add(chunk)
        self.report.add_new(count - len(chunk))
        self.report.suggested += suggested
        row.go_on()
        row.position += count
        for (column, name), then in zip(_COUNTS.items(), before, strict=True):
            setattr(row, column, getattr(row, column) + getattr(self.report, name) - then)


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
