"""How much memory a program holds, all of its processes together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_EVERY_SECONDS = 0.25
_PROC = Path("/proc")


@contextmanager
def most_megabytes(pid: int) -> Iterator[list[float]]:
    """The most that it and all below it held at once, looked at now and then: what processes share
    counts once. On Linux; 0 elsewhere."""
    most, is_over = [0.0], threading.Event()

    def look() -> None:
        while not is_over.wait(LOOK_EVERY_SECONDS):
            most[0] = max(most[0], sum(map(_share, below(pid))) / 1024)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        is_over.set()
        looking.join()


def below(pid: int) -> list[int]:
    """The process and all that it began."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            children = (_PROC / f"{one}/task/{one}/children").read_text()
            found += map(int, children.split())
    return found


def _share(pid: int) -> int:
    """Kilobytes; of a page that n processes share, an nth."""
    with suppress(OSError):
        for line in (_PROC / f"{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
