"""axe-core on a page as it stands: what it finds wrong, and nothing of what it finds right.

Its report tells of every node of every rule; to carry that out of the browser takes four times as
long as to make it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

AXE = Path(__file__).parent / "browser" / "vendor" / "axe.min.js"
FOUND = """options => axe.run(options).then(report => report.violations.map(
    each => [each.id, each.nodes[0].html.slice(0, 300)]))"""


def visit(page: Any, address: str) -> None:
    """Go there; fails where another page answers: that of an error, or the one to sign in."""
    assert page.goto(address).status == 200, address
    assert urlsplit(page.url).path == urlsplit(address).path, address


def violations(
    page: Any, *, without: Sequence[str] = (), only: Sequence[str] = ()
) -> list[list[str]]:
    """[rule, the first element that breaks it] for each rule that is broken.

    without  rules that are judged elsewhere; only  the ones that are judged here, where not all are
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE.read_text(encoding='utf-8')};0")
    rules = {rule: {"enabled": False} for rule in without}
    options: dict[str, Any] = {"resultTypes": ["violations"], "rules": rules}
    if only:
        options["runOnly"] = {"type": "rule", "values": list(only)}
    found: list[list[str]] = page.evaluate(f"({FOUND})({json.dumps(options)})")
    return found
