"""Which column of a file holds which field: guessed, corrected by a person, checked."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from outreach.intake.fields import FIELDS, Field
from outreach.intake.headings import FILLERS, HALF_NAMES
from outreach.intake.unreadable import NoAddressColumn, UnusableMapping
from outreach.intake.words import fold, fold_heading

_APART = re.compile(r"[/|()（）\[\]\n:–—]| - ")

ColumnMapping = dict[int, str]
"""{column, from 0: code of a field}"""


def guess_mapping(headers: Sequence[str]) -> ColumnMapping:
    """What the columns seem to hold, by their headers alone; columns not recognised are left out.

    The exact words first, then words with fillers ("Your work e-mail address"), then headers in
    two languages ("Nom / Name"). The leftmost of equals wins; no field twice unless it may be.
    """
    mapping: ColumnMapping = {}
    for recognise in (_exactly, _without_fillers, _in_parts):
        _take(headers, mapping, recognise)
    _settle_half_names(headers, mapping)
    return dict(sorted(mapping.items()))


def _take(
    headers: Sequence[str], mapping: ColumnMapping, recognise: Callable[[str], str | None]
) -> None:
    for column, header in enumerate(headers):
        code = None if column in mapping else recognise(header)
        if code and (FIELDS[code].many_columns or code not in mapping.values()):
            mapping[column] = code


def _exactly(header: str) -> str | None:
    return _words().get(fold_heading(header)) or _words().get(fold(header))


def _without_fillers(header: str) -> str | None:
    return _bare_words().get(_bare(fold_heading(header)))


def _in_parts(header: str) -> str | None:
    codes = {_exactly(part) or _without_fillers(part) for part in _APART.split(header)} - {None}
    return codes.pop() if len(codes) == 1 else None


def _bare(words: str) -> str:
    return " ".join(word for word in words.split() if word not in _fillers())


@cache
def _fillers() -> frozenset[str]:
    return frozenset(map(fold, FILLERS))


@cache
def _words() -> dict[str, str]:
    words: dict[str, str] = {}
    for code, field in FIELDS.items():
        for heading in (code, field.label, *field.headings):
            words.setdefault(fold(heading), code)
    return words


@cache
def _bare_words() -> dict[str, str]:
    """The same without fillers; what then means two fields means none."""
    bare: dict[str, str] = {}
    torn: set[str] = {""}
    for words, code in _words().items():
        if bare.setdefault(_bare(words), code) != code:
            torn.add(_bare(words))
    return {words: code for words, code in bare.items() if words not in torn}


def _settle_half_names(headers: Sequence[str], mapping: ColumnMapping) -> None:
    """Where a header that may mean the whole name stands beside one half, it is the other half."""
    halves = {fold(word) for word in HALF_NAMES}
    taken = set(mapping.values())
    for column, code in mapping.items():
        if code != "full_name" or fold(headers[column]) not in halves:
            continue
        if "family_name" in taken and "given_name" not in taken:
            mapping[column] = "given_name"
        elif "given_name" in taken and "family_name" not in taken:
            mapping[column] = "family_name"


def correct_mapping(
    headers: Sequence[str],
    mapping: Mapping[int, str],
    wishes: Iterable[str],
    fields: Mapping[str, Field] = FIELDS,
) -> ColumnMapping:
    """The mapping with a person's wishes, each "COLUMN=FIELD"; an empty FIELD leaves it out.

    COLUMN is a header, in any case and accents, or its number from 1. A field that is wished for
    leaves the column that was guessed for it. Raises UnusableMapping.
    """
    corrected = dict(mapping)
    for wish in wishes:
        name, equals, code = (part.strip() for part in wish.rpartition("="))
        if not equals:
            raise UnusableMapping(f"“{wish}” should be COLUMN=FIELD, such as “Courriel=email”.")
        column = _column(headers, name)
        corrected.pop(column, None)
        if not code:
            continue
        if code not in fields:
            raise UnusableMapping(f"No field is named “{code}”; there are {', '.join(fields)}.")
        if not fields[code].many_columns:
            corrected = {other: kept for other, kept in corrected.items() if kept != code}
        corrected[column] = code
    return dict(sorted(corrected.items()))


def _column(headers: Sequence[str], name: str) -> int:
    if name in headers:
        return headers.index(name)
    folded = [fold(header) for header in headers]
    if fold(name) and fold(name) in folded:
        return folded.index(fold(name))
    if name.isascii() and name.isdigit() and 1 <= int(name[:6]) <= len(headers):
        return int(name[:6]) - 1
    raise UnusableMapping(f"No column is named “{name}”; there are {', '.join(headers)}.")


def check_mapping(
    headers: Sequence[str],
    mapping: Mapping[int, str],
    *,
    needs_address: bool = True,
    fields: Mapping[str, Field] = FIELDS,
) -> None:
    """Raises NoAddressColumn, or UnusableMapping for a column or field that is not there."""
    seen: set[str] = set()
    for column, code in mapping.items():
        if not 0 <= column < len(headers):
            raise UnusableMapping(f"This file has no column {column + 1}.")
        if code not in fields:
            raise UnusableMapping(f"No field is named “{code}”.")
        if code in seen and not fields[code].many_columns:
            raise UnusableMapping(f"Two columns are said to hold “{fields[code].label}”.")
        seen.add(code)
    if needs_address and "email" not in seen:
        raise NoAddressColumn(list(headers))
