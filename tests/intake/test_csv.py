"""CSV files as people and programs make them, and as they should not."""

import pytest

from outreach.intake.limits import Limits
from outreach.intake.spreadsheet import open_sheet
from outreach.intake.unreadable import (
    BrokenText,
    EmptyFile,
    NoHeaderRow,
    NotASpreadsheet,
    TooLarge,
)
from tests.intake.files import write

LIST = "Name,Email\nZoë O’Brien,zoe@example.org\nمحمد,m@example.net\n张伟,z@example.com\n"
PEOPLE = [
    ["Zoë O’Brien", "zoe@example.org"],
    ["محمد", "m@example.net"],
    ["张伟", "z@example.com"],
]


AS_WRITTEN = {
    "cp1251": [
        "Имя;Электронная почта\nНаталья Щукина;a@example.ru\n",
        "Name;Email\nПётр Жуков;p@example.ru\n",
        "Name;Ministry\nAnna;МИНИСТЕРСТВО СВЯЗИ\n",
    ],
    "koi8-r": [
        "Имя;Электронная почта\nНаталья Щукина;a@example.ru\n",
        "Name;Ministry\nAnna;МИНИСТЕРСТВО СВЯЗИ\n",
    ],
    "cp1256": [
        "الاسم;البريد الإلكتروني\nسارة العبد الله;a@example.eg\n",
        "Name;Email\nمحمد علي;m@example.eg\n",
    ],
    "gb18030": [
        "姓名;电子邮件\n李小龙;li@example.cn\n",
        "Name;Email\n王秀英;w@example.cn\n",
        "Name;Organisation\nWang;清华大学\n",
    ],
    "cp1252": [
        "Name;Email\nZoë Åström;z@example.se\nMaría Ñúñez;m@example.es\n",
        "Nom;Société\nMÜLLER;ÄÖÜ GmbH\n",
        "Name;Notes\nJean;“quoted” – with a dash …\n",
        "Name;Letter\nX;Ñ\n",
        "Name;City\nÉric;Évry\nÖzil;Ürümqi\n",
    ],
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(code, text) for code, texts in AS_WRITTEN.items() for text in texts]
)
def test_a_file_of_cairo_moscow_or_beijing_is_read_by_its_letters(tmp_path, encoding, text):
    """A06: and the page says so, for it is a guess."""
    sheet = open_sheet(write(tmp_path / "list", text.encode(encoding)))
    read = [sheet.headers, *(row.values for row in sheet.rows())]
    assert read == [line.split(";") for line in text.splitlines()]
    assert "were read as" in sheet.notes[0]


def values(path, **options):
    return [row.values for row in open_sheet(path, **options).rows()]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
    ],
)
def test_unicode_with_and_without_a_mark_is_read_and_not_a_guess(tmp_path, encoding, said):
    """A06"""
    sheet = open_sheet(write(tmp_path / "list", LIST.encode(encoding)))
    assert (sheet.encoding, sheet.encoding_is_guess) == (said, False)
    assert sheet.headers == ["Name", "Email"]
    assert [row.values for row in sheet.rows()] == PEOPLE
    assert sheet.notes == []


def test_utf_16_without_a_mark_is_noticed(tmp_path):
    """A06"""
    text = "Name,Email\nAnna,anna@example.org\n" * 3
    sheet = open_sheet(write(tmp_path / "list", text.encode("utf-16-le")))
    assert (sheet.encoding, sheet.encoding_is_guess) == ("utf-16-le", True)
    assert next(sheet.rows()).values == ["Anna", "anna@example.org"]


def test_windows_letters_are_read_and_the_guess_is_reported(tmp_path):
    """A06"""
    path = write(tmp_path / "list", "Name;Ort\nJosé Müller;Zürich “Süd”\n".encode("cp1252"))
    sheet = open_sheet(path)
    assert (sheet.encoding, sheet.encoding_is_guess) == ("cp1252", True)
    assert "CSV UTF-8" in sheet.notes[0]
    assert [row.values for row in sheet.rows()] == [["José Müller", "Zürich “Süd”"]]


def test_a_person_can_say_the_encoding_that_was_guessed_wrong(tmp_path):
    path = write(tmp_path / "list", "Όνομα,Πόλη\nΆννα,Αθήνα\n".encode("cp1253"))
    assert open_sheet(path).headers != ["Όνομα", "Πόλη"]
    sheet = open_sheet(path, encoding="cp1253")
    assert sheet.headers == ["Όνομα", "Πόλη"]
    assert not sheet.encoding_is_guess
    with pytest.raises(ValueError, match="klingon"):
        open_sheet(path, encoding="klingon")


def test_a_letter_that_windows_does_not_have_is_a_problem_of_its_row(tmp_path):
    """A06"""
    path = write(tmp_path / "list", b"Name,Email\nAnn\xe9,a@example.org\nB\x81b,b@example.org\n")
    first, second = open_sheet(path).rows()
    assert first.problem is None
    assert second.problem == "“Name” holds a character that could not be read (cp1252)."


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_divides_the_rows_alike(tmp_path, mark):
    text = "Name,Notes\n".replace(",", mark) + f'Anna{mark}"one, two; three\tfour|five"\n' * 3
    sheet = open_sheet(write(tmp_path / "list", text))
    assert sheet.delimiter == mark
    assert next(sheet.rows()).values == ["Anna", "one, two; three\tfour|five"]


def test_commas_inside_cells_do_not_outvote_the_semicolon(tmp_path):
    text = "Name;Notes\n" + "Anna;a, b, c\n" * 5
    assert open_sheet(write(tmp_path / "list", text)).delimiter == ";"


def test_the_line_that_names_the_delimiter_for_excel_is_no_row(tmp_path):
    sheet = open_sheet(write(tmp_path / "list", "sep=;\nName;Email\nAnna;a@example.org\n"))
    assert sheet.headers == ["Name", "Email"]
    assert [(row.number, row.values) for row in sheet.rows()] == [(2, ["Anna", "a@example.org"])]


def test_one_column_is_a_list_too(tmp_path):
    assert values(write(tmp_path / "list", "Email\na@example.org\n")) == [["a@example.org"]]


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
def test_every_line_end_ends_a_row_the_lone_carriage_return_too(tmp_path, line_end):
    """A06"""
    assert values(write(tmp_path / "list", LIST.replace("\n", line_end))) == PEOPLE


def test_line_breaks_in_quotes_stay_and_do_not_shift_the_row_numbers(tmp_path):
    text = 'Name,Email\n"Anna\nBeatriz","a@example.org"\n\nCem,c@example.org\n'
    rows = list(open_sheet(write(tmp_path / "list", text)).rows())
    assert [(row.number, row.values[0]) for row in rows] == [(2, "Anna\nBeatriz"), (4, "Cem")]


def test_a_nul_is_a_problem_of_its_row_alone(tmp_path):
    """A06"""
    rows = list(open_sheet(write(tmp_path / "list", LIST + "A\0b,a@example.org\n")).rows())
    assert [row.problem is None for row in rows] == [True, True, True, False]
    assert "NUL" in (rows[3].problem or "")
    assert rows[3].number == 5


@pytest.mark.parametrize("after", [0, 3, 511, 512, 513, 1024])
def test_an_open_quote_is_reported_with_its_row_and_with_what_it_swallowed(tmp_path, after):
    """A06"""
    good = "".join(f"P{i},p{i}@example.org\n" for i in range(600))
    swallowed = "".join(f"Q{i},q{i}@example.org\n" for i in range(after))
    path = write(tmp_path / "list", f'Name,Email\n{good}"Open,o@example.org\n{swallowed}')
    *before, last = open_sheet(path).rows()
    assert len(before) == 600
    assert all(row.problem is None for row in before)
    assert last.number == 602
    assert f"({after + 1:,} lines)" in (last.problem or "")


def test_an_open_quote_before_more_than_a_cell_can_hold_is_reported_too(tmp_path):
    """A06"""
    path = write(tmp_path / "list", 'Name,Email\nA,a@example.org\n"' + "x,y@example.org\n" * 20_000)
    first, last = open_sheet(path).rows()
    assert first.problem is None
    assert "not closed" in (last.problem or "")


def test_an_open_quote_in_the_first_row_is_said_at_once(tmp_path):
    with pytest.raises(BrokenText, match="not closed"):
        open_sheet(write(tmp_path / "list", '"Name,Email\nA,a@example.org\n'))


def test_a_cell_of_a_megabyte_is_a_problem_of_its_row_and_the_rest_is_read(tmp_path):
    """A06"""
    giant = "x" * 1_000_000
    path = write(tmp_path / "list", f"Name,Email\n{giant},a@example.org\nB,b@example.org\n")
    first, second = open_sheet(path).rows()
    assert (first.number, first.problem) == (2, "A cell of this row is far too long to be read.")
    assert (second.number, second.values, second.problem) == (3, ["B", "b@example.org"], None)


def test_a_cell_longer_than_a_spreadsheet_allows_is_a_problem_of_its_row(tmp_path):
    path = write(tmp_path / "list", f"Name,Email\n{'x' * 40_000},a@example.org\n")
    (row,) = open_sheet(path).rows()
    assert row.problem == "“Name” holds more than 32,767 letters."


def test_equal_headers_are_numbered_and_reported_and_missing_ones_get_their_letter(tmp_path):
    """A06"""
    text = "Email, Email,,Email (2),Name\na@example.org,b@example.org,c,d,e\n"
    path = write(tmp_path / "list", text.replace("a@", "x,a@", 0))
    sheet = open_sheet(path)
    assert sheet.headers == ["Email", "Email (2)", "Column C", "Email (2) (2)", "Name"]
    assert "“Email”" in sheet.notes[0]


def test_headers_alone_are_a_list_of_nobody(tmp_path):
    """A06"""
    assert values(write(tmp_path / "list", "Name,Email\n")) == []
    assert values(write(tmp_path / "list", "Name,Email\n,\n , \n\n")) == []


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " ,, \n,\n", "\0\0\0\0"])
def test_nothing_is_an_empty_file(tmp_path, content):
    """A06"""
    with pytest.raises(EmptyFile, match="first row should name the columns"):
        open_sheet(write(tmp_path / "list", content))


def test_a_first_row_with_a_person_is_no_header_row(tmp_path):
    with pytest.raises(NoHeaderRow, match="“anna@example"):
        open_sheet(write(tmp_path / "list", "Anna,anna@example.org\nBo,bo@example.org\n"))


def test_too_many_cells_are_a_problem_and_too_few_are_empty(tmp_path):
    text = 'Name,Email\nA,a@example.org,,\nB\nMinister, of Post,c@example.org\n"D",d@example.org\n'
    rows = list(open_sheet(write(tmp_path / "list", text)).rows())
    assert [row.values for row in rows[:2]] == [["A", "a@example.org"], ["B", ""]]
    assert [row.problem is None for row in rows] == [True, True, False, True]
    assert "3 cells and the first row only 2" in (rows[2].problem or "")


def test_our_own_guard_is_taken_away_and_nothing_else(tmp_path):
    """A01"""
    path = write(tmp_path / "list", "Name,Notes\n'=1+1,'t Hooft\nO'Brien,'+1\n''=x,'quoted'\n")
    assert values(path) == [["=1+1", "'t Hooft"], ["O'Brien", "+1"], ["'=x", "'quoted'"]]


@pytest.mark.parametrize(
    "limits",
    [Limits(file_bytes=20), Limits(columns=1), Limits(rows=2)],
    ids=["bytes", "columns", "rows"],
)
def test_each_limit_is_said_with_what_to_do(tmp_path, limits):
    """A04"""
    with pytest.raises(TooLarge, match=r"Divide|Keep only") as refusal:
        values(write(tmp_path / "list", LIST), limits=limits)
    assert refusal.value.status == 413


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><table><tr><td>Email</td></tr></table>", "web page"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><x/>', "web page or XML"),
        ("<html>".encode("utf-16"), "web page"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old Excel"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture"),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "vCard"),
        (b'{"name": "x"}', "JSON"),
        (bytes(range(256)) * 20, "not text"),
    ],
)
def test_what_is_no_list_is_refused_by_its_content_whatever_its_name(tmp_path, content, what):
    """A10"""
    for name in ("list.csv", "list.xlsx"):
        with pytest.raises(NotASpreadsheet, match="not a CSV or XLSX") as refusal:
            open_sheet(write(tmp_path / name, content))
        assert what in str(refusal.value)
        assert refusal.value.status == 415


def test_a_hostile_name_of_a_good_file_changes_nothing(tmp_path):
    """A10"""
    name = '"><img onerror=alert(1)>.exe'
    assert values(write(tmp_path / name, LIST)) == PEOPLE


def test_the_same_bytes_have_the_same_fingerprint_and_the_same_headers_the_same_shape(tmp_path):
    """A07"""
    one = open_sheet(write(tmp_path / "one", LIST))
    again = open_sheet(write(tmp_path / "again", LIST))
    longer = open_sheet(write(tmp_path / "longer", LIST + "D,d@example.org\n"))
    other = open_sheet(write(tmp_path / "other", LIST.replace("Name", "Nom")))
    assert one.fingerprint == again.fingerprint != longer.fingerprint
    assert one.shape == longer.shape != other.shape


def test_the_rows_can_be_read_twice_and_at_once(tmp_path):
    sheet = open_sheet(write(tmp_path / "list", LIST))
    assert [(a.values, b.values) for a, b in zip(sheet.rows(), sheet.rows(), strict=True)] == [
        (person, person) for person in PEOPLE
    ]
