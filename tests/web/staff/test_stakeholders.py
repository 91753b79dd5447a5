"""The pages of people: find someone, see what became of them, correct what is known."""

import re
from html import unescape

import pytest

from outreach.actions.invitations import answer_invitation
from outreach.models.activity import CONSOLE, Activity
from outreach.models.invitation import Reply
from outreach.models.question import Question, QuestionKind
from outreach.queries.stakeholders import person
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    save,
    sign_in,
)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def text(answer):
    return answer.get_data(as_text=True)


def test_an_empty_page_says_how_people_come_in(staff):
    page = text(staff.get("/staff/stakeholders"))
    assert "Nobody yet" in page
    assert "Create a target list" in page


def test_someone_is_found_whatever_the_accents(staff):
    make_stakeholder("Zoë Łukasiewicz")
    make_stakeholder("Ana Paz")
    page = text(staff.get("/staff/stakeholders?q=lukasiewicz"))
    assert "Zoë Łukasiewicz" in page
    assert "Ana Paz" not in page
    assert "Nobody found" in text(staff.get("/staff/stakeholders?q=nobody"))


def test_a_persons_page_says_what_we_want_and_where_it_stands(staff):
    bank = make_organisation("Bank of the Lakes", group="development_finance", country="KE")
    known = make_stakeholder("Ana Paz", "office@example.org", bank, office="Governor")
    make_stakeholder("Juan Sol", "office@example.org")
    make_target(make_list(name="Banks"), known, is_star=True, why="Chairs the board")
    make_invitation(known)
    save(Activity.of("starred", CONSOLE, NOON, stakeholder_id=known.id, list="Banks"))
    page = text(staff.get(f"/staff/stakeholders/{known.id}"))
    for said in (
        "Governor",
        "Bank of the Lakes",
        "Financial or development institutions",
        "Juan Sol",
        "Chairs the board",
        "No answer",
        "Marked as a star on Banks",
        "by an operator",
    ):
        assert said in page, said


def test_a_persons_page_says_who_answered_and_what_else(staff):
    invitation = make_invitation(make_stakeholder("Ana Paz"))
    question = Question(
        event_id=invitation.event_id, kind=QuestionKind.CHOICE,
        texts={"en": {"text": "Which hotel?", "choices": ["Lake", "Station"]}},
    )  # fmt: skip
    save(question)
    answer_invitation(
        invitation.id, Reply.ACCEPTED, "Gladly", at=NOON, given_by="Ms O'Neil",
        particulars={"attendance": "remote", "party": 1, "needs": ["diet"], "needs_note": "Halal"},
        answers={question.id: {"choices": [1]}},
    )  # fmt: skip
    page = text(staff.get(f"/staff/stakeholders/{invitation.stakeholder_id}"))
    page = re.sub(r"</?bdi>|&#39;", lambda tag: "'" if tag[0] == "&#39;" else "", page)
    for said in (
        "given by Ms O'Neil", "“Gladly”", "Takes part: From afar", "Brings along: 1 person",
        "Needs: Diet", "What would help: Halal", "Which hotel? Station",
        "by Ms O'Neil, for the invitee",
    ):  # fmt: skip
        assert said in page, said


def test_a_person_opens_beside_the_list_as_a_part(staff):
    known = make_stakeholder("Ana Paz")
    part = text(staff.get(f"/staff/stakeholders/{known.id}", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert "Ana Paz" in part


def correct(staff, known, **fields):
    place = f"/staff/stakeholders/{known.id}/edit"
    page = text(staff.get(place))
    given = {name: hidden(page, name) for name in ("version", "seen")}
    return place, given | {"full_name": known.full_name, "email": known.email} | fields


def hidden(page, name):
    return unescape(re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1])


def test_a_person_is_corrected(staff):
    known = make_stakeholder("Ana Paz")
    place, fields = correct(staff, known, full_name="ANA van Paz", country="Kenya", language="fr")
    answer = staff.post(place, data=fields)
    assert (answer.status_code, answer.location) == (303, f"/staff/stakeholders/{known.id}")
    now = afresh(person, known.id)
    assert (now.full_name, now.country_code, now.language) == ("ANA van Paz", "KE", "fr")
    assert 'value="Kenya"' in text(staff.get(place))


def test_of_two_who_correct_at_once_the_second_sees_it_and_can_save_again(staff):
    known = make_stakeholder("Ana Paz")
    place, fields = correct(staff, known)
    staff.post(place, data=fields | {"office": "Governor"})
    late = staff.post(place, data=fields | {"office": "Director"})
    assert late.status_code == 409
    assert "Someone changed this person since you opened the page" in text(late)
    assert 'value="Director"' in text(late)
    assert afresh(person, known.id).office == "Governor"


@pytest.mark.parametrize("version", ["", "x", "9", "9" * 40])
def test_a_form_without_its_version_saves_nothing(staff, version):
    known = make_stakeholder("Ana Paz")
    place, fields = correct(staff, known, version=version, office="Director")
    assert staff.post(place, data=fields).status_code == 409
    assert afresh(person, known.id).office == ""


def test_an_address_that_passes_for_another_is_asked_about_once(staff):
    """A09."""
    known = make_stakeholder("Ana Paz", "ana@example.org")
    place, fields = correct(staff, known, email="аnа@example.org")
    answer = staff.post(place, data=fields)
    assert answer.status_code == 422
    assert "The address is meant as it stands" in text(answer)
    staff.post(place, data=fields | {"is_confirmed": "y"})
    assert afresh(person, known.id).email == "аnа@example.org"


def test_campaign_mail_is_stopped_with_one_button(staff):
    known = make_stakeholder()
    staff.post(f"/staff/stakeholders/{known.id}/mail", data={"stop": "yes"})
    assert afresh(person, known.id).is_mail_stopped
    assert "Allow campaign mail again" in text(staff.get(f"/staff/stakeholders/{known.id}"))
