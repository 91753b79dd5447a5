"""The table of people: found, filtered by a sentence, put in order, changed many at once."""

import html
import json
import re
from datetime import date

import pytest
from sqlalchemy import select

from outreach.actions.custom_fields import add_custom_field
from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.models.activity import CONSOLE
from outreach.models.custom_field import CustomKind, CustomSubject, CustomValue
from outreach.models.question import Question, QuestionAnswer
from outreach.models.segment import Segment
from outreach.models.stakeholder import Stakeholder
from outreach.models.tag import StakeholderTag
from outreach.models.target import Target
from outreach.queries.lists import target_list
from tests.factories import (
    NOON,
    afresh,
    make_account,
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
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def fields(answer, action):
    """What the form with this address would post: {field: value}."""
    form = re.search(rf'<form[^>]*action="{action}".*?</form>', answer.text, re.DOTALL)[0]
    ticked = {
        name: html.unescape(value)
        for tag in re.findall(r"<input[^>]*>", form)
        if 'type="radio"' not in tag or " checked" in tag
        for name, value in re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag
    }
    chosen = re.findall(
        r'<select[^>]*name="([^"]+)".*?<option selected value="([^"]*)"', form, re.DOTALL
    )
    return ticked | dict(chosen)


def shown(staff, address=""):
    page = staff.get(f"/staff/stakeholders?{address}").get_data(as_text=True)
    return re.findall(r"data-row-link><bdi>(.*?)</bdi>", page)


def tagged():
    return afresh(lambda: len(reading().scalars(select(StakeholderTag.stakeholder_id)).all()))


def test_the_sentence_of_the_address_says_whom_the_page_shows(staff):
    make_stakeholder("Ana Paz", country_code="KE")
    make_invitation(make_stakeholder("Juan Sol", country_code="KE"))
    make_stakeholder("Zoë Roux", country_code="FR")
    address = "region=AFR&answer=silent"
    assert shown(staff, address) == ["Juan Sol"]
    page = staff.get(f"/staff/stakeholders?{address}").get_data(as_text=True)
    menus = re.findall(r'<summary id="part-[^"]*">(.*?)</summary>', page)
    assert menus[:4] == ["Everyone", "Africa", "have not answered", "and …"]
    assert shown(staff, "not.region=AFR") == ["Zoë Roux"]
    assert shown(staff, "region=nowhere&tier=x&sort=secret,-name") == []


def test_what_was_answered_to_a_question_is_part_of_the_sentence_and_of_a_segment(staff):
    invitation = make_invitation(make_stakeholder("Juan Sol"))
    make_stakeholder("Ana Paz")
    words = {"en": {"text": "Which <room>?", "choices": ["Small", "Large"]}}
    question = Question(event_id=invitation.event_id, kind="choice", position=1, texts=words)
    save(question)
    answer = {"question_id": question.id, "value": {"choices": [1]}, "given_at": NOON}
    save(QuestionAnswer(invitation_id=invitation.id, **answer))
    address = f"question_{question.id}=1"
    assert shown(staff, address) == ["Juan Sol"]
    said = "who answered “Which &lt;room&gt;? (World Development Conference)” with"
    assert f"{said} Large" in text(staff.get(f"/staff/stakeholders?{address}"))
    assert f"add=question_{question.id}" in staff.get("/staff/stakeholders").text
    rule = json.dumps(Rule.of([Condition(f"question_{question.id}", ("0", "any"))]).to_json())
    staff.post("/staff/segments", data={"name": "Rooms", "rule": rule})
    assert f"{said} Small or anything" in text(staff.get("/staff/segments"))
    form = staff.get(f"/staff/events/{invitation.event_id}/questions").text
    assert f"/staff/stakeholders?question_{question.id}=any" in form


def test_numbers_and_days_of_ones_own_are_chosen_from_and_to(staff):
    at = {"by": CONSOLE, "at": NOON}
    age = add_custom_field(CustomSubject.PERSON, CustomKind.NUMBER, "Seats", **at)
    day = add_custom_field(CustomSubject.PERSON, CustomKind.DATE, "Arrival", **at)
    for number in (5, 15, 25):
        person = make_stakeholder(f"Person {number:02}")
        save(
            CustomValue(field_id=age, stakeholder_id=person.id, number=number),
            CustomValue(field_id=day, stakeholder_id=person.id, day=date(2027, 3, number)),
        )
    make_stakeholder("Nothing known")
    added = staff.get("/staff/stakeholders?add=custom_seats").text
    assert 'type="number" step="any" name="from.custom_seats" value=""' in added
    assert shown(staff, "from.custom_seats=10&to.custom_seats=20") == ["Person 15"]
    assert shown(staff, "from.custom_seats=10&to.custom_seats=") == ["Person 15", "Person 25"]
    assert len(shown(staff, "from.custom_seats=&to.custom_seats=")) == 4
    assert shown(staff, "from.not.custom_seats=10") == ["Nothing known", "Person 05"]
    assert shown(staff, "to.custom_arrival=2027-03-06&custom_arrival=any") == [
        "Person 05", "Person 15", "Person 25",
    ]  # fmt: skip
    page = staff.get("/staff/stakeholders?to.custom_arrival=2027-03-06&custom_seats=15").text
    assert 'type="date" name="to.custom_arrival" value="2027-03-06"' in page
    assert 'name="from.custom_seats" value="15"' in page
    assert 'name="to.custom_seats" value="15"' in page
    assert ">2027-03-06 or before</summary>" in page


def test_typing_answers_with_the_rows_and_the_sentence_that_goes_with_them(staff):
    make_stakeholder("Zoë Łukasiewicz", organisation=make_organisation("Bank of the Lakes"))
    make_stakeholder("Ana Paz")
    typing = {"HX-Request": "true", "HX-Trigger-Name": "q"}
    address = "/staff/stakeholders?country=&q=lukasiewciz"
    part = staff.get(address, headers=typing)
    assert part.text.startswith('<div id="people" data-aloud="1 person fits">')
    assert "Zoë Łukasiewicz" in text(part)
    assert "Ana Paz" not in text(part)
    assert part.headers["HX-Replace-Url"] == address
    said = Rule.of([Condition("words", ("lukasiewciz",))])
    for form in ("/staff/segments", "/staff/stakeholders/export"):
        assert Rule.from_json(json.loads(fields(part, form)["rule"])) == said
    rows = staff.get(address, headers={"HX-Request": "true"}).text
    assert rows.startswith('<div id="people"')
    assert 'id="said"' not in rows


def test_typing_on_the_page_of_a_list_brings_its_sentence_too(staff):
    wanted = make_list()
    make_target(wanted, make_stakeholder("Zoë Łukasiewicz"))
    typing = {"HX-Request": "true", "HX-Trigger-Name": "q"}
    part = staff.get(f"/staff/lists/{wanted.id}?q=zoe", headers=typing)
    assert "Zoë Łukasiewicz" in text(part)
    assert re.search(r'id="said" hx-swap-oob="true".*?href="[^"]*q=zoe', part.text, re.DOTALL)


def _went_on(part):
    return re.search(r'hx-get="([^"]*looked=[^"]*)"', part)[1].replace("&amp;", "&")


def test_a_page_for_which_too_few_were_looked_at_goes_on_by_itself(staff, monkeypatch):
    monkeypatch.setattr("outreach.queries.looking.LOOK", 3)
    monkeypatch.setattr("outreach.queries.looking.GLANCE", 3)
    monkeypatch.setattr("outreach.web.staff.people.PAGE", 4)
    for number in range(15):
        is_meant = number in (4, 5, 8, 9, 12, 14)
        make_stakeholder(f"Person {number:02}", gender="female" if is_meant else "")
    part = {"HX-Request": "true"}
    first = staff.get("/staff/stakeholders?gender=female").text
    assert "3 people looked at in this order, and none of them fits" in " ".join(first.split())
    assert "Nobody found" not in first
    table = staff.get(_went_on(first), headers=part).text
    assert re.findall(r"data-row-link><bdi>(.*?)</bdi>", table) == ["Person 04", "Person 05"]
    assert "6 people looked at so far" in table
    assert "Nobody" not in table
    by_link = re.search(r'<a class="btn" href="([^"]*)">Look at the next ones', table)[1].replace(
        "&amp;", "&"
    )
    assert "Person 08" in staff.get(by_link).text
    more = staff.get(_went_on(table), headers=part).text
    assert more.lstrip().startswith("<tbody>")
    assert "Person 08" in more
    assert "9 people looked at so far" in more
    last = staff.get(_went_on(more), headers=part).text
    assert re.findall(r"data-row-link><bdi>(.*?)</bdi>", last) == ["Person 09"]
    onward = re.search(r'rel="next" href="(.*?)"', last)[1].replace("&amp;", "&")
    assert "Person 12" in staff.get(onward).text
    assert "Nobody found" in staff.get("/staff/stakeholders?gender=female&q=person+01").text


def test_pages_go_forwards_and_backwards_in_any_order(staff, monkeypatch):
    for country, name in (("KE", "B"), ("FR", "C"), (None, "A"), ("KE", "A"), (None, "D")):
        make_stakeholder(name, country_code=country)
    whole = shown(staff, "sort=country&sort=-name")
    assert sorted(whole) == ["A", "A", "B", "C", "D"]
    monkeypatch.setattr("outreach.web.staff.people.PAGE", 2)
    there, address, pages = [], "sort=country&sort=-name", []
    while address is not None:
        page = staff.get(f"/staff/stakeholders?{address}").get_data(as_text=True)
        pages.append(re.findall(r"data-row-link><bdi>(.*?)</bdi>", page))
        there += pages[-1]
        link = re.search(r'rel="next" href="/staff/stakeholders\?(.*?)"', page)
        address = link[1].replace("&amp;", "&") if link else None
    assert there == whole
    back = re.search(r'rel="prev" href="/staff/stakeholders\?(.*?)"', page)[1]
    assert shown(staff, back.replace("&amp;", "&")) == pages[-2]


def test_a_change_of_all_who_fit_states_the_count_and_is_taken_back(staff):
    for number in range(3):
        make_stakeholder(f"Person {number}", country_code="KE")
    make_stakeholder("Other", country_code="FR")
    rule = json.dumps(Rule.of([Condition("country", ("KE",))]).to_json())
    page = staff.get("/staff/stakeholders?country=KE&all=yes")
    assert "All 3 people who fit" in text(page)
    form = {"all": "yes", "rule": rule, "count": "3", "tag": "VIP"}
    staff.post("/staff/stakeholders/bulk/tag", data=form)
    assert tagged() == 3
    page = staff.get("/staff/stakeholders?tag=vip")
    assert "3 people tagged “VIP”." in text(page)
    assert len(shown(staff, "tag=vip")) == 3
    undo = re.search(r'action="(/staff/changes/\d+/undo)[?"]', page.get_data(as_text=True))[1]
    assert "Taken back for 3 people." in text(staff.post(undo, follow_redirects=True))
    assert tagged() == 0
    assert staff.post(undo).status_code == 409


def test_where_others_fit_by_now_nothing_is_changed(staff):
    make_stakeholder("One")
    form = {"all": "yes", "rule": '{"all": []}', "count": "5", "tag": "VIP"}
    answer = staff.post("/staff/stakeholders/bulk/tag", data=form)
    assert answer.status_code == 409
    assert "Who fits has changed: 1 by now, not 5." in text(answer)
    assert tagged() == 0


def test_an_owner_and_a_list_are_given_to_those_ticked_and_taken_back(staff):
    ana, juan = make_stakeholder("Ana"), make_stakeholder("Juan")
    owner, wanted = make_account(name="Kofi"), make_list()
    ids = {"ids": [ana.id, juan.id]}
    staff.post("/staff/stakeholders/bulk/owner", data=ids | {"owner": owner.id})
    staff.post("/staff/stakeholders/bulk/list", data=ids | {"list": wanted.id})
    assert shown(staff, f"owner={owner.id}") == ["Ana", "Juan"]
    assert afresh(target_list, wanted.id).wanted_count == 2
    changes = staff.get("/staff/changes").get_data(as_text=True)
    assert "Looked after by Kofi" in changes
    assert ", with others" in staff.get(f"/staff/stakeholders/{ana.id}").get_data(as_text=True)
    for undo in re.findall(r'action="(/staff/changes/\d+/undo)[?"]', changes):
        staff.post(undo)
    assert afresh(target_list, wanted.id).wanted_count == 0
    owners = afresh(lambda: set(reading().scalars(select(Stakeholder.owner_id))))
    assert owners == {None}
    assert afresh(lambda: reading().scalar(select(Target.id))) is None
    staff.post("/staff/stakeholders/bulk/owner", data=ids | {"owner": owner.id})
    staff.post("/staff/stakeholders/bulk/owner", data={"ids": ana.id, "owner": ""})
    changes = staff.get("/staff/changes").text
    undo = re.findall(r'action="(/staff/changes/\d+/undo)[?"]', changes)[1]
    told = text(staff.post(undo, follow_redirects=True))
    assert "Taken back for 1 person. What was changed again since stays as it is: 1 person." in told
    alone = {"ids": [make_stakeholder("Eva").id]}
    staff.post("/staff/stakeholders/bulk/owner", data=alone | {"owner": owner.id})
    page = staff.get(f"/staff/stakeholders/{alone['ids'][0]}").get_data(as_text=True)
    assert "Looked after by Kofi" in page
    assert "with others" not in page


@pytest.mark.parametrize(
    ("what", "form"),
    [("tag", {}), ("tag", {"ids": "ANA", "tag": "  "}), ("tag", {"all": "yes", "rule": "x"}),
     ("tag", {"all": "yes", "rule": '{"all": [{"facet": "x", "any": ["1"]}]}'}),
     ("owner", {"ids": "ANA", "owner": "999999"}), ("list", {"ids": "ANA", "list": "999"}),
     ("untag", {"ids": "ANA", "untag": "none"}), ("erase", {"ids": "ANA"})],
)  # fmt: skip
def test_a_form_that_says_something_else_changes_nothing(staff, what, form):
    ana, wanted = make_stakeholder("Ana"), make_list()
    form = {name: value.replace("ANA", str(ana.id)) for name, value in form.items()}
    answer = staff.post(f"/staff/stakeholders/bulk/{what}", data=form)
    assert answer.status_code in (404, 422)
    assert (tagged(), afresh(target_list, wanted.id).wanted_count) == (0, 0)
    assert afresh(lambda: list(reading().scalars(select(Stakeholder.owner_id)))) == [None]


def test_a_sentence_is_kept_as_a_segment_for_oneself_or_the_team(staff, client):
    rule = json.dumps(Rule.of([Condition("region", ("AFR",))]).to_json())
    staff.post("/staff/segments", data={"name": "Mine", "rule": rule})
    staff.post("/staff/segments", data={"name": "Ours", "rule": rule, "shared": "yes"})
    page = staff.get("/staff/segments")
    assert "Everyone in Africa" in text(page)
    opened = re.search(r"/staff/segments/(\d+)/drop", page.get_data(as_text=True))[1]
    assert staff.get(f"/staff/segments/{opened}").location.endswith("?region=AFR")
    sign_in(client)  # a colleague
    theirs = text(client.get("/staff/segments"))
    assert "Ours" in theirs
    assert "Mine" not in theirs
    kept = afresh(lambda: list(reading().scalars(select(Segment.id).order_by(Segment.id))))
    numbers = [client.post(f"/staff/segments/{id_}/drop").status_code for id_ in kept]
    assert numbers == [404, 403]


def test_a_segment_is_changed_to_the_sentence_of_the_page_and_renamed(staff, client):
    africa, europe = (
        json.dumps(Rule.of([Condition("region", (code,))]).to_json()) for code in ("AFR", "EUR")
    )
    staff.post("/staff/segments", data={"name": "Mine", "rule": africa})
    assert "Change the segment" in text(staff.get("/staff/stakeholders?region=EUR"))
    id_ = afresh(lambda: reading().scalars(select(Segment.id)).one())
    change = {"segment": id_, "rule": europe}
    assert staff.post("/staff/segments/change", data=change).status_code == 303
    staff.post(f"/staff/segments/{id_}/name", data={"name": "Ours"})
    page = text(staff.get("/staff/segments"))
    assert "Everyone in Europe" in page
    assert "Ours" in page
    nobody = {"segment": id_, "rule": json.dumps(Rule.of([]).to_json())}
    assert staff.post("/staff/segments/change", data=nobody).status_code == 422
    sign_in(client)  # a colleague
    assert client.post("/staff/segments/change", data=change).status_code == 404


def test_who_changes_a_segment_that_was_changed_meanwhile_is_told_and_loses_nothing(staff):
    africa, europe, arabs = (
        json.dumps(Rule.of([Condition("region", (code,))]).to_json())
        for code in ("AFR", "EUR", "ARB")
    )
    staff.post("/staff/segments", data={"name": "Mine", "rule": africa})
    id_ = afresh(lambda: reading().scalars(select(Segment.id)).one())
    was = fields(staff.get("/staff/segments"), f"/staff/segments/{id_}/name")["was"]
    people = staff.get("/staff/stakeholders?region=EUR")
    assert json.loads(fields(people, "/staff/segments/change")["was"]) == json.loads(was)
    renamed = staff.post(f"/staff/segments/{id_}/name", data={"name": "Ours", "was": was})
    assert renamed.status_code == 303
    there = {"segment": id_, "rule": europe, "was": was}
    told = staff.post("/staff/segments/change", data=there)
    assert told.status_code == 409
    for words in ("What changed meanwhile", "Mine", "Ours", "Everyone in Europe"):
        assert words in text(told)
    again = fields(told, "/staff/segments/change")
    assert (again["name"], again["take-name"]) == ("Mine", "theirs")
    assert staff.post("/staff/segments/change", data=again).status_code == 303
    page = text(staff.get("/staff/segments"))
    assert "Ours" in page
    assert "Everyone in Europe" in page
    for what, form in (("name", {"name": "Theirs"}), ("share", {"shared": "yes"})):
        told = staff.post(f"/staff/segments/{id_}/{what}", data={"was": was, **form})
        assert told.status_code == 409
        assert "Everyone in Europe" in text(told)
    staff.post(f"/staff/segments/{id_}/drop", data={"was": was})
    page = staff.get("/staff/segments")
    assert "changed this segment elsewhere" in text(page)
    staff.post("/staff/segments/change", data={"segment": id_, "rule": arabs, "was": "{"})
    assert "Arab" in text(staff.get("/staff/segments"))
    staff.post(f"/staff/segments/{id_}/drop")
    assert afresh(lambda: reading().scalars(select(Segment.id)).all()) == []


def test_columns_are_chosen_and_remembered(staff):
    make_stakeholder("Ana", gender="female", email="ana@example.org")
    page = text(staff.get("/staff/stakeholders?columns=name&columns=gender&columns=tags"))
    assert "female" in page
    assert "ana@example.org" not in page
    assert "female" in text(staff.get("/staff/stakeholders"))
