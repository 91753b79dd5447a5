"""Starting and stopping: one sentence for what stands in the way, nothing left behind."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach import children, start
from outreach.clockwork import scheduler_of
from outreach.engine import engine_for
from outreach.jobs import JOBS
from tests.started import free_port, started

linux_only = pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")


def test_a_python_that_is_too_old_is_named():
    with pytest.raises(start.CannotStart, match=r"3\.11 or newer; this is Python 3\.10\.9"):
        start.check_python((3, 10, 9))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        start.CannotStart, match=r"file/instance \(INSTANCE_DIR\) cannot be written"
    ):
        start.check_folder(tmp_path / "file" / "instance")


def test_a_missing_folder_is_made_and_left_empty(tmp_path):
    start.check_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("port", [65_536, 99_999])
def test_a_port_that_does_not_exist_is_named(port, monkeypatch):
    monkeypatch.setattr(start, "PORT_FREE_WITHIN_SECONDS", 0)
    with pytest.raises(start.CannotStart, match=f"Port {port} on 127"):
        start.check_port("127.0.0.1", port)


def test_a_port_that_is_taken_is_one_sentence_and_exit_code_1(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with started(tmp_path, port) as start:
            assert start.wait() == 1
    (sentence,) = start.errors
    assert f"Port {port}" in sentence
    assert "already in use" in sentence
    assert start.lines == []


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path):
    nowhere = f"postgresql+psycopg://someone:secret@127.0.0.1:{free_port()}/none"
    with started(tmp_path, DATABASE_URL=nowhere) as start:
        assert start.wait() == 1
    (sentence,) = start.errors
    assert "does not answer" in sentence
    assert "secret" not in sentence


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / "notes.sqlite3").write_text("Dear diary, this is no database at all." * 100)
    with started(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/notes.sqlite3") as start:
        assert start.wait() == 1
    (sentence,) = start.errors
    assert "not a database" in sentence


def test_a_database_that_is_newer_than_the_code_is_left_alone(app, database_url, tmp_path):
    from outreach.db import transaction

    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with started(tmp_path, DATABASE_URL=database_url) as start:
        assert start.wait() == 1
    (sentence,) = start.errors
    assert "made by a newer Outreach (revision 9999_future)" in sentence


def test_production_does_not_start_without_its_secret(tmp_path):
    settings = {"ENV": "production", "PUBLIC_URL": "https://example.org", "SECRET_KEY": ""}
    with started(tmp_path, **settings) as start:
        assert start.wait() == 1
    (sentence,) = start.errors
    assert "SECRET_KEY" in sentence


@linux_only
def test_it_says_ready_once_and_stops_cleanly(database_url, tmp_path):
    """Case A24: and says nothing of who asked for what; a link is a key."""
    with started(tmp_path, DATABASE_URL=database_url) as start:
        start.wait_until_ready()
        assert start.get("/healthz") == 200
        assert start.get(f"/i/{'a' * 43}") == 404
        assert set(start.children()) == {"web", "clock"}
        until = time.monotonic() + 20
        while len(start.lines) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert start.stop() == 0
    ready, first_account = start.lines
    assert ready == start.ready_line
    assert "account create" in first_account
    assert "aaaaaaaa" not in "".join(start.errors)
    with pytest.raises(ConnectionRefusedError):
        start.get("/healthz")


@linux_only
@pytest.mark.faults
@pytest.mark.parametrize("name", ["web", "clock"])
def test_a_child_that_dies_is_named_and_takes_the_rest_with_it(name, database_url, tmp_path):
    with started(tmp_path, DATABASE_URL=database_url) as start:
        start.wait_until_ready()
        children = start.children()
        os.kill(children[name], signal.SIGKILL)
        assert start.wait() == 1
    assert f"the {name} process ended by itself (SIGKILL)" in start.errors[-1]
    assert not any(Path(f"/proc/{child}").exists() for child in children.values())


@linux_only
@pytest.mark.faults
def test_a_start_after_sigkill_stumbles_over_nothing(database_url, tmp_path):
    with started(tmp_path, DATABASE_URL=database_url) as first:
        first.wait_until_ready()
        time.sleep(1)
        first.process.kill()
        first.wait()
        with started(tmp_path, first.port, DATABASE_URL=database_url) as second:
            second.wait_until_ready()
            assert second.stop() == 0


@linux_only
def test_signals_that_come_twice_break_nothing_off(database_url, tmp_path):
    """A terminal signals the whole group, and make passes it on once more."""
    with started(tmp_path, DATABASE_URL=database_url) as start:
        start.wait_until_ready()
        theirs = start.children()
        for _ in range(5):
            start.process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        assert start.wait() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in theirs.values())


def test_a_stop_is_heard_though_its_exception_was_lost(monkeypatch):
    """As in a callback of the garbage collector, where Python only prints what is raised."""
    monkeypatch.setattr(start, "_asked", True)
    with children.running({}) as none, pytest.raises(start.Stopped):
        start._watch(none, None)


def test_a_signal_raises_nothing_in_the_middle_of_what_minds_the_children(monkeypatch):
    monkeypatch.setattr(start, "_asked", False)
    monkeypatch.setattr(start, "_can_break_off", False)
    theirs = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    start._stop()
    for number, handler in zip((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), theirs, strict=True):
        signal.signal(number, handler)
    with pytest.raises(start.Stopped):
        start._check_asked()


@linux_only
@pytest.mark.slow
def test_a_demonstration_that_was_cut_off_is_made_anew(tmp_path):
    """Killed while it is loaded, the next start shows the whole of it, with its sign-in links."""
    url = f"sqlite:///{tmp_path}/demo.sqlite3"
    with started(tmp_path, DATABASE_URL=url, DEMO="1") as first:
        while not list(tmp_path.glob("instance/demo-unfinished-*")):
            assert first.process.poll() is None
            time.sleep(0.02)
        time.sleep(1)
        first.process.kill()
        first.wait()
    with started(tmp_path, DATABASE_URL=url, DEMO="1") as second:
        second.wait_until_ready(within=90)  # what a first start may take
        until = time.monotonic() + 30
        while len(second.lines) < 5 and time.monotonic() < until:
            time.sleep(0.05)  # the links follow the address
        assert second.stop() == 0
    assert not list(tmp_path.glob("instance/demo-unfinished-*"))
    ready, *links = second.lines
    assert ready == second.ready_line
    assert len(links) >= 4
    assert all(second.ready_line.removeprefix("Ready: ") in link for link in links)


def test_what_the_clock_says_of_a_job_names_it(app):
    names = {str(line).partition(" ")[0] for line in scheduler_of(app).get_jobs()}
    assert names == {job.name for job in JOBS}


def test_no_tick_of_the_engine_waits_behind_the_shares_of_a_campaign(app):
    tasks = engine_for(app, "postgresql://").tasks
    shares = [task.priority for name, task in tasks.items() if name.startswith("share-")]
    assert shares
    assert min(tasks[job.name].priority for job in JOBS) > max(shares)
