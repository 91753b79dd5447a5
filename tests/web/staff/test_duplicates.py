"""Duplicates on pages: found, told apart, merged side by side, and made two again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach import clock
from outreach.actions.duplicates import find_duplicates
from outreach.actions.invitations import answer_invitation
from outreach.actions.merges import merge_stakeholders
from outreach.db import reading, transaction
from outreach.jobs import job_named
from outreach.models.activity import CONSOLE
from outreach.models.duplicate import Duplicate, DuplicateState, Merge
from outreach.models.invitation import Invitation, InvitationState, Reply
from outreach.models.stakeholder import Stakeholder
from outreach.queries.duplicates import duplicates, last_search
from tests.actions.test_places import Ground
from tests.factories import (
    NOON,
    afresh,
    make_event,
    make_invitation,
    make_message,
    make_organisation,
    make_stakeholder,
    sign_in,
)


@pytest.fixture(autouse=True)
def _colleague(client):
    sign_in(client)


@pytest.fixture
def two(app):
    bank = make_organisation()
    first = make_stakeholder("Wanjiru Kamau", "w@example.org", bank)
    return first, make_stakeholder("KAMAU Wanjiru", "kamau@example.org", bank, office="Governor")


def pair():
    reading().rollback()
    return reading().scalars(select(Duplicate)).one()


def now(stakeholder):
    reading().rollback()
    return reading().get(Stakeholder, stakeholder.id)


def merge(client, kept, gone, **fields):
    seen = {"kept_seen": NOON.isoformat(), "gone_seen": NOON.isoformat()}
    return client.post(f"/staff/stakeholders/{kept.id}/merge/{gone.id}", data=seen | fields)


def test_an_empty_page_says_what_will_stand_there(client):
    page = client.get("/staff/duplicates").text
    assert "No pair to look at" in page
    assert "Compare everyone now" in page
    assert "/staff/duplicates" in client.get("/staff/stakeholders?q=x").text


def test_a_pair_stands_there_with_its_score_and_reasons(client, two):
    assert client.post("/staff/duplicates/search").status_code == 303
    page = client.get("/staff/duplicates").text
    for text in ("Wanjiru Kamau", "KAMAU Wanjiru", "Same name in another order", "87", "One new"):
        assert text in page
    assert "May be the same person as" in client.get(f"/staff/stakeholders/{two[0].id}").text


def test_who_is_called_two_people_is_not_asked_about_again_until_someone_does(client, two):
    find_duplicates(at=NOON)
    client.post(f"/staff/duplicates/{pair().id}/apart")
    assert find_duplicates(at=NOON) == 0
    assert pair().state is DuplicateState.NOT_A_DUPLICATE
    assert "Undo" in client.get("/staff/duplicates").text
    assert "KAMAU" in client.get("/staff/duplicates?state=not_a_duplicate").text
    client.post(f"/staff/duplicates/{pair().id}/apart", data={"again": "yes"})
    assert pair().state is DuplicateState.FOUND


def test_a_pair_that_was_corrected_goes(app, two):
    find_duplicates(at=NOON)
    with transaction() as session:
        row = session.get_one(Stakeholder, two[1].id)
        row.full_name, row.name_key = "Somebody Else", "somebody else"
    find_duplicates(at=NOON)
    assert afresh(duplicates) == []


def test_everyone_is_compared_once_a_night(app, two):
    job_named("find-duplicates").run()
    assert afresh(last_search).people_count >= 2
    assert job_named("find-duplicates").run() == 0


def test_the_fuller_side_is_ticked_and_what_was_chosen_stands(client, two):
    kept, gone = two
    event = make_event()
    make_invitation(kept, event)
    make_invitation(gone, event, state="declined", answered_at=NOON)
    page = client.get(f"/staff/stakeholders/{kept.id}/merge/{gone.id}").text
    assert 'name="choose-office" value="gone" checked' in page
    assert "What stands is the answer of <bdi>KAMAU Wanjiru</bdi>" in page
    answer = merge(client, kept, gone, **{"choose-full_name": "gone", "choose-office": "gone"})
    assert answer.headers["Location"].endswith("/staff/duplicates")
    assert (now(kept).full_name, now(kept).office) == ("KAMAU Wanjiru", "Governor")
    (stands,) = reading().scalars(select(Invitation).where(Invitation.stakeholder_id == kept.id))
    assert stands.state is InvitationState.DECLINED
    assert "Undo" in client.get(answer.headers["Location"]).text


def test_the_kept_persons_page_tells_of_the_merge_and_shows_both_histories(client, two):
    kept, gone = two
    make_message(gone)
    merge(client, kept, gone)
    page = client.get(f"/staff/stakeholders/{kept.id}").text
    assert "Merged with KAMAU Wanjiru" in page
    assert client.get(f"/staff/stakeholders/{gone.id}").headers["Location"].endswith(f"/{kept.id}")
    assert "Accepted by the provider" in page


def test_a_merge_is_made_two_again_from_the_page(client, two):
    kept, gone = two
    merge(client, kept, gone)
    reading().rollback()
    merge_id = reading().scalar(select(Merge.id))
    assert "Make two again" in client.get("/staff/duplicates").text
    client.post(f"/staff/merges/{merge_id}/undo")
    assert now(gone).merged_into_id is None
    client.post(f"/staff/merges/{merge_id}/undo")
    page = client.get("/staff/duplicates").text
    assert "taken back already" in page
    assert "Taken back" in page


def test_an_undo_that_cannot_give_a_place_back_says_so_before(client):
    ground = Ground(2, alternates=1, opens_at=clock.now() + timedelta(days=90))
    for _ in range(2):
        ground.ask(clock.now())
    kept, gone = ground.rows(Stakeholder)[-2:]
    merge_id = merge_stakeholders(kept.id, gone.id, {}, by=CONSOLE, at=clock.now())
    url = f"/staff/merges/{merge_id}/undo"
    asked = client.post(url).text
    assert "keeps the invitation, and a yes waits for the next one" in asked
    assert "a task about it goes to" in asked
    assert now(gone).merged_into_id == kept.id, "nothing is done yet"
    assert client.post(url, data={"seen": "yes"}).status_code == 303
    assert now(gone).merged_into_id is None
    assert "has no place at" in client.get("/staff/tasks").text
    assert "two people again since" in client.get(url).text


def test_what_was_answered_while_two_were_one_is_told_when_they_are_two_again(client, two):
    kept, gone = two
    for person in two:
        make_invitation(person, reply_by=NOON + timedelta(days=36_500))
    merge(client, kept, gone)
    reading().rollback()
    merge_id = reading().scalar(select(Merge.id))
    later = reading().scalar(select(Merge.merged_at)) + timedelta(microseconds=1)
    stands = select(Invitation.id).where(Invitation.merged_into_id.is_(None))
    answer_invitation(reading().scalar(stands), Reply.DECLINED, "", at=later)
    client.post(f"/staff/merges/{merge_id}/undo")
    page = client.get("/staff/duplicates").text
    assert "was answered (declined). That stays with" in page


def test_look_alikes_are_marked_and_ask_first(client, two):
    """A09"""
    kept = make_stakeholder("Bo Li", "bo@example.org")
    gone = make_stakeholder("Bo Li", "b\u043e@example.org")
    find_duplicates(at=NOON)
    assert "Look-alike" in client.get("/staff/duplicates").text
    answer = merge(client, kept, gone)
    assert answer.status_code == 422
    assert "cyrillic small letter o" in answer.text
    assert now(gone).merged_into_id is None
    assert merge(client, kept, gone, is_confirmed="y").status_code == 303


def test_what_someone_changed_meanwhile_is_not_merged_unseen(client, two):
    kept, gone = two
    late = {"gone_seen": (NOON - timedelta(days=1)).isoformat()}
    assert merge(client, kept, gone, **late).status_code == 409
    assert merge(client, kept, gone, gone_seen="yesterday").status_code == 400
    assert now(gone).merged_into_id is None


@pytest.mark.parametrize("path", ["7/merge/7", "1/merge/99999", "99999/merge/1"])
def test_what_is_not_there_is_a_404(client, path):
    assert client.get(f"/staff/stakeholders/{path}").status_code == 404


def test_odd_places_in_the_list_begin_at_its_start(client, two):
    find_duplicates(at=NOON)
    for before in ("x", "1", "-1.2", "99.0", "١.٢", "1.2.3"):
        assert client.get(f"/staff/duplicates?before={before}&state=x").status_code == 200
