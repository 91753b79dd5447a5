"""Work that a thread does ahead, while whoever wants it waits for the database."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

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
