"""Import: a file that was brought into a target list, what was in it, what it changed."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict
from outreach.models.base import Base, Key, Zero
from outreach.models.target import TargetList


class ImportState(StrEnum):
    PREVIEWED = "previewed"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"


class AlreadyImported(Conflict):
    """The same file went into the same list before."""

    def __init__(self) -> None:
        super().__init__("This file is already imported into this list.")


class ThrownAway(Conflict):
    """Its preview was closed, and the file with it."""

    def __init__(self) -> None:
        super().__init__("This file was thrown away; upload it again to import it.")


class Import(Base):
    """One file, from its preview to what it changed."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_list", "list_id", "id"),)

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    file_name: Mapped[str]
    """As the person's machine called it; only ever shown."""
    stored_name: Mapped[str]
    """Our own name for the bytes in INSTANCE_DIR/imports."""
    fingerprint: Mapped[str] = mapped_column(index=True)
    mapping: Mapped[dict[str, Any]]
    """{column number as text: field code}."""
    state: Mapped[ImportState]
    read_count: Mapped[Zero]
    created_count: Mapped[Zero]
    updated_count: Mapped[Zero]
    skipped_count: Mapped[Zero]
    problem_count: Mapped[Zero]
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]

    list: Mapped[TargetList] = relationship()

    @property
    def columns(self) -> dict[int, str]:
        """{column, from 0: code of a field}."""
        return {int(column): code for column, code in self.mapping.items()}

    @columns.setter
    def columns(self, columns: Mapping[int, str]) -> None:
        self.mapping = {str(column): code for column, code in columns.items()}

    def check_open(self) -> None:
        """Raises AlreadyImported or ThrownAway when nothing can be done with it any more."""
        if self.state is ImportState.APPLIED:
            raise AlreadyImported
        if self.state is ImportState.DISCARDED:
            raise ThrownAway
