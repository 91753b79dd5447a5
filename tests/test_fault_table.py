"""The tables of faults in docs/operators.md say what the trials of faults hold to."""

import ast

import pytest

from tests.house import modules
from tools.fault_table import DATABASES, FAULTS, KILLS, MAILERS, PAGE, figures, written

MOST_COPIES = 20 * 20
"""One unit of 20 for each of 20 kills (tests/faults/test_kills.py)."""


def rows(head: str) -> list[list[str]]:
    """The cells of the rows of a table."""
    lines = PAGE.read_text().split("\n")
    found = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def numbers(cell: str) -> tuple[int, list[int]]:
    """`40: 0 + 20 + 20 + 0`, `0 + 6 + …` or `0`: the whole, and its parts."""
    whole, _, rest = cell.rpartition(":")
    parts = [int(part) for part in rest.split("+")]
    return int(whole or sum(parts)), parts


def test_every_mailer_was_killed_on_every_database():
    assert [tuple(row[:2]) for row in rows(KILLS)] == [
        (mailer, database) for mailer in MAILERS.values() for database in DATABASES.values()
    ]


@pytest.mark.parametrize("row", rows(KILLS), ids=lambda row: f"{row[0]}, {row[1]}")
def test_the_kills_lost_nobody_and_named_everyone_who_got_two(row):
    mailer, _, kills, lost, unknown, extras, named, held, _ = row
    assert numbers(kills)[0] == 20
    assert min(numbers(kills)[1]) > 0, "each of the four places"
    assert lost == "0"
    assert held == "0"
    assert numbers(extras)[0] <= numbers(named)[0] <= MOST_COPIES
    assert numbers(named)[0] <= numbers(unknown)[0]
    if mailer in ("file", MAILERS["sendgrid+log"]):
        assert numbers(extras)[0] == 0
    if mailer == "file":
        assert numbers(named)[0] == 0


@pytest.mark.parametrize("row", rows(FAULTS), ids=lambda row: f"{row[0]}, {row[1]}")
def test_no_other_fault_lost_anyone_or_doubled_anyone_unnamed(row):
    _, _, _, lost, extras, named, _ = row
    assert lost == "0"
    assert int(extras) <= int(named)


def test_every_trial_has_its_row():
    told = {
        node.args[0].value
        for module in modules("tests")
        if ".faults." in module.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "tell"
        and isinstance(node.args[0], ast.Constant)
    }
    assert told - {"kills"} <= {row[0] for row in rows(FAULTS)}
    assert len(told) > 10


def test_a_new_figure_takes_the_place_of_the_old_one_and_a_new_row_comes_last():
    told = '.{"fault": "a", "people": 3}\n.{"fault": "b", "points": {"call": {"n": 5}}}\nE {"x": 1}'
    assert [one["fault"] for one in figures(told)] == ["a", "b"]
    page = "\n".join(["x", FAULTS, "|---|", "| a | SQLite | 1 |", "| b | SQLite | 1 |", "", "y"])
    new = {("b", "SQLite"): "| b | SQLite | 2 |", ("c", "SQLite"): "| c | SQLite | 3 |"}
    assert written(page, FAULTS, new).split("\n")[3:] == [
        "| a | SQLite | 1 |", "| b | SQLite | 2 |", "| c | SQLite | 3 |", "", "y",
    ]  # fmt: skip
