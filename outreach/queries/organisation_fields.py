"""The fields of a file of organisations: those that everyone has, and the team's own."""

from collections.abc import Mapping, Sequence
from functools import partial

from outreach.intake.columns import check_mapping
from outreach.intake.custom_values import LONGEST_TEXT, read_custom
from outreach.intake.fields import Field
from outreach.intake.organisation_fields import ORGANISATION_FIELDS, guess_organisation_columns
from outreach.intake.unreadable import UnusableMapping
from outreach.models.custom_field import CustomSubject
from outreach.queries.custom_fields import custom_fields


def own_import_fields(subject: CustomSubject) -> dict[str, Field]:
    """{code: field} of the team's own. One SELECT."""
    return {
        line.name: Field(
            line.name,
            line.label,
            partial(read_custom, line.kind.value, tuple(line.choices)),
            LONGEST_TEXT,
        )
        for line in custom_fields(subject)
    }


def organisation_fields() -> dict[str, Field]:
    """{code: field} in the order in which they are offered. One SELECT."""
    return ORGANISATION_FIELDS | own_import_fields(CustomSubject.ORGANISATION)


def guessed_organisation_columns(headers: Sequence[str]) -> dict[int, str]:
    """What the columns of a file of organisations seem to hold."""
    return guess_organisation_columns(headers, organisation_fields())


def check_organisation_columns(
    headers: Sequence[str], mapping: Mapping[int, str], *, is_whole: bool = True
) -> None:
    """Raises UnusableMapping for a column or field that is not there.

    is_whole  what tells organisations apart must be among them
    """
    check_mapping(headers, mapping, needs_address=False, fields=organisation_fields())
    if is_whole and not {"name", "external_id"} & set(mapping.values()):
        raise UnusableMapping("Say which column holds the names of the organisations.")
