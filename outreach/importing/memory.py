"""Python's collector, told that a run makes millions of rows and no knots."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for knots seldom: a fifth of the time of a large import goes into looking otherwise."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(1_000_000, 10, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
