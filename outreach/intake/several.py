"""Several words in one cell, and back; lines of a cell, each a thing and what is said of it."""

import re
from collections.abc import Iterable, Iterator

_SEPARATORS = ";,|/،；，、\n"


def _part(separators: str) -> re.Pattern[str]:
    return re.compile(rf'\s*"((?:[^"]|"")*)"\s*(?:[{separators}]|\Z)|([^{separators}]+)')


_PART, _PART_OF_FORM = _part(_SEPARATORS), _part(",")


def parts_of(text: str, *, only_commas: bool = False) -> Iterator[str]:
    """The words of a cell; what stands in quotes may hold separators, and `""` for a quote.

    only_commas  part them, as in a form, where nobody pastes what another program wrote
    """
    for quoted, plain in (_PART_OF_FORM if only_commas else _PART).findall(text):
        if word := (quoted.replace('""', '"') or plain).strip():
            yield word


def in_one_cell(words: Iterable[str], *, only_commas: bool = False) -> str:
    """What `parts_of` reads back to the same words."""
    separators = set("," if only_commas else _SEPARATORS)
    return ", ".join(
        '"' + word.replace('"', '""') + '"'
        if word.startswith('"') or separators & set(word)
        else word
        for word in words
    )


def line_of(first: str, rest: str) -> str:
    """A line of a cell: what it is, and what is said of it."""
    return f"{first}, {rest}" if rest else first


def parts_of_line(line: str) -> tuple[str, str]:
    """What `line_of` was given, on one line; the first holds no comma."""
    first, _, rest = line.partition(",")
    return first.strip(), " ".join(rest.split())
