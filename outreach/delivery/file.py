"""The file mailer: one `.eml` for each message, exactly once, always.

A mail is written beside its place, forced to disk, and only then renamed to `<public_id>.eml`:
whoever sees that name sees the whole mail. The name is the message's own, so a second attempt
finds it and writes nothing, whatever died in between.
"""

import os
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, time

from outreach.clock import now
from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import (
    Accepted,
    Busy,
    Letter,
    Outcome,
    Recipient,
    Silent,
    Unfit,
)
from outreach.delivery.mime import Press
from outreach.delivery.recipients import with_shared

_TOGETHER = 64
"""Files open at once: far below the usual limit of 1,024."""

_ABANDONED_SECONDS = 3600.0
_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")


class FileMailer:
    """Writes mails into a folder.

    folder  made if it is not there; half-written files stand in its `.partial`, which is emptied
            of what dead processes left
    now     what stands in the mails as their date
    waits_for_disk  not where all of it is begun anew if the machine fails
    Raises OSError when the folder cannot be made.
    """

    name = "file"

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] = now, waits_for_disk: bool = True
    ) -> None:
        self.folder = folder
        self._sync = os.fsync if waits_for_disk else _trust
        self._now = now
        self._partial = folder / ".partial"
        self._partial.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ours = f"{socket.gethostname()}.{os.getpid()}"
        self._sweep()

    def path(self, public_id: str) -> Path:
        """Where the mail with this id is, or will be."""
        return self.folder / f"{public_id}.eml"

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        """Write what is not there yet. A full or broken disk is Busy; no part of a mail is seen."""
        deadline = monotonic() + timeout.total_seconds()
        outcomes: dict[str, Outcome] = {}
        try:
            press = Press(with_shared(letter, recipients), self._now())
        except UnfitLetter as reason:
            return {recipient.public_id: Unfit(str(reason)) for recipient in recipients}
        fault: Busy | None = None
        for start in range(0, len(recipients), _TOGETHER):
            group = recipients[start : start + _TOGETHER]
            if fault is None and monotonic() >= deadline:
                fault = Busy("There was no time left to write it.")
            if fault is not None:
                outcomes |= {recipient.public_id: fault for recipient in group}
                continue
            written, fault = self._write(press, group, outcomes)
            self._publish(written, outcomes)
        return outcomes

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        """The file itself is the proof."""
        return {
            public_id: _PUBLIC_ID.fullmatch(public_id) is not None and self.path(public_id).exists()
            for public_id in public_ids
        }

    def close(self) -> None:
        """Nothing is kept open."""

    def _write(
        self, press: Press, group: Sequence[Recipient], outcomes: dict[str, Outcome]
    ) -> tuple[dict[str, Path], Busy | None]:
        """Write the group beside its place and force it to disk.

        Returns {public_id: path of the whole, durable file, or where it already was}, and what the
        disk refused, if it did; whoever was not written has their outcome already.
        """
        opened: dict[str, tuple[int, Path]] = {}
        written: dict[str, Path] = {}
        fault: Busy | None = None
        for public_id, _, mail in press.copies(group):
            if isinstance(mail, UnfitLetter):
                outcomes[public_id] = Unfit(str(mail))
            elif self.path(public_id).exists():
                written[public_id] = self.path(public_id)
            elif fault is not None:
                outcomes[public_id] = fault
            else:
                path = self._partial / f"{public_id}.{self._ours}.{id(opened):x}"
                try:
                    opened[public_id] = _begin(path, mail), path
                except OSError as error:
                    outcomes[public_id] = fault = _disk(error)
        # First all writes, then all syncs: the disk's own queue makes one journey of them.
        for public_id, (descriptor, path) in opened.items():
            try:
                _finish(descriptor, path, self._sync)
                written[public_id] = path
            except OSError as error:
                outcomes[public_id] = fault = _disk(error)
        return written, fault

    def _publish(self, written: dict[str, Path], outcomes: dict[str, Outcome]) -> None:
        """Give whole files their names, then make the names durable."""
        renamed = []
        for public_id, path in written.items():
            try:
                if path.parent == self._partial:
                    path.rename(self.path(public_id))
                renamed.append(public_id)
            except OSError as error:
                outcomes[public_id] = _disk(error)
                path.unlink(missing_ok=True)
        outcome: Outcome = Accepted(reply="written")
        try:
            # Also for files that were there already: whoever wrote them may have died before this.
            _sync_folder(self.folder, self._sync)
        except OSError as error:
            outcome = Silent(f"The folder could not be made durable: {error.strerror}.")
        outcomes |= dict.fromkeys(renamed, outcome)

    def _sweep(self) -> None:
        """Remove what processes of this machine left half-written, and whatever is an hour old."""
        host = socket.gethostname()
        for entry in os.scandir(self._partial):
            _, _, owner = entry.name.partition(".")
            owner_host, _, rest = owner.rpartition(".")[0].rpartition(".")
            is_dead = owner_host == host and not _is_alive(rest)
            try:
                if is_dead or time() - entry.stat().st_mtime > _ABANDONED_SECONDS:
                    os.unlink(entry.path)
            except FileNotFoundError:
                continue  # two processes may sweep at once


def _begin(path: Path, mail: bytes) -> int:
    """Write the mail; returns the open file, not yet forced to disk. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        rest = memoryview(mail)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def _trust(_descriptor: int) -> None:
    """Leave it to the system when the disk gets it."""


def _finish(descriptor: int, path: Path, sync: Callable[[int], None]) -> None:
    """Force it to disk and close it; remove it if the disk will not. Raises OSError."""
    try:
        sync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path, sync: Callable[[int], None]) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _disk(error: OSError) -> Busy:
    return Busy(f"The mail folder refused it: {error.strerror}.", is_provider_down=True)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
