"""Threads of a web process: one works, others while it waits."""

import threading
from concurrent.futures import ThreadPoolExecutor

from outreach.serving import THREADS
from outreach.turns import by_turns, others_work


def test_one_thread_works_at_a_time_and_another_one_while_it_waits():
    seen, is_there, goes_on = [], threading.Event(), threading.Event()

    def app(name, _start):
        seen.append(f"{name} begins")
        if name == "first":
            with others_work():
                is_there.set()
                assert goes_on.wait(10)
        else:
            goes_on.set()  # the first one wants its turn back, and gets it at the end
        seen.append(f"{name} ends")

    asked = by_turns(app)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(asked, "first", None)
        assert is_there.wait(10)
        second = threads.submit(asked, "second", None)
        first.result(10), second.result(10)
    assert seen == ["first begins", "second begins", "second ends", "first ends"]


def test_nobody_stands_behind_what_is_long():
    has_begun, goes_on = threading.Event(), threading.Event()

    def app(name, _start):
        if name == "long":
            has_begun.set()
            assert goes_on.wait(10)
        return name

    asked = by_turns(app, lambda name: name == "long")
    with ThreadPoolExecutor(THREADS) as threads:
        # The second one waits for its turn, in a thread of its own.
        long = [threads.submit(asked, "long", None) for _ in range(2)]
        assert has_begun.wait(10)
        assert threads.submit(asked, "short", None).result(10) == "short"
        goes_on.set()
        assert [one.result(10) for one in long] == ["long", "long"]


def test_who_has_no_turn_waits_alone():
    with others_work():
        pass
