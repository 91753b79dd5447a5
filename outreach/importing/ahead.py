"""Work that is done ahead, while whoever wants it waits for the database: by a thread, or by a
process of its own, which has a core of its own."""

import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pickle import dumps
from typing import Any, TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Generator[T]:
    """The same; the next one is made while the one before is in use.

    Nothing of `items` runs any more once this is closed.
    """

    def another() -> list[T]:
        return list(islice(items, 1))

    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(another)
        while found := coming.result():
            coming = thread.submit(another)
            yield found[0]


class Broke(Exception):
    """The process that worked ahead is gone; with what it said at last, if anything."""


def from_a_child(items: Callable[[], Iterator[Any]]) -> Generator[Any]:
    """What they yield in a forked process, pickled: two of them are made ahead at most.

    A fault is raised here as what it was, or as Broke where it cannot be told across. The child
    ends with this generator, or with this process, however that dies.
    """
    fork = get_context("fork")
    receiving, sending = fork.Pipe(duplex=False)
    child = fork.Process(target=_tell, args=(items, receiving, sending), daemon=True)
    child.start()
    sending.close()
    heard = one_ahead(_heard(receiving))
    try:
        yield from heard
    finally:
        child.kill()  # first: the thread that listens ends with it
        heard.close()
        child.join()
        child.close()


def _heard(receiving: Connection) -> Iterator[Any]:
    with receiving:
        while True:
            try:
                is_item, item = receiving.recv()
            except EOFError:
                raise Broke("The process that read the file was killed.") from None
            if is_item:
                yield item
            elif item is None:
                return
            else:
                raise _again(*item)


def _tell(items: Callable[[], Iterator[Any]], receiving: Connection, sending: Connection) -> None:
    """In the child, which leaves alone all that it finds open but its end of the pipe."""
    receiving.close()
    try:
        for item in items():
            sending.send((True, item))
        sending.send((False, None))
    except BrokenPipeError:
        pass  # nobody wants it any more
    except Exception as fault:
        sending.send((False, _told(fault)))
    os._exit(0)


def _told(fault: Exception) -> tuple[type[Exception], tuple[Any, ...], dict[str, Any]]:
    """What it is made of: many faults write their own text, and come out of no pickle by it."""
    parts = type(fault), fault.args, vars(fault)
    try:
        dumps(parts)
    except Exception:  # whatever hinders it
        return Broke, (f"{type(fault).__name__}: {fault}",), {}
    return parts


def _again(kind: type[Exception], args: tuple[Any, ...], about: dict[str, Any]) -> Exception:
    fault = kind.__new__(kind, *args)
    fault.args = args
    vars(fault).update(about)
    return fault
