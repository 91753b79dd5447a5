"""python -m tools.fault_table LOG …: the table of kills in docs/operators.md, from the trials.

A log is what `CI=true python -m pytest -s tests/faults/test_kills.py` wrote, on one database or on
both; the newest figures of each mailer and database count. Rows without new figures stay.
"""

import json
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs/operators.md"
HEAD = "| mailer | database | kills | lost | second copies | named | held | until all was settled |"
FIGURES = re.compile(r'\{"mailer": [^{}]*\}')
MAILERS = {
    "file": "file",
    "smtp": "SMTP",
    "sendgrid": "SendGrid, no mail log, no events",
    "sendgrid+log": "SendGrid with its mail log",
}
DATABASES = {"sqlite": "SQLite", "postgresql+psycopg": "PostgreSQL"}


def figures(text: str) -> dict[tuple[str, str], str]:
    """{(mailer, database): the row} of every trial of twenty kills in a log."""
    found = {}
    for match in FIGURES.finditer(text):
        one = json.loads(match[0])
        if one["kills"] == 20:
            key = MAILERS[one["mailer"]], DATABASES[one["database"]]
            counts = [one[name] for name in ("kills", "lost", "extras", "named", "held")]
            cells = [*key, *map(str, counts), f"{one['settled_in']} s"]
            found[key] = f"| {' | '.join(cells)} |"
    return found


def written(page: str, rows: dict[tuple[str, str], str]) -> str:
    """The page with these rows in its table."""
    lines = page.split("\n")
    for number in range(lines.index(HEAD) + 2, len(lines)):
        if not lines[number].startswith("|"):
            break
        mailer, database = (cell.strip() for cell in lines[number].split("|")[1:3])
        lines[number] = rows.get((mailer, database), lines[number])
    return "\n".join(lines)


def main(paths: list[str]) -> int:
    """Write the table; 1 where the logs hold no figures."""
    rows: dict[tuple[str, str], str] = {}
    for path in paths:
        rows |= figures(Path(path).read_text(errors="replace"))
    PAGE.write_text(written(PAGE.read_text(), rows))
    print(f"{len(rows)} of {len(MAILERS) * len(DATABASES)} rows are new.")
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
