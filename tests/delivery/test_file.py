"""The file mailer: exactly once, always; a file that is seen is whole."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from outreach.delivery.file import FileMailer
from outreach.delivery.mailer import Accepted, Busy, Unfit
from tests.delivery.letters import SOON, make_letter, make_recipient


def hand_over(mailer: FileMailer, *numbers: int, **rest: object) -> dict[str, object]:
    people = [make_recipient(number) for number in numbers]
    return dict(mailer.hand_over(make_letter(), people, key="k", timeout=SOON))


def test_each_message_is_one_file_that_reads_as_a_mail(tmp_path: Path) -> None:
    outcomes = hand_over(FileMailer(tmp_path), 1, 2, 3)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    files = sorted(tmp_path.glob("*.eml"))
    assert [file.stem for file in files] == sorted(outcomes)
    assert message_from_bytes(files[0].read_bytes())["To"] == "Amina Diallo <person1@example.org>"
    assert list((tmp_path / ".partial").iterdir()) == []


def test_a_second_hand_over_writes_nothing_and_says_accepted(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path)
    hand_over(mailer, 1)
    before = mailer.path(make_recipient(1).public_id).stat()
    outcomes = hand_over(FileMailer(tmp_path), 1)
    assert isinstance(outcomes[make_recipient(1).public_id], Accepted)
    after = mailer.path(make_recipient(1).public_id).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_file_is_the_evidence(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path)
    hand_over(mailer, 1)
    ids = [make_recipient(1).public_id, make_recipient(2).public_id, "../../etc/passwd"]
    assert list(mailer.evidence(ids).values()) == [True, False, False]


def test_a12_who_has_an_empty_field_is_left_and_the_others_go(tmp_path: Path) -> None:
    """A12."""
    people = [make_recipient(1), make_recipient(2, rsvp_link=""), make_recipient(3)]
    outcomes = FileMailer(tmp_path).hand_over(make_letter(), people, key="k", timeout=SOON)
    unfit = outcomes[people[1].public_id]
    assert isinstance(unfit, Unfit)
    assert "rsvp_link" in unfit.reason
    assert len(list(tmp_path.glob("*.eml"))) == 2


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The system refuses to write further, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


def test_a59_a_full_disk_is_busy_and_shows_no_part_of_a_mail(tmp_path: Path) -> None:
    """A59, for the file mailer."""
    mailer = FileMailer(tmp_path)
    with files_no_larger_than(200):
        outcomes = hand_over(mailer, 1, 2)
    assert [type(outcome) for outcome in outcomes.values()] == [Busy, Busy]
    assert all(
        outcome.is_provider_down for outcome in outcomes.values() if isinstance(outcome, Busy)
    )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert isinstance(hand_over(mailer, 1)[make_recipient(1).public_id], Accepted)


def test_a59_a_disk_that_takes_no_writing_is_busy_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A59, for the file mailer: a file system that was mounted anew to be read alone."""
    mailer, opened = FileMailer(tmp_path), os.open

    def read_only(path: str, flags: int, *others: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *others)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        (outcome,) = hand_over(mailer, 1).values()
    assert isinstance(outcome, Busy)
    assert outcome.is_provider_down
    assert isinstance(hand_over(mailer, 1)[make_recipient(1).public_id], Accepted)


@contextmanager
def files_open_at_most(count: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a59_no_file_left_to_open_is_busy_and_the_next_try_succeeds(tmp_path: Path) -> None:
    """A59, for the file mailer: what fitted goes out, the rest is Busy."""
    mailer = FileMailer(tmp_path)
    with files_open_at_most(len(os.listdir("/proc/self/fd")) + 3):
        outcomes = hand_over(mailer, *range(20))
    busy = [key for key, outcome in outcomes.items() if isinstance(outcome, Busy)]
    assert 0 < len(busy) <= 20
    assert len(list(tmp_path.glob("*.eml"))) == 20 - len(busy)
    assert all(isinstance(one, Accepted) for one in hand_over(mailer, *range(20)).values())


def test_when_time_is_over_the_rest_waits(tmp_path: Path) -> None:
    outcomes = FileMailer(tmp_path).hand_over(
        make_letter(), [make_recipient()], key="k", timeout=timedelta(0)
    )
    assert isinstance(outcomes[make_recipient().public_id], Busy)


_WRITER = """
import sys
from pathlib import Path
from outreach.delivery.file import FileMailer
from tests.delivery.letters import SOON, make_letter, make_recipient
mailer = FileMailer(Path(sys.argv[1]))
print("begun", flush=True)
mailer.hand_over(make_letter(), [make_recipient(n) for n in range(300)], key="k", timeout=SOON * 9)
"""


@pytest.mark.faults
def test_killed_at_any_point_it_leaves_whole_mails_and_the_next_run_completes(
    tmp_path: Path,
) -> None:
    for number in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.01 * number)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        for file in tmp_path.glob("*.eml"):
            assert file.read_bytes().endswith(b"--\r\n")
    outcomes = hand_over(FileMailer(tmp_path), *range(300))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert len(list(tmp_path.glob("*.eml"))) == 300
    assert list((tmp_path / ".partial").iterdir()) == []


def test_only_what_dead_processes_left_is_swept(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path)
    partial = tmp_path / ".partial"
    host = mailer._ours.rpartition(".")[0]
    dead = subprocess.Popen(["true"])
    dead.wait()
    (partial / f"{1:032x}.{host}.{dead.pid}.ab").write_text("half")
    (partial / f"{2:032x}.{mailer._ours}.ab").write_text("being written")
    (partial / f"{3:032x}.other-machine.{dead.pid}.ab").write_text("being written elsewhere")
    FileMailer(tmp_path)
    assert sorted(entry.name[31] for entry in partial.iterdir()) == ["2", "3"]
