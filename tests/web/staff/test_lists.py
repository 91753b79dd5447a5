"""The pages of target lists: make one, see who is on it, change many at once, take it back."""

import csv
import html
import io
import re

import pytest

from outreach.models.account import Role
from outreach.models.message import MessageState
from outreach.queries.lists import list_id_of, target_list
from outreach.queries.targets import targets
from tests.factories import (
    afresh,
    make_campaign,
    make_list,
    make_message,
    make_stakeholder,
    make_target,
    sign_in,
    the_event,
)


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def text(answer):
    return answer.get_data(as_text=True)


def test_only_the_promotion_team_sees_lists(client):
    assert client.get("/staff/lists").status_code == 302
    sign_in(client, Role.ORGANISER)
    assert client.get("/staff/lists").status_code == 403


def test_an_empty_page_says_what_to_do_first(staff):
    page = text(staff.get("/staff/lists"))
    assert "No list yet" in page
    assert 'href="/staff/lists/new"' in page
    wanted = make_list()
    assert "Nobody is on this list yet" in text(staff.get(f"/staff/lists/{wanted.id}"))


def test_a_list_is_made_with_the_suggested_name_and_code(staff):
    event = the_event().code
    asked = text(staff.get("/staff/lists/new", query_string={"group": "academia", "event": event}))
    code = f"academia-{event.lower()}"
    assert f'placeholder="{code}"' in asked
    answer = staff.post("/staff/lists/new", data={"group": "academia", "event": event})
    list_id = afresh(list_id_of, code)
    assert (answer.status_code, answer.location) == (303, f"/staff/lists/{list_id}")
    assert afresh(target_list, list_id).name == "Academia"


def test_a_taken_code_is_told_beside_its_field_and_nothing_typed_is_lost(staff):
    make_list("banks", name="Banks")
    fields = {"group": "academia", "event": the_event().code, "code": "banks", "name": "My name"}
    answer = staff.post("/staff/lists/new", data=fields)
    assert answer.status_code == 409
    assert "belongs to the list “Banks” already" in text(answer)
    assert 'value="My name"' in text(answer)


def test_an_unknown_group_is_refused_by_the_form(staff):
    answer = staff.post("/staff/lists/new", data={"group": "nobles", "event": the_event().code})
    assert answer.status_code == 422


def test_the_star_of_a_row_leads_to_a_nomination_with_its_reason_or_to_the_star(staff):
    target, star = make_target(), make_target(is_star=True)
    page = text(staff.get(f"/staff/lists/{target.list_id}"))
    assert f'href="/staff/stars?target={target.id}#nominate"' in page
    assert f'href="/staff/stars/{star.id}"' in text(staff.get(f"/staff/lists/{star.list_id}"))
    form = text(staff.get(f"/staff/stars?target={target.id}"))
    assert f'name="target_id" value="{target.id}" required checked' in form
    staff.post("/staff/stars", data={"target_id": target.id, "reason": "Chairs the bank"})
    assert "nominated, already" in text(staff.get(f"/staff/stars?target={target.id}"))


def test_who_was_taken_off_a_list_is_offered_back_once(staff):
    target = make_target()
    place = f"/staff/lists/{target.list_id}"
    back = f"{place}?sort=name&q=person"
    answer = staff.post(f"{place}/targets/remove", data={"ids": target.id, "back": back})
    assert (answer.status_code, answer.location) == (303, back)
    undo = re.search(r'action="([^"]+/undo/\d+)"', text(staff.get(back)))[1]
    assert "/undo/" not in text(staff.get(back)), "the bar is shown once"
    assert staff.post(undo).status_code == 303
    assert len(afresh(targets, target.list_id).lines) == 1


def test_many_are_changed_at_once_and_the_bar_states_the_count(staff):
    wanted = make_list()
    ids = [make_target(wanted).id for _ in range(3)]
    place = f"/staff/lists/{wanted.id}"
    staff.post(f"{place}/targets/many/tier", data={"ids": ids, "tier": "1"})
    assert [line.tier for line in afresh(targets, wanted.id).lines] == [1, 1, 1]
    staff.post(f"{place}/targets/remove", data={"ids": ids[:2]})
    assert "2 people taken off the list." in text(staff.get(place))
    assert afresh(target_list, wanted.id).wanted_count == 1


@pytest.mark.parametrize("way", ["remove", "many/remove"])
def test_a_mail_that_waits_for_somebody_taken_off_is_told(staff, way):
    wanted = make_list()
    people = [make_stakeholder(), make_stakeholder()]
    ids = [make_target(wanted, one).id for one in people]
    campaign = make_campaign(wanted, name="News to banks")
    make_message(people[0], campaign_id=campaign.id, state=MessageState.WAITING)
    place = f"/staff/lists/{wanted.id}"
    staff.post(f"{place}/targets/{way}", data={"ids": ids[1]})
    assert "will go" not in text(staff.get(place))
    staff.post(f"{place}/targets/{way}", data={"ids": ids[0]})
    told = "Of “News to banks” 1 mail waits for those taken off, and will go"
    assert told in text(staff.get(place))


@pytest.mark.parametrize("fields", [{}, {"ids": "x"}, {"ids": [str(n) for n in range(501)]}])
def test_ticking_nobody_or_too_many_changes_nothing(staff, fields):
    target = make_target()
    answer = staff.post(f"/staff/lists/{target.list_id}/targets/remove", data=fields)
    assert answer.status_code == 422
    assert afresh(target_list, target.list_id).wanted_count == 1


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/staff/", "/\\evil", "javascript:x", "/board\n"]
)
def test_the_way_back_is_a_page_of_ours_whatever_the_form_says(staff, back):
    target = make_target()
    place = f"/staff/lists/{target.list_id}"
    answer = staff.post(f"{place}/targets/remove", data={"ids": target.id, "back": back})
    assert answer.location == place


def test_all_who_fit_a_sentence_are_changed_from_the_page_and_the_bar_takes_it_back(staff):
    wanted = make_list()
    for number in range(3):
        make_target(wanted, make_stakeholder(f"Person {number}", language="fr"))
    make_target(wanted, make_stakeholder("Other", gender="female"))
    place = f"/staff/lists/{wanted.id}"
    part = text(staff.get(f"{place}/count"))
    assert "1 woman, 0 men (100 % women of those who stated it); 3 stated no gender" in part
    page = text(staff.get(f"{place}?language=fr&all=yes&columns=tier&columns=wave"))
    assert "All 3 people who fit" in page
    assert "<bdi>Other</bdi>" not in page
    fields = dict(re.findall(r'name="(all|rule|count|back)" value="([^"]*)"', page))
    fields = {name: html.unescape(value) for name, value in fields.items()} | {"tier": "1"}
    staff.post(f"{place}/targets/many/tier", data=fields)
    assert [line.tier for line in afresh(targets, wanted.id).lines] == [1, 1, 1, 2]
    page = text(staff.get(place))
    assert "3 people now in tier 1." in page
    assert 'data-label="Wave"' in page, "the columns are remembered"
    assert 'data-label="Email"' not in page
    staff.post(re.search(r'action="(/staff/changes/\d+/undo)[?"]', page)[1])
    assert [line.tier for line in afresh(targets, wanted.id).lines] == [2, 2, 2, 2]
    assert staff.post(f"{place}/targets/many/approve", data=fields).status_code == 403
    assert staff.post(f"{place}/targets/many/erase", data=fields).status_code == 404


def test_of_two_who_correct_one_person_of_a_list_the_second_is_told_and_loses_nothing(staff):
    target = make_target(why="Chairs")
    place = f"/staff/lists/{target.list_id}/targets/{target.id}"
    page = text(staff.get(place))
    assert place in text(staff.get(f"/staff/lists/{target.list_id}"))
    kept = {
        name: html.unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1])
        for name in ("version", "seen")
    }
    fields = {"tier": "1", "rank": "7", "wave": "2", "why": "Chairs", "owner": "",
              "decide_on": "2027-03-01"}  # fmt: skip
    assert staff.post(place, data=fields | kept).status_code == 303
    mine = fields | kept | {"tier": "3", "rank": "0", "why": "Opens doors", "decide_on": ""}
    answer = staff.post(place, data=mine)
    assert answer.status_code == 409
    assert "What changed meanwhile" in text(answer)
    assert "Opens doors" in text(answer)
    again = text(answer)
    kept = {
        name: html.unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', again)[1])
        for name in ("version", "seen")
    }
    staff.post(place, data=mine | kept | {"take-decide_on": "theirs", "take-tier": "mine"})
    (line,) = afresh(targets, target.list_id).lines
    assert (line.tier, line.why, str(line.decide_on)) == (3, "Opens doors", "2027-03-01")
    assert staff.post(place, data=fields | {"tier": "9"}).status_code == 422
    assert staff.get(f"/staff/lists/999/targets/{target.id}").status_code == 404


def test_pages_follow_one_another_without_repeating_anyone(staff):
    wanted = make_list()
    for _ in range(60):
        make_target(wanted)
    first = text(staff.get(f"/staff/lists/{wanted.id}?sort=name"))
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = text(staff.get(following))
    names = [re.findall(r"data-row-link><bdi>([^<]+)", page) for page in (first, second)]
    assert [len(part) for part in names] == [50, 10]
    assert not set(names[0]) & set(names[1])


def test_a_long_list_goes_on_by_itself_and_counts_as_far_as_that_is_soon_done(staff, monkeypatch):
    monkeypatch.setattr("outreach.queries.looking.LOOK", 3)
    monkeypatch.setattr("outreach.web.staff.lists.LINES", 4)
    wanted = make_list()
    for number in range(15):
        gender = "female" if number in (4, 5, 8, 9, 12, 14) else ""
        make_target(wanted, make_stakeholder(f"Person {number:02}", gender=gender))
    address, part = f"/staff/lists/{wanted.id}?gender=female", {"HX-Request": "true"}

    def went_on(page):
        link = re.search(r'hx-get="([^"]*looked=[^"]*)"', page)[1].replace("&amp;", "&")
        return staff.get(link, headers=part).text

    def named(page):
        return re.findall(r"data-row-link><bdi>Person (..)</bdi>", page)

    first = staff.get(address).text
    assert "3 people looked at in this order, and none of them fits" in " ".join(first.split())
    assert "Nobody fits" not in first
    table = went_on(first)
    assert named(table) == ["04", "05"]
    assert "6 people looked at so far" in table
    link = re.search(r'<a class="btn" href="([^"]*)">Look at the next ones', table)[1]
    assert "Person 08" in staff.get(link.replace("&amp;", "&")).text
    more = went_on(table)
    assert more.lstrip().startswith("<tbody>")
    assert named(more) == ["08"]
    last = went_on(more)
    assert named(last) == ["09"]
    assert 'rel="next"' in last
    assert "<b>6</b> people fit: 6 women" in staff.get(address.replace("?", "/count?")).text
    monkeypatch.setattr("outreach.queries.counting.COUNTED", 6)
    some = staff.get(address.replace("?", "/count?")).text
    assert "At least <b>2</b> people fit. <a" in some
    assert "All 6 people who fit" in staff.get(f"{address}&all=yes&after={_after(table)}").text


def _after(page):
    return re.search(r'after=([^"&]*)', page)[1]


def test_a_name_that_is_markup_is_shown_as_text(staff):
    """A14."""
    name = "<script>alert(1)</script>"
    target = make_target(stakeholder=make_stakeholder(name), why=name)
    for place in (f"lists/{target.list_id}", f"stakeholders/{target.stakeholder_id}"):
        page = text(staff.get(f"/staff/{place}"))
        assert name not in page
        assert "&lt;script&gt;alert(1)" in page


def test_an_export_is_a_file_that_no_spreadsheet_runs(staff):
    """A01, A02."""
    target = make_target(make_list("banks"), make_stakeholder("=cmd|' /C calc'!A0"), is_star=True)
    with staff.get(f"/staff/lists/{target.list_id}/export.csv") as answer:
        assert "banks.csv" in answer.headers["Content-Disposition"]
        lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[1][0].startswith("'=cmd")
    with staff.get(f"/staff/lists/{target.list_id}/export.xlsx") as answer:
        assert answer.data.startswith(b"PK")
    assert staff.get(f"/staff/lists/{target.list_id}/export.exe").status_code == 404


def test_one_person_is_added_by_hand(staff):
    wanted = make_list()
    place = f"/staff/lists/{wanted.id}/add"
    fields = {
        "full_name": "Ana Paz",
        "email": "Ana@Example.org",
        "country": "Kenya",
        "tier": "1",
        "star": "y",
        "organisation": "Bank",
    }
    assert staff.post(place, data=fields).location == f"/staff/lists/{wanted.id}"
    (line,) = afresh(targets, wanted.id).lines
    assert (line.name, line.email, line.country_code, line.tier, line.is_star) == (
        "Ana Paz",
        "Ana@example.org",
        "KE",
        1,
        False,
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"full_name": ""}, "Type the name."),
        ({"full_name": "A", "email": "a@b@c"}, "more than one @-sign"),
        ({"full_name": "A", "country": "Atlantis"}, "is not a known country"),
        ({"full_name": "A\x00B"}, "which no text needs"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(staff, fields, said):
    wanted = make_list()
    answer = staff.post(f"/staff/lists/{wanted.id}/add", data=fields | {"tier": "2"})
    assert answer.status_code == 422
    assert said in text(answer)
    assert afresh(target_list, wanted.id).wanted_count == 0


def test_a_known_address_asks_whether_it_is_another_person(staff):
    make_stakeholder("Ana Paz", "office@example.org")
    wanted = make_list()
    fields = {"full_name": "Juan Sol", "email": "office@example.org", "tier": "2"}
    answer = staff.post(f"/staff/lists/{wanted.id}/add", data=fields)
    assert answer.status_code == 409
    assert "This is another person at the same address" in text(answer)
    staff.post(f"/staff/lists/{wanted.id}/add", data=fields | {"is_another": "y"})
    assert [line.name for line in afresh(targets, wanted.id).lines] == ["Juan Sol"]


@pytest.mark.parametrize(
    ("email", "said"),
    [("ana@bank.org", "Same name"), ("pаz@example.org", "Looks the same, is another address")],
)
def test_whoever_may_be_known_is_shown_before_someone_new_is_added(staff, email, said):
    """A09: the second address begins with a Cyrillic letter of its own."""
    known = make_stakeholder("Ana Paz", "paz@example.org")
    wanted = make_list()
    place = f"/staff/lists/{wanted.id}/add"
    name = "Ana Paz" if said == "Same name" else "Juan Sol"
    fields = {"full_name": name, "email": email, "tier": "2"}
    answer = staff.post(place, data=fields)
    assert answer.status_code == 409
    assert said in text(answer)
    assert afresh(target_list, wanted.id).wanted_count == 0
    staff.post("/staff/stakeholders/bulk/list", data={"ids": known.id, "list": wanted.id})
    staff.post(place, data=fields | {"is_new": "y"})
    emails = [line.email for line in afresh(targets, wanted.id).lines]
    assert emails == ["paz@example.org", email]


@pytest.mark.parametrize(
    "place",
    [
        "/staff/lists/999",
        "/staff/lists/999/add",
        "/staff/lists/999/import",
        "/staff/lists/imports/999",
        "/staff/stakeholders/999",
        "/staff/stakeholders/999/edit",
    ],
)
def test_what_is_not_there_is_a_plain_404(staff, place):
    assert staff.get(place).status_code == 404


def test_a_form_without_its_token_changes_nothing(staff, csrf):
    """A53."""
    target = make_target()
    answer = staff.post(f"/staff/lists/{target.list_id}/targets/remove", data={"ids": target.id})
    assert answer.status_code == 400
    assert len(afresh(targets, target.list_id).lines) == 1


@pytest.mark.parametrize(
    "said",
    ["group=member_state", "region=AFR", "country=KE", "language=fr", "gender=female", "kind=x",
     "tag=x", "owner=1", "owner=nobody", "list=banks", "star=yes", "star=nominated", "tier=1",
     "wave=1", "decision=approved", "answer=accepted", "answer=not_asked", "due=past", "due=in-3",
     "contacted=never", "contacted=within-3", "attended=EV", "address=any", "q=a b"],
)  # fmt: skip
def test_whatever_tells_people_apart_tells_those_of_a_list_apart(staff, said):
    place = f"/staff/lists/{make_target(make_list('banks')).list_id}"
    for address in (said, f"not.{said}"):
        assert staff.get(f"{place}?{address}").status_code == 200
        assert staff.get(f"{place}/count?{address}").status_code == 200
