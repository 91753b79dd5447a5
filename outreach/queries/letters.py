"""Letters: the one that a person may download, and all of an event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.conference import ConstituentGroup
from outreach.models.letter import Letter


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter that is to be had."""

    id: int
    group_id: int | None
    group: str | None
    language: str
    reference: str
    stored_name: str
    bytes_count: int
    uploaded_at: datetime
    author: str | None


def _lines(event_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Letter.id, Letter.group_id, ConstituentGroup.name, Letter.language, Letter.reference,
            Letter.stored_name, Letter.bytes_count, Letter.uploaded_at, Account.name,
        )
        .outerjoin(ConstituentGroup, ConstituentGroup.id == Letter.group_id)
        .outerjoin(Account, Account.id == Letter.account_id)
        .where(Letter.event_id == event_id, Letter.replaced_at.is_(None))
    )  # fmt: skip


def letters_of(event_id: int) -> list[LetterLine]:
    """Those that stand, by group and language. Cost: the letters of one event, by index."""
    rows = reading().execute(_lines(event_id))
    lines = [LetterLine(*row) for row in rows]
    return sorted(lines, key=lambda one: (one.group or "", one.language))


def letter_for(event_id: int, group_id: int, *languages: str) -> LetterLine | None:
    """The letter to a group: its own before the one to everyone, then by the first of these
    languages that there is, else in any. Cost: the letters of one event, by index."""
    found = [one for one in letters_of(event_id) if one.group_id in (None, group_id)]
    order = {language: number for number, language in reversed(list(enumerate(languages)))}
    found.sort(key=lambda one: (one.group_id is None, order.get(one.language, len(languages))))
    return found[0] if found else None
