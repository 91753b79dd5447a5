"""Organisations: found, written down, corrected; who speaks for one, and who authorised that."""

import csv
import json
import re
from html import unescape

import pytest

from outreach.actions.custom_fields import add_custom_field
from outreach.actions.invitations import answer_invitation
from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.models.invitation import Reply
from outreach.models.stakeholder import Standing
from outreach.queries.organisations import focal_points_of, organisation, organisations
from outreach.queries.shapes import Ground
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_message,
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


def named(words):
    return Rule.of([Condition("words", (words,))])


def shown(staff, address):
    return re.findall(r"data-row-link><bdi>(.*?)</bdi>", text(staff.get(address)))


def taken(staff, page):
    """The names in the file that the page offers."""
    rule = unescape(re.search(r'name="rule" value="([^"]*)"', page)[1])
    with staff.post("/staff/organisations/export", data={"rule": rule, "form": "csv"}) as answer:
        return [row[0] for row in csv.reader(text(answer).splitlines()[1:])]


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
    (line,) = afresh(organisations, Ground(conference.id, NOON), named("ete numerique")).lines
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
        first = organisations(Ground(0, NOON), sort=sort, limit=3)
        second = organisations(Ground(0, NOON), sort=sort, after=first.next, limit=3)
        names = [line.name for line in first.lines + second.lines]
        assert sorted(names) == [f"Bank {number}" for number in range(5)]
        assert names == sorted(names, reverse=sort.startswith("-"))


FOUND = {
    "group=academia": ["Abu", "Bo"],
    "not.group=academia": ["École d’Été"],
    "region=AFR": ["Abu"],
    "country=FR&country=KE": ["Abu", "École d’Été"],
    "custom_pledge=gold": ["Abu", "École d’Été"],
    "custom_pledge=Gold&custom_staff=10..20": ["École d’Été"],
    "not.custom_staff=any&q=B": ["Abu", "Bo"],
    "q=ete%20ecole": ["École d’Été"],
    "q=ecolle": ["École d’Été"],
    "custom_staff=many": [],
    "custom_badge=yes": [],
    "gender=female": [],
}


def test_a_sentence_says_which_organisations_are_shown_and_taken(staff):
    for subject, kind, label, choices in [
        (CustomSubject.ORGANISATION, CustomKind.CHOICE, "Pledge", ["Gold", "Silver"]),
        (CustomSubject.ORGANISATION, CustomKind.NUMBER, "Staff", []),
        (CustomSubject.PERSON, CustomKind.YES_NO, "Badge", []),
    ]:
        add_custom_field(subject, kind, label, choices=choices, by=CONSOLE, at=NOON)
    make_organisation("Bo", group="academia", country="ZZ")
    for name, country, group, number in [
        ("Abu", "KE", "academia", ""), ("École d’Été", "FR", "media", "12"),
    ]:  # fmt: skip
        save(
            staff, "/staff/organisations/new", name=name, country=country, custom_pledge="Gold",
            group=str(the_group(group).id), custom_staff=number,
        )  # fmt: skip
    for address, names in FOUND.items():
        place = f"/staff/organisations?{address}"
        page = text(staff.get(place))
        assert shown(staff, place) == names, address
        count = {0: "No organisation fits", 1: "1 organisation fits"}
        assert count.get(len(names), f"{len(names)} organisations fit") in page, address
        if names:
            assert taken(staff, page) == names, address


def test_the_sentence_is_built_by_clicking_from_what_organisations_have(staff):
    add_custom_field(CustomSubject.ORGANISATION, CustomKind.YES_NO, "Pledged", by=CONSOLE, at=NOON)
    add_custom_field(CustomSubject.PERSON, CustomKind.YES_NO, "Badge", by=CONSOLE, at=NOON)
    make_organisation("Bo", group="academia")
    page = text(staff.get("/staff/organisations?group=academia&sort=-country"))
    more = re.search(r"<summary[^>]*>and …</summary>(.*?)</details>", page, re.DOTALL)[1]
    assert re.findall(r">([^<]+)</a>", more) == ["Region", "Country", "Pledged"]
    added = unescape(re.findall(r'href="([^"]+)"', more)[2])
    assert "sort=-country" in added
    opened = text(staff.get(added))
    assert re.findall(r'<summary id="part-[^"]*">(.*?)</summary>', opened)[:3] == [
        "Academia",
        "…",
        "and …",
    ]
    assert 'name="custom_pledged" value="yes"' in opened
    assert "Show these organisations" in opened


def test_organisations_come_from_pasted_rows_and_go_again_by_one_button(staff):
    add_custom_field(CustomSubject.ORGANISATION, CustomKind.NUMBER, "Staff", by=CONSOLE, at=NOON)
    place = "/staff/organisations/import"
    assert staff.post(place, data={}).status_code == 422
    rows = "Bezeichnung\tCountry\tStaff\tGroup\nBank\tKenya\t12\tacademia\nHaus\t\tmany\t\n"
    preview = staff.post(place, data={"rows": rows}).location
    page = text(staff.get(preview))
    assert "Say which column holds the names" in page
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/staff/stakeholders"]
    said = {"column-0": "name", "column-1": "country", "column-2": "custom_staff"}
    staff.post(f"{preview}/columns", data=said | {"column-3": "group", "likely_score": "97"})
    page = text(staff.get(preview))
    assert "Import 2 organisations</button>" in page
    assert "is not a number" in page
    assert "counts as that person" not in page, "a likeness is of people"
    assert afresh(organisations, Ground(the_conference().id, NOON)).lines == []
    done = staff.post(f"{preview}/apply")
    assert done.location == "/staff/organisations"
    page = text(staff.get(done.location))
    assert "2 new organisations and 0 known ones came in; 0 rows were passed over" in page
    (line,) = afresh(organisations, Ground(the_conference().id, NOON), named("bank")).lines
    assert (line.country_code, line.group, line.region) == ("KE", "Academia", "Africa")
    assert "Written down from a file: Pasted rows" in text(
        staff.get(f"/staff/organisations/{line.id}")
    )
    bank = {"form": "csv", "rule": json.dumps(named("bank").to_json())}
    with staff.post("/staff/organisations/export", data=bank) as answer:
        (_, row) = text(answer).splitlines()
        assert row.startswith('"Bank","KE","","","Academia","Africa"')
        assert row.endswith(',"12"')
    assert "Pasted rows" in text(staff.get(place))
    staff.post(f"{preview}/take-back")
    assert "Everything is as it was before: new organisations are gone" in text(staff.get(preview))
    assert afresh(organisations, Ground(the_conference().id, NOON)).lines == []


def test_the_time_line_tells_what_happened_to_its_people_and_names_them(staff, monkeypatch):
    body = make_organisation()
    ana, ben = make_stakeholder("Ana Paz", None, body), make_stakeholder("Ben", None, body)
    make_message(ana, make_invitation(ana))
    answer_invitation(make_invitation(ben).id, Reply.ACCEPTED, "", at=NOON)
    place = f"/staff/organisations/{body.id}"
    staff.post(f"{place}/notes", data={"text": "Met in Kigali"})
    page = re.sub(r"<[^>]+>", "", text(staff.get(place)))
    assert "Ana Paz: Invited to" in page
    assert "Ana Paz: Invitation mail for" in page
    assert "Ben: Answer" in page
    assert "Met in Kigali" in page
    answers = re.sub(r"<[^>]+>", "", text(staff.get(f"{place}?kind=answer")))
    assert "Ben: Answer" in answers
    assert "Invitation mail" not in answers
    monkeypatch.setattr("outreach.queries.happenings.MOST_PEOPLE", 1)
    own = re.sub(r"<[^>]+>", "", text(staff.get(place)))
    assert "Ana Paz: Invited" not in own
    assert "Met in Kigali" in own
