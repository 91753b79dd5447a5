"""Workbooks: what a person sees in them is what is read, and bombs go off in a child."""

import datetime
import os
import resource
import socket
import struct
import time
import zipfile

import pytest
import xlsxwriter

from outreach.intake.limits import Limits
from outreach.intake.spreadsheet import open_sheet
from outreach.intake.unreadable import (
    BrokenWorkbook,
    EmptyFile,
    NoHeaderRow,
    NotASpreadsheet,
    TooLarge,
    UnreadableFile,
)
from tests.intake.files import cell, make_workbook, rows_of, write

HEADERS = ("Name", "Email")


def values(path, **options):
    with open_sheet(path, **options) as sheet:
        return [row.values for row in sheet.rows()]


def test_a_workbook_is_read_from_its_first_visible_sheet_that_holds_anything(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "list")
    hidden, _, people, rest = (book.add_worksheet(n) for n in ("Old", "Blank", "People", "Rest"))
    people.activate()
    people.set_first_sheet()
    hidden.hide()
    hidden.write_row(0, 0, ["Secret", "Email"])
    people.write_row(2, 1, ["Name", "Email", "", "Notes"])
    people.write_row(4, 1, ["张伟", "z@example.org", "?", 'two\nlines, with “quotes” and "more"'])
    rest.write(0, 0, "x")
    book.close()
    with open_sheet(tmp_path / "list") as sheet:
        assert (sheet.kind, sheet.name) == ("xlsx", "People")
        assert sheet.other_sheets == ["Blank", "Rest"]
        assert "“Rest”" in sheet.notes[0]
        assert sheet.headers == ["Name", "Email", "Column D", "Notes"]
        assert sheet.header_row == 3
        assert [(row.number, row.values) for row in sheet.rows()] == [
            (5, ["张伟", "z@example.org", "?", 'two\nlines, with “quotes” and "more"'])
        ]


def test_numbers_and_dates_read_as_a_person_sees_them(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "list")
    page = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    hour = book.add_format({"num_format": "hh:mm"})
    page.write_row(0, 0, ["A", "B", "C", "D", "E"])
    page.write_row(1, 0, [1, 2.5, 41227305111, 0.1 + 0.2, True])
    page.write_datetime(2, 0, datetime.datetime.fromisoformat("2025-03-04"), day)
    page.write_datetime(2, 1, datetime.datetime.fromisoformat("2025-03-04T05:06"), day)
    page.write_datetime(2, 2, datetime.time(5, 6), hour)
    page.write_formula(2, 3, "=1+1", None, 2)
    page.write_string(2, 4, "=1+1")
    page.write_row(3, 0, ["one\rtwo", "_x0041_", "'=1", "NA", "007"])
    book.close()
    assert values(tmp_path / "list") == [
        ["1", "2.5", "41227305111", "0.3", "TRUE"],
        ["2025-03-04", "2025-03-04 05:06", "05:06", "2", "=1+1"],
        ["one\rtwo", "_x0041_", "'=1", "NA", "007"],
    ]


def test_the_size_that_a_sheet_states_about_itself_is_not_believed(tmp_path):
    """A03"""
    people = [(f"P{i}", f"p{i}@example.org") for i in range(10)]
    for stated in ("A1:B3", "A1:XFD1048576"):
        path = make_workbook(
            tmp_path / "list", rows_of(HEADERS, *people), before=f'<dimension ref="{stated}"/>'
        )
        assert values(path) == [list(person) for person in people]


def test_two_cells_in_opposite_corners_end_the_child_and_not_us(tmp_path):
    """A04"""
    far = f'<row r="1">{cell("A1", "Name")}</row><row r="900000">{cell("GR900000", "x")}</row>'
    began = time.monotonic()
    with pytest.raises(TooLarge, match="more memory or time"):
        open_sheet(make_workbook(tmp_path / "list", far))
    assert time.monotonic() - began < 20


def test_a_row_or_column_beyond_the_limit_is_refused_before_any_row_is_read(tmp_path):
    """A04"""
    for place, word in (("A4000000000", "more memory"), ("A1000002", "rows"), ("XFD2", "columns")):
        row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows = f'<row r="1">{cell("A1", "Name")}</row><row r="{row}">{cell(place, "x")}</row>'
        with pytest.raises(TooLarge, match=word):
            open_sheet(make_workbook(tmp_path / "list", rows))


def test_a_hundred_thousand_members_are_refused_unopened(tmp_path):
    """A04"""
    path = tmp_path / "list"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(65_000):
            archive.writestr(f"{number}", b"")
    began = time.process_time()
    with pytest.raises(TooLarge, match="far more parts"):
        open_sheet(path)
    assert time.process_time() - began < 0.1


def test_a_member_of_zeros_is_refused_by_its_packing(tmp_path):
    """A04"""
    path = make_workbook(
        tmp_path / "list", rows_of(HEADERS), extra={"xl/media/image1.png": b"\0" * 30_000_000}
    )
    with pytest.raises(TooLarge, match="far more than a list"):
        open_sheet(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path):
    """A04"""
    path = make_workbook(tmp_path / "list", rows_of(HEADERS))
    with pytest.raises(TooLarge, match="unpack to more than 0 MB"):
        open_sheet(path, limits=Limits(unpacked_bytes=500))


def test_a_member_that_lies_about_its_size_meets_the_limits_of_the_child(tmp_path):
    """A04"""
    path = make_workbook(tmp_path / "list", rows_of(HEADERS, *[("x" * 999, "y")] * 20_000))
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"xl/worksheets/sheet1.xml"))
    content[at + 24 : at + 28] = struct.pack("<I", 1000)
    limits = Limits(unpack_memory=60 * 1024 * 1024, unpack_cpu_seconds=5)
    with pytest.raises(UnreadableFile):
        values(write(path, bytes(content)), limits=limits)


def test_members_that_lie_over_one_another_are_refused(tmp_path):
    """A04"""
    path = make_workbook(tmp_path / "list", rows_of(HEADERS))
    content = bytearray(path.read_bytes())
    second = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = struct.pack("<I", 0)
    with pytest.raises(BrokenWorkbook, match="over one another"):
        open_sheet(write(path, bytes(content)))


def test_a_workbook_that_takes_too_long_is_given_up(tmp_path):
    """A04"""
    path = make_workbook(tmp_path / "list", rows_of(HEADERS, *[("x", "y")] * 150_000))
    with pytest.raises(TooLarge, match=r"too long|more memory or time"):
        open_sheet(path, limits=Limits(unpack_seconds=0))


def test_an_entity_reads_no_file_and_opens_no_connection(tmp_path):
    """A05"""
    secret = write(tmp_path / "secret", "the secret of the server")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for target in (secret.as_uri(), address):
            links = {
                "xl/externalLinks/_rels/externalLink1.xml.rels": (
                    f'<Relationships><Relationship Id="rId1" TargetMode="External" Type="x" '
                    f'Target="{target}"/></Relationships>'
                ).encode()
            }
            path = make_workbook(
                tmp_path / "list",
                rows_of(HEADERS, ("&e;", "a@example.org")),
                doctype=f'<!DOCTYPE x [<!ENTITY e SYSTEM "{target}">]>',
                extra=links,
            )
            with pytest.raises(BrokenWorkbook) as refusal:
                open_sheet(path)
            assert "the secret" not in str(refusal.value)
            elsewhere = make_workbook(
                tmp_path / "links", rows_of(HEADERS, ("Ana", "a@example.org")), extra=links
            )
            assert values(elsewhere) == [["Ana", "a@example.org"]]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_billion_laughs_cost_neither_time_nor_memory(tmp_path):
    """A05"""
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(10)
    )
    path = make_workbook(
        tmp_path / "list",
        rows_of(HEADERS, ("&k;", "a@example.org")),
        doctype=f"<!DOCTYPE x [{entities}]>",
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    # Less memory than the tenth part of what the entities would unfold to.
    with pytest.raises(BrokenWorkbook):
        open_sheet(path, limits=Limits(unpack_memory=200 * 1024 * 1024, unpack_cpu_seconds=2))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 2


def test_the_child_knows_no_setting_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for the child")
    seen = {}

    def look(arguments, **options):
        seen.update(options["env"])
        raise RuntimeError("seen")

    monkeypatch.setattr("outreach.intake.xlsx_file.subprocess.run", look)
    with pytest.raises(RuntimeError, match="seen"):
        open_sheet(make_workbook(tmp_path / "list", rows_of(HEADERS)))
    assert "SECRET_KEY" not in seen


def test_nothing_is_left_open_or_on_disk_after_reading(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    path = make_workbook(tmp_path / "list", rows_of(HEADERS, ("A", "a@example.org")))
    before = len(os.listdir("/proc/self/fd"))
    assert values(path) == [["A", "a@example.org"]]
    assert len(os.listdir("/proc/self/fd")) == before
    assert os.listdir(tmp_path / "spool") == []


def test_the_rows_of_a_workbook_can_be_read_twice_at_once(tmp_path):
    people = [(f"P{i}", f"p{i}@example.org") for i in range(3000)]
    with open_sheet(make_workbook(tmp_path / "list", rows_of(HEADERS, *people))) as sheet:
        pairs = zip(sheet.rows(), sheet.rows(), strict=True)
        assert all(a.values == b.values == list(p) for (a, b), p in zip(pairs, people, strict=True))


@pytest.mark.parametrize(
    ("names", "refusal", "match"),
    [
        (["word/document.xml", "[Content_Types].xml"], NotASpreadsheet, "text document"),
        (["ppt/presentation.xml"], NotASpreadsheet, "presentation"),
        (["mimetype", "content.xml"], NotASpreadsheet, "OpenDocument"),
        (["xl/workbook.bin"], NotASpreadsheet, "xlsb"),
        (["list.csv"], NotASpreadsheet, "packed file"),
        (["xl/workbook.xml"], BrokenWorkbook, "save it again"),
        (["[Content_Types].xml"], BrokenWorkbook, "save it again"),
    ],
)
def test_an_archive_that_is_no_workbook_is_called_what_it_is(tmp_path, names, refusal, match):
    """A10"""
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(refusal, match=match):
        open_sheet(tmp_path / "list.xlsx")


def test_a_workbook_cut_short_is_said_to_be_damaged(tmp_path):
    whole = make_workbook(tmp_path / "list", rows_of(HEADERS)).read_bytes()
    for length in (30, len(whole) // 2, len(whole) - 10):
        with pytest.raises(BrokenWorkbook, match="save it again"):
            open_sheet(write(tmp_path / "cut", whole[:length]))


def test_a_workbook_of_nothing_and_one_without_headers_are_refused(tmp_path):
    with pytest.raises(EmptyFile):
        open_sheet(make_workbook(tmp_path / "list", ""))
    with pytest.raises(EmptyFile):
        open_sheet(make_workbook(tmp_path / "list", rows_of((" ", ""))))
    with pytest.raises(NoHeaderRow):
        open_sheet(make_workbook(tmp_path / "list", rows_of(("Anna", "anna@example.org"))))


def test_a_cell_that_no_spreadsheet_could_hold_is_a_problem_of_its_row(tmp_path):
    path = make_workbook(tmp_path / "list", rows_of(HEADERS, ("x" * 200_000, "a"), ("b", "c")))
    with open_sheet(path) as sheet:
        first, second = sheet.rows()
    assert first.problem == "“Name” holds more than 32,767 letters."
    assert second.values == ["b", "c"]
