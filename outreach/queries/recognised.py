"""A row of a file beside what we know: who it is, and what it would change."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from outreach.advice.folding import fold, words_in_order
from outreach.intake.person_row import PersonRow, Problem
from outreach.models.office import ProtocolCategory, place_by_hand
from outreach.queries.person_details import Found

NOTHING = Found()


class Likely(NamedTuple):
    """Why a row counts as someone known by neither number nor address."""

    score: int
    """Of 100 (`outreach.advice.duplicates`)."""
    reasons: tuple[str, ...]
    email: str
    """As the file has it."""


class Recognised(NamedTuple):
    """A row of a file beside what we know."""

    person: PersonRow
    name: str
    name_key: str
    stakeholder_id: int | None = None
    """None for someone new."""
    known_name: str = ""
    target_id: int | None = None
    """Of a known person who is on the list already."""
    changes: Mapping[str, tuple[Any, Any]] = {}
    """{column of the person: (before, after)}, by the rules."""
    target_changes: Mapping[str, tuple[Any, Any]] = {}
    organisation: str = ""
    """The organisation that the person gets; empty where it stays as it is."""
    organisation_before: int | None = None
    protocol: tuple[str | None, int] = (None, 0)
    """The protocol category and precedence of someone known."""
    is_protocol_by_hand: bool = False
    owner_id: int | None = None
    """Of someone new: who looks after the person."""
    follower_id: int | None = None
    """Who follows the person up on the list."""
    details: Found = NOTHING
    """What is added or changed beside the person's own row."""
    remarks: tuple[Problem, ...] = ()
    looked_like: str = ""
    """The key of someone's address that passes for this plain one."""
    likely: Likely | None = None
    """Where neither number nor address says who it is, and the likeness was to be enough."""

    @property
    def is_on_list(self) -> bool:
        """Whether the person is on the list already."""
        return self.target_id is not None

    @property
    def is_renamed(self) -> bool:
        """We know the person by this address, under another name."""
        if self.stakeholder_id is None or not self.person.name:
            return False
        return words_in_order(self.name_key) != words_in_order(fold(self.known_name))

    @property
    def changes_nothing(self) -> bool:
        """On the list already, and the file changes nothing."""
        return self.is_on_list and not self.changes_person

    @property
    def changes_person(self) -> bool:
        """Whether the file changes anything of the person besides the list."""
        return bool(
            self.changes
            or self.target_changes
            or self.organisation
            or self.details.added
            or self.details.changed
        )


def name_of(person: PersonRow) -> str:
    """What to call someone; the address where the file has no name."""
    return person.name or (person.address.email if person.address else person.external_id)


def protocol_changes(said: str, row: Any, gets_office: bool) -> dict[str, tuple[Any, Any]]:
    """{column of a person: (before, after)} where a file says the protocol category.

    gets_office  another one, from which that category may follow: `outreach.roster` says whether
    """
    category = ProtocolCategory(said)
    if category == row.protocol_category and not gets_office:
        return {}
    return {
        "protocol_category": (row.protocol_category, category),
        "precedence": (row.precedence, place_by_hand(category)),
        "is_protocol_by_hand": (row.is_protocol_by_hand, True),
    }
