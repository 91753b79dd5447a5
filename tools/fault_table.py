"""python -m tools.fault_table [LOG …]: the tables of faults in docs/operators.md, from the trials.

`make faults` runs it. Without a log it runs the trials itself, on SQLite and on PostgreSQL; a log
is what `CI=true python -m pytest -s tests/faults` wrote. The newest figures of each row count, and
rows without new figures stay.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.postgres import Cluster, programs

PAGE = Path(__file__).resolve().parent.parent / "docs/operators.md"
POINTS = ("claim", "call", "answer", "commit")
KILLS = (
    "| mailer | database | kills | lost | nobody knew of | second copies | named | held | "
    "until all was settled |"
)
"""Where there are four numbers in a cell: by the place of the kill."""
FAULTS = "| what happens | database | people | lost | second copies | named | settled in |"
FIGURES = re.compile(r'\{"fault": .*?\}(?=\s|$)', re.M)
MAILERS = {
    "file": "file",
    "smtp": "SMTP",
    "sendgrid": "SendGrid, no mail log, no events",
    "sendgrid+log": "SendGrid with its mail log",
}
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
Key = tuple[str, str]


def figures(text: str) -> Iterator[dict[str, Any]]:
    """What the trials in a log told."""
    for match in FIGURES.finditer(text):
        yield json.loads(match[0])


def rows_of_kills(told: list[dict[str, Any]]) -> dict[Key, str]:
    """{(mailer, database): the row} of every trial of twenty kills."""
    rows = {}
    for one in told:
        if one["fault"] == "kills" and one["kills"] == 20:
            key = MAILERS[one["mailer"]], DATABASES[one["database"]]
            cells = [*key, _by_point(one, "kills"), one["lost"], _by_point(one, "unknown")]
            cells += [_sum(one, "extras"), _sum(one, "named"), one["held"], _seconds(one)]
            rows[key] = _row(cells)
    order = [(mailer, database) for mailer in MAILERS.values() for database in DATABASES.values()]
    return {key: rows[key] for key in order if key in rows}


def rows_of_faults(told: list[dict[str, Any]]) -> dict[Key, str]:
    """{(what, database): the row} of every other fault."""
    rows = {}
    for one in told:
        if one["fault"] != "kills":
            key = one["fault"], DATABASES[one["database"]]
            counts = [one[name] for name in ("people", "lost", "extras", "named")]
            rows[key] = _row([*key, *counts, _seconds(one)])
    order = list(dict.fromkeys(what for what, _ in rows))  # as they were told
    return dict(
        sorted(rows.items(), key=lambda row: (order.index(row[0][0]), row[0][1] != "SQLite"))
    )


def _by_point(one: dict[str, Any], name: str) -> str:
    return " + ".join(str(one["points"][point][name]) for point in POINTS)


def _sum(one: dict[str, Any], name: str) -> str:
    whole = one[name]
    return f"{whole}: {_by_point(one, name)}" if whole else "0"


def _seconds(one: dict[str, Any]) -> str:
    return "" if one["settled_in"] is None else f"{one['settled_in']} s"


def _row(cells: list[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def written(page: str, head: str, rows: dict[Key, str]) -> str:
    """The page with these rows in the table under that head; new ones come last."""
    lines, rows = page.split("\n"), dict(rows)
    number = lines.index(head) + 2
    while number < len(lines) and lines[number].startswith("|"):
        key = tuple(cell.strip() for cell in lines[number].split("|")[1:3])
        lines[number] = rows.pop(key, lines[number])  # type: ignore[call-overload]
        number += 1
    return "\n".join([*lines[:number], *rows.values(), *lines[number:]])


def run() -> str:
    """The trials on both databases; what they printed."""
    text = _trials("not postgres", {})
    if programs() is not None:
        with Cluster() as cluster:
            text += _trials("not sqlite", {"TEST_DATABASE_URL": cluster.url})
    return text


def _trials(chosen: str, settings: dict[str, str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-s", "tests/faults", "-m", chosen]
    environment = os.environ | {"CI": "true"} | settings
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    return done.stdout


def main(paths: list[str]) -> int:
    """Write the tables; 1 where there are no figures."""
    texts = [Path(path).read_text(errors="replace") for path in paths] or [run()]
    told = [one for text in texts for one in figures(text)]
    page = written(PAGE.read_text(), KILLS, rows_of_kills(told))
    PAGE.write_text(written(page, FAULTS, rows_of_faults(told)))
    print(f"{len(told)} trials told of themselves.")
    return 0 if told else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
