"""Several people who press at the same moment."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread

from flask import Flask


def at_once(app: Flask, calls: Sequence[Callable[[], object]]) -> list[Exception]:
    """Make all calls at the same moment, each as a request of its own; gives what they raised."""
    start = Barrier(len(calls))
    raised: list[Exception] = []

    def make(call: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                call()
            except Exception as problem:
                raised.append(problem)

    threads = [Thread(target=make, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
