"""python -m tests [arguments of pytest]: all on SQLite, then what needs a database on PostgreSQL.

`make test` calls it. With CI=true the slow tests run too. Exit code 0 says that both runs passed.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house import signs
from tests.postgres import Cluster, programs

NO_TESTS = 5
"""The exit code of pytest when the arguments select nothing."""


def main(arguments: list[str]) -> int:
    lines = []
    code, line = run("SQLite", "not postgres", arguments, {})
    codes = {code}
    lines.append(line)
    if programs() is None:
        lines.append("PostgreSQL  SKIPPED: it is not installed here")
    else:
        with Cluster() as cluster:
            chosen = (
                "(database or postgres) and not browser and not sqlite and (postgres or not slow)"
            )
            code, line = run("PostgreSQL", chosen, arguments, {"TEST_DATABASE_URL": cluster.url})
        codes.add(code)
        lines.append(line)
    # What was chosen may be for one of the two; a wrong path runs on neither.
    fine = {0, NO_TESTS} if arguments and codes != {NO_TESTS} else {0}
    code = next(iter(codes - fine), 0)
    print()
    for sign in signs():
        print(f"sign: {sign}")
    verdicts = {0: "All tests passed.", NO_TESTS: "NO TEST RAN: look at the paths."}
    print(*lines, verdicts.get(code, "NOT ALL TESTS PASSED."), sep="\n", flush=True)
    return code


def run(name: str, chosen: str, arguments: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """One run of pytest on two cores. Returns its exit code and a line that sums it up."""
    print(f"\n== {name} ==", flush=True)
    environment = {key: value for key, value in os.environ.items() if key != "TEST_DATABASE_URL"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
        command += ["-m", chosen, f"--junit-xml={report}", *arguments]
        code = subprocess.run(command, env=environment | settings, check=False).returncode
        seconds = time.monotonic() - began
        counts = Counter(_outcomes(report)) if report.exists() else Counter()
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    line = f"{name:11} {told or 'nothing ran'} in {seconds:.0f} s"
    return code, line


def _outcomes(report: Path) -> Iterator[str]:
    for case in ElementTree.parse(report).iter("testcase"):
        tags = {child.tag for child in case}
        if tags & {"failure", "error"}:
            yield "failed"
        elif (skipped := case.find("skipped")) is not None:
            yield f"skipped ({skipped.get('message')})"
        else:
            yield "passed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
