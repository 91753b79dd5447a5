"""The pages of templates: side by side, written anew, tried out; nothing wrong is saved."""

import re
from email import message_from_bytes, policy
from html import unescape

import pytest
import time_machine
from sqlalchemy import func, select

from outreach import clock
from outreach.db import db, reading
from outreach.models.account import Role
from outreach.queries.templates import latest_texts, template, templates
from tests.factories import make_campaign, make_stakeholder, make_target, sign_in

GOOD = "Dear {full_name},\n\n[Answer]({rsvp_link})\n"


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


@pytest.fixture
def letter(app):
    return next(one for one in templates() if one.code == "invitation")


def text(answer):
    return answer.get_data(as_text=True)


def every_row():
    """How many rows each table holds; a bucket of the rate is nobody's."""
    reading().rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name != "buckets"]
    return {one.name: reading().scalar(select(func.count()).select_from(one)) for one in tables}


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text(answer))))


def typed(letter, **changes):
    """The form as it stands when it is opened."""
    form = {"name": letter.name, "seen": str(letter.version), "do": "save"}
    for number, one in enumerate(latest_texts(letter.id)):
        form |= {
            f"texts-{number}-language": one.language,
            f"texts-{number}-subject": one.subject,
            f"texts-{number}-body": one.body,
        }
    return form | changes


def number_of(letter, language):
    return [one.language for one in latest_texts(letter.id)].index(language)


def test_every_template_is_listed_with_its_languages(staff, letter):
    page = words(staff.get("/staff/templates"))
    assert letter.name in page
    assert "English" in page


def test_a_template_is_shown_in_all_its_languages_side_by_side(staff, letter):
    make_campaign()
    page = staff.get(f"/staff/templates/{letter.id}")
    frames = re.findall(r'<iframe class="o-mail-frame" sandbox src="([^"]+)"', text(page))
    assert len(frames) == len(letter.languages)
    assert "Used by Invitations to the banks" in words(page)
    answer = staff.get(f"/staff/templates/{letter.id}/en")
    assert "Excellency" in text(answer)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert staff.get(f"/staff/templates/{letter.id}/xx").status_code == 404


def test_a_new_version_is_written(staff, letter):
    number = number_of(letter, "en")
    change = {f"texts-{number}-subject": "Come", f"texts-{number}-body": GOOD, "uneven": "yes"}
    answer = staff.post(f"/staff/templates/{letter.id}/edit", data=typed(letter, **change))
    assert answer.status_code == 303
    reading().rollback()
    assert template(letter.id).version == letter.version + 1
    assert latest_texts(letter.id)[number].subject == "Come"


def test_a_field_that_one_language_lacks_is_said_and_kept_only_on_purpose(staff, letter):
    number = number_of(letter, "fr")
    body = "Bonjour {salutation_or_name}, {rsvp_link}"
    form = typed(letter, **{f"texts-{number}-body": body})
    path = f"/staff/templates/{letter.id}/edit"
    answer = staff.post(path, data=form)
    assert answer.status_code == 422
    assert "French: {reply_by} stands in the other languages and is missing here." in words(answer)
    assert body in unescape(text(answer))
    assert staff.post(path, data=form | {"uneven": "yes"}).status_code == 303


def test_what_changed_between_two_versions_is_shown_word_by_word(staff, letter):
    number = number_of(letter, "en")
    body = latest_texts(letter.id)[number].body
    change = {f"texts-{number}-body": body.replace("our honour", "our pleasure <b>")}
    staff.post(f"/staff/templates/{letter.id}/edit", data=typed(letter, **change))
    path = f"/staff/templates/{letter.id}/changes"
    page = text(staff.get(path))
    assert "1 language has changed" in page
    assert "<del>honour</del><ins>pleasure &lt;b&gt;</ins>" in page
    assert "say the same" in text(staff.get(f"{path}?old=2&new=2"))
    assert staff.get(f"{path}?old=9").status_code == 404
    assert path in text(staff.get(f"/staff/templates/{letter.id}"))


def test_line_ends_of_a_browser_make_no_new_version(staff, letter):
    form = {name: value.replace("\n", "\r\n") for name, value in typed(letter).items()}
    assert staff.post(f"/staff/templates/{letter.id}/edit", data=form).status_code == 303
    assert template(letter.id).version == letter.version


def test_mistakes_are_said_beside_their_language_and_what_was_typed_is_kept(staff, letter):
    """A11."""
    number = number_of(letter, "fr")
    change = {f"texts-{number}-body": "Bonjour {full_nam} {{ config }}"}
    answer = staff.post(f"/staff/templates/{letter.id}/edit", data=typed(letter, **change))
    assert answer.status_code == 422
    page = words(answer)
    assert "FR, Letter: There is no field {full_nam}. Did you mean {full_name}?" in page
    assert "FR, Letter: The personal link is missing." in page
    assert "Bonjour {full_nam} {{ config }}" in page
    assert template(letter.id).version == letter.version


def test_whoever_saves_second_is_told_and_keeps_what_they_typed(staff, letter):
    number = number_of(letter, "en")
    first, second = (
        typed(letter, **{f"texts-{number}-body": f"{who} {GOOD}", "uneven": "yes"})
        for who in ("First", "Second")
    )
    path = f"/staff/templates/{letter.id}/edit"
    assert staff.post(path, data=first).status_code == 303
    answer = staff.post(path, data=second)
    assert answer.status_code == 409
    assert "was saved by someone else" in words(answer)
    assert "Second Dear" in text(answer)
    assert f'name="seen" type="hidden" value="{letter.version + 1}"' in text(answer)


def test_a_language_is_added_without_scripts(staff):
    one = typed_new()
    page = staff.post(
        "/staff/templates/new?kind=invitation", data=one | {"do": "add", "language": "ar"}
    )
    assert page.status_code == 200
    assert 'name="texts-1-language" type="hidden" value="ar"' in text(page)
    assert "Come" in text(page)


def typed_new(**changes):
    return {
        "name": "To ministers",
        "seen": "0",
        "do": "save",
        "texts-0-language": "en",
        "texts-0-subject": "Come",
        "texts-0-body": GOOD,
    } | changes


def test_a_new_template_begins_with_the_words_of_another_and_is_kept(staff):
    assert "On behalf of" in text(staff.get("/staff/templates/new?kind=invitation"))
    answer = staff.post("/staff/templates/new?kind=invitation", data=typed_new())
    assert answer.status_code == 303
    assert "to_ministers" in words(staff.get(answer.location))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"texts-0-subject": ""},
        {"texts-0-body": "x" * 60_000},
        {"texts-0-language": "../x"},
        {"texts-1-language": "en", "texts-1-subject": "S", "texts-1-body": GOOD},
    ],
)
def test_what_cannot_be_a_template_is_not_kept(staff, changes):
    before = len(templates())
    answer = staff.post("/staff/templates/new?kind=invitation", data=typed_new(**changes))
    assert answer.status_code == 422
    assert len(templates()) == before


def test_the_live_preview_keeps_nothing_and_can_do_nothing(staff):
    """A11, A14."""
    form = {
        "shown": "0",
        "texts-0-language": "en",
        "texts-0-subject": "<b>Come</b>",
        "texts-0-body": "Dear {full_name}, <script>alert(1)</script> [Answer]({rsvp_link})",
    }
    answer = staff.post("/staff/templates/preview/invitation", data=form)
    page = text(answer)
    assert "&lt;b&gt;Come&lt;/b&gt;" in page
    assert "Dear Amina Example" in page
    assert "<script" not in page
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer = staff.post(
        "/staff/templates/preview/invitation", data=form | {"texts-0-body": "{{ ''.__class__ }}"}
    )
    assert "A brace stands alone" in words(answer)
    assert staff.post("/staff/templates/preview/nothing", data=form).status_code == 404


TYPED = {
    "shown": "0",
    "texts-0-language": "en",
    "texts-0-subject": "{if star}To you: {end}Come",
    "texts-0-body": "Dear {full_name}, [Answer]({rsvp_link}) [more](https://more.example.org/x)",
}


def test_every_point_of_the_list_says_how_it_stands(staff):
    page = words(staff.post("/staff/templates/checks/invitation", data=TYPED))
    assert "All 10 points are well." in page
    assert "more.example.org" in page
    bad = "Dear {ful_name} [to be decided] http://x.example ![](https://y.example/z.png)"
    page = words(
        staff.post("/staff/templates/checks/invitation", data=TYPED | {"texts-0-body": bad})
    )
    for said in (
        "Did you mean {full_name}?",
        "note in brackets is still there",
        "The personal link is missing",
        "“http://x.example” cannot stand",
        "says nothing to those who do not see it",
        "lies elsewhere",
        "5 of 10 points are still open",
    ):
        assert said in page, said


def test_a_letter_is_read_as_anyone_whom_we_know_by_day_and_by_night(staff):
    person = make_stakeholder("Zoé Ñandú", office="Minister")
    make_target(stakeholder=person, is_star=True)
    path = "/staff/templates/preview/invitation"
    page = text(staff.post(path, data=TYPED | {"as": str(person.id)}))
    assert "To you: Come" in page
    assert "Dear Zoé Ñandú" in page
    assert "To you: Come" in text(staff.post(path, data=TYPED | {"as": "star"}))
    assert "prefers-color-scheme" in text(staff.post(path, data=TYPED))
    assert "@media all" in text(staff.post(path, data=TYPED | {"scheme": "dark"}))
    assert "@media not all" in text(staff.post(path, data=TYPED | {"scheme": "light"}))
    assert staff.post(path, data=TYPED | {"as": "999999"}).status_code == 404
    found = words(staff.get("/staff/templates/people?q=nandu"))
    assert "Zoé Ñandú" in found
    assert "Nobody is called so" in words(staff.get("/staff/templates/people?q=nobody"))


def test_a_test_goes_to_the_one_who_asks_for_it_and_touches_nobody(staff, mail_folder):
    """A17: the tester's address alone; no link, state or number of the invitee is used."""
    person = make_stakeholder("Zoé Ñandú", email="zoe@example.org")
    make_target(stakeholder=person)
    before = every_row()
    answer = staff.post("/staff/templates/trial/invitation", data=TYPED | {"as": str(person.id)})
    assert "The test is on its way to" in words(answer)
    (path,) = mail_folder.glob("*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert "colleague" in mail["To"]
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "zoe@example.org" not in str(mail.items()) + plain + html
    assert mail["Subject"] == "[Test] Come"
    for part in (plain, html):
        assert "Dear Zoé Ñandú" in part
        assert "/i/their-own-page" in part
    assert every_row() == before


def test_tests_are_not_sent_without_end(staff, mail_folder):
    with time_machine.travel(clock.now(), tick=False):
        answers = [staff.post("/staff/templates/trial/invitation", data=TYPED) for _ in range(6)]
    assert 429 in {answer.status_code for answer in answers}


def test_every_kind_of_letter_has_a_form(staff):
    from outreach.web.staff.templates import KINDS

    for kind in KINDS:
        assert staff.get(f"/staff/templates/new?kind={kind}").status_code == 200, kind
    assert staff.get("/staff/templates/new?kind=nothing").status_code == 404
    assert staff.get("/staff/templates/999999").status_code == 404
    assert staff.get("/staff/templates/999999/edit").status_code == 404


def test_templates_are_for_the_promotion_team(client, letter):
    sign_in(client, Role.ORGANISER)
    assert client.get(f"/staff/templates/{letter.id}/edit").status_code == 403
    assert client.post("/staff/templates/preview/invitation").status_code == 403
