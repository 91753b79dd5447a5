"""Everything that is odd in a file, as a CSV beside it: written while the file is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from outreach.intake.person_row import RefusedRow
from outreach.queries.import_reports import odd_lines
from outreach.queries.recognised import Recognised
from outreach.sheets import write_csv

HEADERS = ("Row", "Column", "The row is", "Reason")


def problems_path(path: Path) -> Path:
    """Where the problems of a kept file stand."""
    return path.with_suffix(".problems.csv")


def has_problems(path: Path) -> bool:
    """Whether anything is odd in a kept file that was read."""
    with suppress(FileNotFoundError), problems_path(path).open("rb") as file:
        return bool(file.readline() and file.readline())
    return False


def written_odd(path: Path, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Write down what is odd in a file that was read as a whole."""
    wanted = problems_path(path)
    fresh = wanted.with_suffix(".fresh")
    with fresh.open("w", encoding="utf-8-sig", newline="") as file:
        write_csv(rows, HEADERS, file)
    fresh.replace(wanted)


@contextmanager
def written_problems(
    path: Path,
) -> Iterator[Callable[[Sequence[Recognised | RefusedRow]], None]]:
    """A function that writes down what is odd in some rows; the file is there once all is well."""
    wanted = problems_path(path)
    fresh = wanted.with_suffix(".fresh")
    with fresh.open("w", encoding="utf-8-sig", newline="") as file:
        write_csv((), HEADERS, file)

        def write(chunk: Sequence[Recognised | RefusedRow]) -> None:
            write_csv(odd_lines(chunk), (), file)

        yield write
    fresh.replace(wanted)
