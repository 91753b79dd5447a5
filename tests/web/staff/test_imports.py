"""Bringing a file in by the pages: upload, look, name the columns, press the button that counts."""

import re
from pathlib import Path

import pytest

from outreach.queries.lists import target_list
from outreach.queries.stakeholders import stakeholders
from tests.factories import (
    afresh,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    sign_in,
)

GOOD = (
    "Name;Email;Organisation\n"
    "Ana Paz;ana@example.org;Bank\nJuan;no address;\nZoë;zoe@example.org;\n"
)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


@pytest.fixture
def upload(staff):
    def upload(wanted, content=GOOD, name="people.csv"):
        # As a browser writes it: a quotation mark in the name is %22 (HTML, multipart/form-data).
        name = name.replace('"', "%22")
        body = content.encode() if isinstance(content, str) else content
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        return staff.post(
            f"/staff/lists/{wanted.id}/import",
            data=head.encode() + body + b"\r\n--x--\r\n",
            content_type="multipart/form-data; boundary=x",
        )

    return upload


def text(answer):
    return answer.get_data(as_text=True)


def test_a_file_is_shown_before_anything_is_written_and_the_button_names_the_count(staff, upload):
    wanted = make_list()
    answer = upload(wanted)
    assert answer.status_code == 303
    page = text(staff.get(answer.location))
    assert "Import 2 people" in page
    assert "There is a space or a line break inside the address." in page, "why row 3 is left out"
    assert re.search(r"<td[^>]*>3</td>", page)
    assert "Zoë" in page
    assert afresh(stakeholders).lines == []
    done = staff.post(f"{answer.location}/apply")
    assert (done.status_code, done.location) == (303, f"/staff/lists/{wanted.id}")
    assert afresh(target_list, wanted.id).wanted_count == 2
    assert "2 new people and 0 known ones came in; 1 row was passed over" in text(
        staff.get(done.location)
    )
    page = text(staff.get(answer.location))
    assert "was imported on" in page
    assert "What was odd in the file" in page
    fine = upload(wanted, "Name;Email\nEva;eva@example.org\n").location
    staff.post(f"{fine}/apply")
    assert "What was odd in the file" not in text(staff.get(fine))


def test_the_preview_counts_new_known_and_already_there(staff, upload):
    wanted = make_list()
    make_stakeholder("Ana Paz", "ana@example.org")
    make_target(wanted, make_stakeholder("Zoë", "zoe@example.org"))
    page = text(staff.get(upload(wanted).location))
    numbers = re.findall(r'o-number-value">([\d,]+)<', page)
    assert numbers == ["0", "1", "1", "1"]  # new, known, on the list, with problems
    assert "Import 1 person<" in page


def test_rows_that_count_as_someone_they_resemble_are_listed_with_score_and_reasons(staff, upload):
    bank = make_organisation("Bank")
    person = make_stakeholder("Ana Paz", "ana@home.example.org", bank, country_code="CH")
    place = upload(make_list(), GOOD).location
    said = {"column-0": "full_name", "column-1": "email", "column-2": "organisation"}
    staff.post(f"{place}/columns", data=said | {"likely_score": "87"})
    page = text(staff.get(place))
    assert "of them known by its likeness" in page
    assert f'<a href="/staff/stakeholders/{person.id}" data-sheet><bdi>Ana Paz</bdi></a>' in page
    assert "same name, same organisation" in page
    with staff.get(f"{place}/problems.csv") as answer:
        assert "Likely Ana Paz (90 of 100" in text(answer)
    staff.post(f"{place}/columns", data=said | {"likely_score": "5"})
    assert "likeness" not in text(staff.get(place)), "no other threshold than those shown"


def test_a_double_click_imports_once(staff, upload):
    """A07."""
    wanted = make_list()
    place = upload(wanted).location
    assert staff.post(f"{place}/apply").status_code == 303
    again = staff.post(f"{place}/apply")
    assert again.status_code == 409
    assert "already imported into this list" in text(again)
    refused = upload(wanted)
    assert refused.status_code == 409
    assert "already imported into this list" in text(refused)
    assert afresh(target_list, wanted.id).wanted_count == 2


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"", "people.csv", 422, "This file is empty"),
        (b"<html><script>x</script></html>", "people.xlsx", 415, "a web page or XML"),
        (b"%PDF-1.7", "people.csv", 415, "a PDF document"),
        (b"PK\x03\x04broken", "people.xlsx", 422, "cannot be read"),
        (b"ana@example.org\neva@example.org\n", "people.csv", 422, "should name the columns"),
        (b"a," * 300 + b"\n", "people.csv", 413, "wider than 200 columns"),
    ],
)
def test_a_file_that_is_no_list_is_told_and_not_kept(app, upload, content, name, status, said):
    folder = Path(app.config["INSTANCE_DIR"]) / "imports"
    before = set(folder.glob("*"))
    answer = upload(make_list(), content, name)
    assert answer.status_code == status
    assert said in text(answer)
    assert set(folder.glob("*")) == before


def test_a_file_larger_than_an_upload_may_be_is_refused(staff, upload, monkeypatch):
    """A04."""
    monkeypatch.setattr("outreach.web.staff.imports.LARGEST_UPLOAD", 1_000)
    answer = upload(make_list(), "Name,Email\n" + "Ana,ana@example.org\n" * 100)
    assert answer.status_code == 413
    assert "The file is too large" in text(answer)


def test_no_file_at_all_is_told(staff):
    answer = staff.post(f"/staff/lists/{make_list().id}/import", data={})
    assert answer.status_code == 422
    assert "Choose a file, or paste rows below." in text(answer)


def test_a_file_without_an_address_column_asks_which_one_it_is(staff, upload):
    wanted = make_list()
    place = upload(wanted, "A,B\nAna,ana@example.org\n").location
    page = text(staff.get(place))
    assert "None of the columns holds e-mail addresses" in page
    assert "/apply" not in page
    assert staff.post(f"{place}/apply").status_code == 422
    staff.post(f"{place}/columns", data={"column-0": "full_name", "column-1": "email"})
    assert "Import 1 person<" in text(staff.get(place))
    assert staff.post(f"{place}/apply").status_code == 303
    assert [line.name for line in afresh(stakeholders).lines] == ["Ana"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"column-0": "email", "column-1": "email"}, "Two columns are said to hold “E-mail"),
        ({"column-0": "soul"}, "No field is named “soul”."),
    ],
)
def test_columns_that_cannot_be_are_told(staff, upload, columns, said):
    place = upload(make_list()).location
    answer = staff.post(f"{place}/columns", data=columns, follow_redirects=True)
    assert said in text(answer)
    assert "Import 2 people" in text(answer)


def test_rows_pasted_from_a_spreadsheet_come_in_too(staff):
    wanted = make_list()
    rows = "Name\tEmail\nAna Paz\tana@example.org\n"
    answer = staff.post(f"/staff/lists/{wanted.id}/import", data={"rows": rows})
    assert "<bdi>Pasted rows</bdi> bring " in text(staff.get(answer.location))
    staff.post(f"{answer.location}/apply")
    assert [line.name for line in afresh(stakeholders).lines] == ["Ana Paz"]


def test_a_hostile_file_name_is_only_ever_text(staff, upload):
    """A10."""
    name = '"><img src=x onerror=alert(1)>.csv'
    page = text(staff.get(upload(make_list(), name=name).location))
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_every_problem_can_be_taken_away_as_a_file(staff, upload):
    rows = "Name,Email\n" + "".join(f"P{n},bad{n}\n" for n in range(300)) + "Ana,ana@example.org\n"
    place = upload(make_list(), rows).location
    page = text(staff.get(place))
    assert "The first 200 are shown." in page
    with staff.get(f"{place}/problems.csv") as answer:
        lines = answer.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 301
    assert lines[0] == '"Row","Column","The row is","Reason"'
    assert lines[1].startswith('"2","Email","left out"')


def test_a_file_thrown_away_is_gone(staff, upload):
    wanted = make_list()
    place = upload(wanted).location
    assert staff.post(f"{place}/discard").location == f"/staff/lists/{wanted.id}"
    assert "was thrown away" in text(staff.get(place))
    assert staff.post(f"{place}/apply").status_code == 409
    assert upload(wanted).status_code == 303


def test_looking_changes_nothing(staff, upload):
    """GET and HEAD import nobody."""
    place = upload(make_list()).location
    for _ in range(3):
        staff.get(place)
        staff.head(place)
        with staff.get(f"{place}/problems.csv"):
            pass
    assert staff.get(f"{place}/apply").status_code == 405
    assert afresh(stakeholders).lines == []


def test_a_button_pressed_in_a_second_tab_says_how_the_import_stands(staff, upload):
    place = upload(make_list(), "Name,Email\nAna,ana@example.org\n").location
    staff.post(f"{place}/apply")
    for button in ("pause", "resume"):
        page = text(staff.post(f"{place}/{button}", follow_redirects=True))
        assert f"cannot be {button}d now: it is finished." in page
        assert "was imported on" in page


def test_a_file_with_problems_is_refused_as_a_whole_as_often_as_one_likes(staff, upload):
    place = upload(make_list()).location
    chosen = {"column-0": "full_name", "column-1": "email", "column-2": "organisation"}
    for _ in range(4):
        staff.post(f"{place}/columns", data=chosen | {"is_whole": "y"})
        page = text(staff.post(f"{place}/apply", follow_redirects=True))
        assert page.count("Nothing was imported: 1 row has problems, and all rows or none") == 1
        assert "HasProblems" not in page
    staff.post(f"{place}/columns", data=chosen)
    assert "2 new people" in text(staff.post(f"{place}/apply", follow_redirects=True))


def test_a_page_that_watches_an_import_opens_it_when_its_state_is_another(staff, upload):
    """As it was opened, even where it is the answer to a second press: nothing is pressed again."""
    place = upload(make_list(), "Name,Email\nAna,ana@example.org\n").location
    seen = staff.get(f"{place}/standing?state=previewed")
    assert "HX-Redirect" not in seen.headers
    staff.post(f"{place}/apply")
    assert staff.get(f"{place}/standing?state=previewed").headers["HX-Redirect"] == place
