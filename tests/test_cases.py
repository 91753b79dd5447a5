"""Every case of attack and fault, from the first to the last, is named by a test."""

import ast
import re

from tests.house import modules

CASE = re.compile(r"\bA(\d\d)(?: to A(\d\d))?\b")
ALL = {f"A{number:02}" for number in range(1, 61)}

NOT_YET = {"A60": "a load for a measurement, not for a test: bench/at_once.py"}
"""{case: why no test names it}; a case that a test names must not stand here."""


def named_cases() -> dict[str, list[str]]:
    """{case: the tests that carry it}: in the docstring of the test, or of its file."""
    found: dict[str, list[str]] = {}
    for module in modules("tests"):
        tests = [
            node
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        of_file = cases_in(module.tree)
        for test in tests:
            for case in of_file | cases_in(test):
                found.setdefault(case, []).append(f"{module.name}.{test.name}")
    return found


def cases_in(node: ast.Module | ast.FunctionDef) -> set[str]:
    """The cases that a docstring names, one by one or as a range."""
    pairs = CASE.findall(ast.get_docstring(node) or "")
    return {f"A{n:02}" for a, b in pairs for n in range(int(a), int(b or a) + 1)}


def test_every_case_is_carried_by_a_test():
    named = set(named_cases())
    assert named <= ALL, named - ALL
    assert ALL - named == set(NOT_YET), {"unnamed": ALL - named - set(NOT_YET)}
