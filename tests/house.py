"""Reading our own source for the laws of tests/test_house.py."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LONG_FILE, TOO_LONG_FILE = 300, 400
LONG_FUNCTION, TOO_LONG_FUNCTION = 40, 60


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, where it stands and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.path.read_text().splitlines())

    def nodes(self, kind: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def at(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


@cache
def committed() -> tuple[Path, ...]:
    """Every file that git knows or would take; without git, every file that is no leftover."""
    answer = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode == 0:
        files = (ROOT / line for line in answer.stdout.splitlines())
    else:
        leftovers = (".venv", "instance", "__pycache__", ".git")
        files = (
            path for path in ROOT.rglob("*") if not any(part in leftovers for part in path.parts)
        )
    return tuple(sorted(path for path in files if path.is_file()))


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Our modules below these top names: "outreach", "config", "tests", …"""
    found = []
    for path in committed():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if path.suffix == ".py" and parts[0] in tops:
            name = ".".join(parts).removesuffix(".__init__")
            found.append(Module(name, path, ast.parse(path.read_text(), str(path))))
    return tuple(found)


@cache
def names() -> frozenset[str]:
    """The dotted name of every module and package of ours."""
    ours = {module.name for module in modules("outreach", "config", "wsgi")}
    packages = {
        name.rsplit(".", depth)[0] for name in ours for depth in range(1, name.count(".") + 1)
    }
    return frozenset(ours | packages)


def imports(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """(full dotted name, node) of everything imported, wherever the import stands.

    `from outreach.models import seat` gives the module `outreach.models.seat`; of a name that is no
    module, the module that holds it. Relative imports are made absolute.
    """
    is_package = module.path.name == "__init__.py"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = node.level - 1 if is_package else node.level
                parts = module.name.split(".")
                base = ".".join([*parts[: len(parts) - up], *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in names() else base), node


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def templates() -> Iterator[tuple[str, str]]:
    """(name under templates/, text) of every page; mails have rules of their own."""
    folder = ROOT / "templates"
    for path in committed():
        if path.suffix == ".html" and path.is_relative_to(folder):
            name = path.relative_to(folder).as_posix()
            if not name.startswith("email/"):
                yield name, path.read_text()


def without_jinja(text: str) -> str:
    """The markup alone: comments, statements and expressions of Jinja are blanked, line by line."""
    jinja = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
    return jinja.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def signs() -> Iterator[str]:
    """What is long, though not forbidden: mostly a room is missing; find its noun or its verb."""
    for module in modules("outreach", "config", "wsgi", "bench", "tests"):
        if module.lines > LONG_FILE:
            yield f"{module.at(module.tree)} has {module.lines} lines"
        for function in functions(module):
            if (length := length_of(function)) > LONG_FUNCTION:
                yield f"{module.at(function)} {function.name} has {length} lines"


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1
