"""What columns are called, from headings.txt beside this file; and what those of a file are."""

import unicodedata
from pathlib import Path

_LONGEST = 200


def _read() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    code = ""
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if not line[0].isspace():
            code = line.strip()
            found[code] = []
        else:
            found[code] += [heading.strip() for heading in line.split("|")]
    return {code: tuple(headings) for code, headings in found.items()}


HEADINGS: dict[str, tuple[str, ...]] = _read()
"""{code of a field: its headings, the plainest first}"""

_FILLERS = """
    the of a an your his her their work business primary main official preferred s participant
    delegate invitee person contact guest speaker please enter required optional mandatory field
    value address de du la le les l d el los del votre su adresse dirección
    工作 请填写 必填 рабочий рабочая основной основная
"""
FILLERS = frozenset(_FILLERS.split())
"""Words that say nothing about what a column holds."""

HALF_NAMES = frozenset({"name", "nom", "nombre", "имя", "الاسم", "名字"})
"""“Nom” beside “Prénom” is the family name; “Nombre” beside “Apellidos” is the given name."""


def distinct_headers(cells: list[str], first_column: int = 0) -> tuple[list[str], list[str]]:
    """Headers that differ from one another, and those that had to be numbered.

    A header without a name gets its column's letter: "Column C".
    """
    seen: dict[str, int] = {}
    headers: list[str] = []
    repeated: list[str] = []
    for index, cell in enumerate(cells):
        plain = " ".join(unicodedata.normalize("NFC", cell).split())
        plain = "".join(c for c in plain if c.isprintable())[:_LONGEST]
        name = plain or f"Column {_letters(first_column + index)}"
        if name in seen:
            if name not in repeated:
                repeated.append(name)
            while (numbered := f"{name} ({seen[name] + 1})") in seen:
                seen[name] += 1
            seen[name] += 1
            name = numbered
        seen[name] = 1
        headers.append(name)
    return headers, repeated


def _letters(index: int) -> str:
    """A for 0, Z for 25, AA for 26: the spreadsheet's name of a column."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
