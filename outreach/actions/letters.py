"""Letters to download: put there, replaced by newer ones, taken out."""

import os
import secrets
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from outreach.db import transaction
from outreach.errors import NotFound, Refusal
from outreach.intake.proofs import kind_of
from outreach.languages import languages
from outreach.models.activity import Activity, Actor
from outreach.models.event import Event
from outreach.models.letter import Letter

LONGEST_REFERENCE = 60


class UnfitLetter(Refusal):
    """The letter cannot be kept; says why."""


def put_letter(
    event_id: int,
    language: str,
    content: bytes,
    *,
    folder: Path,
    by: Actor,
    at: datetime,
    group_id: int | None = None,
    reference: str = "",
) -> int:
    """Keep a letter for a group, or for every group that has none; the one before is replaced.

    folder  where its file goes, under a name of ours
    Raises UnfitProof, UnfitLetter.
    """
    if kind_of(content)[0] != "pdf":
        raise UnfitLetter("A letter is a PDF, and this is none.")
    if language not in languages():
        raise UnfitLetter("Choose one of the languages of the invitees' pages.")
    if len(reference) > LONGEST_REFERENCE:
        raise UnfitLetter(f"A reference has up to {LONGEST_REFERENCE} characters.")
    stored = _keep(content, folder)
    try:
        with transaction() as session:
            if session.get(Event, event_id, with_for_update=True) is None:
                raise NotFound("event")
            same = (
                Letter.event_id == event_id, Letter.group_id.is_not_distinct_from(group_id),
                Letter.language == language, Letter.replaced_at.is_(None),
            )  # fmt: skip
            session.execute(update(Letter).where(*same).values(replaced_at=at))
            letter = Letter(
                event_id=event_id, group_id=group_id, language=language, reference=reference,
                stored_name=stored.name, bytes_count=len(content), account_id=by.account_id,
                uploaded_at=at,
            )  # fmt: skip
            session.add(letter)
            session.flush()
            session.add(
                Activity.of("put_letter", by, at, event_id=event_id, letter_id=letter.id,
                            language=language, reference=reference)
            )  # fmt: skip
            return letter.id
    except BaseException:
        stored.unlink(missing_ok=True)
        raise


def take_letter_out(event_id: int, letter_id: int, *, by: Actor, at: datetime) -> None:
    """Let nobody download it any more; its file stays, as what was sent."""
    with transaction() as session:
        mine = select(Letter).where(Letter.id == letter_id, Letter.event_id == event_id)
        letter = session.scalar(mine.with_for_update())
        if letter is None:
            raise NotFound("letter")
        if letter.replaced_at is None:
            letter.replaced_at = at
            session.add(
                Activity.of("took_letter_out", by, at, event_id=event_id, letter_id=letter_id)
            )


def _keep(content: bytes, folder: Path) -> Path:
    """The file on disk, safe against a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.pdf"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
