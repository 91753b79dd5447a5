"""Organisations on the pages of a list: found, added, shown among the people, taken off."""

import re
from datetime import timedelta

import pytest

from outreach import clock
from outreach.advice.segments import Rule
from outreach.models.account import Role
from outreach.models.custom_field import CustomField, CustomValue
from outreach.models.focal_point import FocalPoint
from outreach.queries.list_pages import list_page
from outreach.queries.lists import target_list
from outreach.queries.organisation_targets import organisation_lines
from outreach.queries.shapes import Ground
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_campaign,
    make_list,
    make_organisation,
    make_organisation_target,
    make_stakeholder,
    make_target,
    save,
    sign_in,
    the_conference,
)
from tests.forms import hidden


@pytest.fixture
def staff(client, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    sign_in(client)
    return client


WISH = {"tier": "1", "rank": "0", "wave": "1", "why": "Pays", "owner": "", "most_members": "5"}


def test_an_organisation_is_found_as_one_types_and_put_on_the_list_once(staff):
    wanted, bank = make_list(), make_organisation("Banque d’Émission", group="development_finance")
    place = f"/staff/lists/{wanted.id}/organisations"
    part = staff.get(f"{place}/add?q=banque demis", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    url = re.search(r'href="([^"]+organisation_id=\d+)"', part)[1]
    assert "Put <bdi>Banque" in staff.get(url).text
    assert staff.post(url, data=WISH).status_code == 303
    again = staff.post(url, data=WISH)
    assert again.status_code == 422
    assert "is on the list" in again.text
    assert "is on this list already" in staff.get(f"{place}/add?q=banqeu").text, "a slip"
    assert "Write <bdi>zzz</bdi> down" in staff.get(f"{place}/add?q=zzz").text
    page = staff.get(f"/staff/lists/{wanted.id}").text
    assert "1 organisation</a> besides" in page
    assert "no focal point yet" in page
    assert f'href="/staff/organisations/{bank.id}#focal"' in page


def test_pasted_names_come_onto_the_list_and_unknown_ones_are_told(staff):
    wanted = make_list()
    for name in ("Banque d’Émission", "另一家银行", "شركة"):
        make_organisation(name)
    place = f"/staff/lists/{wanted.id}/organisations/paste"
    names = "Organisation\tTier\nBANQUE D'EMISSION\t1\r\n另一家银行\nNobody <b>\n\nشركة\nشركة"
    page = staff.post(place, data={"names": names}).text
    assert "1 name is of no organisation" in page
    assert "Nobody &lt;b&gt;" in page
    names = [one.name for one in afresh(organisation_lines, wanted.id)]
    assert names == ["Banque d’Émission", "另一家银行", "شركة"]
    assert staff.post(place, data={"names": ""}).status_code == 303


def test_one_is_corrected_and_two_who_do_so_are_told(staff):
    target = make_organisation_target(why="First")
    place = f"/staff/lists/{target.list_id}/organisations/{target.id}"
    fields = hidden(staff.get(place).text)
    form = WISH | {name: fields[name] for name in ("version", "seen")}
    assert staff.post(place, data=form | {"why": "Mine"}).status_code == 303
    told = staff.post(place, data=form | {"why": "Other"})
    assert told.status_code == 409
    assert "Mine" in told.text
    assert "Other" in told.text
    assert staff.get(f"/staff/lists/{make_list().id}/organisations/{target.id}").status_code == 404


def test_those_ticked_are_taken_off_and_the_bar_puts_them_back(staff):
    wanted = make_list()
    ids = [make_organisation_target(wanted).id for _ in range(2)]
    place = f"/staff/lists/{wanted.id}/organisations"
    assert staff.post(f"{place}/remove", data={}).status_code == 422
    staff.post(f"{place}/remove", data={"ids": ids})
    page = staff.get(place).text
    assert "2 organisations taken off the list." in page
    staff.post(re.search(r'action="([^"]+/undo/\d+)"', page)[1])
    assert afresh(target_list, wanted.id).organisation_count == 2


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [("tier", 1, "2 organisations now in tier 1."), ("wave", 3, "2 organisations now in wave 3."),
     ("owner", "me", "2 organisations given to their new owner.")],
)  # fmt: skip
def test_those_ticked_get_one_tier_wave_or_owner_and_the_bar_takes_it_back(
    staff, what, value, said
):
    wanted, me = make_list(), make_account()
    targets = [make_organisation_target(wanted, tier=2) for _ in range(3)]
    value = me.id if value == "me" else value
    place = f"/staff/lists/{wanted.id}/organisations"
    ids = [target.id for target in targets[:2]]
    column = "owner" if what == "owner" else what

    def standing():
        return [getattr(line, column) for line in afresh(organisation_lines, wanted.id)]

    before = standing()
    staff.post(f"{place}/set/{what}", data={"ids": ids, what: value})
    page = staff.get(place).text
    assert said in page
    assert standing() == [me.name if what == "owner" else value] * 2 + before[2:]
    for _ in range(2):
        assert staff.post(re.search(r'action="([^"]+/undo/\d+)"', page)[1]).status_code == 303
    assert standing() == before
    assert staff.post(f"{place}/set/{what}", data={"ids": ids, what: "77777"}).status_code >= 404
    assert staff.post(f"{place}/set/rank", data={"ids": ids}).status_code == 404


def test_a_field_of_the_teams_own_finds_organisations_among_the_people_of_a_list(staff):
    field = CustomField(
        code="hub", label="Hub", kind="yes_no", subject="organisation", created_at=NOON
    )
    save(field)
    wanted, bank = make_list(), make_organisation("Bank")
    make_organisation_target(wanted, bank)
    make_organisation_target(wanted, make_organisation("Other"))
    save(CustomValue(field_id=field.id, organisation_id=bank.id, is_yes=True))
    page = staff.get(f"/staff/lists/{wanted.id}?custom_hub=yes").text
    assert "Bank" in page
    assert ">Other<" not in page


def test_only_an_approver_sees_and_may_press_approve(staff, app):
    target = make_organisation_target()
    place = f"/staff/lists/{target.list_id}/organisations"
    assert ">Approve<" not in staff.get(place).text
    assert staff.post(f"{place}/approve", data={"ids": target.id}).status_code == 403
    sign_in(staff, Role.APPROVER)
    assert ">Approve<" in staff.get(place).text
    staff.post(f"{place}/approve", data={"ids": target.id})
    assert afresh(organisation_lines, target.list_id)[0].approved_at == NOON
    sign_in(staff, Role.ORGANISER)
    assert staff.get(place).status_code == 403


def got(staff, address):
    with staff.get(address) as answer:
        return answer.get_data()


def test_the_file_of_organisations_says_where_each_stands_and_holds_no_formula(staff):
    target = make_organisation_target(organisation=make_organisation("=1+1 Bank"))
    place = f"/staff/lists/{target.list_id}/organisations"
    said = got(staff, f"{place}.csv").decode("utf-8-sig")
    assert '"\'=1+1 Bank","2"' in said
    assert "no constituent group yet" in said
    assert got(staff, f"{place}.xlsx")[:2] == b"PK"
    assert staff.get(f"{place}.exe").status_code == 404


def test_its_own_page_says_where_it_is_wanted(staff):
    target = make_organisation_target(make_list(name="Administrations"))
    page = staff.get(f"/staff/organisations/{target.organisation_id}").text
    assert "Where it is wanted" in page
    assert f'href="/staff/lists/{target.list_id}/organisations/{target.id}"' in page


def test_its_focal_point_is_asked_from_the_list_with_what_is_on_record(staff):
    body = make_organisation("Ministry", group="member_state")
    wanted = make_list(group="member_state")
    target = make_organisation_target(wanted, body, most_members=4)
    person = make_stakeholder("Awa Ndiaye", "awa@example.org", body)
    save(
        FocalPoint(
            conference_id=the_conference().id, organisation_id=body.id, stakeholder_id=person.id,
            authorised_by="Note verbale 7", authorised_on=NOON.date(), recorded_at=NOON,
        )
    )  # fmt: skip
    page = staff.get(f"/staff/lists/{target.list_id}").text
    url = re.search(r'href="([^"]+/delegations/ask[^"]+)"', page)[1].replace("&amp;", "&")
    form = staff.get(url).text
    assert 'value="Note verbale 7"' in form
    assert re.search(r'name="most_members"[^>]* value="4"', form)
    campaign = f"/staff/campaigns/{make_campaign(wanted).id}"
    assert "1 organisation through the focal point" in " ".join(staff.get(campaign).text.split())
    place = f"/staff/lists/{target.list_id}/organisations"
    assert "Ask 1 focal point</a>" in staff.get(place).text
    make_organisation_target(wanted)
    form = staff.get(f"{place}/ask").text
    assert "at most 4 members" in form
    assert "no focal point yet" in form
    day = f"{NOON + timedelta(days=30):%Y-%m-%d}"
    for count, status in (("2", 422), ("1", 303)):
        answer = staff.post(f"{place}/ask", data={"count": count, "name_on": day})
        assert answer.status_code == status
    page = staff.get(place).text
    assert "1 focal point is asked." in page
    assert "Focal point asked" in page
    assert "1 organisation asked for a delegation" in " ".join(staff.get(campaign).text.split())


def walked(list_id, **named):
    ground = Ground(the_conference().id, NOON)
    pages, after = [], None
    while True:
        page = afresh(
            list_page, list_id, Rule(), ground, has_organisations=True, limit=2, after=after,
            **named,
        )  # fmt: skip
        pages.append(page)
        after = page.next
        if after is None:
            return pages


@pytest.mark.parametrize(
    ("sort", "names"),
    [("rank", "Org b, Ada, Org a, Org c, Ben, Zoë"),
     ("name", "Ada, Ben, Org a, Org b, Org c, Zoë"),
     ("tier", "Org a, Ben, Org b, Ada, Org c, Zoë"),
     ("deadline", "Org a, Zoë, Org b, Ada, Org c, Ben"),
     ("status", "Ada, Org a, Org c, Ben, Zoë, Org b"),
     ("star", "Zoë, Org b, Ada, Org a, Org c, Ben")],
)  # fmt: skip
def test_organisations_stand_among_the_people_in_every_order_and_page_both_ways(app, sort, names):
    wanted, day = make_list(), NOON.date()
    for name, rank, more in (("Ada", 1, {}), ("Ben", 3, {"tier": 1}), ("Zoë", 4, {"tier": 3})):
        if name == "Zoë":
            more |= {"decide_on": day, "is_star": True}
        make_target(wanted, make_stakeholder(name), rank=rank, **more)
    for name, rank, more in (
        ("Org a", 2, {"tier": 1, "decide_on": day}), ("Org b", 1, {"approved_at": NOON}),
        ("Org c", 2, {}),
    ):  # fmt: skip
        make_organisation_target(wanted, make_organisation(name), rank=rank, **more)
    for order, expected in ((sort, names.split(", ")), (f"-{sort}", names.split(", ")[::-1])):
        pages = walked(wanted.id, sort=order)
        whole = [line.name for page in pages for line in page.lines]
        if order == "-deadline":  # those without one stand last, either way
            expected = ["Zoë", "Org a", "Org b", "Ada", "Org c", "Ben"]
        assert whole == expected
        assert pages[0].previous is None
        back = list_page(
            wanted.id, Rule(), Ground(the_conference().id, NOON), has_organisations=True,
            sort=order, before=pages[-1].previous, limit=2,
        )  # fmt: skip
        assert [line.name for line in back.lines] == [line.name for line in pages[-2].lines]
        assert back.next
        assert back.previous


@pytest.mark.parametrize(
    ("address", "is_shown"),
    [("tier=1", True), ("tier=2", False), ("not.tier=2", True), ("country=KE", True),
     ("region=AFR", True), ("group=member_state", True), ("decision=approved", False),
     ("q=ministere", True), ("q=zzz", False), ("star=yes", False), ("language=fr", False)],
)  # fmt: skip
def test_the_sentence_of_a_list_finds_organisations_by_what_can_be_said_of_them(
    staff, address, is_shown
):
    body = make_organisation("Ministère", group="member_state", country="KE")
    target = make_organisation_target(organisation=body, tier=1)
    page = staff.get(f"/staff/lists/{target.list_id}?{address}").text
    assert (f'id="organisation-{target.id}"' in page) is is_shown
    assert "speaks of people" not in page


def test_a_sentence_about_people_says_that_organisations_are_not_shown(staff):
    target = make_organisation_target()
    page = staff.get(f"/staff/lists/{target.list_id}?gender=female").text
    assert "The sentence speaks of people" in page


def test_who_follows_an_organisation_up_is_a_facet_too(staff):
    account = make_account(name="Mia")
    target = make_organisation_target(owner_id=account.id)
    place = f"/staff/lists/{target.list_id}?owner={account.id}"
    assert f'id="organisation-{target.id}"' in staff.get(place).text
