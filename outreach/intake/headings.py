"""What columns are called, from headings.txt beside this file."""

from pathlib import Path


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
