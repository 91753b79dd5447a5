"""Import: a file of people for a list, or of organisations, as a job; ImportChunk: its changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE, Actor
from outreach.models.base import Base, Key, No, Zero
from outreach.models.target import TargetList

LEASE = timedelta(seconds=90)
"""A run that has written nothing for so long is dead, and another may go on."""

MOST_FAULTS = 3
"""Runs that ended by a fault, one after another, before a person has to look."""
FIRST_WAIT = timedelta(seconds=20)
"""After the first of them; three times as long after the next."""


class ImportState(StrEnum):
    PREVIEWED = "previewed"
    CHECKING = "checking"
    """A large file is being compared with what we know; nothing is written."""
    WAITING = "waiting"
    """The button was pressed; a worker takes it."""
    APPLYING = "applying"
    PAUSED = "paused"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    """Taken back: after it was brought in, or in the middle of it where `applied_at` is empty."""
    DISCARDED = "discarded"


_STANDS = {
    ImportState.PREVIEWED: "not begun",
    ImportState.CHECKING: "still being looked at",
    ImportState.WAITING: "about to begin",
    ImportState.APPLYING: "under way",
    ImportState.PAUSED: "paused",
    ImportState.APPLIED: "finished",
    ImportState.UNDOING: "being taken back",
    ImportState.UNDONE: "taken back",
    ImportState.DISCARDED: "thrown away",
}
"""As a person reads it."""

WORK = (
    ImportState.CHECKING,
    ImportState.WAITING,
    ImportState.APPLYING,
    ImportState.UNDOING,
)
"""States in which a worker has something to do."""

BROUGHT_IN = (
    ImportState.WAITING,
    ImportState.APPLYING,
    ImportState.PAUSED,
    ImportState.APPLIED,
)
"""States in which the same file is not taken a second time."""


class Rule(StrEnum):
    """What a file may do where something stands already about someone we know."""

    KEEP = "keep"
    FILL = "fill"
    OVERWRITE = "overwrite"

    def allows(self, stands: Any, now: Any, said: Any) -> bool:
        """Whether a value of the file takes the place of what stands there.

        now, said  the two made comparable
        """
        if not stands:
            return self is not Rule.KEEP
        return self is Rule.OVERWRITE and now != said


class AlreadyImported(Conflict):
    """The same file went into the same list before, or is one of organisations known by it."""

    def __init__(self, of_list: bool = True) -> None:
        into = " into this list" if of_list else ""
        super().__init__(f"This file is already imported{into}.")


class HasProblems(Refusal):
    """The file was to come whole, and some of its rows cannot."""

    def __init__(self, count: int) -> None:
        rows = "1 row has problems" if count == 1 else f"{count:,} rows have problems"
        super().__init__(f"Nothing was imported: {rows}, and all rows or none were asked for.")


class ThrownAway(Conflict):
    """Its preview was closed, and the file with it."""

    def __init__(self) -> None:
        super().__init__("This file was thrown away; upload it again to import it.")


class NotNow(Conflict):
    """What was asked for does not fit the state that the import is in."""

    def __init__(self, wish: str, state: ImportState) -> None:
        super().__init__(f"This import cannot be {wish} now: it is {_STANDS[state]}.")


class Import(Base):
    """One file, from its preview to what it changed. The row is the job as well."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_list", "list_id", "id"),
        Index("ix_imports_shape", "shape", "id"),
        Index(
            "ix_imports_work",
            "state",
            sqlite_where=text("state IN ('checking', 'waiting', 'applying', 'undoing')"),
            postgresql_where=text("state IN ('checking', 'waiting', 'applying', 'undoing')"),
        ),
    )

    id: Mapped[Key]
    list_id: Mapped[int | None] = mapped_column(ForeignKey("target_lists.id"))
    """Where its people go; None for a file of organisations."""
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conferences.id"))
    """Of a file of organisations: at which they get their standing."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    file_name: Mapped[str]
    """As the person's machine called it; only ever shown."""
    stored_name: Mapped[str]
    """Our own name for the bytes in INSTANCE_DIR/imports."""
    fingerprint: Mapped[str] = mapped_column(index=True)
    shape: Mapped[str] = mapped_column(default="", server_default="")
    """Of its headers: files with the same share a mapping (`intake.spreadsheet.Sheet.shape`)."""
    mapping: Mapped[dict[str, Any]]
    """{column number as text: field code}."""
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """{field code: Rule}; FILL for those that are not there."""
    is_whole: Mapped[No]
    """All rows or none: one row with a problem, and nothing is written."""
    takes_addressless: Mapped[No]
    """Rows without an address are taken too; such people cannot be mailed."""
    likely_score: Mapped[int | None]
    """From so many of 100 on a row counts as whom it resembles; None: it is only suggested."""
    looks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """`headers`, `examples` (the first cells of each column), `notes`: seen once, at the upload."""
    state: Mapped[ImportState]
    row_estimate: Mapped[Zero]
    position: Mapped[Zero]
    """How many rows of the file are done; on the way back, how many chunks are left."""
    lease_key: Mapped[str | None]
    """Of the run that has it; a run whose key stands here no more writes nothing."""
    leased_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """Of what is under way: the check, the import, the way back."""
    fault_count: Mapped[Zero]
    error: Mapped[str] = mapped_column(default="", server_default="")
    """Why it stands still, in a sentence; empty where nothing is wrong."""
    report: Mapped[dict[str, Any] | None]
    """Of a check: what the import would do (`queries.recognition.Report`)."""
    read_count: Mapped[Zero]
    created_count: Mapped[Zero]
    updated_count: Mapped[Zero]
    skipped_count: Mapped[Zero]
    problem_count: Mapped[Zero]
    likely_count: Mapped[Zero]
    """Of the updated: people known by their likeness alone (`likely_score`)."""
    suggested_count: Mapped[Zero]
    """Pairs to look at: people who may be someone we knew under another address."""
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    kept_count: Mapped[Zero]
    """Of what the way back left as it is, since it was used or changed meanwhile."""
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """{stakeholder's id as text: why}, the first few hundred."""

    list: Mapped[TargetList | None] = relationship()

    @property
    def columns(self) -> dict[int, str]:
        """{column, from 0: code of a field}."""
        return {int(column): code for column, code in self.mapping.items()}

    @columns.setter
    def columns(self, columns: Mapping[int, str]) -> None:
        self.mapping = {str(column): code for column, code in columns.items()}

    @property
    def actor(self) -> Actor:
        """Who brought the file."""
        return Actor.account(self.account_id) if self.account_id else CONSOLE

    def check_open(self) -> None:
        """Raises AlreadyImported or ThrownAway when nothing can be done with it any more."""
        if self.state is ImportState.DISCARDED:
            raise ThrownAway
        if self.state not in (ImportState.PREVIEWED, ImportState.CHECKING):
            raise AlreadyImported(self.list_id is not None)

    def go_to(self, state: ImportState, wish: str, *allowed: ImportState) -> None:
        """Take another state. Raises NotNow where that is not one step from here."""
        if self.state not in allowed:
            raise NotNow(wish, self.state)
        self.state = state
        self.go_on()

    def lease(self, key: str, at: datetime) -> None:
        """Give it to a run, or to the same run for longer."""
        self.lease_key, self.leased_until = key, at + LEASE

    def let_go(self) -> None:
        """Nobody has it any more."""
        self.lease_key = self.leased_until = None

    def go_on(self) -> None:
        """A run came further: the next fault is a first one."""
        self.error, self.fault_count = "", 0

    def note_fault(self, error: str, at: datetime) -> None:
        """A run ended by a fault: it is tried again after a while, and after MOST_FAULTS a person
        has to look."""
        self.let_go()
        self.fault_count += 1
        self.error = error[:500]
        if self.fault_count < MOST_FAULTS:
            self.leased_until = at + FIRST_WAIT * 3 ** (self.fault_count - 1)
            return
        if self.state is ImportState.CHECKING:
            self.state = ImportState.PREVIEWED
        elif self.state in (ImportState.WAITING, ImportState.APPLYING):
            self.state = ImportState.PAUSED


class ImportChunk(Base):
    """What some rows of a file changed, written with the change: from it all is taken back."""

    __tablename__ = "import_chunks"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    number: Mapped[int]
    """1, 2, 3 … in the order of the file."""
    changes: Mapped[dict[str, Any]]
    """See `outreach.importing.record`."""
