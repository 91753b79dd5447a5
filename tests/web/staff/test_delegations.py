"""The team's pages about delegations."""

import re
from datetime import timedelta

import pytest

from outreach.actions.delegation_members import Named, name_member
from outreach.models.focal_point import FocalPoint
from outreach.queries.delegations import delegations_of
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_list,
    make_organisation,
    make_stakeholder,
    save,
    sign_in,
    the_event,
    the_group,
)
from tests.forms import hidden, opened


@pytest.fixture
def staff(client, monkeypatch):
    from outreach import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)
    sign_in(client)
    return client


@pytest.fixture
def ministry(app):
    organisation = make_organisation("Ministère de l’Économie", group="member_state", country="SN")
    make_stakeholder("Awa Ndiaye", "awa@example.org", organisation)
    return organisation


def ask(staff, ministry, **fields):
    path = f"/staff/events/{the_event().id}/delegations/ask?organisation_id={ministry.id}"
    page = staff.get(path).text
    assert "Whom will <bdi>Ministère" in page
    person = re.search(r'<option value="(\d+)">Awa Ndiaye', page)
    assert person
    values = {
        "focal_point_id": person[1], "authorised_by": "Note verbale 7", "most_members": "4",
        "name_on": f"{NOON + timedelta(days=30):%Y-%m-%d}",
    }  # fmt: skip
    return staff.post(path, data=values | fields)


def test_an_empty_page_says_what_will_be_here(staff):
    assert (
        "No delegation is asked for yet"
        in staff.get(f"/staff/events/{the_event().id}/delegations").text
    )


def test_the_lists_lead_to_the_conference_or_to_the_event_looked_at_last(staff):
    conference = the_event()
    meeting = make_event(starts_at=NOON - timedelta(days=9), ends_at=NOON - timedelta(days=8))
    make_list(event=meeting)
    for event in (conference, meeting):
        page = staff.get("/staff/lists").text
        for end in ("delegations", "allotments"):
            assert f'href="/staff/events/{event.id}/{end}"' in page
        staff.get(f"/staff/events/{meeting.id}/delegations")


def test_an_organisation_is_found_and_its_focal_point_asked(staff, ministry):
    path = f"/staff/events/{the_event().id}/delegations/ask"
    assert "Ministère" in staff.get(f"{path}?name=economie").text
    answer = ask(staff, ministry)
    assert answer.status_code == 303
    page = staff.get(answer.location).text
    for words in ("Awa Ndiaye", "Note verbale 7", "nobody yet", "Send the request again"):
        assert words in page
    assert "Ministère" not in staff.get(f"{path}?name=economie").text


def test_a_whole_group_is_asked_from_its_page_and_the_bar_withdraws_it(staff, ministry):
    focal = make_stakeholder("Moussa Ba", "moussa@example.org", ministry)
    save(
        FocalPoint(
            conference_id=the_event().conference_id, organisation_id=ministry.id,
            stakeholder_id=focal.id, authorised_by="Note 1", authorised_on=NOON.date(),
            recorded_at=NOON,
        )
    )  # fmt: skip
    group = the_group("member_state").id
    path = f"/staff/events/{the_event().id}/delegations/group"
    assert "Ask 1 focal point" in staff.get(f"{path}?group_id={group}").text
    form = {"group_id": group, "count": "1", "most_members": "4"}
    form |= {"name_on": f"{NOON + timedelta(days=30):%Y-%m-%d}"}
    assert staff.post(path, data=form | {"count": "7"}).status_code == 422
    page = staff.get(staff.post(path, data=form).location).text
    assert "1 focal point is asked." in page
    undo = re.search(r'action="([^"]+/withdraw/\d+)"', page)
    assert "1 request is withdrawn." in staff.post(undo[1], follow_redirects=True).text
    assert "Ask 1 focal point" in staff.get(f"{path}?group_id={group}").text


def test_what_is_missing_is_said(staff, ministry):
    answer = ask(staff, ministry, authorised_by="", name_on="2020-01-01")
    assert answer.status_code == 422
    answer = ask(staff, ministry, name_on="2020-01-01")
    assert "a date to come" in answer.text


def test_the_list_and_the_page_count_members_and_answers(staff, ministry):
    location = ask(staff, ministry).location
    (line,), _ = afresh(delegations_of, the_event().id)
    name_member(line.id, Named("Omar Diop", "omar@example.org", gender="male"), at=NOON)
    assert "1 of 4" in staff.get(f"/staff/events/{the_event().id}/delegations").text
    page = staff.get(location).text
    assert "Omar Diop" in page
    member = re.search(r"/members/(\d+)/out", page)
    assert member
    assert staff.post(f"{location}/members/{member[1]}/out").status_code == 303
    assert "has named nobody yet" in staff.get(location).text


def test_limits_change_and_the_request_goes_again_or_is_withdrawn(staff, ministry):
    location = ask(staff, ministry).location
    changed = {"most_members": "9", "name_on": f"{NOON + timedelta(days=40):%Y-%m-%d}"}
    seen = opened(staff, location)
    assert staff.post(location, data=changed | seen).status_code == 303
    late = staff.post(location, data=changed | seen | {"most_members": "7"})
    assert late.status_code == 409
    assert "What changed meanwhile" in late.text
    changed |= hidden(late.text) | {"most_members": "7"}
    assert staff.post(location, data=changed).status_code == 303
    assert staff.post(location, data={"most_members": "0"}).status_code == 422
    assert staff.post(f"{location}/again").status_code == 303
    assert staff.post(f"{location}/withdraw").status_code == 303
    assert "Withdrawn" in staff.get(location).text


def test_the_focal_point_that_is_noted_is_proposed_with_its_authority(staff, ministry):
    person = make_stakeholder("Moussa Ba", "moussa@example.org", ministry)
    save(
        FocalPoint(
            conference_id=the_event().conference_id, organisation_id=ministry.id,
            stakeholder_id=person.id, authorised_by="Letter of the minister",
            authorised_on=NOON.date(), recorded_at=NOON,
        )
    )  # fmt: skip
    path = f"/staff/events/{the_event().id}/delegations/ask?organisation_id={ministry.id}"
    page = staff.get(path).text
    assert f'selected value="{person.id}"' in page
    assert "Letter of the minister" in page
