"""Organisations: found, written down, corrected; who speaks for one, and who authorised that."""

import re
from html import unescape

import pytest

from outreach.actions.custom_fields import add_custom_field
from outreach.db import reading
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.models.stakeholder import Standing
from outreach.queries.organisations import focal_points_of, organisation, organisations
from tests.factories import (
    NOON,
    afresh,
    make_organisation,
    make_stakeholder,
    sign_in,
    the_conference,
    the_group,
)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def text(answer):
    return answer.get_data(as_text=True)


def opened(staff, place):
    page = text(staff.get(place))
    return {
        name: unescape(re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1])
        for name in ("version", "seen")
    }


def save(staff, place, **said):
    return staff.post(place, data=opened(staff, place) | said)


def test_an_organisation_is_written_down_with_its_standing_and_found(staff):
    add_custom_field(CustomSubject.ORGANISATION, CustomKind.YES_NO, "Pledged", by=CONSOLE, at=NOON)
    above = make_organisation("Ministry of Posts")
    answer = save(
        staff, "/staff/organisations/new", name="Agence Numérique d’Été", country="Sénégal",
        parent="ministry of posts", group=str(the_group().id), custom_pledged="yes",
        legal_status="observer",
    )  # fmt: skip
    assert answer.status_code == 303, text(answer)
    conference = the_conference()
    (line,) = afresh(organisations, conference.id, "ete numerique").lines
    assert (line.country_code, line.group) == ("SN", the_group().name)
    assert organisation(line.id).parent_id == above.id
    page = text(staff.get(f"/staff/organisations/{line.id}"))
    for shown in ("admitted as observer", "Ministry of Posts", "Pledged", "Senegal"):
        assert shown in page
    assert "Agence Numérique" in text(staff.get(f"/staff/organisations/{above.id}"))
    assert "Agence" in text(staff.get("/staff/organisations?sort=-country&q=agence"))
    again = save(staff, "/staff/organisations/new", name="AGENCE NUMERIQUE D'ETE")
    assert again.status_code == 409
    assert "already" in text(again)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Type the name"),
        ("country", "Atlantis", "is not a known country"),
        ("parent", "Nobody knows", "No organisation of this name"),
        ("parent", "Bank of the Lakes", "cannot be part of itself"),
        ("group", "999", "Not a valid choice"),
    ],
)
def test_what_cannot_stand_is_said_and_nothing_is_saved(staff, field, typed, said):
    bank = make_organisation("Bank of the Lakes", country="KE")
    place = f"/staff/organisations/{bank.id}/edit"
    answer = save(staff, place, **{"name": "Bank of the Lakes", "notes": "New", field: typed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert afresh(organisation, bank.id).notes == ""


def test_of_two_who_correct_one_organisation_the_second_chooses(staff):
    bank = make_organisation("Bank of the Lakes", group="development_finance", country="KE")
    place = f"/staff/organisations/{bank.id}/edit"
    seen = opened(staff, place)
    said = {"name": "Bank of the Lakes", "country": "Kenya", "group": str(the_group().id)}
    staff.post(place, data=seen | said | {"notes": "Theirs"})
    late = staff.post(place, data=seen | said | {"notes": "Mine"})
    assert late.status_code == 409
    assert "What changed meanwhile" in text(late)
    for words in ("Theirs", "Mine"):
        assert f"<bdi>{words}</bdi>" in text(late)
    assert afresh(organisation, bank.id).notes == "Theirs"
    assert reading().query(Standing).filter_by(organisation_id=bank.id).count() == 1


def test_who_speaks_for_it_is_kept_with_who_authorised_that_and_when(staff):
    bank = make_organisation("Ministry of Posts")
    first, second = (make_stakeholder(name, organisation=bank) for name in ("Ana Paz", "Li Wei"))
    place = f"/staff/organisations/{bank.id}/focal-points"
    said = {"authorised_by": "note verbale 12/2026", "authorised_on": "2026-08-30"}
    for person in (first, second):
        assert staff.post(place, data=said | {"person": str(person.id)}).status_code == 303
    now, before = afresh(focal_points_of, bank.id)
    assert (now.name, now.authorised_by, now.ended_at) == ("Li Wei", "note verbale 12/2026", None)
    assert (before.name, before.ended_at is not None) == ("Ana Paz", True)
    page = text(staff.get(f"/staff/organisations/{bank.id}"))
    assert "Authorised by <bdi>note verbale 12/2026</bdi> on 30 August 2026" in page
    stranger = make_stakeholder()
    assert staff.post(place, data=said | {"person": str(stranger.id)}).status_code == 422
    late = {"person": str(first.id), "authorised_on": "2999-01-01"}
    assert staff.post(place, data=said | late).status_code == 422
    staff.post(f"/staff/focal-points/{now.id}/end")
    assert all(one.ended_at for one in afresh(focal_points_of, bank.id))


def test_its_page_counts_women_among_those_who_stated_it(staff):
    bank = make_organisation()
    for gender in ("female", "male", "male", "", "undisclosed"):
        make_stakeholder(organisation=bank, gender=gender)
    page = text(staff.get(f"/staff/organisations/{bank.id}"))
    assert "1 woman, 2 men (33 % women of those who stated it); 2 stated no gender" in page


def test_a_page_of_organisations_follows_another(staff):
    for number in range(5):
        make_organisation(f"Bank {number}", country="KE")
    for sort in ("name", "-name", "country", "-country"):
        first = organisations(None, sort=sort, limit=3)
        second = organisations(None, sort=sort, after=first.next, limit=3)
        names = [line.name for line in first.lines + second.lines]
        assert sorted(names) == [f"Bank {number}" for number in range(5)]
        assert names == sorted(names, reverse=sort.startswith("-"))


def test_organisations_come_from_pasted_rows_and_go_again_by_one_button(staff):
    add_custom_field(CustomSubject.ORGANISATION, CustomKind.NUMBER, "Staff", by=CONSOLE, at=NOON)
    place = "/staff/organisations/import"
    assert staff.post(place, data={}).status_code == 422
    rows = "Bezeichnung\tCountry\tStaff\tGroup\nBank\tKenya\t12\tacademia\nHaus\t\tmany\t\n"
    preview = staff.post(place, data={"rows": rows}).location
    assert "Say which column holds the names" in text(staff.get(preview))
    said = {"column-0": "name", "column-1": "country", "column-2": "custom_staff"}
    staff.post(f"{preview}/columns", data=said | {"column-3": "group", "likely_score": "97"})
    page = text(staff.get(preview))
    assert "Import 2 organisations</button>" in page
    assert "is not a number" in page
    assert "counts as that person" not in page, "a likeness is of people"
    assert afresh(organisations, the_conference().id).lines == []
    done = staff.post(f"{preview}/apply")
    assert done.location == "/staff/organisations"
    page = text(staff.get(done.location))
    assert "2 new organisations and 0 known ones came in; 0 rows were passed over" in page
    (line,) = afresh(organisations, the_conference().id, "bank").lines
    assert (line.country_code, line.group, line.region) == ("KE", "Academia", "Africa")
    assert "Written down from a file: Pasted rows" in text(
        staff.get(f"/staff/organisations/{line.id}")
    )
    with staff.post("/staff/organisations/export", data={"form": "csv", "q": "bank"}) as answer:
        (_, row) = text(answer).splitlines()
        assert row.startswith('"Bank","KE","","","Academia","Africa"')
        assert row.endswith(',"12"')
    assert "Pasted rows" in text(staff.get(place))
    staff.post(f"{preview}/take-back")
    assert "Everything is as it was before: new organisations are gone" in text(staff.get(preview))
    assert afresh(organisations, the_conference().id).lines == []
