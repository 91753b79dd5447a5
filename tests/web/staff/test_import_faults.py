"""An import that fails is tried again after a while, and in the end rests and says so."""

import io
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage

from outreach import clock
from outreach.actions.imports import import_file, take_back_import
from outreach.actions.uploads import start_import
from outreach.db import transaction
from outreach.importing import run as importing_run
from outreach.importing.lease import is_resting, take
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.models.imports import MOST_FAULTS, Import, ImportState
from outreach.queries.imports import due_imports, import_line
from tests.factories import NOON, afresh, make_list, sign_in

BY = {"by": CONSOLE, "at": NOON}


@pytest.fixture
def path(app, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Name,Email\nAna Paz,ana@example.org\n", encoding="utf-8")
    return path


@pytest.fixture
def no_room():
    """Nothing can be taken back, until it is undone."""

    def fails(*_):
        raise RuntimeError("no room left")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing_run, "take_back_chunks", fails)
        yield patch


def test_a_way_back_that_fails_rests_longer_each_time_until_a_person_lets_it_be_tried_again(
    client, path, no_room
):
    import_id = import_file(path, "people.csv", make_list().id, **BY).import_id
    take_back_import(import_id, by=CONSOLE)
    sign_in(client)
    page, waits = f"/staff/lists/imports/{import_id}", []
    for _ in range(MOST_FAULTS - 1):
        with pytest.raises(RuntimeError):
            run_import(import_id, path, now=lambda: NOON)
        ((_, _, key, until),) = afresh(due_imports)
        assert is_resting(key, until, NOON)
        waits.append(until - NOON)
    assert waits == sorted(set(waits))
    assert "It is tried again by itself" in client.get(page).text
    with pytest.raises(RuntimeError):
        run_import(import_id, path, now=lambda: NOON)
    assert (afresh(due_imports), afresh(take, import_id, clock.now)) == ([], None)
    text = client.get(page).text
    for words in ("could not be taken back", "RuntimeError: no room left", "Try again"):
        assert words in text
    assert "stands still: <bdi>RuntimeError: no room left" in client.get("/staff/operations").text
    no_room.undo()
    client.post(f"{page}/take-back")
    assert [id_ for id_, *_ in afresh(due_imports)] == [import_id]
    run_import(import_id, path, now=lambda: NOON)
    line = afresh(import_line, import_id)
    assert (line.state, line.error) == (ImportState.UNDONE, "")


def test_a_run_that_was_killed_counts_as_a_fault(path):
    """Else a file that is too large for the machine's memory would be begun again for ever."""
    import_id = start_import(make_list().id, path, "people.csv", **BY)
    for number in range(MOST_FAULTS):
        with transaction() as session:
            row = session.get_one(Import, import_id)
            row.state, row.lease_key = ImportState.APPLYING, "elsewhere 1 x"
            row.leased_until = NOON
        assert bool(take(import_id, clock.now)) == (number < MOST_FAULTS - 1)
    line = afresh(import_line, import_id)
    assert line.state is ImportState.PAUSED
    assert "was killed" in line.error


def test_a_full_disk_keeps_no_part_of_an_upload(app, client, monkeypatch):
    """A59"""

    def full(_file, path):
        path.write_bytes(b"Name,Em")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileStorage, "save", full)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    sign_in(client)
    sent = {"file": (io.BytesIO(b"Name,Email\n"), "people.csv")}
    kept = set(Path(app.config["INSTANCE_DIR"]).glob("imports/*"))
    assert client.post(f"/staff/lists/{make_list().id}/import", data=sent).status_code == 500
    assert set(Path(app.config["INSTANCE_DIR"]).glob("imports/*")) == kept
