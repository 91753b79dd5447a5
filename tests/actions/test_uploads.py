"""Uploads: a file looked at first, brought in by a button, once; and one person typed by hand."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.actions.imports import (
    KnownByAnotherName,
    OnListAlready,
    add_person,
    begin_import,
)
from outreach.actions.uploads import discard_import, name_columns, start_import
from outreach.db import reading
from outreach.importing.lease import ELSEWHERE
from outreach.importing.run import run_import
from outreach.intake.addresses import read_address
from outreach.intake.people import PersonRow
from outreach.intake.unreadable import NoAddressColumn, NotASpreadsheet
from outreach.jobs import run_imports
from outreach.models.activity import CONSOLE
from outreach.models.imports import AlreadyImported, ThrownAway
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import Star
from outreach.models.target import Target
from outreach.queries.imports import import_line
from outreach.queries.lists import target_list
from tests.at_once import at_once
from tests.factories import NOON, afresh, make_list, make_stakeholder

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}


def apply_import(import_id, folder):
    """As the button does for a small file."""
    begin_import(import_id)
    stored = folder / import_line(import_id).stored_name
    return run_import(import_id, stored, now=lambda: NOON)


def count(table):
    return afresh(reading().scalar, select(func.count()).select_from(table))


def people():
    rows = afresh(reading().scalars, select(Stakeholder).order_by(Stakeholder.id))
    return [(row.full_name, row.email) for row in rows]


@pytest.fixture
def upload(tmp_path):
    def upload(wanted, text="Name,Email\nAna,ana@example.org\n", name="people.csv"):
        path = tmp_path / "bytes.upload"
        path.write_text(text)
        return start_import(wanted.id, path, name, **BY)

    return upload


def test_a_file_that_lies_on_another_machine_says_so_and_waits(app, upload, monkeypatch):
    """INSTANCE_DIR of this machine has none of it."""
    import_id = upload(make_list())
    begin_import(import_id)
    for minutes, told in ((0.5, ""), (2, ELSEWHERE)):
        monkeypatch.setattr("outreach.clock.now", lambda m=minutes: NOON + timedelta(minutes=m))
        assert run_imports() == 0
        assert afresh(import_line, import_id).error == told


def test_an_upload_is_kept_under_a_name_of_ours(upload, tmp_path):
    """A10."""
    name = '../../"><img onerror=alert(1)>.csv'
    line = import_line(upload(make_list(), name=name))
    assert line.file_name == name
    assert [path.name for path in tmp_path.iterdir()] == [line.stored_name]
    assert Path(line.stored_name).suffix == ".csv"
    assert line.stored_name.removesuffix(".csv").isalnum()


def test_an_upload_writes_nobody_until_the_button_and_then_once(upload, tmp_path):
    """A07: a double click."""
    import_id = upload(make_list())
    assert count(Stakeholder) == 0
    assert apply_import(import_id, tmp_path).created == 1
    with pytest.raises(AlreadyImported):
        apply_import(import_id, tmp_path)
    assert count(Target) == 1
    assert import_line(import_id).created_count == 1


def test_of_two_uploads_of_one_file_the_second_is_refused(upload, tmp_path):
    """A07: two staff at once, each with a preview open."""
    wanted = make_list()
    first, second = upload(wanted), upload(wanted)
    apply_import(first, tmp_path)
    with pytest.raises(AlreadyImported):
        apply_import(second, tmp_path)
    with pytest.raises(AlreadyImported):
        upload(wanted)


def test_two_who_press_at_the_same_moment_bring_it_in_once(app, upload, tmp_path):
    """A07: two staff at once."""
    import_id = upload(make_list())
    calls = [lambda: apply_import(import_id, tmp_path)] * 2
    (refused,) = at_once(app, calls)
    assert isinstance(refused, AlreadyImported)
    assert count(Target) == count(Stakeholder) == 1
    assert import_line(import_id).created_count == 1


def test_a_refused_upload_leaves_no_file_behind(upload, tmp_path):
    with pytest.raises(NotASpreadsheet):
        upload(make_list(), "%PDF-1.4")
    assert list(tmp_path.iterdir()) == []


def test_columns_named_on_the_preview_count(upload, tmp_path):
    import_id = upload(make_list(), "A,B\nAna,ana@example.org\n")
    with pytest.raises(NoAddressColumn):
        apply_import(import_id, tmp_path)
    name_columns(import_id, {0: "full_name", 1: "email"}, ["A", "B"])
    assert apply_import(import_id, tmp_path).created == 1


def test_a_discarded_upload_is_gone(upload, tmp_path):
    import_id = upload(make_list())
    discard_import(import_id, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ThrownAway):
        apply_import(import_id, tmp_path)


# ---- one person typed by hand


def typed(name="Ana Paz", email="ana@example.org", **parts):
    return PersonRow(1, address=read_address(email) if email else None, full_name=name, **parts)


def test_one_person_is_added_by_hand_with_or_without_an_address():
    wanted = make_list()
    add_person(wanted.id, typed(organisation="Bank", star=True), **BY)
    add_person(wanted.id, typed("Eva Mar", None), **BY)
    assert people() == [("Ana Paz", "ana@example.org"), ("Eva Mar", None)]
    line = target_list(wanted.id)
    assert (line.wanted_count, line.star_count) == (2, 0)
    nominated = select(Stakeholder.full_name).join(Target).join(Star, Star.target_id == Target.id)
    assert reading().scalars(nominated).all() == ["Ana Paz"]


def test_who_is_on_the_list_already_is_not_added_again():
    wanted = make_list()
    add_person(wanted.id, typed(), **BY)
    with pytest.raises(OnListAlready, match="Ana Paz is on this list already"):
        add_person(wanted.id, typed(), **BY)


def test_another_name_at_a_known_address_must_be_said_to_be_another_person():
    make_stakeholder("Ana Paz", "office@example.org")
    wanted, juan = make_list(), typed("Juan Sol", "office@example.org")
    with pytest.raises(KnownByAnotherName, match="is the address of Ana Paz"):
        add_person(wanted.id, juan, **BY)
    add_person(wanted.id, juan, is_another=True, **BY)
    assert [name for name, _ in people()] == ["Ana Paz", "Juan Sol"]
