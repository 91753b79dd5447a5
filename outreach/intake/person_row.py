"""A row of a sheet as a person: checked values, or a refusal that says why."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from outreach.intake.addresses import Address


class Problem(NamedTuple):
    """Something about one row that a person should know."""

    row: int
    """As the spreadsheet shows it."""
    column: str
    """Its header; empty when it is about the whole row."""
    reason: str
    is_warning: bool = False
    """The row is taken all the same."""


class PersonRow(NamedTuple):
    """A row that can be taken. What the file does not say is empty: "", (), {} or None.

    A tuple, since a file has a million of them: they are made column by column.
    """

    row: int
    address: Address | None = None
    full_name: str = ""
    given_name: str = ""
    family_name: str = ""
    title: str = ""
    salutation: str = ""
    office: str = ""
    organisation: str = ""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str | None = None
    gender: str = ""
    """As stated: female, male, other, undisclosed."""
    group: str = ""
    region: str = ""
    kind: tuple[str, ...] = ()
    """problem_owner, solution_owner, fund_owner, beneficiary."""
    tags: tuple[str, ...] = ()
    star: bool | None = None
    tier: int | None = None
    rank: int | None = None
    wave: int | None = None
    decide_on: date | None = None
    alternate: bool | None = None
    follower: str = ""
    """The address of the account of whoever follows the person up on this list."""
    why: str = ""
    notes: str = ""
    phone: tuple[tuple[str, str, str], ...] = ()
    """(number as typed, its key, what it is for)."""
    other_addresses: tuple[Address, ...] = ()
    pronouns: str = ""
    owner: str = ""
    """The address of an account of the team."""
    external_id: str = ""
    assistant_name: str = ""
    assistant_address: Address | None = None
    time_zone: str | None = None
    """IANA name."""
    protocol: str = ""
    """The code of a category, whatever follows from the office."""
    assistants: tuple[tuple[Address, str, bool], ...] = ()
    """(address, name, whether copies go there)"""
    more: Mapping[str, Any] = {}
    """{code of a field: value} of titles in one language and of the team's own fields."""
    warnings: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The name to show: the full one, or the halves in the order of the language's letters."""
        if self.full_name:
            return self.full_name
        given, family = self.given_name, self.family_name
        if given and family and not (given + family).isascii() and _is_east_asian(family):
            return family + given
        return f"{given} {family}".strip()


class RefusedRow(NamedTuple):
    """A row that cannot be taken, and every reason."""

    row: int
    problems: tuple[Problem, ...]


def _is_east_asian(name: str) -> bool:
    if name[0] < "\u3400":
        return False
    return all("\u3400" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in name)


EMPTY: Mapping[str, Any] = PersonRow._field_defaults
"""{attribute: what stands there when the file does not say}"""
