"""python -m bench [name …]: run the measurements, print a table, append to bench/results.jsonl.

Every module in this folder that has `def rows() -> Iterator[Row]` is one measurement.
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

from bench.floor import Row

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results.jsonl"


class Measurement(Protocol):
    """A module of this folder."""

    def rows(self) -> Iterator[Row]: ...


def main(names: list[str]) -> int:
    """Measure the named modules, or all. Returns 0, or 2 when a name is unknown."""
    measurements = dict(_measurements())
    if unknown := set(names) - set(measurements):
        known = ", ".join(sorted(measurements)) or "none yet"
        print(f"No measurement is called {', '.join(sorted(unknown))}; there are: {known}.")
        return 2
    print(f"{'what':46} {'value':>22} {'floor':>22} {'ratio':>7}")
    with RESULTS.open("a") as results:
        for name in names or sorted(measurements):
            for row in measurements[name].rows():
                print(_line(row), flush=True)
                results.write(json.dumps(_entry(row)) + "\n")
    return 0


def _measurements() -> Iterator[tuple[str, Measurement]]:
    for found in iter_modules([str(FOLDER)]):
        if not found.name.startswith("_"):
            module: Any = import_module(f"bench.{found.name}")
            if hasattr(module, "rows"):
                yield found.name, module


def _entry(row: Row) -> dict[str, object]:
    entry = {"name": row.name, "value": row.value, "unit": row.unit}
    return entry | {"floor": row.floor, "ratio": row.ratio}


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _line(row: Row) -> str:
    floor = "-" if row.floor is None else f"{_figure(row.floor)} {row.unit}"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.name:46} {f'{_figure(row.value)} {row.unit}':>22} {floor:>22} {ratio:>7}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
