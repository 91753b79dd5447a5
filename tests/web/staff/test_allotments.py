"""Allotments: places in words, the order of alternates, one click for one place, what would be."""

import re
from datetime import timedelta
from html import unescape

from outreach.actions.invitations import answer_invitation
from outreach.clock import now
from outreach.db import reading
from outreach.models.activity import Activity
from outreach.models.allotment import Allotment, Vacancy
from outreach.models.invitation import Reply
from outreach.models.target import Target
from tests.actions.grounds import Ground
from tests.factories import make_target, sign_in
from tests.forms import opened

DAY = timedelta(days=1)


def fill_in(**more):
    return {"places": 3, "mode": "automatic", "answer_days": 10, "closing_days": 7} | more


def undo_in(page):
    """Where the quiet bar takes the last change back."""
    (url,) = re.findall(r'action="([^"]+)"><input[^>]*><button>Undo', page)
    return unescape(url)


def test_a_group_gets_its_places_and_the_page_says_how_they_stand(client):
    ground = Ground(60, asked=3)
    sign_in(client)
    answer_invitation(ground.invitations()[0].id, Reply.ACCEPTED, "", at=ground.list.created_at)
    page = client.get(f"/staff/events/{ground.event.id}/allotments").text
    places = "60 places; 1 taken, 2 waiting for an answer, 57 free."
    assert places in page
    assert places in client.get(f"/staff/lists/{ground.list.id}").text
    again = client.post(
        f"/staff/events/{ground.event.id}/allotments",
        data=fill_in(group_id=ground.list.group_id),
    )
    assert again.status_code == 422
    assert "has an allotment for the event already" in again.text
    host = client.post(
        f"/staff/events/{ground.event.id}/allotments",
        data=fill_in(group_id=ground.list.group_id, host="The host country"),
    )
    assert host.status_code == 303
    assert "The host country" in client.get(host.location).text


def test_alternates_are_moved_by_a_number_and_the_page_supposes_by_the_same_rules(client):
    ground = Ground(2, asked=2, alternates=2, opens_at=now() + 60 * DAY)
    sign_in(client)
    first, last = ground.eligible()
    url = f"/staff/lists/{ground.list.id}/targets/{last.id}/place"
    moves = {"place": "1", "back": f"/staff/allotments/{ground.allotment_id}"}
    moved = client.post(url, data=moves)
    assert moved.location == moves["back"]
    assert client.post(undo_in(client.get(moved.location).text)).location == moves["back"]
    assert [row.id for row in ground.eligible()] == [first.id, last.id]
    client.post(url, data=moves)
    text = client.get(f"/staff/allotments/{ground.allotment_id}?declines=5").text
    names = {row.id: row.stakeholder.full_name for row in ground.eligible()}
    supposed = text[text.index("What would happen if") :]
    assert supposed.index(names[last.id]) < supposed.index(
        next(name for id_, name in names.items() if id_ != last.id)
    )
    assert ground.promoted() == []
    answer_invitation(ground.invitations()[0].id, Reply.DECLINED, "", at=ground.list.created_at)
    assert ground.promoted() == [last.stakeholder_id]


def test_one_click_asks_the_next_and_a_second_one_says_why_not(client):
    ground = Ground(1, asked=1, alternates=2, is_automatic=False, opens_at=now() + 60 * DAY)
    sign_in(client)
    answer_invitation(ground.invitations()[0].id, Reply.DECLINED, "", at=ground.list.created_at)
    (vacancy,) = ground.vacancies()
    url = f"/staff/allotments/{ground.allotment_id}"
    today = client.get("/staff/today").text
    assert "1 thing waits for a decision" in today
    assert url in today
    first = ground.eligible()[0].stakeholder.full_name
    assert f"Next by rank is <bdi>{first}</bdi>." in client.get(url).text
    for words in ("The next alternate is asked", "Nobody was asked"):
        client.post(f"{url}/vacancies/{vacancy.id}/ask")
        assert words in client.get(url).text
    assert len(ground.promoted()) == 1
    assert url not in client.get("/staff/today").text
    client.post(f"{url}/ask")
    assert "Every place is taken or kept" in client.get(url).text


def test_people_become_alternates_and_get_a_wave_on_their_list(client):
    ground = Ground(1)
    target = make_target(ground.list)
    sign_in(client)
    for verb, more in (("alternate", {}), ("wave", {"wave": "2"})):
        client.post(f"/staff/lists/{ground.list.id}/targets/{verb}", data={"ids": target.id} | more)
    page = client.get(f"/staff/lists/{ground.list.id}").text
    assert "Alternate" in page
    assert "Wave 2" in page
    assert client.post(undo_in(page)).location == f"/staff/lists/{ground.list.id}"
    assert not ground.rows(Target, Target.is_alternate)


def test_rules_are_changed_and_a_number_out_of_bounds_is_refused(client):
    ground = Ground(1)
    sign_in(client)
    url = f"/staff/allotments/{ground.allotment_id}"
    assert client.post(url, data=fill_in(places=-1)).status_code == 422
    seen = opened(client, url)
    mine = fill_in(places=9, mode="approval") | seen
    assert client.post(url, data=mine).status_code == 303
    late = client.post(url, data=fill_in(places=8) | seen)
    assert late.status_code == 409
    assert "What changed meanwhile" in late.text
    assert re.search(r'name="places"[^>]* value="8"', late.text)
    row = ground.rows(Allotment, Allotment.id == ground.allotment_id)[0]
    assert (row.places, row.is_automatic) == (9, False)
    assert client.get("/staff/allotments/999999").status_code == 404
    assert reading().get(Vacancy, 1) is None
    assert ground.rows(Activity, Activity.verb == "changed_allotment")
