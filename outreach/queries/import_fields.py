"""The fields of a file for which there is a place: ours, and the team's own."""

from collections.abc import Mapping, Sequence

from outreach.intake.columns import check_mapping, guess_mapping
from outreach.intake.fields import FIELDS, Field
from outreach.intake.unreadable import UnusableMapping
from outreach.intake.words import fold
from outreach.models.custom_field import CustomSubject
from outreach.queries.exports import is_heading
from outreach.queries.organisation_fields import own_import_fields

NO_PLACE = frozenset({"group", "region"})
"""They follow from the list and from the country."""


def import_fields() -> dict[str, Field]:
    """{code: field} in the order in which they are offered. One SELECT."""
    own = own_import_fields(CustomSubject.PERSON)
    return {code: field for code, field in FIELDS.items() if code not in NO_PLACE} | own


def guessed_columns(headers: Sequence[str]) -> dict[int, str]:
    """What the columns of a file seem to hold, as far as there is a place for it."""
    fields = import_fields()
    guessed = {column: code for column, code in guess_mapping(headers).items() if code in fields}
    own = {fold(word): code for code, field in fields.items() if code not in FIELDS
           for word in (code, field.label) if not is_heading(word)}  # fmt: skip
    for column, header in enumerate(headers):
        code = own.get(fold(header))
        if code and code not in guessed.values():
            guessed[column] = code
    return dict(sorted(guessed.items()))


def check_taken(mapping: Mapping[int, str]) -> None:
    """Raises UnusableMapping for a field that is known and has no place."""
    for code in mapping.values():
        if code in NO_PLACE:
            raise UnusableMapping(
                f"“{FIELDS[code].label}” is not taken from a file: it follows from the list."
            )


def check_columns(
    headers: Sequence[str], mapping: Mapping[int, str], *, needs_address: bool = True
) -> None:
    """Raises NoAddressColumn, or UnusableMapping for a column or field that is not there."""
    check_mapping(headers, mapping, needs_address=needs_address, fields=import_fields())
