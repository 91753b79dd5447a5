"""A file larger than one chunk comes in by names, and stands on the list as it was written."""

import csv

import pytest
from sqlalchemy import select

from outreach.actions.imports import begin_import
from outreach.actions.uploads import start_import
from outreach.db import reading
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.models.stakeholder import Stakeholder
from outreach.models.target import Target
from tests.factories import NOON, afresh, make_list

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}
NAMES = ["Zoë", "Abe", "Moe", "Bea", "Cy"]


def on_the_list():
    by_rank = select(Stakeholder.full_name).join(Target).order_by(Target.rank)
    return list(afresh(reading().scalars, by_rank))


def test_rows_come_by_names_and_stand_on_the_list_as_they_were_written(tmp_path):
    path, kept = tmp_path / "people.csv", tmp_path / "kept.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [[name, f"p{number}@example.org"] for number, name in enumerate(NAMES)]
        csv.writer(file).writerows([["Name", "Email"], *rows])
    kept.write_bytes(path.read_bytes())
    import_id = start_import(make_list().id, path, "people.csv", **BY)
    begin_import(import_id)
    chunks = []
    while len(on_the_list()) < len(NAMES):  # each run is cut short after one chunk
        run_import(import_id, kept, now=lambda: NOON, keeps_going=lambda: False, rows_at_once=2)
        chunks.append(on_the_list())
    assert chunks == [["Abe", "Bea"], ["Abe", "Moe", "Bea", "Cy"], NAMES]
