"""Long work: any worker takes it, says how far it is, survives its worker's death, and stops."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from outreach import clock, errands
from outreach.actions.errands import ask_errand, stop_errand, take_errand
from outreach.errands import Told, Work, do_errands
from outreach.errors import Conflict, NotFound
from outreach.jobs import ERRANDS
from outreach.models.activity import CONSOLE, Actor
from outreach.models.errand import LEASE, MOST_TRIES
from outreach.queries.errands import errand_line
from tests.delivery.ledgers import frozen_campaign
from tests.factories import NOON, make_account, sign_in

RUNNING = threading.Event()


def do(kind, at=NOON) -> int:
    return do_errands({"count": kind}, stopping=RUNNING, now=lambda: at)


def lives(_: str) -> bool:
    return False


@pytest.fixture
def asked(app) -> int:
    return ask_errand("count", CONSOLE, at=NOON, to=3)


def test_what_is_asked_for_is_done_once_and_told(asked):
    seen = []

    def count(work: Work) -> Told:
        seen.append(work.wishes["to"])
        work.tell(3, 3)
        return Told("Three were counted.", {"url": "/staff/lists"})

    assert do(count) == 1
    assert do(count) == 0
    line = errand_line(asked)
    assert (seen, line.state, line.told) == ([3], "done", "Three were counted.")
    assert line.result == {"url": "/staff/lists"}


def test_how_far_it_is_stands_there_while_it_goes_on(asked, monkeypatch):
    monkeypatch.setattr(errands, "PULSE", 0.01)
    told = threading.Event()
    note = errands.carry_on

    def noting(*arguments, **named):
        kept = note(*arguments, **named)
        if arguments[1] == 2:
            told.set()
        return kept

    monkeypatch.setattr(errands, "carry_on", noting)

    def count(work: Work) -> Told:
        work.tell(2, 3, "Counting.")
        assert told.wait(5)
        line = errand_line(asked)
        assert (line.done_count, line.total_count, line.told) == (2, 3, "Counting.")
        return Told("Counted.")

    do(count)
    assert errand_line(asked).state == "done"


def test_what_a_person_must_know_is_told_in_its_own_words(asked):
    def refuse(work: Work) -> Told:
        raise Conflict("This file is already imported into this list.")

    do(refuse)
    line = errand_line(asked)
    assert (line.state, line.told) == ("failed", "This file is already imported into this list.")


def test_a_fault_of_ours_ends_it_and_does_not_come_again(asked):
    def break_down(work: Work) -> Told:
        raise ZeroDivisionError("by nought")

    assert do(break_down) == 1
    assert do(break_down) == 0
    line = errand_line(asked)
    assert line.state == "failed"
    assert line.result == {"why": "ZeroDivisionError: by nought"}


def test_the_databases_trouble_lets_it_be_tried_again_and_not_for_ever(asked):
    def lose(work: Work) -> Told:
        raise OperationalError("COMMIT", {}, Exception("gone"))

    assert do(lose) == MOST_TRIES
    line = errand_line(asked)
    assert line.state == "failed"
    assert "given up" in line.told


def test_two_workers_never_take_the_same_one(asked):
    assert take_errand("a", at=NOON, is_dead=lives).id == asked
    assert take_errand("b", at=NOON, is_dead=lives) is None


def test_a_dead_workers_errand_is_taken_over_and_the_dead_can_say_nothing_more(asked):
    """A58: the old one, should it only have been stopped, writes nothing under its token."""
    old = take_errand("other machine/1.1", at=NOON, is_dead=lives)
    late = NOON + LEASE + timedelta(seconds=1)
    new = take_errand("b", at=late, is_dead=lives)
    assert (new.id, new.token > old.token) == (asked, True)
    assert not errands.carry_on(old, 1, 2, "", at=late)
    assert not errands.end_errand(old, "done", "Old.", at=late)
    assert errands.end_errand(new, "done", "New.", at=late)
    assert errand_line(asked).told == "New."


def test_a_worker_that_is_dead_for_certain_is_not_waited_for(asked):
    take_errand("gone", at=NOON, is_dead=lives)
    assert take_errand("b", at=NOON, is_dead=lambda name: name == "gone").id == asked


def test_stopping_what_waits_ends_it_at_once_and_what_runs_at_its_next_step(app, monkeypatch):
    monkeypatch.setattr(errands, "PULSE", 0.01)
    me = make_account()
    by = Actor.account(me.id)
    waiting = ask_errand("count", by, at=NOON)
    assert stop_errand(waiting, me.id, at=NOON)
    assert not stop_errand(waiting, me.id, at=NOON)
    assert errand_line(waiting).state == "stopped"
    running = ask_errand("count", by, at=NOON)

    def count(work: Work) -> Told:
        stop_errand(running, me.id, at=NOON)
        for number in range(10_000):
            threading.Event().wait(0.005)
            work.tell(number)
        raise AssertionError("it went on to the end")

    do(count)
    assert errand_line(running).state == "stopped"


def test_a_machine_that_is_stopped_gives_its_work_back(asked, monkeypatch):
    monkeypatch.setattr(errands, "PULSE", 0.01)
    stopping = threading.Event()

    def count(work: Work) -> Told:
        stopping.set()
        for number in range(10_000):
            threading.Event().wait(0.005)
            work.tell(number)
        raise AssertionError("it went on to the end")

    do_errands({"count": count}, stopping=stopping, now=lambda: NOON)
    assert errand_line(asked).state == "waiting"
    do(lambda work: Told("Counted."))
    assert errand_line(asked).state == "done"


def test_nobody_stops_or_sees_the_work_of_someone_else(client, asked):
    """A48: another's is as if it were not there."""
    account = sign_in(client)
    mine = ask_errand("count", Actor.account(account.id), at=NOON)
    assert client.get(f"/staff/errands/{asked}").status_code == 404
    assert client.post(f"/staff/errands/{asked}/stop").status_code == 404
    with pytest.raises(NotFound):
        stop_errand(asked, account.id, at=NOON)
    page = client.get(f"/staff/errands/{mine}")
    assert "Begins in a moment." in page.text
    part = client.get(f"/staff/errands/{mine}", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    assert client.post(f"/staff/errands/{mine}/stop").status_code == 303
    assert "Stopped before it began." in client.get(f"/staff/errands/{mine}").text


def test_a_large_campaign_is_written_to_a_file_for_the_one_who_asked_and_for_a_day(
    client, app, tmp_path, monkeypatch
):
    """A48: bound to the requester, and gone after a day."""
    app.config["INSTANCE_DIR"] = str(tmp_path)
    campaign = frozen_campaign(3)
    sign_in(client)
    asked = client.post(f"/staff/campaigns/{campaign.id}/export")
    assert asked.status_code == 303
    monkeypatch.setattr(clock, "now", lambda: NOON)
    assert do_errands(ERRANDS, stopping=RUNNING, now=lambda: NOON) == 1
    page = client.get(asked.location)
    assert "3 people of “Invitations to the banks” stand in the file" in page.text
    with client.get(f"{asked.location}/file") as file:
        assert file.get_data(as_text=True).count("\r\n") == 4
    other = app.test_client()
    sign_in(other)
    assert other.get(f"{asked.location}/file").status_code == 404
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=2))
    assert client.get(f"{asked.location}/file").status_code == 404
