"""What a measurement is, and how it is taken: always beside a floor from the same run.

Machines are noisy: a figure means little, its ratio to the floor (the same work without us) a lot.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured thing.

    value, floor  in the same unit; floor is None where there is nothing to compare with
    """

    name: str
    value: float
    unit: str
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        """value / floor: what share of the possible is reached, or how many times the cost."""
        return self.value / self.floor if self.floor else None


def seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """The shortest of several runs: the one that was disturbed least."""
    best = float("inf")
    for _ in range(repeats):
        gc.collect()
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def rate(count: int, work: Callable[[], object], *, repeats: int = 3) -> float:
    """How many of `count` things a second the work does."""
    return count / seconds(work, repeats=repeats)
