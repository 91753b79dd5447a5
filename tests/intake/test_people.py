"""Rows become people; what is wrong with one is said, with its row and column."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.intake.columns import guess_mapping
from outreach.intake.fields import FIELDS
from outreach.intake.people import PersonReader, PersonRow, RefusedRow, check_rows, read_row
from outreach.intake.reading import ONLY_AN_ORGANISATION
from outreach.intake.spreadsheet import Row, open_sheet
from outreach.intake.unreadable import NoAddressColumn
from tests.intake.files import write


def read(needs_address=True, **cells):
    """A row of one cell for each field; a good address stands in where none is given."""
    cells = {"email": "a@example.org", "full_name": "Anna", **cells}
    row = Row(7, list(cells.values()), None)
    mapping = dict(enumerate(cells))
    return read_row(row, list(cells), mapping, needs_address=needs_address)


def taken(**cells):
    person = read(**cells)
    assert isinstance(person, PersonRow), person
    return person


def reasons(outcome):
    return [
        (problem.column, problem.reason)
        for problem in (outcome.problems if isinstance(outcome, RefusedRow) else outcome.warnings)
    ]


NAMES = [
    "Ñandú O’Brien-d'Artagnan",
    "محمد بن عبد الله",
    "张伟",
    "van der Berg",
    "MÜLLER",
    "i",
    "李",
    "Wolfeschlegelsteinhausenbergerdorff" * 2 + "Jr. de la T",
    "=cmd|x",
    "{{ email }}",
    "<script>alert(1)</script>",
    "None",
    "Null",
    "NA",
    "می\u200cخواهم",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_as_its_owner_writes_it(name):
    """A13, A14"""
    person = taken(full_name=name, given_name=name, family_name=name)
    assert person.full_name == person.given_name == person.family_name == name
    assert person.warnings == ()


def test_every_field_is_read():
    person = taken(
        email=" Anna.Weber@Example.org ", given_name="Anna", family_name="Weber", title="H.E. Dr",
        salutation="Your Excellency", office="Minister of Post", organisation="Post & Co",
        country="Korea (Republic of)", language="français", gender="Femme", group="youth",
        region="Africa", kind="Fund owner; beneficiary", tags="ai, spectrum; ai", star="Oui",
        tier="Tier 2", rank="#12", why="Funds\r\nfibre", notes="a\nb",
        phone="+41 22 730 51 11, office",
        other_emails="a@x.org; b@x.org", pronouns="she/her",
        owner="bo@x.org", title_fr="S.E.", salutation_ar="معالي",
        external_id="0007", assistant_name="Bo", assistant_email="bo@example.org",
    )  # fmt: skip
    assert person.row == 7
    assert person.address.email == "Anna.Weber@example.org"
    assert (person.title, person.salutation) == ("H.E. Dr", "Your Excellency")
    assert (person.office, person.organisation) == ("Minister of Post", "Post & Co")
    assert (person.country, person.language, person.gender) == ("KR", "fr", "female")
    assert (person.group, person.region) == ("youth", "Africa")
    assert person.kind == ("fund_owner", "beneficiary")
    assert person.tags == ("ai", "spectrum")
    assert (person.star, person.tier, person.rank) == (True, 2, 12)
    assert (person.why, person.notes) == ("Funds\nfibre", "a\nb")
    assert person.phone == (("+41 22 730 51 11", "41227305111", "office"),)
    assert person.external_id == "0007"
    assert [address.key for address in person.other_addresses] == ["a@x.org", "b@x.org"]
    assert (person.pronouns, person.owner) == ("she/her", "bo@x.org")
    assert person.more == {"title_fr": "S.E.", "salutation_ar": "معالي"}
    assert (person.assistant_name, person.assistant_address.key) == ("Bo", "bo@example.org")
    assert person.warnings == ()


def test_the_name_to_show_follows_the_order_of_its_letters():
    assert PersonRow(1, given_name="Anna", family_name="Weber").name == "Anna Weber"
    assert PersonRow(1, given_name="伟", family_name="张").name == "张伟"
    assert PersonRow(1, family_name="Weber").name == "Weber"
    assert PersonRow(1, full_name="Weber, A.", given_name="Anna").name == "Weber, A."


def test_what_is_not_said_stays_empty():
    person = taken(country="", star="  ", notes="\n", tags=" , ;")
    assert (person.country, person.star, person.notes, person.tags) == (None, None, "", ())
    assert person.warnings == ()


@pytest.mark.parametrize("address", ["not an address", "a@b@c", "x@example.org; y@example.org"])
def test_a_malformed_address_refuses_the_row_and_names_the_column(address):
    """A08"""
    refused = read(email=address)
    assert isinstance(refused, RefusedRow)
    assert refused.row == 7
    (problem,) = refused.problems
    assert (problem.row, problem.column, problem.is_warning) == (7, "email", False)


def test_a_row_without_an_address_is_refused_or_taken_as_asked():
    assert reasons(read(email="", full_name="", organisation="Bank")) == [
        ("", ONLY_AN_ORGANISATION)
    ]
    assert reasons(read(email="")) == [("", "There is no address in this row.")]
    person = read(needs_address=False, email="")
    assert isinstance(person, PersonRow)
    assert person.address is None
    assert reasons(person) == [("", "There is no address in this row.")]


def test_a_row_without_a_name_is_taken_with_a_warning():
    assert reasons(taken(full_name=" ")) == [("", "There is no name in this row.")]


@pytest.mark.parametrize("length", [201, 10_000])
def test_a_name_of_more_than_200_letters_is_refused(length):
    """A15"""
    assert isinstance(taken(full_name="é" * 200), PersonRow)
    refused = read(full_name="é" * length)
    assert reasons(refused) == [("full_name", f"is longer than 200 letters ({length:,})")]
    assert isinstance(read(full_name="e" * length), RefusedRow)


@pytest.mark.parametrize("code", [0, 7, 27, 0x7F, 0x202A, 0x202E, 0x2066, 0x2069, 0xE0041])
def test_a_control_character_or_override_of_direction_refuses_the_name(code):
    """A15, A26"""
    refused = read(full_name=f"An{chr(code)}na")
    assert isinstance(refused, RefusedRow)
    assert f"U+{code:04X}" in refused.problems[0].reason
    assert chr(code) not in refused.problems[0].reason


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t", "\x0b", "\x85", "\u2028", "\u2029"])
def test_a_line_break_in_a_line_becomes_a_space_and_is_reported(end):
    """A15"""
    person = taken(organisation=f"Ministry {end}of Post{end}", full_name="Anna")
    assert person.organisation == "Ministry of Post"
    assert reasons(person) == [("organisation", "a line break became a space")]


def test_what_has_no_width_is_taken_out_and_what_joins_letters_stays():
    person = taken(full_name="\ufeffAn\u200bna می\u200cخواهم")
    assert person.full_name == "Anna می\u200cخواهم"
    assert reasons(person) == [("full_name", "invisible characters were taken out")]


def test_names_are_composed():
    """A09"""
    assert taken(full_name=unicodedata.normalize("NFD", "Zoë")).full_name == "Zoë"


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("country", "Narnia"),
        ("country", "Korea"),
        ("language", "Quenya?"),
        ("gender", "Mr"),
        ("kind", "fund owner, clown"),
        ("tier", "eleven"),
        ("rank", "-3"),
        ("wave", "10"),
        ("star", "perhaps"),
        ("assistant_email", "bo"),
        ("organisation", "#REF!"),
        ("office", "x" * 301),
    ],
)
def test_what_cannot_be_read_is_left_empty_with_a_warning_and_the_row_is_taken(field, cell):
    person = taken(**{field: cell})
    attribute = {"assistant_email": "assistant_address"}.get(field, field)
    assert getattr(person, attribute) in (None, "", ())
    (problem,) = person.warnings
    assert (problem.column, problem.is_warning) == (field, True)


def test_namibia_is_not_missing():
    assert taken(country="NA").country == "NA"


def test_stars_are_marked_in_many_ways():
    for yes in ("yes", "Y", "1", "TRUE", "x", "★", "**", "да", "نعم", "是", "sí"):
        assert taken(star=yes).star is True
    for no in ("no", "0", "false", "нет", "لا", "否", "☆"):
        assert taken(star=no).star is False


def outcomes(tmp_path, text, **options):
    with open_sheet(write(tmp_path / "list", text)) as sheet:
        return list(check_rows(sheet, guess_mapping(sheet.headers), **options))


def test_the_same_person_twice_in_a_file_is_refused_and_names_the_first_row(tmp_path):
    """A07"""
    text = "Name,Email\nZoë W,z@example.org\nBo,b@example.org\nZOE w,Z@EXAMPLE.org\n"
    first, second, third = outcomes(tmp_path, text)
    assert isinstance(first, PersonRow)
    assert isinstance(second, PersonRow)
    assert reasons(third) == [("", "Z@example.org: same address as row 2")]
    assert isinstance(third, RefusedRow)


def test_two_people_of_one_office_address_are_both_taken_the_second_with_a_warning(tmp_path):
    text = "Name,Email\nAnna,office@example.org\nBo,office@example.org\nBo,Office@example.org\n"
    _, second, third = outcomes(tmp_path, text)
    assert isinstance(second, PersonRow)
    assert reasons(second) == [
        ("", "office@example.org is the address of row 2 too, under another name")
    ]
    assert reasons(third)[0] == ("", "Office@example.org: same address as row 3")
    assert isinstance(third, RefusedRow)


def test_a_look_alike_address_is_marked_and_is_another_person(tmp_path):
    """A09"""
    latin, cyrillic = outcomes(
        tmp_path, "Name,Email\nAnna,anna@example.org\nAnna,аnna@example.org\n"
    )
    assert isinstance(cyrillic, PersonRow)
    assert cyrillic.address.is_lookalike
    assert cyrillic.address.skeleton == latin.address.skeleton


def test_a_file_without_an_address_column_is_refused_before_its_rows(tmp_path):
    with pytest.raises(NoAddressColumn), open_sheet(write(tmp_path / "l", "Name\nAnna\n")) as sheet:
        check_rows(sheet, guess_mapping(sheet.headers))


def test_a_broken_row_is_one_refusal_and_the_others_are_read(tmp_path):
    """A06"""
    text = 'Name,Email\nA\0,a@example.org\nB,b@example.org\nC,c,d\n"D,d@example.org\n'
    assert [type(one) for one in outcomes(tmp_path, text)] == [
        RefusedRow, PersonRow, RefusedRow, RefusedRow,
    ]  # fmt: skip


@given(st.lists(st.text(max_size=30), min_size=len(FIELDS), max_size=len(FIELDS)))
def test_any_cells_at_all_give_a_person_or_a_refusal_with_its_reason(cells):
    """A06"""
    outcome = read_row(Row(2, cells, None), list(FIELDS), dict(enumerate(FIELDS)))
    if isinstance(outcome, RefusedRow):
        assert all(problem.reason for problem in outcome.problems)
    else:
        for line in (outcome.full_name, outcome.office, outcome.organisation):
            assert line == line.strip()
            assert "\n" not in line
            assert unicodedata.is_normalized("NFC", line)


CELLS = st.sampled_from(
    ["", " ", "a@example.org", "A@Example.org ", "a@b@c", "é@example.org", "Zoë", "e\u0301", "张伟",
     "#N/A", "#1", "a\nb", "x\u200by", "a\u202eb", "fr", "French", "no such place", "1", "9" * 61,
     "é" * 301, "KE", "yes", "Fund owner; nobody", "ai, spectrum", "\tx", "O'Neil"]
)  # fmt: skip


@given(
    st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=12),
    st.permutations(sorted(FIELDS)),
    st.booleans(),
)
def test_rows_read_together_give_what_each_gives_alone(rows, codes, needs_address):
    mapping = dict(enumerate(["email", *[code for code in codes if code != "email"][:7]]))
    mapping[7] = "tags" if mapping[6] == "tags" else mapping[7]
    headers = [f"{number} {code}" for number, code in mapping.items()]
    sheet_rows = [Row(number, cells, None) for number, cells in enumerate(rows, 2)]
    reader = PersonReader(headers, mapping, needs_address=needs_address)
    assert reader.read_many(sheet_rows) == [reader.read(row) for row in sheet_rows]
