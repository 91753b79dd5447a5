"""The word lists of the demonstration, read from the files beside this module."""

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"
REFERENCE = Path(__file__).parent.parent / "reference"


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `words/NAME.csv`, each {header: text}."""
    return _rows(WORDS / f"{name}.csv")


@cache
def member_states() -> tuple[dict[str, str], ...]:
    """The 194 Member States: `iso3166_alpha2`, `name_en`, `itu_region`."""
    return _rows(REFERENCE / "itu_member_states.csv")


@cache
def tree(name: str) -> dict[str, Any]:
    """What `words/NAME.toml` says."""
    with (WORDS / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _rows(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
