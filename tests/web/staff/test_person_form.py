"""All that is known of a person, in one form: duplicates on entry, two who edit at once."""

import re
from datetime import timedelta
from html import unescape

import pytest

from outreach.actions.custom_fields import add_custom_field
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.models.invitation import InvitationState
from outreach.queries.custom_fields import custom_fields, custom_values
from outreach.queries.details import details_of
from outreach.queries.happenings import happenings_of
from outreach.queries.stakeholders import person, stakeholders
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_invitation,
    make_message,
    make_organisation,
    make_stakeholder,
    sign_in,
)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def text(answer):
    return answer.get_data(as_text=True)


def hidden(page):
    """What the form remembers of the record."""
    return {
        name: unescape(re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1])
        for name in ("version", "seen")
    }


def opened(staff, known):
    return hidden(text(staff.get(f"/staff/stakeholders/{known.id}/edit")))


def test_everything_that_is_typed_of_a_person_is_kept_and_shown_again(staff):
    owner = make_account(name="Inès Caldeira")
    field_id = add_custom_field(
        CustomSubject.PERSON, CustomKind.DATE, "Arrives on", by=CONSOLE, at=NOON
    )
    known = make_stakeholder("Аида Ким", "aida@example.org")
    place = f"/staff/stakeholders/{known.id}/edit"
    said = {
        "full_name": "Аида Ким", "email": "aida@example.org", "office": "Minister of Health",
        "pronouns": "she/her", "time_zone": "Asia/Bishkek", "owner": str(owner.id),
        "kinds": ["fund_owner", "beneficiary"], "tags": "Silk Road, très important, silk road",
        "phones": "+996 312 66 22 11, office\n0700 123 456", "title_ru": "Госпожа",
        "salutation_fr": "Madame la Ministre", "custom_arrives_on": "2026-11-08",
        "gender": "female",
    }  # fmt: skip
    answer = staff.post(place, data=opened(staff, known) | said)
    assert answer.status_code == 303, text(answer)
    now, details = afresh(person, known.id), details_of(known.id)
    assert (now.protocol_category, now.owner, now.version) == ("minister", "Inès Caldeira", 2)
    assert [number for number, _, _ in details.phones] == ["+996 312 66 22 11", "0700 123 456"]
    assert sorted(details.kinds) == ["beneficiary", "fund_owner"]
    assert details.tags == ["Silk Road", "très important"]
    assert details.forms == {"ru": ("Госпожа", ""), "fr": ("", "Madame la Ministre")}
    page = text(staff.get(f"/staff/stakeholders/{known.id}"))
    for shown in ("Minister", "Госпожа", "she/her", "Fund owner", "2026-11-08", "Inès Caldeira"):
        assert shown in page
    again = text(staff.get(place))
    assert 'value="2026-11-08"' in again
    assert "0700 123 456" in again
    staff.post("/staff/stakeholders/0/edit", data=said)
    assert staff.post(place, data=hidden(again) | said).status_code == 303
    assert afresh(person, known.id).version == 2, "saved twice, changed once"
    assert custom_values(CustomSubject.PERSON, [known.id])[known.id].keys() == {field_id}
    assert custom_fields(CustomSubject.ORGANISATION) == []


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("phones", "call me", "is not a phone number"),
        ("time_zone", "Mars/Olympus", "This is no time zone"),
        ("custom_visits", "many", "is not a number"),
        ("owner", "99999", "Not a valid choice"),
        ("tags", "x" * 61, "A tag has at most 60 letters"),
        ("pronouns", "she\u202e", "This holds right-to-left override"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_saved(
    staff, field, typed, said
):
    add_custom_field(CustomSubject.PERSON, CustomKind.NUMBER, "Visits", by=CONSOLE, at=NOON)
    known = make_stakeholder("Ana Paz", "ana@example.org", office="Engineer")
    data = opened(staff, known) | {"full_name": "Ana Paz", "email": "ana@example.org", field: typed}
    answer = staff.post(f"/staff/stakeholders/{known.id}/edit", data=data)
    assert answer.status_code == 422
    assert said in text(answer)
    assert afresh(person, known.id).office == "Engineer"


def test_the_second_of_two_sees_each_change_and_chooses(staff):
    known = make_stakeholder("Ana Paz", "ana@example.org", office="Engineer", notes="Old")
    place = f"/staff/stakeholders/{known.id}/edit"
    seen = opened(staff, known)
    said = {"full_name": "Ana Paz", "email": "ana@example.org", "office": "Engineer"}
    staff.post(place, data=seen | said | {"office": "Governor", "notes": "Old", "phones": "123456"})
    late = staff.post(place, data=seen | said | {"office": "Director", "notes": "New"})
    page = text(late)
    assert late.status_code == 409
    rows = re.findall(r'<td class="o-row-name">(\w[\w ]*)', page)
    assert rows == ["Office held", "Phones"], "what the other one changed, and nothing else"
    assert "You both changed it" in page
    for words in ("Governor", "Director", "Engineer"):
        assert f"<bdi>{words}</bdi>" in page
    chosen = {"take-office": "mine", "take-phones": "theirs"}
    typed = said | {"office": "Director", "notes": "New"}
    assert staff.post(place, data=hidden(page) | typed | chosen).status_code == 303
    now = afresh(person, known.id)
    assert (now.office, now.notes) == ("Director", "New")
    assert [number for number, _, _ in details_of(known.id).phones] == ["123456"]


def new(staff, **said):
    seen = hidden(text(staff.get("/staff/stakeholders/new")))
    return staff.post("/staff/stakeholders/new", data=seen | said)


def test_whoever_is_known_already_is_shown_before_someone_new_is_saved(staff):
    bank = make_organisation("Bank of the Lakes")
    make_stakeholder("Zoë Łukasiewicz", "zoe@example.org", bank)
    typed = {"full_name": "Łukasiewicz Zoe", "organisation": "Bank of the Lakes"}
    answer = new(staff, **typed)
    assert answer.status_code == 409
    assert "You may know this person already" in text(answer)
    assert "Zoë Łukasiewicz" in text(answer)
    assert len(afresh(stakeholders).lines) == 1
    assert new(staff, **typed, is_another="y").status_code == 303
    assert len(afresh(stakeholders).lines) == 2


@pytest.mark.parametrize("email", ["аna@example.org", "ANA@example.org", "ana@еxample.org"])
def test_an_address_that_is_or_looks_like_that_of_another_is_shown_first(staff, email):
    """A09: Cyrillic letters that pass for Latin ones; never merged, never saved unseen."""
    make_stakeholder("Ana Paz", "ana@example.org")
    answer = new(staff, full_name="Somebody Else", email=email)
    assert answer.status_code == 409
    assert "Ana Paz" in text(answer)
    assert len(afresh(stakeholders).lines) == 1


def test_two_spellings_of_one_letter_are_one_address_and_a_dotted_i_is_told(staff):
    """A09: NFC and NFD twins, İ."""
    make_stakeholder("Zoë", "zoë@example.org")
    make_stakeholder("Irma", "irma@example.org")
    twin = new(staff, full_name="Another", email="zoe\u0308@example.org")
    assert twin.status_code in (409, 422)
    dotted = new(staff, full_name="Another", email="İrma@example.org")
    assert dotted.status_code in (409, 422)
    assert len(afresh(stakeholders).lines) == 2


def test_a_name_that_nobody_has_is_saved_at_once(staff):
    make_stakeholder("Ana Paz", "ana@example.org")
    assert new(staff, full_name="王小明", email="wang@example.org").status_code == 303


def test_the_time_line_holds_everything_newest_first_narrowed_and_page_by_page(staff):
    known = make_stakeholder("Ana Paz", "ana@example.org")
    invitation = make_invitation(known, state=InvitationState.SILENT)
    make_message(known, invitation, created_at=NOON + timedelta(hours=1))
    for number in range(35):
        note = {"text": f"Note number {number}"}
        assert staff.post(f"/staff/stakeholders/{known.id}/notes", data=note).status_code == 303
    first = afresh(happenings_of, known.id)
    second = happenings_of(known.id, after=first.next)
    told = [line.text or line.what for line in first.lines + second.lines]
    assert told[:35] == [f"Note number {number}" for number in reversed(range(35))]
    assert told[35].startswith("Invitation mail for")
    assert told[36].startswith("Invited to")
    assert second.next is None
    assert [line.kind for line in happenings_of(known.id, kind="mail").lines] == ["mail"]
    page = text(staff.get(f"/staff/stakeholders/{known.id}?kind=answer"))
    assert "Invited to" in page
    assert "Note number" not in page
    assert happenings_of(known.id, after="7.x.1").lines == first.lines


def test_a_note_is_inert_and_an_empty_one_is_none(staff):
    """A14."""
    known = make_stakeholder()
    place = f"/staff/stakeholders/{known.id}/notes"
    staff.post(place, data={"text": "<script>alert(1)</script>"})
    staff.post(place, data={"text": "   "})
    page = text(staff.get(f"/staff/stakeholders/{known.id}"))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert len(afresh(happenings_of, known.id).lines) == 1
