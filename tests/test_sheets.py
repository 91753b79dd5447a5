"""Exports that stay text in every spreadsheet, and that come back as they were."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.intake.spreadsheet import open_sheet
from outreach.sheets import guard, unguard, write_csv, write_xlsx

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org?x="&A1,"open")',
    "'=1",
    "''=1",
    "＝1+1",
    "harmless;=1+1",
    'x";=1+1;"',
    "one\n=1+1\nthree",
    "+41 22 730 51 11",
]
PLAIN = [
    "O’Brien",
    "'t Hooft",
    "محمد بن سلمان",
    "张伟",
    "a-b",
    "1=1",
    "x@example.org",
    "N" * 80,
    "Q",
]


def csv_of(rows, headers=("Name",)):
    file = io.StringIO(newline="")
    write_csv(rows, headers, file)
    return file.getvalue()


def reread(path: Path):
    with open_sheet(path) as sheet:
        return sheet.headers, [row.values for row in sheet.rows()]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_that_a_spreadsheet_could_run_is_written_with_an_apostrophe_in_quotes(text):
    """A01"""
    written = csv_of([[text]]).partition("\r\n")[2]
    assert written.startswith('"')
    for mark in ",;\t":
        for record in csv.reader(io.StringIO(written, newline=""), delimiter=mark):
            assert not [cell for cell in record if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", PLAIN)
def test_a_cell_that_no_spreadsheet_runs_is_written_as_it_is(text):
    """A01"""
    assert guard(text) == text


@given(st.text(alphabet=st.sampled_from("'\"=+-@\t\r\n;,ab＝") | st.characters()))
def test_whatever_is_guarded_comes_back_as_it_was(text):
    """A01"""
    assert unguard(guard(text)) == text


@given(st.text(alphabet="'\";,\t\r\n=@x"))
def test_no_separator_makes_a_guarded_cell_begin_a_formula(text):
    """A01"""
    written = csv_of([[text, text]]).partition("\r\n")[2]
    for mark in ";\t,":
        for record in csv.reader(io.StringIO(written, newline=""), delimiter=mark):
            assert not [cell for cell in record if cell.startswith(("=", "@"))]


def test_our_own_csv_imported_again_gives_what_was_typed(tmp_path):
    """A01"""
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        assert write_csv(([text, "x"] for text in HOSTILE + PLAIN), ["=Name", "B"], file) == 25
    headers, rows = reread(path)
    assert headers == ["=Name", "B"]
    assert [row[0] for row in rows] == HOSTILE + PLAIN


def test_our_own_xlsx_holds_strings_only_and_imported_again_gives_what_was_typed(tmp_path):
    """A02"""
    path = tmp_path / "list.xlsx"
    people = [[text, "=cmd|x", None, 7, "https://example.org"] for text in HOSTILE + PLAIN]
    with path.open("wb") as file:
        assert write_xlsx(people, ["=Name", "B", "C", "D", "E"], file) == 25
    with zipfile.ZipFile(path) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in page
    assert b"<v>" not in page
    assert b"hyperlink" not in page
    headers, rows = reread(path)
    assert headers == ["=Name", "B", "C", "D", "E"]
    assert rows == [[text, "=cmd|x", "", "7", "https://example.org"] for text in HOSTILE + PLAIN]


def test_a_cell_or_a_list_that_no_sheet_holds_is_refused_and_never_cut():
    with pytest.raises(ValueError, match="Row 2 holds a cell of more than 32,767"):
        write_xlsx([["x" * 32_768]], ["Name"], io.BytesIO())


def test_an_empty_list_is_its_headers(tmp_path):
    path = tmp_path / "list.xlsx"
    with path.open("wb") as file:
        assert write_xlsx([], ["Name"], file) == 0
    assert reread(path) == (["Name"], [])
    assert csv_of([]) == '"Name"\r\n'
